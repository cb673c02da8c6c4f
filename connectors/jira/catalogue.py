"""Reading what the site is made of: projects with their types, statuses and screens, fields."""

from __future__ import annotations

from bridge.domain.errors import CredentialProblem, RecordMissing, Rejected
from connectors.jira import payloads, render
from connectors.jira.calls import Calls
from connectors.jira.reference import ProjectData


async def read_project(calls: Calls, project: str) -> ProjectData:
    """Types with their create screens, and statuses; RecordMissing if it is not there."""
    statuses = await calls.ask_list(render.read_statuses(project), payloads.TypeStatuses)
    types, fields = await read_screens(calls, project)
    return ProjectData(types, statuses, fields)


async def read_screens(
    calls: Calls, project: str
) -> tuple[list[payloads.IssueType], dict[str, list[payloads.ScreenField]]]:
    """The types that can be created, and their create screens by the type's id."""
    types: list[payloads.IssueType] = []
    while True:
        page = await calls.ask(render.read_types(project, len(types)), payloads.IssueTypes)
        types += page.types
        if not page.types or len(types) >= page.total:
            break
    return types, {each.id: await _screen(calls, project, each.id) for each in types}


async def _screen(calls: Calls, project: str, type_id: str) -> list[payloads.ScreenField]:
    found: list[payloads.ScreenField] = []
    while True:
        request = render.read_type_fields(project, type_id, len(found))
        page = await calls.ask(request, payloads.ScreenFields)
        found += page.fields
        if not page.fields or len(found) >= page.total:
            return found


async def project_names(calls: Calls) -> tuple[str, ...]:
    """The keys of the projects that the account may see; none where it may not list any."""
    try:
        found = await calls.ask(render.read_projects(), payloads.Projects)
    except (CredentialProblem, Rejected, RecordMissing):
        return ()
    return tuple(each.key for each in found.values)
