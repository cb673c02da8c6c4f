"""The door: the published signature vectors, rotation, the clock, and totality."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.events import Delivery, Event, InboundRequest, Refused, Verified
from connectors.hubspot.properties import PropertyShapes
from connectors.hubspot.receiver import HubSpotReceiver, delivery_keys
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.hub_world import HandClock, Receiver

_SECRET = "8f3c1f1a-2b7e-4d5c-9a61-0c2f7be1d4aa"
_STAMP = "1795338943000"
_SIGNED_AT = datetime(2026, 11, 22, 9, 15, 43, tzinfo=UTC)
_URL = "https://hub.example.test/webhooks/hubspot?tenant=acme"
_BODY = (
    b'[{"eventId":100,"subscriptionId":4455,"portalId":24680135,"appId":1357911,'
    b'"occurredAt":1795338942000,"subscriptionType":"ticket.propertyChange","attemptNumber":0,'
    b'"objectId":5158001,"propertyName":"hs_pipeline_stage","propertyValue":"4",'
    b'"changeSource":"CRM_UI","sourceId":"userId:9001"}]'
)
_V1 = "81d314f69aae12bebe2aad88173267bc330a9483621eecf7dbb4d1e9ee834ee0"
_V2 = "499431114140cf96bae6216477ddbf81b3bc17e74087f1c75171d4e6bd52dcc6"
_V3 = "C0WtQJQIxWLWxRYkBGRkxcvciMeq7Sg9Y20I62rkRg4="
_SIGNATURE, _TIME = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"


def door(*secrets: str) -> HubSpotReceiver:
    return HubSpotReceiver(secrets or (_SECRET,), PropertyShapes())


def request(
    body: bytes = _BODY, url: str = _URL, method: str = "POST", **headers: str
) -> InboundRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    signed = {_SIGNATURE: _V3, _TIME: _STAMP}
    return InboundRequest(method, url, {}, signed | named, body)


def test_signed_request_is_verified_with_the_key_of_its_event() -> None:
    assert door().verify(request(), _SIGNED_AT) == Verified(
        ('[24680135,4455,100,5158001,1795338942000,"hs_pipeline_stage"]',)
    )


@pytest.mark.parametrize(
    "signature",
    [
        # HubSpot signs the address with some escapes decoded; libraries sign it as it is.
        "LQ8wQ9GPaR/DRuzzmN2F9rcqU8l7O/nFnZJKkoK4ivw=",
        "FRd6oNTo68VOt3Twla72Pax2voU95nuMmdqW3EIa5so=",
    ],
)
def test_address_with_escapes_is_verified_decoded_and_as_it_is(signature: str) -> None:
    url = "https://hub.example.test/webhooks/hubspot?src=a%3Ab%2Fc&n=x%20y"
    seen = door().verify(request(url=url, x_hubspot_signature_v3=signature), _SIGNED_AT)
    assert isinstance(seen, Verified)


def test_body_beyond_ascii_is_verified() -> None:
    body = '[{"eventId":101,"propertyValue":"Zürich \u2013 naïve"}]'.encode()
    signature = "Yw69va+5VoqTqx30vu0k+bfCCj9J3byIHzN0spytQuM="
    seen = door().verify(request(body, x_hubspot_signature_v3=signature), _SIGNED_AT)
    assert isinstance(seen, Verified)


@pytest.mark.parametrize("secrets", [("new", _SECRET), (_SECRET, "new")])
def test_either_secret_opens_while_they_are_rotated(secrets: tuple[str, ...]) -> None:
    assert isinstance(door(*secrets).verify(request(), _SIGNED_AT), Verified)


@pytest.mark.parametrize("apart", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_clocks_five_minutes_apart_still_agree(apart: timedelta) -> None:
    assert isinstance(door().verify(request(), _SIGNED_AT + apart), Verified)


@pytest.mark.parametrize("apart", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_request_from_another_time_is_refused(apart: timedelta) -> None:
    seen = door().verify(request(), _SIGNED_AT + apart)
    assert isinstance(seen, Refused)
    assert "five minutes" in seen.reason


@pytest.mark.parametrize(
    "changed",
    [
        request(_BODY + b" "),
        request(url=_URL + "&x=1"),
        request(method="PUT"),
        request(x_hubspot_request_timestamp="1795338943001"),
        request(x_hubspot_request_timestamp="soon"),
        request(x_hubspot_request_timestamp="9" * 5_000),
        request(x_hubspot_request_timestamp=""),
    ],
)
def test_request_changed_anywhere_is_refused(changed: InboundRequest) -> None:
    assert isinstance(door().verify(changed, _SIGNED_AT), Refused)


def test_older_signatures_do_not_help_beside_a_wrong_one() -> None:
    wrong = request(x_hubspot_signature_v3="AAAA", x_hubspot_signature=_V1)
    assert isinstance(door().verify(wrong, _SIGNED_AT), Refused)


@pytest.mark.parametrize(("version", "older"), [("v1", _V1), ("v2", _V2)])
def test_older_signature_alone_is_refused(version: str, older: str) -> None:
    alone = InboundRequest(
        "POST",
        _URL,
        {},
        {"x-hubspot-signature": older, "x-hubspot-signature-version": version, _TIME: _STAMP},
        _BODY,
    )
    assert isinstance(door().verify(alone, _SIGNED_AT), Refused)


def test_door_without_a_secret_is_closed() -> None:
    closed = HubSpotReceiver((), PropertyShapes())
    # What an empty secret would sign.
    forged = request(x_hubspot_signature_v3="")
    assert isinstance(closed.verify(forged, _SIGNED_AT), Refused)
    assert isinstance(closed.verify(request(), _SIGNED_AT), Refused)


def test_repetition_of_an_event_has_the_same_key_in_any_batch() -> None:
    (first,) = json.loads(_BODY)
    other = {**first, "eventId": 101}
    again = {**first, "attemptNumber": 3}
    one, two = delivery_keys(json.dumps([first, other]).encode())
    assert delivery_keys(json.dumps([again]).encode()) == (one,)
    assert one != two


def test_events_that_differ_in_one_part_have_different_keys() -> None:
    (base,) = json.loads(_BODY)
    parts = ("portalId", "subscriptionId", "eventId", "objectId", "occurredAt", "propertyName")
    events = [base, *({**base, part: 7} for part in parts)]
    keys = delivery_keys(json.dumps(events).encode())
    assert len(set(keys)) == len(events)


@pytest.mark.parametrize("gone", [("eventId",), ("eventId", "occurredAt", "subscriptionId")])
def test_events_without_an_id_are_told_apart_by_all_that_they_say(gone: tuple[str, ...]) -> None:
    (base,) = json.loads(_BODY)
    bare = {name: value for name, value in base.items() if name not in gone}
    events = [bare, {**bare, "propertyValue": "3"}, {**bare, "sourceId": "userId:9002"}]
    keys = delivery_keys(json.dumps(events).encode())
    assert len(set(keys)) == len(events)
    again = dict(reversed({**bare, "attemptNumber": 2}.items()))
    assert delivery_keys(json.dumps([again]).encode()) == keys[:1]


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"objectId":1}', b"[" * 100_000])
def test_body_without_events_has_its_hash_as_key(body: bytes) -> None:
    (key,) = delivery_keys(body)
    assert len(key) == 64


_HEADERS = st.dictionaries(
    st.sampled_from([_SIGNATURE, _TIME, "x-hubspot-signature", "host"]),
    st.text() | st.sampled_from([_V3, _STAMP]),
)


@given(st.text(), st.text(), _HEADERS, st.binary() | st.just(_BODY))
def test_any_request_is_answered_and_only_the_signed_one_let_in(
    method: str, url: str, headers: dict[str, str], body: bytes
) -> None:
    seen = door().verify(InboundRequest(method, url, {}, headers, body), _SIGNED_AT)
    assert isinstance(seen, Refused)


@given(st.binary())
def test_keys_of_any_body_can_be_stored(body: bytes) -> None:
    keys = delivery_keys(body)
    assert keys
    assert all(key.isascii() and 0 < len(key) <= 200 for key in keys)


def _inbound(sent: Any) -> InboundRequest:
    headers = {name.lower(): value for name, value in sent.headers.items()}
    return InboundRequest(sent.method, str(sent.url), {}, headers, sent.content)


async def test_deliveries_of_the_account_pass_the_door_and_name_their_tickets(
    sim: HubSpotSimulator, clock: HandClock, receiver: Receiver
) -> None:
    ticket = sim.person_creates_ticket(category="Bug")
    clock.move(seconds=5)
    sim.person_edits_ticket(ticket, hs_pipeline_stage="3")
    other = sim.person_creates_ticket()
    survivor = sim.person_merges(ticket, other)
    async with receiver.client() as client:
        await sim.deliver(client)

    seen: list[Event] = []
    for number, sent in enumerate(receiver.requests):
        assert isinstance(door().verify(_inbound(sent), clock.now), Verified)
        delivery = Delivery(str(number), "hubspot", sent.content, "application/json", clock.now)
        hints = door().normalise(delivery)
        assert isinstance(hints, tuple)
        seen += [hint for hint in hints if isinstance(hint, Event)]

    by_id = {event.id: event for event in seen if event.facts}
    assert by_id[ticket].facts["@status"].value == "3"
    assert by_id[ticket].facts["hs_ticket_category"].value == "Bug"
    merged = next(event for event in seen if event.aliases)
    assert (merged.id, merged.aliases) == (survivor, (ticket, other))
