"""The whole live schema: every project takes the same types and fields. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.domain.records import ProjectInfo, Reference
from bridge.domain.schema import ItemType, Project, Schema, TypeField
from connectors.rocketlane.reference import DATE_TYPES, TEXT_TYPES, TYPES

ANY_PROJECT = "any project"


def schema_of(reference: Reference, asked: Iterable[str], *, own: bool) -> Schema:
    """The schema with the projects that were asked about, by id or name.

    Where the connection names none of its own, one entry stands for all: they are alike.
    """
    fields = {
        name: TypeField(name, required=name == "taskName")
        for name, info in reference.fields.items()
        if not info.read_only
    }
    types = tuple(ItemType(each, tuple(reference.statuses), fields) for each in TYPES)
    projects = [_project(each, reference.projects, types) for each in asked]
    if not own:
        projects.insert(0, Project(ANY_PROJECT, types=types))
    return Schema(
        reference=reference,
        projects=tuple(projects),
        project_names=tuple(each.name for each in reference.projects),
        text_types=TEXT_TYPES,
        date_types=DATE_TYPES,
    )


def project_named(text: str, projects: Iterable[ProjectInfo]) -> list[ProjectInfo]:
    """The projects with that id or, case-folded, that name."""
    wanted = text.strip().casefold()
    return [each for each in projects if wanted in (each.id, each.name.strip().casefold())]


def _project(text: str, known: Iterable[ProjectInfo], types: tuple[ItemType, ...]) -> Project:
    found = project_named(text, known)
    if len(found) != 1:
        return Project(text, found=False)
    return Project(found[0].name, types=types)
