"""Deliveries become hints: golden files, order, forms, and totality."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.events import Delivery, Event, Hint, Ignored, PrivacyDeletion, ReferenceChanged
from connectors.hubspot.normalise import normalise
from connectors.hubspot.payloads import Property
from connectors.hubspot.properties import PropertyShapes

_HERE = Path(__file__).parent
_FIXTURES = sorted((_HERE / "fixtures").glob("*.json"))
_RECEIVED = datetime(2026, 11, 22, 9, 15, 43, tzinfo=UTC)


def read(body: bytes, shapes: PropertyShapes | None = None) -> tuple[Hint, ...] | Ignored:
    delivery = Delivery("d1", "hubspot", body, "application/json", _RECEIVED)
    return normalise(delivery, shapes or PropertyShapes())


def shown(hints: tuple[Hint, ...] | Ignored) -> Any:
    if isinstance(hints, Ignored):
        return {"ignored": hints.reason}
    return [_shown(hint) for hint in hints]


def _shown(hint: Hint) -> dict[str, Any]:
    match hint:
        case ReferenceChanged():
            return {"reference": hint.what, "id": hint.id, "account": hint.account}
        case PrivacyDeletion():
            return {"erased": hint.person_id, "account": hint.account}
        case Event():
            return {
                hint.kind.value: hint.id,
                "account": hint.account,
                "facts": {n: [f.value, f.at.isoformat()] for n, f in sorted(hint.facts.items())},
                "thin": hint.thin,
                "whole": hint.whole,
                "aliases": list(hint.aliases),
                "via_alias": hint.via_alias,
            }


@pytest.mark.parametrize("fixture", _FIXTURES, ids=lambda path: path.stem)
def test_documented_delivery_gives_the_reviewed_hints(fixture: Path) -> None:
    expected = json.loads((_HERE / "expected" / fixture.name).read_text("utf-8"))
    assert shown(read(fixture.read_bytes())) == expected


def _event(**given: Any) -> dict[str, Any]:
    known = {
        "eventId": 1,
        "subscriptionId": 2,
        "portalId": 24680135,
        "occurredAt": 1795338942000,
        "subscriptionType": "ticket.propertyChange",
        "objectId": 5158001,
        "propertyName": "hs_ticket_priority",
        "propertyValue": "HIGH",
    }
    return known | given


def _only_event(*events: dict[str, Any], shapes: PropertyShapes | None = None) -> Event:
    hints = read(json.dumps(events).encode(), shapes)
    assert isinstance(hints, tuple)
    (hint,) = hints
    assert isinstance(hint, Event)
    return hint


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\x00", b"null", b"7", b"[" * 100_000])
def test_body_without_an_array_is_ignored_with_a_reason(body: bytes) -> None:
    hints = read(body)
    assert isinstance(hints, Ignored)
    assert "not a JSON array" in hints.reason


def test_value_in_milliseconds_of_a_known_date_is_read_like_the_api_writes_it() -> None:
    shapes = PropertyShapes()
    shapes.learn(
        [
            Property(name="work_eta", label="ETA", type="date", field_type="date"),
            Property(name="checked_at", label="C", type="datetime", field_type="date"),
            Property(name="phone", label="P", type="string", field_type="text"),
            Property(name="modules", label="M", type="enumeration", field_type="checkbox"),
        ]
    )
    event = _only_event(
        _event(propertyName="work_eta", propertyValue="1796083200000"),
        _event(propertyName="checked_at", propertyValue="1796083200001"),
        _event(propertyName="phone", propertyValue="1796083200002"),
        _event(propertyName="modules", propertyValue=";Export;Import"),
        shapes=shapes,
    )
    assert not event.thin
    assert event.facts["work_eta"].value == "2026-12-01"
    assert event.facts["checked_at"].value == "2026-12-01T00:00:00.001Z"
    assert event.facts["phone"].value == "1796083200002"
    assert event.facts["modules"].value == ["Export", "Import"]


@pytest.mark.parametrize(
    ("given_value", "text"), [(True, "true"), (3, "3"), (None, None), ("", None)]
)
def test_value_of_another_type_becomes_text(given_value: Any, text: str | None) -> None:
    event = _only_event(_event(propertyName="urgent", propertyValue=given_value))
    assert event.facts["urgent"].value == text


def test_value_that_no_database_stores_is_made_storable() -> None:
    event = _only_event(_event(propertyName="subject", propertyValue="a\x00b\ud800c"))
    assert event.facts["subject"].value == "ab?c"


def test_later_value_wins_over_two_of_one_earlier_millisecond() -> None:
    event = _only_event(
        _event(propertyValue="LOW", occurredAt=1795338942001),
        _event(propertyValue="HIGH"),
        _event(propertyValue="MEDIUM"),
    )
    assert event.facts["hs_ticket_priority"].value == "LOW"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_TYPES = st.sampled_from(
    [
        "ticket.propertyChange", "ticket.merge", "object.propertyChange", "company.propertyChange",
        "conversation.newMessage", "ticket.associationChange", "contact.privacyDeletion",
    ]
)  # fmt: skip
_ODD_EVENTS = st.fixed_dictionaries(
    {"subscriptionType": _TYPES, "portalId": st.integers() | st.text(max_size=3)},
    optional={
        "objectId": _JSON | st.integers(0, 9),
        "occurredAt": st.integers() | st.integers(0, 2_000_000_000_000) | _JSON,
        "propertyName": _JSON | st.sampled_from(["subject", "closed_date", "content", "x"]),
        "propertyValue": _JSON | st.sampled_from(["0001-01-01T00:00:00+23:00", "9" * 13, "a;b"]),
        "objectTypeId": _JSON | st.just("0-5"),
        "newObjectId": _JSON | st.integers(0, 9),
        "mergedObjectIds": _JSON | st.lists(st.integers(0, 9)),
        "fromObjectId": st.integers(0, 9),
        "associationType": st.sampled_from(["TICKET_TO_CONTACT", "CONTACT_TO_TICKET", ""]),
    },
)


@given(st.binary())
def test_any_bytes_are_read_or_ignored(body: bytes) -> None:
    assert isinstance(read(body), tuple | Ignored)


@given(st.lists(_ODD_EVENTS | _JSON, max_size=5))
def test_any_events_are_read_or_ignored_and_can_be_stored(events: list[Any]) -> None:
    hints = read(json.dumps(events).encode())
    assert json.dumps(shown(hints)).isascii()
    if isinstance(hints, tuple):
        assert all(json.dumps(_shown(hint), ensure_ascii=False).encode() for hint in hints)
