"""One configured Teams channel, with its role as a notifier."""

from __future__ import annotations

from bridge.domain.errors import ConfigProblem
from bridge.kit.http import Wire
from bridge.ports.manifest import ConnectionSettings, Manifest
from connectors.teams.client import TeamsNotifier
from connectors.teams.manifest import MANIFEST
from connectors.teams.settings import TeamsSettings


class TeamsConnection:
    """A channel as the engine holds it."""

    account: str | None = None
    receiver = None
    helpdesk = None
    panel = None
    tracker = None
    signals = None

    def __init__(self, name: str, settings: TeamsSettings, wire: Wire) -> None:
        self.name = name
        self.settings: ConnectionSettings = settings
        self.manifest: Manifest = MANIFEST
        self.notifier = TeamsNotifier(name, settings, wire)

    async def aclose(self) -> None:
        """Close the connection pool."""
        await self.notifier.aclose()


class TeamsConnector:
    """The code for Teams, as the registry lists it."""

    manifest: Manifest = MANIFEST
    settings_model: type[ConnectionSettings] = TeamsSettings

    def connect(self, name: str, settings: ConnectionSettings, wire: Wire) -> TeamsConnection:
        """A connection for these settings; opens no socket yet."""
        if not isinstance(settings, TeamsSettings):
            raise ConfigProblem(f"{name}: the settings are not those of a Teams connection")
        return TeamsConnection(name, settings, wire)


CONNECTOR = TeamsConnector()
