"""Deliveries become hints: golden files, forms, and totality."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.events import Delivery, Event, Hint, Ignored, PrivacyDeletion, ReferenceChanged
from bridge.domain.records import STATUS
from connectors.zendesk.fields import Learned
from connectors.zendesk.normalise import normalise

_HERE = Path(__file__).parent
_FIXTURES = sorted((_HERE / "fixtures").glob("*.json"))
_RECEIVED = datetime(2026, 11, 22, 9, 15, 43, tzinfo=UTC)
_OWN = "8447388099999"


def read(body: bytes, own: str | None = _OWN) -> tuple[Hint, ...] | Ignored:
    learned = Learned()
    learned.own_id = own
    return normalise(Delivery("d1", "zendesk", body, "application/json", _RECEIVED), learned)


def shown(hints: tuple[Hint, ...] | Ignored) -> Any:
    if isinstance(hints, Ignored):
        return {"ignored": hints.reason, "unreadable": hints.unreadable}
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
                "revision": hint.revision,
                "presence": hint.presence.value,
                "aliases": list(hint.aliases),
                "via_alias": hint.via_alias,
            }


@pytest.mark.parametrize("fixture", _FIXTURES, ids=lambda path: path.stem)
def test_documented_delivery_gives_the_reviewed_hints(fixture: Path) -> None:
    expected = json.loads((_HERE / "expected" / fixture.name).read_text("utf-8"))
    assert shown(read(fixture.read_bytes())) == expected


def test_every_expectation_has_its_delivery() -> None:
    kept = {path.name for path in (_HERE / "expected").glob("*.json")}
    assert kept == {path.name for path in _FIXTURES}


def _fixture(name: str, **changed: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((_HERE / "fixtures" / f"{name}.json").read_text("utf-8"))
    return body | changed


def _event(body: dict[str, Any], own: str | None = _OWN) -> Event:
    hints = read(json.dumps(body).encode(), own)
    assert isinstance(hints, tuple)
    (hint,) = hints
    assert isinstance(hint, Event)
    return hint


def test_note_of_the_hub_is_read_where_nobody_knows_yet_who_the_hub_is() -> None:
    body = _fixture("ticket.comment_added__own_note")
    assert not _event(body).thin
    assert _event(body, own=None).thin


def test_text_of_a_comment_is_never_taken_from_a_delivery() -> None:
    event = _event(_fixture("ticket.comment_added__by_a_customer"))
    assert "Still failing" not in repr(event.facts)


def test_events_of_one_save_say_the_same_of_the_system_fields() -> None:
    status = _event(_fixture("ticket.status_changed__open"))
    priority = _fixture("ticket.priority_changed__urgent")
    priority["detail"] = _fixture("ticket.status_changed__open")["detail"]
    assert _event(priority).facts == status.facts


def test_state_at_a_deletion_is_not_taken_for_a_status() -> None:
    body = _fixture("ticket.subject_changed__umlaut")
    body["detail"]["status"] = "DELETED"
    assert STATUS not in _event(body).facts


def test_event_without_a_readable_time_leaves_all_to_a_read() -> None:
    body = _fixture("ticket.priority_changed__urgent")
    body["detail"]["updated_at"] = "yesterday"
    event = _event(body)
    assert (event.thin, dict(event.facts)) == (True, {})


def test_what_no_database_stores_is_left_out() -> None:
    body = _fixture("ticket.subject_changed__umlaut")
    body["detail"]["subject"] = "nul\x00 half\ud800"
    assert _event(body).facts["subject"].value == "nul half?"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\x00", b"null", b"7", b"[]", b"[" * 100_000])
def test_body_that_is_no_object_is_ignored_with_a_reason(body: bytes) -> None:
    hints = read(body)
    assert isinstance(hints, Ignored)
    assert hints.unreadable


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


_TYPES = st.sampled_from(
    ["ticket.merged", "ticket.custom_field_changed", "ticket.x", "organization.x"]
)
_DETAIL_KEYS = st.sampled_from(["id", "status", "tags", "updated_at", "actor_id"])
_EVENT_KEYS = st.sampled_from(["current", "custom_field", "target_ticket_id"])


@given(_TYPES, st.dictionaries(_DETAIL_KEYS, _JSON), st.dictionaries(_EVENT_KEYS, _JSON))
def test_any_envelope_is_answered(type: str, detail: Any, event: Any) -> None:
    body = {"type": f"zen:event-type:{type}", "detail": detail, "event": event}
    hints = read(json.dumps(body).encode())
    assert isinstance(hints, Ignored | tuple)
    assert hints if isinstance(hints, tuple) else hints.reason
