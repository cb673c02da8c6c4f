"""The explicit list of connectors: a new vendor is its folder and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.ports.roles import Connector
from connectors.azure_devops.connection import CONNECTOR as AZURE_DEVOPS
from connectors.email.connection import CONNECTOR as EMAIL
from connectors.hubspot.connection import CONNECTOR as HUBSPOT
from connectors.jira.connection import CONNECTOR as JIRA
from connectors.rocketlane.connection import CONNECTOR as ROCKETLANE
from connectors.sentry.connection import CONNECTOR as SENTRY
from connectors.teams.connection import CONNECTOR as TEAMS
from connectors.zendesk.connection import CONNECTOR as ZENDESK

CONNECTORS: Mapping[str, Connector] = {
    each.manifest.vendor: each
    for each in (HUBSPOT, ZENDESK, AZURE_DEVOPS, JIRA, ROCKETLANE, SENTRY, TEAMS, EMAIL)
}
