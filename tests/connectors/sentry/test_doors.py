"""The doors: what is taken, what is kept of it, and that nothing born in Sentry is among it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.events import Delivery, Event, Ignored, Refused, Verified
from bridge.domain.refs import Kind
from bridge.ports.signals import FormRequest
from connectors.sentry.addresses import Place
from connectors.sentry.normalise import hints_of, reduce
from connectors.sentry.receiver import SentryReceiver
from connectors.sentry.simulator import SentrySimulator
from tests.connectors.sentry.connector_kit import as_inbound
from tests.connectors.sentry.sentry_kit import HOOK, NOON, ORIGIN, Door, HandClock

_SECRET = "sentry-client-secret-1"


def _receiver(*secrets: str) -> SentryReceiver:
    return SentryReceiver(secrets, Place(ORIGIN, "acme"))


def _stored(body: bytes) -> Delivery:
    return Delivery("1", "sentry", reduce(body), "application/json", NOON)


async def test_a_delivery_is_taken_with_any_of_the_secrets_and_with_no_other(
    sim: SentrySimulator, door: Door
) -> None:
    sim.error_occurs()
    async with door.client() as client:
        await sim.deliver(client)
    request = as_inbound(door.requests[0])
    assert isinstance(_receiver(_SECRET).verify(request, NOON), Verified)
    assert isinstance(_receiver("new", _SECRET).verify(request, NOON), Verified)
    assert isinstance(_receiver("other").verify(request, NOON), Refused)
    assert isinstance(_receiver().verify(request, NOON), Refused)


async def test_the_same_bytes_under_another_request_id_are_the_same_delivery(
    sim: SentrySimulator, door: Door
) -> None:
    sim.duplicate_webhooks = True
    sim.error_occurs()
    async with door.client() as client:
        await sim.deliver(client)
    first, second = (_receiver(_SECRET).verify(as_inbound(e), NOON) for e in door.requests)
    assert first == second
    assert door.requests[0].headers["request-id"] != door.requests[1].headers["request-id"]


async def test_nothing_born_in_sentry_is_kept_of_any_delivery(
    sim: SentrySimulator, door: Door, clock: HandClock
) -> None:
    sim.canaries = True
    sim.subscribe(HOOK, ("comment",))
    issue = sim.error_occurs()
    sim.person_assigns(issue)
    sim.person_comments(issue)
    sim.person_sets_status(issue, "resolved")
    clock.move(seconds=1)
    sim.error_recurs(issue)
    async with door.client() as client:
        await sim.deliver(client)
    assert len(door.requests) == 5
    raw = b"".join(request.content for request in door.requests).decode()
    kept = b"".join(reduce(request.content) for request in door.requests).decode()
    assert sim.canaries_planted.found_in(raw), "the deliveries do carry texts"
    assert sim.canaries_planted.found_in(kept) == []
    assert issue.short_id not in kept
    assert sim.person.name not in kept
    first = json.loads(reduce(door.requests[0].content))
    assert first["issue"] == str(issue.id)
    assert (first["action"], first["status"]) == ("created", "unresolved")


_TEXT = st.text(min_size=1).map(lambda text: f"kanari {text}")
_JSON = st.recursive(
    _TEXT | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_PLACES = ("issue", "comment", "issue_id", "comment_id", "event", "timestamp", "error")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "action": _JSON,
            "installation": _JSON | st.fixed_dictionaries({"uuid": _JSON}),
            "actor": _JSON,
            "data": st.dictionaries(
                st.sampled_from(_PLACES),
                _JSON
                | st.dictionaries(
                    st.sampled_from(["id", "status", "substatus", "lastSeen", "issue_id"]), _JSON
                ),
            ),
        },
    )
)
def test_no_text_fits_into_what_is_kept(said: dict[str, Any]) -> None:
    assert b"kanari" not in reduce(json.dumps(said).encode())


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_reducing_and_reading_are_total(body: bytes) -> None:
    kept = json.loads(reduce(body))
    assert len(kept["sha256"]) == 64
    assert isinstance(hints_of(Delivery("1", "s", body, "", NOON)), tuple | Ignored)
    assert isinstance(hints_of(_stored(body)), tuple | Ignored)


async def test_every_delivery_about_an_issue_is_a_hint_to_read_it(
    sim: SentrySimulator, door: Door
) -> None:
    issue = sim.error_occurs()
    sim.person_sets_status(issue, "ignored")
    async with door.client() as client:
        await sim.deliver(client)
    for request in door.requests:
        hints = hints_of(_stored(request.content))
        assert hints == (Event(Kind.SIGNAL, str(issue.id), thin=True),)


@pytest.mark.parametrize(
    ("said", "issue"),
    [
        ({"action": "triggered", "data": {"event": {"issue_id": "12", "title": "x"}}}, "12"),
        ({"action": "created", "data": {"error": {"issue_id": "13"}}}, "13"),
        ({"action": "critical", "data": {"metric_alert": {"id": "7"}}}, None),
        ({"action": "created", "data": {"installation": {"uuid": "a" * 32}}}, None),
        ({"action": "created", "data": {"comment_id": 1, "issue_id": 5, "comment": "x"}}, None),
        ({"action": "created", "data": {"issue": {"id": "../1"}}}, None),
    ],
)
def test_other_resources_are_read_by_their_issue_or_left(
    said: dict[str, Any], issue: str | None
) -> None:
    hints = hints_of(_stored(json.dumps(said).encode()))
    if issue is None:
        assert isinstance(hints, Ignored)
    else:
        assert hints == (Event(Kind.SIGNAL, issue, thin=True),)


def test_a_form_is_read_once_its_signature_and_its_host_are_right(sim: SentrySimulator) -> None:
    issue = sim.error_occurs()
    form = sim.forms(HOOK, "/sentry/sentry")
    pressed = as_inbound(form.press_request("link", issue, {"item": "jira:1"}, sim.person))
    assert _receiver(_SECRET).read_form(pressed) == FormRequest(
        str(issue.id), sim.installation, {"item": "jira:1"}
    )
    assert isinstance(_receiver("other").read_form(pressed), Refused)
    assert isinstance(_receiver().read_form(pressed), Refused)
    elsewhere = form.press_request(
        "link", issue, {}, sim.person, webUrl="http://sentry.acme.test.evil.example/issues/1/"
    )
    assert isinstance(_receiver(_SECRET).read_form(as_inbound(elsewhere)), Refused)
    wrong = form.press_request("link", issue, {}, sim.person, issueId="1 OR 1=1")
    assert isinstance(_receiver(_SECRET).read_form(as_inbound(wrong)), Refused)


def test_a_select_is_proven_by_the_signature_of_nothing(sim: SentrySimulator) -> None:
    asked = as_inbound(sim.forms(HOOK, "/sentry/sentry").select_request("items", "checkout"))
    assert _receiver(_SECRET).verify_select(asked) is None
    assert _receiver("other").verify_select(asked) is not None
    assert _receiver().verify_select(asked) is not None
