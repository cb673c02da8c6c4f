"""The rig of every connector, by role: the one place to touch for a new vendor."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.ports.manifest import Role
from tests.conformance.rig import HelpdeskRig, Rig, TrackerRig
from tests.conformance.rig_azure_devops import AzureDevOpsRig
from tests.conformance.rig_hubspot import HubSpotRig
from tests.conformance.rig_jira import JiraRig
from tests.conformance.rig_sentry import SIGNALS, SignalRig

HELPDESKS: Mapping[str, Callable[[], HelpdeskRig]] = {"hubspot": HubSpotRig}
TRACKERS: Mapping[str, Callable[[], TrackerRig]] = {"azure_devops": AzureDevOpsRig, "jira": JiraRig}
RIGS: Mapping[str, Callable[[], Rig]] = {**HELPDESKS, **TRACKERS}

BY_ROLE: Mapping[Role, Mapping[str, Callable[[], Rig | SignalRig]]] = {
    Role.HELPDESK: HELPDESKS,
    Role.TRACKER: TRACKERS,
    Role.SIGNALS: SIGNALS,
}
