"""What deliveries hint at: fixtures against snapshots."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.events import Delivery, Event, Ignored, ReferenceChanged
from connectors.rocketlane.normalise import hints_of
from tests.connectors.rocketlane.client_kit import PLACE

_HERE = Path(__file__).parent
_CASES = sorted(path.stem for path in (_HERE / "fixtures").glob("*.json"))
_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def shown(body: bytes) -> Any:
    """The hints as JSON."""
    hints = hints_of(Delivery("d-1", "rl", body, "application/json", _NOW), PLACE)
    if isinstance(hints, Ignored):
        return {"ignored": hints.reason}
    return [_hint(each) for each in hints if isinstance(each, Event | ReferenceChanged)]


def _hint(hint: Event | ReferenceChanged) -> dict[str, Any]:
    if isinstance(hint, ReferenceChanged):
        return {"changed": hint.what}
    return {
        "kind": hint.kind.value,
        "id": hint.id,
        "revision": hint.revision,
        "whole": hint.whole,
        "thin": hint.thin,
        "presence": hint.presence.value,
        "at": sorted({fact.at.isoformat() for fact in hint.facts.values()}),
        "facts": {name: hint.facts[name].value for name in sorted(hint.facts)},
    }


@pytest.mark.parametrize("case", _CASES)
def test_fixture_gives_the_reviewed_hints(case: str) -> None:
    body = (_HERE / "fixtures" / f"{case}.json").read_bytes()
    expected = json.loads((_HERE / "expected" / f"{case}.json").read_text("utf-8"))
    assert shown(body) == expected


def test_every_event_of_tasks_has_a_fixture() -> None:
    told = {
        json.loads((_HERE / "fixtures" / f"{case}.json").read_text())["eventType"]
        for case in _CASES
    }
    assert told >= {"TASK_CREATED", "TASK_UPDATED", "TASK_DELETED"}


@pytest.mark.parametrize("event", ["PHASE_UPDATED", "PHASE_DELETED"])
def test_phase_that_changed_is_told(event: str) -> None:
    told = {"eventType": event, "data": {"phase": {"phaseId": 7, "phaseName": "P"}}}
    hints = hints_of(Delivery("d-1", "rl", json.dumps(told).encode(), "", _NOW), PLACE)
    assert hints == (ReferenceChanged("phase", "7"),)
    told["data"] = {}
    assert isinstance(
        hints_of(Delivery("d-1", "rl", json.dumps(told).encode(), "", _NOW), PLACE), Ignored
    )
