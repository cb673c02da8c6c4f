"""One configured mail server, with its role as a notifier."""

from __future__ import annotations

from bridge.domain.errors import ConfigProblem
from bridge.kit.http import Wire
from bridge.ports.manifest import ConnectionSettings, Manifest
from connectors.email.client import EmailNotifier
from connectors.email.manifest import MANIFEST
from connectors.email.settings import EmailSettings


class EmailConnection:
    """A mail server as the engine holds it."""

    account: str | None = None
    receiver = None
    helpdesk = None
    panel = None
    tracker = None
    signals = None

    def __init__(self, name: str, settings: EmailSettings, wire: Wire) -> None:
        self.name = name
        self.settings: ConnectionSettings = settings
        self.manifest: Manifest = MANIFEST
        self.notifier = EmailNotifier(name, settings, wire)

    async def aclose(self) -> None:
        """Close what is open."""
        await self.notifier.aclose()


class EmailConnector:
    """The code for e-mail, as the registry lists it."""

    manifest: Manifest = MANIFEST
    settings_model: type[ConnectionSettings] = EmailSettings

    def connect(self, name: str, settings: ConnectionSettings, wire: Wire) -> EmailConnection:
        """A connection for these settings; opens no socket yet."""
        if not isinstance(settings, EmailSettings):
            raise ConfigProblem(f"{name}: the settings are not those of an e-mail connection")
        return EmailConnection(name, settings, wire)


CONNECTOR = EmailConnector()
