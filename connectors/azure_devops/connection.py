"""One configured organization, and the entry of the registry."""

from __future__ import annotations

from bridge.domain.errors import ConfigProblem
from bridge.kit.http import Wire
from bridge.ports.manifest import ConnectionSettings, Manifest
from bridge.ports.roles import Connection, Connector
from connectors.azure_devops.addresses import Place
from connectors.azure_devops.calls import Calls
from connectors.azure_devops.client import AzureDevOpsTracker
from connectors.azure_devops.manifest import MANIFEST
from connectors.azure_devops.receiver import AzureDevOpsReceiver
from connectors.azure_devops.settings import DEFAULT_ORIGIN, AzureDevOpsSettings


class AzureDevOpsConnection:
    """A tracker and its door."""

    helpdesk = None
    panel = None
    signals = None
    notifier = None
    account = None
    """Events name no account: each organization has a door of its own."""

    def __init__(self, name: str, settings: AzureDevOpsSettings, wire: Wire) -> None:
        place = Place(settings.origin(DEFAULT_ORIGIN), settings.organization)
        self.name = name
        self.manifest: Manifest = MANIFEST
        self.settings = settings
        self._calls = Calls(name, settings, place, wire)
        self.receiver = AzureDevOpsReceiver(
            settings.webhook_user, settings.webhook_passwords, place
        )
        self.tracker = AzureDevOpsTracker(name, settings, place, self._calls)

    async def aclose(self) -> None:
        """Close the connection pool."""
        await self._calls.aclose()


class AzureDevOpsConnector:
    """Azure DevOps Boards, as the registry lists it."""

    manifest = MANIFEST
    settings_model = AzureDevOpsSettings

    def connect(self, name: str, settings: ConnectionSettings, wire: Wire) -> Connection:
        """A connection for these settings; opens no socket yet."""
        if not isinstance(settings, AzureDevOpsSettings):
            raise ConfigProblem(f"{name}: the settings are not those of an Azure DevOps connection")
        return AzureDevOpsConnection(name, settings, wire)


CONNECTOR: Connector = AzureDevOpsConnector()
