"""One configured HubSpot account, with its door and its helpdesk role."""

from __future__ import annotations

from bridge.domain.errors import ConfigProblem
from bridge.kit.http import Wire
from bridge.ports.manifest import ConnectionSettings, Manifest
from bridge.ports.panels import PanelDoor
from connectors.hubspot.client import Client
from connectors.hubspot.helpdesk import HubSpotHelpdesk
from connectors.hubspot.manifest import MANIFEST
from connectors.hubspot.panel import HubSpotPanel
from connectors.hubspot.properties import PropertyShapes
from connectors.hubspot.receiver import HubSpotReceiver
from connectors.hubspot.settings import HubSpotSettings


class HubSpotConnection:
    """A HubSpot account as the engine holds it."""

    def __init__(self, name: str, settings: HubSpotSettings, wire: Wire) -> None:
        shapes = PropertyShapes()
        self.name = name
        self.settings: ConnectionSettings = settings
        self.manifest: Manifest = MANIFEST
        self.account: str | None = settings.portal_id
        self.receiver = HubSpotReceiver(settings.webhook_secrets, shapes)
        self.panel: PanelDoor | None = HubSpotPanel(settings) if settings.panel else None
        self._client = Client(name, settings, wire)
        self.helpdesk = HubSpotHelpdesk(name, settings, self._client, shapes)
        self.tracker = None
        self.signals = None
        self.notifier = None

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """Scopes that the token lacks and without which the hub sees less."""
        return self.helpdesk.missing_scopes

    async def aclose(self) -> None:
        """Close the connection pools."""
        await self._client.aclose()


class HubSpotConnector:
    """The code for HubSpot, as the registry lists it."""

    manifest: Manifest = MANIFEST
    settings_model: type[ConnectionSettings] = HubSpotSettings

    def connect(self, name: str, settings: ConnectionSettings, wire: Wire) -> HubSpotConnection:
        """A connection for these settings; opens no socket yet."""
        if not isinstance(settings, HubSpotSettings):
            raise ConfigProblem(f"{name}: the settings are not those of a HubSpot connection")
        return HubSpotConnection(name, settings, wire)


CONNECTOR = HubSpotConnector()
