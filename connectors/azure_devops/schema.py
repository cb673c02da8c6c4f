"""Projects with their types, fields and iterations, as they are read and as a mapping names them.

https://learn.microsoft.com/en-us/rest/api/azure/devops/wit/work-item-types-field/list
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.domain.errors import CredentialProblem, RecordMissing, Rejected
from bridge.domain.records import Reference
from bridge.domain.schema import ItemType, Project, Schema, TypeField
from connectors.azure_devops import payloads, render
from connectors.azure_devops.calls import Calls
from connectors.azure_devops.facts import ITERATION_PATH, PROJECT, STATE, TYPE

_FILLED = frozenset(
    {
        STATE, "System.Reason", TYPE, PROJECT, "System.AreaPath", ITERATION_PATH,
        "System.AreaId", "System.IterationId",
    }
)  # fmt: skip
"""Required of every item, and filled by the service itself where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class ProjectData:
    """What was read of one project; types that are switched off are left out."""

    types: Sequence[payloads.WorkItemType]
    fields: Mapping[str, Sequence[payloads.TypeField]]
    """By the name of the type."""
    iterations: payloads.Node


async def read_project(calls: Calls, project: str) -> ProjectData:
    """Types, their fields, and iterations; Rejected if the project is not there."""
    found = await calls.ask(render.read_types(project), payloads.Types)
    types = [each for each in found.value if not each.disabled]
    fields: dict[str, Sequence[payloads.TypeField]] = {}
    for each in types:
        request = render.read_type_fields(project, each.name)
        fields[each.name] = (await calls.ask(request, payloads.TypeFields)).value
    root = await calls.ask(render.read_iterations(project), payloads.Node)
    return ProjectData(types, fields, root)


async def project_names(calls: Calls) -> tuple[str, ...]:
    """Every project that the token may list; none where it may not list any."""
    try:
        found = await calls.ask(render.read_projects(), payloads.Projects)
    except (CredentialProblem, Rejected, RecordMissing):
        return ()
    return tuple(each.name for each in found.value)


def schema_of(
    read: Mapping[str, ProjectData | None], reference: Reference, names: tuple[str, ...]
) -> Schema:
    """The whole schema; a project that could not be read is one that is not found."""
    return Schema(
        reference=reference,
        projects=tuple(_project(name, data, reference) for name, data in read.items()),
        project_names=names,
        date_types=frozenset({"dateTime"}),
    )


def _project(name: str, data: ProjectData | None, reference: Reference) -> Project:
    if data is None:
        return Project(name, found=False)
    types = tuple(
        ItemType(
            name=each.name,
            statuses=tuple(state.name for state in each.states),
            fields={
                field.name: _field(field, reference) for field in data.fields.get(each.name, ())
            },
        )
        for each in data.types
    )
    return Project(name, types=types)


def _field(field: payloads.TypeField, reference: Reference) -> TypeField:
    info = reference.fields.get(field.name)
    filled = field.name in _FILLED or field.default is not None
    options = [str(each) for each in field.allowed if isinstance(each, str | int | float)]
    return TypeField(
        field.name,
        required=field.always_required and not filled and not (info is not None and info.read_only),
        options=tuple(options),
    )
