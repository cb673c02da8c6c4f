"""What a mapping is made of: projects, types, fields, statuses, versions, people."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from connectors.jira.simulator import errors, metadata
from connectors.jira.simulator.api.asking import Ask, Routes, answer, empty
from connectors.jira.simulator.catalogue import schema_of
from connectors.jira.simulator.errors import JiraProblem
from connectors.jira.simulator.records import User, Version
from connectors.jira.simulator.site import Site
from connectors.jira.simulator.stamps import stamp

_PERMISSIONS = (
    "BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ASSIGN_ISSUES",
    "ADD_COMMENTS", "EDIT_ALL_COMMENTS", "DELETE_ALL_COMMENTS", "CREATE_ATTACHMENTS",
    "LINK_ISSUES", "DELETE_ISSUES", "ADMINISTER",
)  # fmt: skip
_VERSION_MEMBERS = {
    "name", "description", "project", "projectId", "releaseDate", "startDate", "released",
    "archived", "id", "self", "overdue", "userReleaseDate", "userStartDate",
}  # fmt: skip
_CATEGORY_WORDS = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}


def register(routes: Routes) -> None:
    """The addresses of this module."""
    meta = "api/issue/createmeta/{project}/issuetypes"
    for path, handler in (
        ("api/serverInfo", server_info),
        ("api/myself", myself),
        ("api/mypermissions", permissions),
        ("api/user", user),
        ("api/user/search", user_search),
        ("api/user/assignable/search", assignable),
        ("api/field", fields),
        ("api/issuetype", issue_types),
        ("api/status", statuses),
        ("api/statuses/search", status_search),
        ("api/statuscategory", categories),
        ("api/priority", priorities),
        ("api/priority/search", priority_search),
        ("api/resolution", resolutions),
        ("api/resolution/search", resolution_search),
        ("api/label", labels),
        ("api/project/search", projects),
        ("api/project/{project}", project),
        ("api/project/{project}/statuses", project_statuses),
        ("api/project/{project}/components", components),
        ("api/project/{project}/version", version_page),
        ("api/project/{project}/versions", versions),
        ("api/version/{version}", version),
        (meta, create_types),
        (f"{meta}/{{type}}", create_fields),
    ):
        routes.add("GET", path, handler)
    routes.add("POST", "api/version", add_version)
    routes.add("PUT", "api/version/{version}", edit_version)
    routes.add("DELETE", "api/version/{version}", delete_version)


async def server_info(ask: Ask) -> Response:
    now = stamp(ask.site.now())
    told = {
        "baseUrl": ask.site.base_url,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100300,
        "buildDate": now,
        "serverTime": now,
        "scmInfo": "0",
        "serverTitle": "Jira",
    }
    return answer(told)


async def myself(ask: Ask) -> Response:
    me = ask.need_user()
    # Everybody sees his own address.
    return answer(ask.writer.user(me) | {"emailAddress": me.email})


async def permissions(ask: Ask) -> Response:
    asked = ask.listed("permissions")
    if not asked:
        raise JiraProblem(400, "The 'permissions' query parameter is required.")
    unknown = [name for name in asked if name not in _PERMISSIONS]
    if unknown:
        raise JiraProblem(400, f"Unrecognized permission: {unknown[0]}")
    named = ask.query.get("projectKey") or ask.query.get("projectId")
    found = ask.site.project(ask.user, named) if named else None
    told = {
        name: {
            "id": str(_PERMISSIONS.index(name)),
            "key": name,
            "name": name.replace("_", " ").capitalize(),
            "type": "GLOBAL" if name == "ADMINISTER" else "PROJECT",
            "description": "",
            "havePermission": ask.site.may(ask.user, name, found),
        }
        for name in asked
    }
    return answer({"permissions": told})


async def user(ask: Ask) -> Response:
    ask.need_user()
    found = ask.site.users.get(ask.query.get("accountId", ""))
    if found is None:
        raise JiraProblem(404, "The user does not exist or you do not have permission to see it.")
    return answer(ask.writer.user(found))


def _people(ask: Ask) -> list[User]:
    """Accounts of which name or address begins so; hidden addresses are searched all the same."""
    ask.need_user()
    wanted = ask.query.get("query", "").casefold()
    found = [
        u
        for u in ask.site.users.values()
        if any(w.startswith(wanted) for w in (u.email.casefold(), *u.name.casefold().split()))
        or u.name.casefold().startswith(wanted)
    ]
    start, size = ask.number("startAt", 0), ask.number("maxResults", 50)
    return found[start : start + size]


async def user_search(ask: Ask) -> Response:
    return answer([ask.writer.user(found) for found in _people(ask)])


async def assignable(ask: Ask) -> Response:
    if not (ask.query.get("project") or ask.query.get("issueKey")):
        raise JiraProblem(400, "Either the 'project' or the 'issueKey' parameter is required.")
    # Who may not be assigned is taken out of a page, which therefore can be short.
    fit = [u for u in _people(ask) if u.active and u.account_type == "atlassian"]
    return answer([ask.writer.user(found) for found in fit])


async def fields(ask: Ask) -> Response:
    told = []
    for known in ask.site.fields.values():
        names = [f"cf[{known.id.removeprefix('customfield_')}]"] if known.custom else [known.id]
        told.append(
            {
                "id": known.id,
                "key": known.id,
                "name": known.name,
                "custom": known.custom,
                "orderable": known.editable,
                "navigable": True,
                "searchable": True,
                "clauseNames": [*names, known.name] if known.custom else names,
                "schema": schema_of(known),
            }
        )
    return answer(told)


async def issue_types(ask: Ask) -> Response:
    return answer([ask.writer.issue_type(entry) for entry in ask.site.issue_types])


async def statuses(ask: Ask) -> Response:
    return answer([ask.writer.status(entry) for entry in ask.site.statuses])


async def status_search(ask: Ask) -> Response:
    ask.need_admin()
    told = [
        {
            "id": entry.id,
            "name": entry.name,
            "description": "",
            "statusCategory": _CATEGORY_WORDS[entry.category.key],
            "scope": {"type": "GLOBAL"},
        }
        for entry in ask.site.statuses
    ]
    return answer(ask.bean(told, 200))


async def categories(ask: Ask) -> Response:
    return answer([ask.writer.category(entry) for entry in ask.site.categories])


def _priorities(ask: Ask) -> list[dict[str, Any]]:
    return [
        ask.writer.named("priority", entry) | {"isDefault": entry.name == "Medium"}
        for entry in ask.site.priorities
    ]


async def priorities(ask: Ask) -> Response:
    return answer(_priorities(ask))


async def priority_search(ask: Ask) -> Response:
    return answer(ask.bean(_priorities(ask)))


def _resolutions(ask: Ask) -> list[dict[str, Any]]:
    return [ask.writer.named("resolution", entry) for entry in ask.site.resolutions]


async def resolutions(ask: Ask) -> Response:
    return answer(_resolutions(ask))


async def resolution_search(ask: Ask) -> Response:
    told = [entry | {"default": False} for entry in _resolutions(ask)]
    return answer(ask.bean(told))


async def labels(ask: Ask) -> Response:
    every = {label for issue in ask.site.issues.values() for label in issue.fields["labels"]}
    return answer(ask.bean(sorted(every), 1000))


async def projects(ask: Ask) -> Response:
    wanted = ask.query.get("query", "").casefold()
    seen = [
        ask.writer.project(found)
        for found in ask.site.projects
        if ask.site.may(ask.user, "BROWSE_PROJECTS", found)
        and (wanted in found.name.casefold() or wanted in found.key.casefold())
    ]
    return answer(ask.bean(seen, 100))


async def project(ask: Ask) -> Response:
    found, writer = ask.project(), ask.writer
    told = writer.project(found) | {
        "issueTypes": [writer.issue_type(entry) for entry in ask.site.issue_types],
        "versions": [writer.version_body(v) for v in ask.site.versions_of(found)],
        "components": [writer.named("component", entry) for entry in found.components],
        "style": "classic",
        "isPrivate": not found.public,
    }
    return answer(told)


async def project_statuses(ask: Ask) -> Response:
    found, writer = ask.project(), ask.writer
    reached = {move.target for move in found.transitions}
    shown = [writer.status(entry) for entry in ask.site.statuses if entry.id in reached]
    told = [
        {
            "self": writer.link("issuetype", entry.id),
            "id": entry.id,
            "name": entry.name,
            "subtask": entry.subtask,
            "statuses": shown,
        }
        for entry in ask.site.issue_types
    ]
    return answer(told)


async def components(ask: Ask) -> Response:
    return answer([ask.writer.named("component", entry) for entry in ask.project().components])


async def versions(ask: Ask) -> Response:
    return answer([ask.writer.version_body(v) for v in ask.site.versions_of(ask.project())])


async def version_page(ask: Ask) -> Response:
    found = ask.site.versions_of(ask.project())
    return answer(ask.bean([ask.writer.version_body(v) for v in found]))


async def version(ask: Ask) -> Response:
    found = ask.site.version(ask.params["version"])
    ask.site.project(ask.user, found.project.id)
    return answer(ask.writer.version_body(found))


def _fill(found: Version, body: dict[str, Any]) -> list[str]:
    """Set what a body names; tells the events that follow."""
    names = {
        "name": "name", "description": "description", "released": "released",
        "archived": "archived", "releaseDate": "release_date", "startDate": "start_date",
    }  # fmt: skip
    for member in ("releaseDate", "startDate"):
        if body.get(member) and not re.fullmatch(r"\d{4}-\d\d-\d\d", str(body[member])):
            raise JiraProblem(400, errors={member: "The date must be in the format yyyy-MM-dd."})
    was = found.released
    for member, name in names.items():
        if member in body:
            setattr(found, name, body[member])
    told = ["jira:version_updated"]
    if found.released != was:
        told.append("jira:version_released" if found.released else "jira:version_unreleased")
    return told


def change_version(ask_site: Site, found: Version, body: dict[str, Any]) -> list[str]:
    """Set what a body names, after the rules; tells the events that follow."""
    name = body.get("name", found.name)
    if not name:
        raise errors.field_problem(name="You must specify a valid version name")
    others = [v for v in ask_site.versions_of(found.project) if v is not found]
    if any(v.name.casefold() == name.casefold() for v in others):
        raise errors.field_problem(name="A version with this name already exists in this project.")
    return _fill(found, body)


async def add_version(ask: Ask) -> Response:
    ask.need_admin()
    body = ask.json(_VERSION_MEMBERS)
    named = body.get("projectId") or body.get("project")
    if not named:
        raise JiraProblem(400, errors={"projectId": "The project is required."})
    home = ask.site.project(ask.user, str(named))
    made = Version("", "", home)
    change_version(ask.site, made, body)
    made.id = ask.site.next_id("version")
    ask.site.versions[made.id] = made
    ask.jira.events.version("jira:version_created", made)
    return answer(ask.writer.version_body(made), 201)


async def edit_version(ask: Ask) -> Response:
    ask.need_admin()
    found = ask.site.version(ask.params["version"])
    for event in change_version(ask.site, found, ask.json(_VERSION_MEMBERS)):
        ask.jira.events.version(event, found)
    return answer(ask.writer.version_body(found))


async def delete_version(ask: Ask) -> Response:
    ask.need_admin()
    found = ask.site.version(ask.params["version"])
    instead = ask.query.get("moveFixIssuesTo")
    remove_version(ask.site, found, ask.site.version(instead) if instead else None)
    ask.jira.events.version("jira:version_deleted", found)
    return empty()


def remove_version(site: Site, gone: Version, instead: Version | None) -> None:
    """Take a version out of the site and of every issue, or put another in its place."""
    for issue in site.issues.values():
        for name in ("fixVersions", "versions"):
            held = issue.fields.get(name) or []
            if gone.id in held:
                rest = [id for id in held if id != gone.id and (not instead or id != instead.id)]
                issue.fields[name] = rest + ([instead.id] if instead else [])
    del site.versions[gone.id]


async def create_types(ask: Ask) -> Response:
    ask.project()
    told = [ask.writer.issue_type(entry) for entry in ask.site.issue_types]
    return answer(ask.page("issueTypes", told))


async def create_fields(ask: Ask) -> Response:
    home, type_id = ask.project(), ask.params["type"]
    if not any(entry.id == type_id for entry in ask.site.issue_types):
        raise JiraProblem(400, f"The issue type '{type_id}' does not exist in this project.")
    screen = ask.jira.board.screen(home, "create")
    told = metadata.create_fields(ask.site, ask.writer, home, screen, type_id)
    return answer(ask.page("fields", told))
