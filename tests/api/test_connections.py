"""Connections over the API: who may pause, check and look, and what each answer says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.store import connections, history
from bridge.store.tables import audit_log
from tests.api.doors import Doors, refused


async def _one(doors: Doors, name: str) -> dict[str, Any]:
    answer = await doors.ask("GET", f"/connections/{name}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _audit(doors: Doors) -> list[tuple[str, str, str]]:
    a = audit_log.c
    async with doors.hub.db.read() as connection:
        found = await connection.execute(sa.select(a.actor, a.action, a.target).order_by(a.at))
        return [(actor, action, target) for actor, action, target in found]


async def test_connection_is_shown_alone_as_in_the_list(doors: Doors) -> None:
    listed = (await doors.ask("GET", "/connections")).json()["items"]
    # How long it has been silent counts on; there is nothing to count yet.
    assert [await _one(doors, each["name"]) for each in listed] == listed
    assert [each["name"] for each in listed] == ["boards", "hubspot"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("POST", "/check"),
        ("GET", "/schema"),
    ],
)
async def test_unknown_connection_is_not_found_and_the_nearest_one_is_named(
    doors: Doors, method: str, path: str
) -> None:
    await doors.headers("admin")
    before = await doors.stored()
    body = {"reason": "x"} if path == "/pause" else None
    answer = await doors.ask(method, f"/connections/hubspto{path}", role="admin", json=body)
    assert 'did you mean "hubspot"?' in refused(answer, 404, "not_found")["detail"]
    assert await doors.stored() == before


async def test_pause_stops_calls_out_until_a_person_resumes_and_both_are_audited(
    doors: Doors,
) -> None:
    body = {"reason": " we move to the new portal "}
    paused = (await doors.ask("POST", "/connections/boards/pause", role="admin", json=body)).json()
    assert (paused["health"], paused["paused"]["by"]) == ("paused", "person")
    assert paused["paused"]["reason"] == "we move to the new portal"
    assert paused["paused"]["who"] == "token the admin"
    assert "token the admin" in paused["sentence"]
    assert await _one(doors, "boards") == paused
    resumed = await doors.ask("POST", "/connections/boards/resume", role="admin")
    assert (resumed.json()["paused"], resumed.status_code) == (None, 200)
    assert await _audit(doors) == [
        ("token the admin", "connection.paused", "boards"),
        ("token the admin", "connection.resumed", "boards"),
    ]


async def test_pause_of_what_a_person_has_paused_keeps_the_first_reason(doors: Doors) -> None:
    path = "/connections/boards/pause"
    await doors.ask("POST", path, role="admin", json={"reason": "first"})
    before = await doors.stored()
    answer = await doors.ask("POST", path, role="admin", json={"reason": "second"})
    assert "first" in refused(answer, 409, "connection_paused")["detail"]
    assert await doors.stored() == before


async def test_resume_of_what_is_not_paused_is_refused_and_changes_nothing(doors: Doors) -> None:
    await doors.headers("admin")
    before = await doors.stored()
    answer = await doors.ask("POST", "/connections/boards/resume", role="admin")
    refused(answer, 409, "not_paused")
    assert await doors.stored() == before


async def test_persons_pause_takes_the_place_of_the_hubs_and_resuming_ends_its_findings(
    doors: Doors,
) -> None:
    await doors.add_finding("AUTH_EXPIRED", "boards")
    async with doors.hub.db.write() as connection:
        now = doors.hub.now()
        await connections.pause(connection, "boards", by="credential", reason="401", now=now)
    assert (await _one(doors, "boards"))["health"] == "needs_you"
    path = "/connections/boards"
    await doors.ask("POST", f"{path}/pause", role="admin", json={"reason": "we move"})
    assert (await _one(doors, "boards"))["health"] == "paused"
    await doors.ask("POST", f"{path}/resume", role="admin")
    assert (await doors.ask("GET", "/findings?state=open")).json()["items"] == []


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 501}, {"reason": "a\x00b"},
             {"reason": "x", "until": "tomorrow"}, {"reason": 7}, []],
)  # fmt: skip
async def test_pause_without_a_readable_reason_is_refused(quiet: Doors, body: Any) -> None:
    answer = await quiet.ask("POST", "/connections/boards/pause", role="admin", json=body)
    refused(answer, 422, "invalid_request")
    assert (await _one(quiet, "boards"))["paused"] is None


async def test_door_of_a_paused_connection_stays_open(doors: Doors) -> None:
    await doors.ask("POST", "/connections/hubspot/pause", role="admin", json={"reason": "x"})
    assert (await doors.knock(b"[]")).status_code == 200


async def test_open_finding_on_the_connection_needs_a_person(doors: Doors) -> None:
    await doors.add_finding("WEBHOOKS_SILENT", "boards")
    await doors.add_finding("STATUS_UNMAPPED", "hubspot", "hubspot:812")
    assert (await _one(doors, "boards"))["health"] == "needs_you"
    assert (await _one(doors, "hubspot"))["health"] == "not_yet_used"
    async with doors.hub.db.write() as connection:
        await history.resolve_connection_findings(
            connection, "boards", frozenset({"WEBHOOKS_SILENT"})
        )
    assert (await _one(doors, "boards"))["health"] == "not_yet_used"


async def test_waiting_silence_and_the_last_write_are_told(doors: Doors) -> None:
    now = doors.hub.now()
    await doors.add_ticket("812")
    async with doors.hub.db.write() as connection:
        await connections.change(connection, "hubspot", last_delivery_at=now - timedelta(minutes=5))
    doors.hub.last_writes["hubspot"] = now
    found = await _one(doors, "hubspot")
    assert found["oldest_waiting_at"] is not None
    assert found["last_write_at"] is not None
    assert found["silence"]["seconds"] >= 300
    assert (found["silence"]["usual_seconds"], found["silence"]["unusual"]) == (None, False)
    assert found["health"] == "healthy"


async def test_check_says_line_by_line_what_fits_and_creates_nothing(doors: Doors) -> None:
    for name in ("hubspot", "boards"):
        answer = await doors.ask("POST", f"/connections/{name}/check", role="admin")
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert (said["connection"], said["ok"], said["created"]) == (name, True, [])
        assert {each["what"] for each in said["results"]} >= {"credential", "rights", "mapping"}
        assert all(set(e) == {"what", "ok", "sentence", "what_to_do"} for e in said["results"])
    assert await _audit(doors) == []


async def test_check_of_a_paused_connection_asks_nobody(doors: Doors) -> None:
    await doors.ask("POST", "/connections/boards/pause", role="admin", json={"reason": "we move"})
    said = (await doors.ask("POST", "/connections/boards/check", role="admin")).json()
    [only] = said["results"]
    assert (only["what"], only["ok"]) == ("pause", False)
    assert "we move" in only["sentence"]
    answer = await doors.ask("GET", "/connections/boards/schema", role="admin")
    assert "we move" in refused(answer, 409, "connection_paused")["detail"]


async def test_schema_is_what_a_mapping_may_name(doors: Doors) -> None:
    desk = (await doors.ask("GET", "/connections/hubspot/schema", role="admin")).json()
    assert [each["label"] for each in desk["pipelines"]] == ["Support Pipeline"]
    assert {"id": "4", "label": "Closed", "category": None, "closed": True} in desk["statuses"]
    [priority] = [each for each in desk["fields"] if each["name"] == "hs_ticket_priority"]
    assert {"value": "HIGH", "label": "High"} in priority["options"]
    assert "success_plan" in {each["name"] for each in desk["customer_fields"]}
    boards = (await doors.ask("GET", "/connections/boards/schema", role="admin")).json()
    [project] = boards["projects"]
    [bug] = [each for each in project["types"] if each["name"] == "Bug"]
    assert bug["statuses"] == ["New", "Active", "Resolved", "Closed"]
    assert {e["name"] for e in bug["fields"] if e["required"]} == {"System.Title"}
    assert boards["customer_fields"] is None
