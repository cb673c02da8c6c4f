"""What bridge.yaml may say of a Zendesk account, and how fast the account is asked."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bridge.kit.http import Wire
from connectors.zendesk import render
from connectors.zendesk.client import Client
from connectors.zendesk.facts import Site
from connectors.zendesk.files import is_own, is_trusted
from connectors.zendesk.pace import UpdatePace
from connectors.zendesk.payloads import UserAnswer
from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HandClock
from tests.connectors.zendesk.connector_kit import ORIGIN, Line, SteppingClock, settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"subdomain": "acme.zendesk.com"},
        {"subdomain": ""},
        {"subdomain": "https://acme"},
        {"email": "hub@vendor.example/token"},
        {"email": "hub"},
        {"token": ""},
        {"updates_per_minute": 0},
    ],
    ids=str,
)
def test_what_would_build_a_wrong_address_or_credential_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_secret_may_be_several_and_unset_ones_do_not_count() -> None:
    assert settings(webhook_secret=["new", "", "old"]).webhook_secrets == ("new", "old")
    assert settings(webhook_secret="").webhook_secrets == ()
    assert settings(webhook_secret=None).webhook_secrets == ()


@pytest.mark.parametrize(
    ("plan", "given", "rate"), [(None, None, None), (400, None, 6.3333), (700, 3.0, 3.0)]
)
async def test_limit_in_the_answers_sets_the_pace_unless_the_operator_did(
    sim: ZendeskSimulator,
    clock: HandClock,
    plan: int | None,
    given: float | None,
    rate: float | None,
) -> None:
    sim.requests_per_minute = plan
    wire = Wire(Line(sim), clock=SteppingClock(clock))
    client = Client("zendesk", settings(rate=given), wire)
    await client.ask(render.me(), UserAnswer)
    assert client.rate == (None if rate is None else pytest.approx(rate, abs=0.001))
    await client.aclose()


def test_pace_forgets_tickets_that_nobody_updates_any_more(clock: HandClock) -> None:
    pace = UpdatePace()
    for number in range(5_000):
        pace.note(str(number), clock.now)
    clock.move(minutes=11)
    for _ in range(30):
        pace.note("live", clock.now)
    assert pace.wait("live", clock.now) is not None
    assert pace.wait("17", clock.now) is None
    clock.move(minutes=10)
    assert pace.wait("live", clock.now) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.zendesk.com/agent/tickets/5158",
        "https://acme.zendesk.com/agent/tickets/5158/",
        "https://acme.zendesk.com/tickets/5158",
        " https://acme.zendesk.com/requests/5158?x=y#z ",
        "https://acme.zendesk.com/hc/requests/5158",
        "https://acme.zendesk.com/hc/en-us/requests/5158?page=2",
        "https://acme.zendesk.com/api/v2/tickets/5158.json",
    ],
)
def test_pages_of_a_ticket_lead_to_it(url: str) -> None:
    assert Site("https://acme.zendesk.com").ticket_id(url) == "5158"


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.zendesk.com/agent/tickets/5158",
        "https://other.zendesk.com/agent/tickets/5158",
        "https://acme.zendesk.com:8443/agent/tickets/5158",
        "https://acme.zendesk.com/agent/tickets/5158/events",
        "https://acme.zendesk.com/agent/users/5158",
    ],
)
def test_other_pages_lead_nowhere(url: str) -> None:
    assert Site("https://acme.zendesk.com").ticket_id(url) is None


@pytest.mark.parametrize(
    ("url", "trusted", "own"),
    [
        (f"{ORIGIN}/attachments/token/x", True, True),
        ("https://acme.zendesk.com/attachments/token/x", True, False),
        ("https://p7.zdusercontent.com/attachment/1", True, False),
        ("https://zdusercontent.com/attachment/1", False, False),
        ("http://p7.zdusercontent.com/attachment/1", False, False),
        ("https://zendesk.com.evil.test/", False, False),
        ("https://user:word@p7.zdusercontent.com/", False, False),
        ("https://p7.zdusercontent.com:99999/", False, False),
        ("", False, False),
    ],
)
def test_hosts_of_files_are_zendesks_and_the_credential_is_for_one(
    url: str, trusted: bool, own: bool
) -> None:
    assert (is_trusted(url, ORIGIN), is_own(url, ORIGIN)) == (trusted, own)
