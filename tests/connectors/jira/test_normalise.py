"""What deliveries hint at: fixtures against snapshots, captured bodies, totality over any bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.events import Delivery, Event, Ignored, ReferenceChanged
from bridge.domain.records import Presence
from connectors.jira.addresses import Place
from connectors.jira.normalise import hints_of
from tests.connectors.jira.jira_world import NOON
from tests.contracts import need_contracts

_HERE = Path(__file__).parent
_CASES = sorted(path.stem for path in (_HERE / "fixtures").glob("*.json"))
PLACE = Place("https://acme.atlassian.net", "https://acme.atlassian.net")


def hints(body: bytes) -> Any:
    """What the delivery of these bytes hints at."""
    return hints_of(Delivery("d1", "jira", body, "application/json", NOON), PLACE)


def shown(body: bytes) -> Any:
    """The hints as JSON."""
    found = hints(body)
    if isinstance(found, Ignored):
        return {"ignored": found.reason, "unreadable": found.unreadable}
    return [_hint(each) for each in found]


def _hint(hint: Any) -> dict[str, Any]:
    if isinstance(hint, ReferenceChanged):
        return {"what": hint.what, "id": hint.id}
    assert isinstance(hint, Event)
    return {
        "kind": hint.kind.value,
        "id": hint.id,
        "whole": hint.whole,
        "thin": hint.thin,
        "presence": hint.presence.value,
        "at": sorted({fact.at.isoformat() for fact in hint.facts.values()}),
        "facts": {name: hint.facts[name].value for name in sorted(hint.facts)},
    }


def _fixture(case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_HERE / "fixtures" / f"{case}.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("case", _CASES)
def test_fixture_gives_the_reviewed_hints(case: str) -> None:
    expected = json.loads((_HERE / "expected" / f"{case}.json").read_text("utf-8"))
    assert shown(json.dumps(_fixture(case)).encode()) == expected


CAPTURED = {
    "cloud-jira-issue_created.json": (True, Presence.PRESENT),
    "cloud-jira-issue_updated-assigned.json": (False, Presence.PRESENT),
    "cloud-jira-issue_updated-resolved.json": (False, Presence.PRESENT),
    "cloud-jira-issue_updated-customfield.json": (False, Presence.PRESENT),
    "cloud-jira-issue_deleted.json": (False, Presence.DELETED),
    "cloud-comment_created.json": (True, Presence.PRESENT),
    "cloud-comment_updated.json": (True, Presence.PRESENT),
    "cloud-comment_deleted.json": (True, Presence.PRESENT),
    "server-comment_created.json": (True, Presence.PRESENT),
    "server-jira-issue_updated-commented.json": (True, Presence.PRESENT),
    "server-jira-issue_updated-resolved.json": (False, Presence.PRESENT),
}


@pytest.mark.parametrize("name", CAPTURED)
def test_body_captured_from_a_real_site_names_its_issue(name: str) -> None:
    path = need_contracts("jira") / "webhook-samples" / name
    body = json.loads(path.read_text("utf-8"))
    (event,) = hints(path.read_bytes())
    comment = body.get("comment", {}).get("self", "").partition("/issue/")[2].partition("/")[0]
    assert event.id == (body["issue"]["id"] if "issue" in body else comment)
    assert (event.thin, event.presence) == CAPTURED[name]
    if event.facts:
        fields = body["issue"]["fields"]
        assert event.facts["@status"].value == fields["status"]["id"]
        assert event.facts["@subject"].value == fields["summary"]
        assert "description" not in event.facts


def test_event_never_goes_by_key() -> None:
    body = _fixture("issue_updated__moved_to_another_project")
    del body["issue"]["id"]
    assert isinstance(hints(json.dumps(body).encode()), Ignored)


def test_status_renamed_by_an_admin_keeps_its_id() -> None:
    body = _fixture("issue_updated__status_moved")
    body["issue"]["fields"]["status"]["name"] = "Doing"
    (event,) = hints(json.dumps(body).encode())
    assert event.facts["@status"].value == "3"


@pytest.mark.parametrize(
    "damage",
    [{"summary": None}, {"status": None}, {"status": {"id": 3}}, {"updated": "soon"}],
)
def test_issue_that_is_not_whole_is_read_from_the_vendor(damage: dict[str, Any]) -> None:
    body = _fixture("issue_updated__status_moved")
    body["issue"]["fields"] |= damage
    (event,) = hints(json.dumps(body).encode())
    assert (event.id, event.thin, event.facts) == ("10042", True, {})


def test_first_date_of_a_version_still_to_come_is_the_release_date() -> None:
    body = _fixture("issue_updated__status_moved")
    versions = body["issue"]["fields"]["fixVersions"]
    versions.append(versions[1] | {"id": "10030", "releaseDate": "2026-11-25"})
    versions.append(versions[1] | {"id": "10031", "archived": True, "releaseDate": "2026-01-01"})
    (event,) = hints(json.dumps(body).encode())
    assert event.facts["fixVersions.releaseDate"].value == "2026-11-25"
    assert event.facts["@releases"].value == ["10020", "10021", "10030", "10031"]


def test_values_no_store_can_keep_are_left_out() -> None:
    body = _fixture("issue_updated__status_moved")
    body["issue"]["fields"] |= {"summary": "a\ud800b\x00c", "customfield_1": float("inf")}
    (event,) = hints(json.dumps(body).encode())
    assert event.facts["@subject"].value == event.facts["summary"].value == "a?bc"
    assert event.facts["customfield_1"].value is None


@given(st.binary(max_size=300))
def test_any_bytes_are_never_an_error(body: bytes) -> None:
    assert isinstance(hints(body), Ignored)


def test_deep_nesting_is_never_an_error() -> None:
    assert isinstance(hints(b'{"webhookEvent":"jira:issue_updated","x":' + b"[" * 100_000), Ignored)
