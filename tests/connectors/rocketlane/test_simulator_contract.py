"""Answers and addresses against the vendor's published description."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.rocketlane.simulator.api.app import RocketlaneApi
from connectors.rocketlane.simulator.records import Project
from connectors.rocketlane.simulator.render import TASK_EXTRAS
from tests.connectors.rocketlane.rocketlane_world import Contract, make
from tests.contracts import need_contracts

_DATES = {"startDate": "2026-11-22", "dueDate": "2026-12-22"}

CASES: list[tuple[str, str, Any, int]] = [
    ("GET", "tasks?includeAllFields=true&projectId.eq={project}", None, 200),
    ("GET", "tasks?pageSize=1", None, 200),
    ("POST", "tasks?includeAllFields=true", {"taskName": "T", "project": "P"}, 201),
    ("GET", "tasks/{taskId}?includeAllFields=true", None, 200),
    ("PUT", "tasks/{taskId}?includeAllFields=true", {"taskName": "New"}, 200),
    ("POST", "tasks/{taskId}/add-assignees", {"members": [{"emailId": "ana@acme.example"}]}, 200),
    ("POST", "tasks/{taskId}/add-followers", {"members": [{"emailId": "ana@acme.example"}]}, 200),
    ("POST", "tasks/{taskId}/move-phase", {"phase": "H"}, 200),
    ("GET", "projects?includeFields=currentPhases,externalReferenceId", None, 200),
    ("GET", "projects/{projectId}", None, 200),
    ("GET", "phases?projectId={project}", None, 200),
    ("POST", "phases", {"phaseName": "X", "project": "P", **_DATES}, 201),
    ("PUT", "phases/{phaseId}", {"phaseName": "X"}, 200),
    ("GET", "comments?sourceType=TASK", None, 200),
    ("POST", "comments", {"content": "c", "source": "S", "private": True}, 201),
    ("GET", "fields?objectType.eq=TASK&includeFields=options", None, 200),
    ("GET", "users?includeFields=company", None, 200),
    ("POST", "tasks", {"taskName": ""}, 400),
    ("GET", "tasks/999999", None, 404),
    ("GET", "comments/999999", None, 404),
]


@pytest.fixture
def contract() -> Contract:
    return Contract(need_contracts("rocketlane"))


async def living(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> dict[str, int]:
    """An account in which every kind of thing exists; the ids by the names of addresses."""
    field = sim.add_field("Severity", "SINGLE_CHOICE", ["High", "Low"])
    phase = sim.add_phase(project, "Post Implementation")
    sim.workspace.add_person("kim@globex.example", "Kim", "K", "CUSTOMER", company=project.company)
    parent = await make(api, project.id)
    task = await make(
        api,
        project.id,
        phase={"phaseId": phase.id},
        parent={"taskId": parent["taskId"]},
        assignees={"members": [{"userId": sim.ana.id}]},
        fields=[{"fieldId": field.id, "fieldValue": 1}],
        externalReferenceId="hub:1",
        **_DATES,
    )
    sim.person_comments(str(task["taskId"]), "c")
    return {
        "taskId": task["taskId"],
        "projectId": project.id,
        "project": project.id,
        "phaseId": phase.id,
    }


def _filled(body: Any, ids: dict[str, int]) -> Any:
    named: dict[str, Any] = {
        "P": {"projectId": ids["projectId"]},
        "H": {"phaseId": ids["phaseId"]},
        "S": {"sourceId": ids["taskId"], "sourceType": "TASK"},
    }
    return body and {name: named.get(v, v) if isinstance(v, str) else v for name, v in body.items()}


@pytest.mark.parametrize(("method", "path", "body", "status"), CASES)
async def test_an_answer_fits_its_description(
    sim: RocketlaneSimulator,
    api: httpx.AsyncClient,
    project: Project,
    contract: Contract,
    method: str,
    path: str,
    body: Any,
    status: int,
) -> None:
    ids = await living(sim, api, project)
    asked = path.format(**ids)
    answer = await api.request(method, f"/api/1.0/{asked}", json=_filled(body, ids))
    assert answer.status_code == status, answer.text
    described = path.partition("?")[0]
    described = {"tasks/999999": "tasks/{taskId}", "comments/999999": "comments/{commentId}"}.get(
        described, described
    )
    assert contract.faults(method, described, status, answer.json()) == []


async def test_the_checker_finds_wrong_types_and_members_too_many(contract: Contract) -> None:
    body = {"taskId": "5", "colour": "red"}
    assert len(contract.faults("GET", "tasks/{taskId}", 200, body)) == 2


def test_every_address_is_one_of_the_vendors(sim: RocketlaneSimulator, contract: Contract) -> None:
    known = {
        (method.upper(), re.sub(r"\{[^}]*\}", "{}", path.removeprefix("/1.0/")))
        for path, operations in contract.document["paths"].items()
        for method in operations
    }
    served = {
        (method, re.sub(r"\{[^}]*\}", "{}", "/".join(parts)))
        for method, parts, _ in RocketlaneApi(sim.rocketlane).routes.entries
    }
    assert len(served) > 30
    assert served - known == set()


async def test_description_of_a_task_names_every_extra_that_can_be_asked_for(
    contract: Contract,
) -> None:
    parameters = contract.document["paths"]["/1.0/tasks"]["get"]["parameters"]
    (asked,) = (each for each in parameters if each["name"] == "includeFields")
    assert set(asked["schema"]["items"]["enum"]) == TASK_EXTRAS
