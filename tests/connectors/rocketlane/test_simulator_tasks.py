"""Tasks, phases, comments: what the simulated API keeps, shows and refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.rocketlane.simulator.records import Project
from tests.connectors.rocketlane.rocketlane_world import TASKS, HandClock, make

ALL = {"includeAllFields": "true"}


def _error(answer: httpx.Response) -> tuple[int, str, str | None]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["errorCode"], error.get("field")


async def test_members_on_request_are_absent_until_they_are_asked_for(
    api: httpx.AsyncClient, project: Project
) -> None:
    made = await make(api, project.id, externalReferenceId="hub:1", taskPrivateNote="<p>n</p>")
    extras = {"externalReferenceId", "taskPrivateNote", "type", "assignees", "priority"}
    assert extras <= made.keys()
    plain = (await api.get(f"{TASKS}/{made['taskId']}")).json()
    assert plain.keys().isdisjoint(extras)
    asked = {"includeFields": "type,externalReferenceId"}
    some = (await api.get(f"{TASKS}/{made['taskId']}", params=asked)).json()
    assert some.keys() & extras == {"type", "externalReferenceId"}


async def test_public_and_private_text_are_kept_apart(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    texts = {"taskDescription": "<p>for all</p>", "taskPrivateNote": "<p>for us</p>"}
    id = (await make(api, project.id, **texts))["taskId"]
    await api.put(f"{TASKS}/{id}", json={"taskDescription": "<p>new</p>"})
    task = sim.task(str(id))
    assert (task.description, task.private_note) == ("<p>new</p>", "<p>for us</p>")


async def test_update_sets_what_is_sent_and_knows_neither_phase_nor_assignees(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    phase = sim.add_phase(project, "Post Implementation")
    id = (await make(api, project.id, dueDate="2026-12-01"))["taskId"]
    body: dict[str, Any] = {
        "taskName": "New",
        "phase": {"phaseId": phase.id},
        "assignees": {"members": [{"userId": sim.ana.id}]},
        "priority": {"value": 1},
    }
    told = (await api.put(f"{TASKS}/{id}", json=body, params=ALL)).json()
    assert (told["taskName"], told["dueDate"], told["priority"]["value"]) == (
        "New",
        "2026-12-01",
        2,
    )
    assert ("phase" in told, told["assignees"]["members"]) == (False, [])
    moved = await api.post(f"{TASKS}/{id}/move-phase", json={"phase": {"phaseId": phase.id}})
    assert moved.json()["phase"]["phaseName"] == "Post Implementation"
    member = {"members": [{"emailId": "ANA@acme.example"}]}
    added = (await api.post(f"{TASKS}/{id}/add-assignees", json=member)).json()
    assert [each["userId"] for each in added["assignees"]["members"]] == [sim.ana.id]
    await api.post(f"{TASKS}/{id}/remove-assignees", json=member)
    assert sim.task(str(id)).assignees == []


async def test_user_id_wins_over_the_address(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    both = {"members": [{"userId": sim.ana.id, "emailId": sim.account.email}]}
    made = await make(api, project.id, assignees=both)
    assert [each["userId"] for each in made["assignees"]["members"]] == [sim.ana.id]


async def test_statuses_are_written_by_value_and_move_the_actual_dates(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    sim.add_status(7, "Blocked", "in_progress")
    made = await make(api, project.id)
    assert made["status"] == {"value": 1, "label": "To do"}
    path = f"{TASKS}/{made['taskId']}"
    told = (await api.put(path, json={"status": {"value": 7}}, params=ALL)).json()
    assert (told["status"]["label"], told["startDateActual"]) == ("Blocked", "2026-11-22")
    told = (await api.put(path, json={"status": {"value": 3}}, params=ALL)).json()
    assert told["dueDateActual"] == "2026-11-22"
    refused = await api.put(path, json={"status": {"value": 99}})
    assert _error(refused) == (400, "BAD_REQUEST", "status")


async def test_two_tasks_may_bear_one_reference_and_both_are_found(
    api: httpx.AsyncClient, project: Project
) -> None:
    ids = {(await make(api, project.id, externalReferenceId="hub:1"))["taskId"] for _ in "ab"}
    await make(api, project.id, externalReferenceId="hub:12")
    found = (await api.get(TASKS, params={"externalReferenceId.eq": "hub:1"})).json()["data"]
    assert {each["taskId"] for each in found} == ids


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"taskName": ""}, "taskName"),
        ({"project": {"projectId": 9}}, "project"),
        ({"phase": {"phaseId": 9}}, "phase"),
        ({"parent": {"taskId": 9}}, "parent"),
        ({"assignees": {"members": [{"emailId": "nobody@x.example"}]}}, "assignees"),
        ({"fields": [{"fieldId": 9, "fieldValue": "x"}]}, "fields.9"),
        ({"startDate": "2026-12-02", "dueDate": "2026-12-01"}, "dueDate"),
        ({"dueDate": "1.12.2026"}, "dueDate"),
        ({"type": "BUG"}, "type"),
        ({"private": "yes"}, "private"),
        ({"source": {"templateId": 9, "startDate": "2026-12-02"}}, "source"),
    ],
)
async def test_wrong_member_is_refused_by_name_and_nothing_is_made(
    sim: RocketlaneSimulator,
    api: httpx.AsyncClient,
    project: Project,
    wrong: dict[str, Any],
    field: str,
) -> None:
    body = {"taskName": "T", "project": {"projectId": project.id}} | wrong
    answer = await api.post(TASKS, json=body)
    assert _error(answer) == (400, "BAD_REQUEST", field)
    if field != "source":
        assert sim.workspace.tasks == {}


async def test_subtask_lives_in_the_project_and_phase_of_its_parent(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    phase = sim.add_phase(project, "Post Implementation")
    parent = await make(api, project.id, phase={"phaseId": phase.id})
    child = await make(api, project.id, parent={"taskId": parent["taskId"]})
    assert child["parent"]["taskId"] == parent["taskId"]
    assert child["phase"]["phaseId"] == phase.id
    elsewhere = sim.add_project("Other", "Initech").id
    body = {"taskName": "T", "project": {"projectId": elsewhere}}
    refused = await api.post(TASKS, json=body | {"parent": {"taskId": parent["taskId"]}})
    assert _error(refused) == (400, "BAD_REQUEST", "parent")


async def test_template_brings_subtasks_and_a_form_that_no_answer_shows(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    template = sim.add_template("Ticketing Questions", ["Ask the customer"])
    source = {"templateId": template.id, "startDate": "2026-11-22"}
    made = await make(api, project.id, source=source)
    assert sim.task(str(made["taskId"])).form == "Ticketing Questions"
    assert "form" not in made
    names = {each.name for each in sim.workspace.tasks.values() if each.parent}
    assert names == {"Ask the customer"}


async def test_phases_are_listed_by_project_only_and_may_share_a_name(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    path = "/api/1.0/phases"
    body = {"phaseName": "Post Implementation", "project": {"projectId": project.id}}
    dates = {"startDate": "2026-11-22", "dueDate": "2026-12-22"}
    assert _error(await api.post(path, json=body)) == (400, "BAD_REQUEST", "startDate")
    for _ in "ab":
        assert (await api.post(path, json=body | dates)).status_code == 201
    assert _error(await api.get(path)) == (400, "BAD_REQUEST", "projectId")
    asked: dict[str, str | int] = {
        "projectId": project.id,
        "phaseName.eq": "Post Implementation",
    }
    assert len((await api.get(path, params=asked)).json()["data"]) == 2


async def test_customer_is_found_whatever_the_case_and_none_is_a_refusal(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    body = {"projectName": "P", "owner": {"userId": sim.ana.id}}
    path = "/api/1.0/projects"
    made = await api.post(path, json=body | {"customer": {"companyName": "GLOBEX"}})
    assert made.json()["customer"]["companyId"] == project.company.id
    refused = await api.post(path, json=body | {"customer": {"companyName": "Nobody"}})
    assert _error(refused) == (400, "BAD_REQUEST", "customer")
    nobody = body | {"customer": {"companyName": "Globex"}, "owner": {"userId": 1}}
    assert _error(await api.post(path, json=nobody)) == (400, "BAD_REQUEST", "projectOwner")


async def test_archived_project_leaves_the_lists_and_is_still_there(
    api: httpx.AsyncClient, project: Project
) -> None:
    await make(api, project.id)
    archived = await api.post(f"/api/1.0/projects/{project.id}/archive")
    assert (archived.status_code, archived.content) == (204, b"")
    for path in ("/api/1.0/projects", TASKS):
        assert (await api.get(path)).json()["data"] == []
        assert len((await api.get(path, params={"includeArchive.eq": "true"})).json()["data"]) == 1
    assert (await api.get(f"/api/1.0/projects/{project.id}")).json()["archived"]


async def test_comment_is_private_as_it_says_and_told_by_no_webhook(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    sim.add_webhook("https://hub.example.test/in")
    id = sim.person_creates("T", project)
    waiting = len(sim.pending_deliveries)
    path = "/api/1.0/comments"
    source = {"sourceId": int(id), "sourceType": "TASK"}
    made = [
        (await api.post(path, json={"content": "c", "source": source, "private": private})).json()
        for private in (True, False)
    ]
    assert [each["private"] for each in made] == [True, False]
    assert len(sim.pending_deliveries) == waiting
    asked = {"sourceType": "TASK", "isPrivate.eq": "false"}
    assert len((await api.get(path, params=asked)).json()["data"]) == 1
    gone = await api.delete(f"{path}/{made[0]['commentId']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert _error(await api.delete(f"{path}/{made[0]['commentId']}")) == (404, "NOT_FOUND", None)


async def test_comment_list_may_or_may_not_heed_the_task(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    one, two = (sim.person_creates(name, project) for name in "ab")
    sim.person_comments(one, "c")
    asked = {"sourceType": "TASK", "sourceId.eq": two}
    assert (await api.get("/api/1.0/comments", params=asked)).json()["data"] == []
    sim.comments_by_source = False
    assert len((await api.get("/api/1.0/comments", params=asked)).json()["data"]) == 1


async def test_fields_and_users_are_listed_by_the_vendors_names(
    sim: RocketlaneSimulator, api: httpx.AsyncClient
) -> None:
    sim.add_field("Severity", "SINGLE_CHOICE", ["High", "Low"])
    asked = {"objectType.eq": "TASK", "includeFields": "options"}
    (field,) = (await api.get("/api/1.0/fields", params=asked)).json()["data"]
    assert [each["optionLabel"] for each in field["fieldOptions"]] == ["High", "Low"]
    (user,) = (await api.get("/api/1.0/users", params={"email.eq": sim.ana.email})).json()["data"]
    assert ("emailId" in user, user["userId"]) == (False, sim.ana.id)


async def test_deleted_task_is_not_found(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    id = sim.person_creates("T", project)
    sim.person_deletes(id)
    assert _error(await api.get(f"{TASKS}/{id}")) == (404, "NOT_FOUND", None)
    sim.person_restores(id)
    assert (await api.get(f"{TASKS}/{id}")).status_code == 200


async def test_list_shows_what_changed_since_and_trails_behind_where_dialled(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project, clock: HandClock
) -> None:
    sim.person_creates("old", project)
    since = int(clock.move(minutes=1).timestamp() * 1000)
    new = sim.person_creates("new", project)
    asked = {"updatedAt.ge": since}
    found = (await api.get(TASKS, params=asked)).json()["data"]
    assert [str(each["taskId"]) for each in found] == [new]
    sim.list_lag = timedelta(seconds=30)
    assert (await api.get(TASKS, params=asked)).json()["data"] == []


@pytest.mark.parametrize(
    "query", [{"assignee.eq": "1"}, {"updatedAt.ge": "x"}, {"sortBy": "updatedAt"}]
)
async def test_list_can_be_asked_only_what_its_page_says(
    api: httpx.AsyncClient, sim: RocketlaneSimulator, project: Project, query: dict[str, str]
) -> None:
    sim.person_creates("T", project)
    assert (await api.get(TASKS, params=query)).status_code == 400
