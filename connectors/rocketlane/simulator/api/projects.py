"""Projects and their phases."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from connectors.rocketlane.simulator import bodies, render
from connectors.rocketlane.simulator.api.asking import Ask, Routes, answer, empty
from connectors.rocketlane.simulator.problems import RocketlaneProblem, bad_request
from connectors.rocketlane.simulator.records import Phase, Project

_PROJECT_GETTERS = {
    "projectName": lambda p: p.name,
    "companyId": lambda p: p.company.id,
    "customerId": lambda p: p.company.id,
    "status": lambda p: p.status.value,
    "externalReferenceId": lambda p: p.reference,
    "createdAt": lambda p: p.stamps.created,
    "updatedAt": lambda p: p.stamps.updated,
    "startDate": lambda p: p.start,
    "dueDate": lambda p: p.due,
}
_PHASE_GETTERS = {
    "phaseName": lambda p: p.name,
    "startDate": lambda p: p.start,
    "dueDate": lambda p: p.due,
    "createdAt": lambda p: p.stamps.created,
    "updatedAt": lambda p: p.stamps.updated,
}


def register(routes: Routes) -> None:
    """The addresses of this module."""
    routes.add("GET", "projects", list_projects)
    routes.add("POST", "projects", create_project)
    routes.add("GET", "projects/{project}", read_project)
    routes.add("DELETE", "projects/{project}", delete_project)
    routes.add("POST", "projects/{project}/archive", archive_project)
    routes.add("GET", "phases", list_phases)
    routes.add("POST", "phases", create_phase)
    routes.add("GET", "phases/{phase}", read_phase)
    routes.add("PUT", "phases/{phase}", update_phase)
    routes.add("DELETE", "phases/{phase}", delete_phase)


def _project(ask: Ask) -> Project:
    return ask.workspace.see(ask.workspace.projects, "project", ask.params["project"])


def _phase(ask: Ask) -> Phase:
    return ask.workspace.see(ask.workspace.phases, "phase", ask.params["phase"])


async def list_projects(ask: Ask) -> Response:
    w, extras = ask.workspace, ask.extras(render.PROJECT_EXTRAS)
    archived = ask.query.get("includeArchive.eq", "").casefold() == "true"
    rows = [each for each in w.projects.values() if archived or not each.archived]
    ignored = frozenset({"includeArchive.eq"})
    return ask.page(
        rows, _PROJECT_GETTERS, _PROJECT_GETTERS, lambda p: render.project(w, p, extras), ignored
    )


async def create_project(ask: Ask) -> Response:
    given = bodies.check(ask.json(), bodies.PROJECT, ("projectName", "customer", "owner"))
    w = ask.workspace
    # The refusal names the member by the vendor's inner name.
    owner = w.person(given["owner"], "projectOwner")
    try:
        company = w.company(given["customer"])
    except RocketlaneProblem:
        name = str(given["customer"].get("companyName") or "")
        if not given.get("autoCreateCompany") or not name:
            raise
        company = w.add_company(name)
    status = w.status(given["status"]) if "status" in given else w.statuses[0]
    made = Project(
        w.new_id(), given["projectName"], company, owner, w.stamp(ask.person), status,
        start=given.get("startDate"), due=given.get("dueDate"),
        reference=given.get("externalReferenceId"),
    )  # fmt: skip
    w.projects[made.id] = made
    ask.account.announce("PROJECT", "CREATED", made, ask.person, {})
    return answer(render.project(w, made, ask.extras(render.PROJECT_EXTRAS)), 201)


async def read_project(ask: Ask) -> Response:
    extras = ask.extras(render.PROJECT_EXTRAS)
    return answer(render.project(ask.workspace, _project(ask), extras))


async def delete_project(ask: Ask) -> Response:
    project, w = _project(ask), ask.workspace
    w.tasks = {id: t for id, t in w.tasks.items() if t.project is not project}
    w.phases = {id: p for id, p in w.phases.items() if p.project is not project}
    del w.projects[project.id]
    ask.account.announce("PROJECT", "DELETED", project, ask.person, {})
    return empty()


async def archive_project(ask: Ask) -> Response:
    project = _project(ask)
    project.archived = True
    ask.account.announce("PROJECT", "ARCHIVED", project, ask.person, {})
    return empty()


async def list_phases(ask: Ask) -> Response:
    id = ask.query.get("projectId", "")
    if not id.isdecimal():
        raise bad_request("projectId is required", "projectId")
    ask.workspace.see(ask.workspace.projects, "project", id)
    rows = [each for each in ask.workspace.phases.values() if each.project.id == int(id)]
    return ask.page(rows, _PHASE_GETTERS, _PHASE_GETTERS, render.phase)


def _shown(phase: Phase, status: int = 200) -> Response:
    body: dict[str, Any] = render.phase(phase)
    return answer(body, status)


async def create_phase(ask: Ask) -> Response:
    return _shown(ask.account.board.create_phase(ask.person, ask.json()), 201)


async def read_phase(ask: Ask) -> Response:
    return _shown(_phase(ask))


async def update_phase(ask: Ask) -> Response:
    phase = _phase(ask)
    ask.account.board.update_phase(ask.person, phase, ask.json())
    return _shown(phase)


async def delete_phase(ask: Ask) -> Response:
    ask.account.board.delete_phase(ask.person, _phase(ask))
    return empty()
