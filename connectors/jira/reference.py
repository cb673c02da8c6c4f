"""What planning must know of the site, and what a mapping may name, put together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.domain.records import FieldInfo, Reference, StatusCategory, StatusInfo, Value
from bridge.domain.schema import ItemType, Project, Schema, TypeField
from connectors.jira import payloads
from connectors.jira.facts import scalar
from connectors.jira.manifest import RELEASE_DATE
from connectors.jira.values import is_rich

STATUS = "status"
_CATEGORIES = {
    "new": StatusCategory.PROPOSED,
    "indeterminate": StatusCategory.IN_PROGRESS,
    "done": StatusCategory.COMPLETED,
}
_HANGING = frozenset({"comment", "attachment", "issuelinks", "worklog", "subtasks"})
"""What hangs on an issue and is no field to write, though it stands on screens."""
_RELEASE = FieldInfo(RELEASE_DATE, "Release date of the fix version", "date", read_only=True)
_GIVEN = frozenset({"project", "issuetype"})
"""What every create says beside its fields."""


@dataclass(frozen=True, slots=True)
class ProjectData:
    """What was read of one project."""

    types: Sequence[payloads.IssueType]
    statuses: Sequence[payloads.TypeStatuses]
    fields: Mapping[str, Sequence[payloads.ScreenField]]
    """The create screen's, by the id of the type."""


def reference_of(
    read: Sequence[ProjectData], fields: Sequence[payloads.FieldDefinition], user: payloads.User
) -> Reference:
    """The connection's reference data."""
    statuses = statuses_of([each for data in read for each in data.statuses])
    types = tuple(dict.fromkeys(each.name for data in read for each in data.types))
    options = _options([each for data in read for of in data.fields.values() for each in of])
    options |= {STATUS: tuple(each.label for each in statuses.values()), "issuetype": types}
    return Reference(
        statuses=statuses,
        fields={RELEASE_DATE: _RELEASE}
        | {each.id: _field(each, options.get(each.id, ())) for each in fields},
        types=types,
        account_ids=frozenset({user.id}),
        account_name=user.name,
    )


def statuses_of(types: Sequence[payloads.TypeStatuses]) -> dict[str, StatusInfo]:
    """The statuses by id; what one means is said by its category's key, which nobody edits."""
    found: dict[str, StatusInfo] = {}
    for each in types:
        for status in each.statuses:
            category = _CATEGORIES.get(status.category.key)
            closed = category is StatusCategory.COMPLETED
            found[status.id] = StatusInfo(status.id, status.name, category, closed)
    return found


def _field(field: payloads.FieldDefinition, options: tuple[str, ...]) -> FieldInfo:
    type = "html" if is_rich(field.id, field.shape) else field.shape.type
    writable = field.id == STATUS or (field.orderable and field.id not in _HANGING)
    return FieldInfo(
        name=field.id,
        label=field.name,
        type="identity" if type == "user" else type,
        options=tuple((each, each) for each in dict.fromkeys(options)),
        read_only=not writable,
    )


def _options(fields: Sequence[payloads.ScreenField]) -> dict[str, tuple[str, ...]]:
    """The values that each field takes on any screen."""
    found: dict[str, dict[str, None]] = {}
    for each in fields:
        found.setdefault(each.id, {}).update(dict.fromkeys(words_of(each.allowed)))
    return {name: tuple(words) for name, words in found.items() if words}


def words_of(allowed: Sequence[Value] | None) -> tuple[str, ...]:
    """What people call the values that a field takes."""
    return tuple(word for each in allowed or () if isinstance(word := scalar(each), str) and word)


def schema_of(
    read: Mapping[str, ProjectData | None], reference: Reference, names: tuple[str, ...]
) -> Schema:
    """The whole schema; a project that could not be read is one that is not found."""
    return Schema(
        reference=reference,
        projects=tuple(_project(name, data) for name, data in read.items()),
        project_names=names,
        date_types=frozenset({"date", "datetime"}),
    )


def _project(name: str, data: ProjectData | None) -> Project:
    if data is None:
        return Project(name, found=False)
    statuses = {each.id: each.statuses for each in data.statuses}
    types = tuple(
        ItemType(
            name=each.name,
            statuses=tuple(status.id for status in statuses.get(each.id, ())),
            fields={field.id: _type_field(field) for field in data.fields.get(each.id, ())},
        )
        for each in data.types
    )
    return Project(name, types=types)


def _type_field(field: payloads.ScreenField) -> TypeField:
    required = field.required and not field.has_default and field.id not in _GIVEN
    return TypeField(field.id, required=required, options=words_of(field.allowed))
