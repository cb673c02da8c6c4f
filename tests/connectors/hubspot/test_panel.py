"""The card's door: HubSpot's proxy signs, and adds who asks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from bridge.domain.events import InboundRequest, Refused
from bridge.kit.clock import SystemClock
from bridge.kit.http import Wire
from bridge.ports.panels import PanelReader
from connectors.hubspot.connection import CONNECTOR
from connectors.hubspot.panel import HubSpotPanel
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.simulator import HubSpotSimulator

URL, SECRET = "https://hub.example.test/panel/hubspot", "client-secret"


def _settings(**other: Any) -> HubSpotSettings:
    given: dict[str, Any] = {
        "token": "pat",
        "webhook_secret": SECRET,
        "portal_id": 24680135,
        "app_id": 1357911,
    }
    return HubSpotSettings(**given | {"panel": True} | other)


async def _asked(url: str = URL, **options: Any) -> InboundRequest:
    """What arrives when somebody looks at a ticket."""
    seen: list[InboundRequest] = []

    def hub(request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen.append(InboundRequest(request.method, str(request.url), {}, headers, request.content))
        return httpx.Response(200, json={})

    account = HubSpotSimulator(client_secret=SECRET)
    async with httpx.AsyncClient(transport=httpx.MockTransport(hub)) as client:
        await account.open_card(client, url, body={"ticket": "1"}, **options)
    return seen[0]


async def test_person_of_the_account_is_let_in_by_name() -> None:
    found = HubSpotPanel(_settings()).verify(await _asked(), SystemClock().now())
    assert found == PanelReader("alex.agent@vendor.example")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"portal_id": 1}, "it is for another account"),
        ({"app_id": 1}, "it comes from another app"),
        ({"webhook_secret": "another"}, "the v3 signature is wrong"),
    ],
    ids=str,
)
async def test_card_of_others_is_refused(other: dict[str, Any], reason: str) -> None:
    found = HubSpotPanel(_settings(**other)).verify(await _asked(), SystemClock().now())
    assert found == Refused(reason)


async def test_what_the_card_itself_adds_takes_no_ones_place() -> None:
    request = await _asked(f"{URL}?userEmail=boss@vendor.example")
    found = HubSpotPanel(_settings()).verify(request, SystemClock().now())
    assert found == Refused("something stands in the address twice")


def test_account_that_did_not_ask_for_it_has_no_panel() -> None:
    assert CONNECTOR.connect("hubspot", _settings(panel=False), Wire()).panel is None
    assert CONNECTOR.connect("hubspot", _settings(), Wire()).panel is not None


def test_panel_without_a_secret_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="webhook_secret"):
        _settings(webhook_secret="")
