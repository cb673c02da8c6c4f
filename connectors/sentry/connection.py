"""One configured organization, and the entry of the registry."""

from __future__ import annotations

from bridge.domain.errors import ConfigProblem
from bridge.kit.http import Wire
from bridge.ports.manifest import ConnectionSettings, Manifest
from bridge.ports.roles import Connection, Connector
from connectors.sentry.addresses import Place
from connectors.sentry.calls import Calls
from connectors.sentry.client import SentrySignals
from connectors.sentry.manifest import MANIFEST
from connectors.sentry.receiver import SentryReceiver
from connectors.sentry.settings import DEFAULT_ORIGIN, SentrySettings


class SentryConnection:
    """A source of signals and its doors."""

    helpdesk = None
    panel = None
    tracker = None
    notifier = None
    account = None
    """Events name no account: each organization has a door of its own."""

    def __init__(self, name: str, settings: SentrySettings, wire: Wire) -> None:
        place = Place(settings.origin(DEFAULT_ORIGIN), settings.organization)
        self.name = name
        self.manifest: Manifest = MANIFEST
        self.settings = settings
        self._calls = Calls(name, settings, place, wire)
        self.receiver = SentryReceiver(settings.client_secrets, place)
        self.signals = SentrySignals(name, settings, place, self._calls, self.receiver)

    async def aclose(self) -> None:
        """Close the connection pool."""
        await self._calls.aclose()


class SentryConnector:
    """Sentry, as the registry lists it."""

    manifest = MANIFEST
    settings_model = SentrySettings

    def connect(self, name: str, settings: ConnectionSettings, wire: Wire) -> Connection:
        """A connection for these settings; opens no socket yet."""
        if not isinstance(settings, SentrySettings):
            raise ConfigProblem(f"{name}: the settings are not those of a Sentry connection")
        return SentryConnection(name, settings, wire)


CONNECTOR: Connector = SentryConnector()
