"""The rig of every connector, by role: the one place to touch for a new vendor."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.ports.manifest import Role
from tests.conformance.rig import HelpdeskRig, Rig, TrackerRig
from tests.conformance.rig_azure_devops import AzureDevOpsRig
from tests.conformance.rig_hubspot import HubSpotRig
from tests.conformance.rig_jira import JiraRig
from tests.conformance.rig_notifiers import EmailRig, NotifierRig, TeamsRig
from tests.conformance.rig_rocketlane import RocketlaneRig
from tests.conformance.rig_sentry import SIGNALS, SignalRig
from tests.conformance.rig_zendesk import ZendeskRig

HELPDESKS: Mapping[str, Callable[[], HelpdeskRig]] = {"hubspot": HubSpotRig, "zendesk": ZendeskRig}
TRACKERS: Mapping[str, Callable[[], TrackerRig]] = {
    "azure_devops": AzureDevOpsRig,
    "jira": JiraRig,
    "rocketlane": RocketlaneRig,
}
NOTIFIERS: Mapping[str, Callable[[], NotifierRig]] = {"teams": TeamsRig, "email": EmailRig}
RIGS: Mapping[str, Callable[[], Rig]] = {**HELPDESKS, **TRACKERS}
"""Those that have records; whoever only tells people has none."""

BY_ROLE: Mapping[Role, Mapping[str, Callable[[], Rig | SignalRig | NotifierRig]]] = {
    Role.HELPDESK: HELPDESKS,
    Role.TRACKER: TRACKERS,
    Role.SIGNALS: SIGNALS,
    Role.NOTIFIER: NOTIFIERS,
}
