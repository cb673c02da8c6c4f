"""The explicit list of connectors: a new vendor is its folder and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.ports.roles import Connector
from connectors.azure_devops.connection import CONNECTOR as AZURE_DEVOPS
from connectors.hubspot.connection import CONNECTOR as HUBSPOT
from connectors.jira.connection import CONNECTOR as JIRA
from connectors.sentry.connection import CONNECTOR as SENTRY

CONNECTORS: Mapping[str, Connector] = {
    each.manifest.vendor: each for each in (HUBSPOT, AZURE_DEVOPS, JIRA, SENTRY)
}
