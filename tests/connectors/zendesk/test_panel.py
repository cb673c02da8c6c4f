"""The sidebar's door: what a key must be, and what a token must say; the account signs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey, RSAKey
from pydantic import ValidationError

from bridge.domain.errors import ConfigProblem
from bridge.domain.events import InboundRequest, Refused
from bridge.kit.clock import SystemClock
from bridge.kit.http import Wire
from bridge.ports.panels import PanelReader
from connectors.zendesk.connection import CONNECTOR
from connectors.zendesk.panel import SKEW_S, ZendeskPanel
from connectors.zendesk.simulator import ZendeskSimulator
from connectors.zendesk.simulator.sidebar import SidebarApp
from tests.connectors.zendesk.connector_kit import settings

NOW = SystemClock().now()


@pytest.fixture(scope="module")
def app() -> SidebarApp:
    """An installation in the account."""
    return ZendeskSimulator(clock=lambda: NOW).install_app()


def _settings(app: SidebarApp, **other: Any) -> Any:
    panel = {"panel_key": app.public_key, "panel_installation": app.installation_id}
    return settings(**panel | other)


def _form(token: str) -> InboundRequest:
    url = "https://hub.example.test/panel/zendesk"
    return InboundRequest("POST", url, {}, {}, urlencode({"token": token}).encode())


def test_person_of_the_installation_is_let_in_until_the_token_expires(app: SidebarApp) -> None:
    door, token = ZendeskPanel(_settings(app)), app.token(501)
    assert door.framed_by == "https://acme.zendesk.com"
    assert door.verify(_form(token), NOW) == PanelReader("501")
    late = timedelta(minutes=5, seconds=SKEW_S + 1)
    assert door.verify(_form(token), NOW + late) == Refused("the token has expired")


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "other.zendesk.com"}, "the token is of another account"),
        ({"aud": "https://acme.zendesk.com"}, "the token is of another installation"),
        ({"exp": True}, "the token has expired"),
        ({"nbf": "soon"}, "the token counts only later"),
        ({"sub": 501}, "the token does not say who looks"),
    ],
    ids=str,
)
def test_refusal_says_which_claim_it_was(
    app: SidebarApp, claims: dict[str, Any], reason: str
) -> None:
    found = ZendeskPanel(_settings(app)).verify(_form(app.token(501, **claims)), NOW)
    assert found == Refused(reason)


def test_account_without_a_key_has_no_panel(app: SidebarApp) -> None:
    assert CONNECTOR.connect("zendesk", settings(), Wire()).panel is None
    assert CONNECTOR.connect("zendesk", _settings(app), Wire()).panel is not None


@pytest.mark.parametrize("missing", ["panel_key", "panel_installation"])
def test_half_a_panel_is_a_mistake(app: SidebarApp, missing: str) -> None:
    with pytest.raises(ValidationError, match="both"):
        _settings(app, **{missing: None})


@pytest.mark.filterwarnings("ignore:Key size:joserfc.errors.SecurityWarning")
def test_key_that_proves_nothing_is_a_mistake_of_the_configuration() -> None:
    private = RSAKey.generate_key(2048).as_pem(private=True).decode()
    with pytest.raises(ValidationError, match="no public key"):
        settings(panel_key=private, panel_installation=1)
    short = RSAKey.generate_key(1024).as_pem(private=False).decode()
    curve = ECKey.generate_key("P-256").as_pem(private=False).decode()
    for key in (short, curve, short.replace("M", "N")):
        with pytest.raises(ConfigProblem, match="zendesk: panel_key"):
            CONNECTOR.connect("zendesk", settings(panel_key=key, panel_installation=1), Wire())
