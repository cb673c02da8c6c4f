"""What deliveries hint at: fixtures against snapshots, and totality over any bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.events import Event, Ignored
from connectors.azure_devops.addresses import Place
from connectors.azure_devops.normalise import EVENTS, hints_of
from tests.connectors.azure_devops.client_kit import PLACE, delivery

_HERE = Path(__file__).parent
_CASES = sorted(path.stem for path in (_HERE / "fixtures").glob("*.json"))


def shown(body: bytes, place: Place = PLACE) -> Any:
    """The hints as JSON."""
    hints = hints_of(delivery(body), place)
    if isinstance(hints, Ignored):
        return {"ignored": hints.reason}
    return [_event(each) for each in hints if isinstance(each, Event)]


def _event(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind.value,
        "id": event.id,
        "revision": event.revision,
        "whole": event.whole,
        "thin": event.thin,
        "presence": event.presence.value,
        "at": sorted({fact.at.isoformat() for fact in event.facts.values()}),
        "facts": {name: event.facts[name].value for name in sorted(event.facts)},
    }


def _fixture(case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_HERE / "fixtures" / f"{case}.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("case", _CASES)
def test_fixture_gives_the_reviewed_hints(case: str) -> None:
    expected = json.loads((_HERE / "expected" / f"{case}.json").read_text("utf-8"))
    assert shown(json.dumps(_fixture(case)).encode()) == expected


def test_every_event_has_a_fixture() -> None:
    assert {_fixture(case)["eventType"] for case in _CASES} >= EVENTS


def test_organization_is_recognised_in_every_spelling_of_its_address() -> None:
    body = _fixture("updated__state_moved")
    for place in (Place("http://127.0.0.1:9", "ACME"), Place("https://tfs.acme.example", "acme")):
        assert isinstance(shown(json.dumps(body).encode(), place), list)
    body["resource"]["url"] = "https://acme.visualstudio.com/_apis/wit/workItems/13/updates/4"
    assert isinstance(shown(json.dumps(body).encode()), list)


def test_values_no_store_can_keep_are_left_out() -> None:
    body = _fixture("updated__state_moved")
    fields = body["resource"]["revision"]["fields"]
    fields["System.Title"] = "a\ud800b\x00c"
    fields["Custom.Number"] = float("inf")
    fields["Custom.List"] = [1]
    [event] = shown(json.dumps(body).encode())
    assert event["facts"]["System.Title"] == event["facts"]["@subject"] == "a?bc"
    assert event["facts"]["Custom.Number"] is None
    assert event["facts"]["Custom.List"] is None
    json.dumps(event, allow_nan=False).encode()


def test_time_beyond_the_calendar_is_read_from_the_vendor() -> None:
    body = _fixture("updated__state_moved")
    body["resource"]["revision"]["fields"]["System.ChangedDate"] = "9999-12-31T23:59:59-14:00"
    [event] = shown(json.dumps(body).encode())
    assert (event["thin"], event["facts"]) == (True, {})


@pytest.mark.parametrize(
    "damage", [{"System.Title": None}, {"System.State": 7}, {"System.ChangedDate": "soon"}]
)
def test_revision_that_is_not_whole_is_read_from_the_vendor(damage: dict[str, Any]) -> None:
    body = _fixture("updated__state_moved")
    body["resource"]["revision"]["fields"] |= damage
    [event] = shown(json.dumps(body).encode())
    assert (event["id"], event["thin"], event["facts"]) == ("13", True, {})


def test_revision_of_another_item_is_read_from_the_vendor() -> None:
    body = _fixture("updated__state_moved")
    body["resource"]["revision"]["id"] = 14
    [event] = shown(json.dumps(body).encode())
    assert (event["id"], event["thin"], event["facts"]) == ("13", True, {})


@given(st.binary(max_size=300))
def test_any_bytes_are_never_an_error(body: bytes) -> None:
    assert isinstance(hints_of(delivery(body), PLACE), Ignored)


def test_deep_nesting_is_never_an_error() -> None:
    body = b'{"eventType":"workitem.created","resource":{"id":1,"x":' + b"[" * 100_000
    assert isinstance(hints_of(delivery(body), PLACE), Ignored)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found += _paths(inner, (*path, key))
    return found


@given(st.sampled_from(_CASES), st.data())
def test_any_damage_to_a_payload_is_never_an_error(case: str, data: st.DataObject) -> None:
    body = _fixture(case)
    for path in data.draw(st.lists(st.sampled_from(_paths(body)), max_size=3)):
        inner: Any = body
        for key in path[:-1]:
            inner = inner[key] if isinstance(inner, dict | list) and _has(inner, key) else {}
        if isinstance(inner, dict | list) and _has(inner, path[-1]):
            inner[path[-1]] = data.draw(_JSON)
    found = shown(json.dumps(body).encode("utf-8", "surrogatepass"))
    json.dumps(found, allow_nan=False).encode()


def _has(inner: Any, key: Any) -> bool:
    return key in inner if isinstance(inner, dict) else isinstance(key, int) and key < len(inner)
