"""One configured site, and the entry of the registry."""

from __future__ import annotations

from bridge.domain.errors import ConfigProblem
from bridge.kit.http import Wire
from bridge.ports.manifest import ConnectionSettings, Manifest
from bridge.ports.roles import Connection, Connector
from connectors.jira.addresses import Place
from connectors.jira.calls import Calls
from connectors.jira.client import JiraTracker
from connectors.jira.manifest import MANIFEST
from connectors.jira.receiver import JiraReceiver
from connectors.jira.settings import JiraSettings


class JiraConnection:
    """A tracker and its door."""

    helpdesk = None
    panel = None
    signals = None
    account = None
    """Events name no account: each site has a door of its own."""

    def __init__(self, name: str, settings: JiraSettings, wire: Wire) -> None:
        place = Place(settings.site_url, settings.origin(settings.site_url))
        self.name = name
        self.manifest: Manifest = MANIFEST
        self.settings = settings
        self._calls = Calls(name, settings, place, wire)
        self.receiver = JiraReceiver(settings.webhook_secrets, place)
        self.tracker = JiraTracker(name, settings, place, self._calls)
        self.notifier = None

    async def aclose(self) -> None:
        """Close the connection pool."""
        await self._calls.aclose()


class JiraConnector:
    """Jira Cloud, as the registry lists it."""

    manifest = MANIFEST
    settings_model = JiraSettings

    def connect(self, name: str, settings: ConnectionSettings, wire: Wire) -> Connection:
        """A connection for these settings; opens no socket yet."""
        if not isinstance(settings, JiraSettings):
            raise ConfigProblem(f"{name}: the settings are not those of a Jira connection")
        return JiraConnection(name, settings, wire)


CONNECTOR: Connector = JiraConnector()
