"""What may be set where: the metadata of the create, edit and transition screens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from connectors.jira.simulator.catalogue import schema_of
from connectors.jira.simulator.records import Field, Project, Transition
from connectors.jira.simulator.render import Renderer

if TYPE_CHECKING:
    from connectors.jira.simulator.site import Site

_LISTS = {"labels", "versions", "components", "options", "users"}


def field_body(
    site: Site, writer: Renderer, project: Project, known: Field, *, required: bool
) -> dict[str, Any]:
    """One field of a screen."""
    told: dict[str, Any] = {
        "required": required,
        "schema": schema_of(known),
        "name": known.name,
        "key": known.id,
        "hasDefaultValue": known.id in ("priority", "reporter"),
        "operations": ["add", "set", "remove"] if known.kind in _LISTS else ["set"],
    }
    if known.kind in ("user", "users"):
        told["autoCompleteUrl"] = f"{writer.link('user', 'assignable', 'search')}?query="
    allowed = _allowed(site, writer, project, known)
    return told if allowed is None else told | {"allowedValues": allowed}


def create_fields(
    site: Site, writer: Renderer, project: Project, screen: set[str], type_id: str
) -> list[dict[str, Any]]:
    """The fields of a create screen, each with its id."""
    needed = {"summary", "issuetype", "project"} | project.required
    if site.issue_type(type_id).subtask:
        needed = needed | {"parent"}
    return [
        field_body(site, writer, project, known, required=known.id in needed)
        | {"fieldId": known.id}
        for known in _on(site, screen)
    ]


def screen_fields(
    site: Site, writer: Renderer, project: Project, screen: Iterable[str], needed: Iterable[str]
) -> dict[str, Any]:
    """The fields of an edit or transition screen by id."""
    needed = set(needed)
    return {
        known.id: field_body(site, writer, project, known, required=known.id in needed)
        for known in _on(site, set(screen))
    }


def transition_body(
    site: Site, writer: Renderer, project: Project, move: Transition, *, fields: bool
) -> dict[str, Any]:
    """A move as the list of transitions shows it."""
    told: dict[str, Any] = {
        "id": move.id,
        "name": move.name,
        "to": writer.status(site.status(move.target)),
        "hasScreen": bool(move.screen),
        "isGlobal": not move.sources,
        "isInitial": False,
        "isAvailable": True,
        "isConditional": False,
        "looped": False,
    }
    if not fields:
        return told
    needed = [name for name, required in move.screen.items() if required]
    return told | {"fields": screen_fields(site, writer, project, move.screen, needed)}


def _on(site: Site, screen: set[str]) -> list[Field]:
    return [known for known in site.fields.values() if known.id in screen]


def _allowed(
    site: Site, writer: Renderer, project: Project, known: Field
) -> list[dict[str, Any]] | None:
    if known.kind in ("option", "options", "cascading"):
        return [writer.option(option) for option in known.options]
    if known.kind == "versions":
        return [writer.version_of_issue(v) for v in site.versions_of(project) if not v.archived]
    if known.kind == "components":
        return [writer.named("component", entry) for entry in project.components]
    if known.kind == "issuetype":
        return [writer.issue_type(entry) for entry in site.issue_types]
    if known.kind == "project":
        return [writer.project(project)]
    named = {"priority": site.priorities, "resolution": site.resolutions}
    if known.kind in named:
        return [writer.named(known.kind, entry) for entry in named[known.kind]]
    return None
