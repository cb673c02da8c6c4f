"""The card on a ticket: what it asks for is signed by HubSpot as webhooks are.

https://developers.hubspot.com/docs/guides/crm/public-apps/fetching-data
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from bridge.domain.events import InboundRequest, Refused
from bridge.ports.panels import PanelReader
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.signatures import why_unsigned

_LONGEST_PERSON = 200


class HubSpotPanel:
    """The door of one account's card."""

    framed_by = ""
    """HubSpot draws the card itself, of what the hub tells."""

    def __init__(self, settings: HubSpotSettings) -> None:
        self._secrets = settings.webhook_secrets
        self._portal, self._app = settings.portal_id, settings.app_id
        token = settings.token.get_secret_value()
        self.seal = hashlib.sha256(b"panel" + token.encode()).digest()

    def verify(self, request: InboundRequest, now: datetime) -> PanelReader | Refused:
        """Whether HubSpot asks, for one of this account's people and by this app.

        The card's own request can be asked for by whoever sees the card; what HubSpot adds to the
        address (https://developers.hubspot.com/docs/guides/crm/public-apps/fetching-data) cannot.
        """
        problem = why_unsigned(request, self._secrets, now)
        if problem:
            return Refused(problem)
        query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
        if len(dict(query)) != len(query):
            # One of the two would be the card's, and not HubSpot's.
            return Refused("something stands in the address twice")
        said = dict(query)
        if said.get("portalId") != self._portal:
            return Refused("it is for another account")
        if self._app is not None and said.get("appId") != self._app:
            return Refused("it comes from another app")
        person = said.get("userEmail") or said.get("userId") or ""
        if not 0 < len(person) <= _LONGEST_PERSON or not person.isprintable():
            return Refused("it does not say who asks")
        return PanelReader(person)
