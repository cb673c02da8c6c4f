"""Webhooks of the simulated account: what they say, who takes them, and that none comes twice."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from connectors.rocketlane.simulator import EVENTS, RocketlaneSimulator
from connectors.rocketlane.simulator.records import Project
from tests.connectors.rocketlane.rocketlane_world import (
    TASKS,
    URL,
    HandClock,
    Receiver,
    make,
)


async def _sent(sim: RocketlaneSimulator, receiver: Receiver) -> int:
    async with receiver.client() as client:
        return await sim.deliver(client)


async def test_update_tells_the_task_what_changed_and_who_did_it(
    sim: RocketlaneSimulator, receiver: Receiver, project: Project
) -> None:
    id = sim.person_creates("T", project)
    sim.person_moves_status(id, "In progress")
    assert await _sent(sim, receiver) == 2
    created, updated = receiver.bodies()
    assert (created["eventType"], "changeLog" in created) == ("TASK_CREATED", False)
    assert (updated["eventType"], updated["resourceType"]) == ("TASK_UPDATED", "TASK")
    assert updated["data"]["task"]["status"] == {"value": 2, "label": "In progress"}
    assert updated["changeLog"]["changedFields"] == ["status"]
    assert updated["changeLog"]["from"] == {"status": {"value": 1, "label": "To do"}}
    assert updated["source"]["actor"]["emailId"] == "ana@acme.example"
    assert created["eventId"] != updated["eventId"]


async def test_change_through_the_api_is_told_with_the_owner_of_the_key_as_actor(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, receiver: Receiver, project: Project
) -> None:
    await make(api, project.id)
    await _sent(sim, receiver)
    assert receiver.bodies()[-1]["source"]["actor"]["userId"] == sim.account.id


async def test_nothing_but_address_and_headers_can_prove_a_call(
    sim: RocketlaneSimulator, project: Project
) -> None:
    receiver = Receiver()
    sim.add_webhook(URL, headers={"X-Bridge-Token": "secret"})
    sim.person_creates("T", project)
    await _sent(sim, receiver)
    (request,) = receiver.requests
    assert (str(request.url), request.headers["x-bridge-token"]) == (URL, "secret")
    assert [name for name in request.headers if "sign" in name] == []


@pytest.mark.parametrize(
    ("answer", "taken"),
    [(200, True), (204, True), (201, False), (202, False), (302, False), (500, False), (0, False)],
)
async def test_only_200_and_204_count_and_nothing_is_sent_again(
    sim: RocketlaneSimulator,
    receiver: Receiver,
    project: Project,
    clock: HandClock,
    answer: int,
    taken: bool,
) -> None:
    receiver.answers = [answer]
    sim.person_creates("T", project)
    await _sent(sim, receiver)
    assert len(sim.failed_deliveries) == (0 if taken else 1)
    clock.move(days=1)
    assert await _sent(sim, receiver) == 0


async def test_phases_and_projects_are_told_and_comments_are_not(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, receiver: Receiver, project: Project
) -> None:
    phase = sim.add_phase(project, "Post Implementation")
    await api.put(f"/api/1.0/phases/{phase.id}", json={"phaseName": "After"})
    id = sim.person_creates("T", project, phase={"phaseId": phase.id})
    sim.person_comments(id, "c")
    await api.delete(f"/api/1.0/phases/{phase.id}")
    await api.delete(f"/api/1.0/projects/{project.id}")
    await _sent(sim, receiver)
    told = [body["eventType"] for body in receiver.bodies()]
    assert told == [
        "PHASE_CREATED", "PHASE_UPDATED", "TASK_CREATED", "TASK_DELETED", "PHASE_DELETED",
        "PROJECT_DELETED",
    ]  # fmt: skip
    assert receiver.bodies()[0]["data"]["phase"]["phaseId"] == phase.id


async def test_address_hears_only_of_the_events_it_wants(
    sim: RocketlaneSimulator, project: Project
) -> None:
    receiver = Receiver()
    sim.add_webhook(URL, ["TASK_DELETED"])
    sim.person_deletes(sim.person_creates("T", project))
    await _sent(sim, receiver)
    assert [body["eventType"] for body in receiver.bodies()] == ["TASK_DELETED"]
    assert set(EVENTS) >= {"TASK_DELETED"}


async def test_update_that_changes_nothing_is_not_told(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, receiver: Receiver, project: Project
) -> None:
    id = sim.person_creates("T", project)
    await api.put(f"{TASKS}/{id}", json={"taskName": "T"})
    assert await _sent(sim, receiver) == 1


async def test_bad_days_drop_double_reorder_and_delay(
    sim: RocketlaneSimulator, receiver: Receiver, project: Project, clock: HandClock
) -> None:
    sim.drop_webhooks = 1
    sim.person_creates("lost", project)
    sim.reorder, sim.duplicate_rate = True, 1.0
    sim.webhook_delay = timedelta(seconds=30)
    names = [f"T{number}" for number in range(6)]
    for name in names:
        sim.person_creates(name, project)
    assert await _sent(sim, receiver) == 0
    clock.move(seconds=30)
    assert await _sent(sim, receiver) == 12
    told = [body["data"]["task"]["taskName"] for body in receiver.bodies()]
    assert sorted(told) == sorted(names * 2)
    assert told != [name for name in names for _ in "ab"]


async def test_payload_may_be_as_thin_and_as_odd_as_its_page_allows(
    sim: RocketlaneSimulator, receiver: Receiver, project: Project
) -> None:
    sim.webhook_has_extras = False
    sim.dotted_event_types = sim.changed_fields_as_objects = True
    id = sim.person_creates("T", project, externalReferenceId="hub:1")
    sim.person_edits(id, taskName="New")
    await _sent(sim, receiver)
    created, updated = receiver.bodies()
    assert "externalReferenceId" not in created["data"]["task"]
    assert updated["eventType"] == "TASK_UPDATED."
    assert updated["changeLog"]["changedFields"] == [{"fieldName": "taskName"}]


async def test_duplicate_by_a_person_bears_the_reference_too(
    sim: RocketlaneSimulator, project: Project
) -> None:
    id = sim.person_creates("T", project, by=sim.account, externalReferenceId="hub:1")
    clone = sim.task(sim.person_clones(id))
    assert (clone.reference, clone.stamps.created_by) == ("hub:1", sim.ana)
    sim.clone_copies_reference = False
    assert sim.task(sim.person_clones(id)).reference is None
