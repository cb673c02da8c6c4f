"""One configured account, and the entry of the registry."""

from __future__ import annotations

from bridge.domain.errors import ConfigProblem
from bridge.kit.http import Wire
from bridge.ports.manifest import ConnectionSettings, Manifest
from bridge.ports.roles import Connection, Connector
from connectors.rocketlane.addresses import Place
from connectors.rocketlane.calls import Calls
from connectors.rocketlane.client import RocketlaneTracker
from connectors.rocketlane.manifest import MANIFEST
from connectors.rocketlane.receiver import RocketlaneReceiver
from connectors.rocketlane.settings import DEFAULT_ORIGIN, RocketlaneSettings


class RocketlaneConnection:
    """A tracker and its door."""

    helpdesk = None
    panel = None
    notifier = None
    signals = None
    account = None
    """Events name no account: each has a door of its own."""

    def __init__(self, name: str, settings: RocketlaneSettings, wire: Wire) -> None:
        place = Place(settings.origin(DEFAULT_ORIGIN), settings.site.rstrip("/"))
        self.name = name
        self.manifest: Manifest = MANIFEST
        self.settings = settings
        self._calls = Calls(name, settings, wire)
        self.receiver = RocketlaneReceiver(settings.webhook_tokens, place)
        self.tracker = RocketlaneTracker(name, settings, place, self._calls)

    async def aclose(self) -> None:
        """Close the connection pool."""
        await self._calls.aclose()


class RocketlaneConnector:
    """Rocketlane, as the registry lists it."""

    manifest = MANIFEST
    settings_model = RocketlaneSettings

    def connect(self, name: str, settings: ConnectionSettings, wire: Wire) -> Connection:
        """A connection for these settings; opens no socket yet."""
        if not isinstance(settings, RocketlaneSettings):
            raise ConfigProblem(f"{name}: the settings are not those of a Rocketlane connection")
        return RocketlaneConnection(name, settings, wire)


CONNECTOR: Connector = RocketlaneConnector()
