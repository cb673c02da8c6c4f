"""One configured Zendesk account, with its door and its helpdesk role."""

from __future__ import annotations

from bridge.domain.errors import ConfigProblem
from bridge.kit.http import Wire
from bridge.ports.manifest import ConnectionSettings, Manifest
from bridge.ports.panels import PanelDoor
from connectors.zendesk.client import Client
from connectors.zendesk.fields import Learned
from connectors.zendesk.helpdesk import ZendeskHelpdesk
from connectors.zendesk.manifest import MANIFEST
from connectors.zendesk.receiver import ZendeskReceiver
from connectors.zendesk.settings import ZendeskSettings


class ZendeskConnection:
    """A Zendesk account as the engine holds it."""

    def __init__(self, name: str, settings: ZendeskSettings, wire: Wire) -> None:
        learned = Learned()
        self.name = name
        self.settings: ConnectionSettings = settings
        self.manifest: Manifest = MANIFEST
        # An address belongs to one webhook of one account: events need not be routed.
        self.account: str | None = None
        self.receiver = ZendeskReceiver(settings.webhook_secrets, learned)
        self.panel = _panel(name, settings)
        self._client = Client(name, settings, wire)
        self.helpdesk = ZendeskHelpdesk(name, settings, self._client, learned)
        self.tracker = None
        self.notifier = None
        self.signals = None

    async def aclose(self) -> None:
        """Close the connection pools."""
        await self._client.aclose()


def _panel(name: str, settings: ZendeskSettings) -> PanelDoor | None:
    if not settings.panel_key:
        return None
    # Only who has a panel needs what proves its tokens, and waits for it at the start.
    from connectors.zendesk.panel import ZendeskPanel

    try:
        return ZendeskPanel(settings)
    except ValueError as error:
        raise ConfigProblem(f"{name}: {error}") from error


class ZendeskConnector:
    """The code for Zendesk, as the registry lists it."""

    manifest: Manifest = MANIFEST
    settings_model: type[ConnectionSettings] = ZendeskSettings

    def connect(self, name: str, settings: ConnectionSettings, wire: Wire) -> ZendeskConnection:
        """A connection for these settings; opens no socket yet."""
        if not isinstance(settings, ZendeskSettings):
            raise ConfigProblem(f"{name}: the settings are not those of a Zendesk connection")
        return ZendeskConnection(name, settings, wire)


CONNECTOR = ZendeskConnector()
