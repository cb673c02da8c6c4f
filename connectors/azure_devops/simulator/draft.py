"""A JSON Patch applied to a copy of an item, so that a refused patch leaves nothing behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.azure_devops.simulator import rules
from connectors.azure_devops.simulator.errors import VendorError, bad_request
from connectors.azure_devops.simulator.identities import Identity
from connectors.azure_devops.simulator.links import add_relation, change_relation
from connectors.azure_devops.simulator.process import WorkItemType
from connectors.azure_devops.simulator.records import FieldValues, Item, Project, Relation

if TYPE_CHECKING:
    from connectors.azure_devops.simulator.world import World

_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


@dataclass(slots=True)
class Draft:
    """The item as it would be."""

    type: WorkItemType
    project: Project
    item: Item | None = None
    fields: FieldValues = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)
    history: str | None = None

    @classmethod
    def of(cls, item: Item, type_: WorkItemType) -> Draft:
        """A draft that begins as the item stands."""
        fields = {k: v for k, v in item.fields.items() if k != "System.History"}
        copies = [relation.copy() for relation in item.relations]
        return cls(type_, item.project, item, fields, copies, dict(item.formats))


def apply_patch(world: World, draft: Draft, operations: Any, *, bypass: bool) -> None:
    """Apply every operation in order, or raise what the service would answer."""
    if not isinstance(operations, list) or not operations:
        raise bad_request(
            "You must pass a valid patch document in the body of the request.",
            "VssPropertyValidationException",
        )
    for operation in operations:
        if not isinstance(operation, dict) or operation.get("op") not in _OPERATIONS:
            raise bad_request("A patch operation needs an op and a path.", "JsonPatchException")
        _apply_one(world, draft, operation, bypass=bypass)
    rules.check_whole(world, draft)


def _apply_one(world: World, draft: Draft, operation: dict[str, Any], *, bypass: bool) -> None:
    path = str(operation.get("path", ""))
    parts = path.split("/")[1:]
    if operation["op"] == "test":
        _test(draft, parts, path, operation.get("value"))
    elif parts[:1] == ["fields"] and len(parts) == 2:
        _write_field(world, draft, parts[1], operation, bypass=bypass)
    elif parts == ["relations", "-"] and operation["op"] == "add":
        add_relation(world, draft, operation.get("value"))
    elif parts[:1] == ["relations"] and len(parts) >= 2:
        change_relation(draft, parts[1:], operation)
    elif parts[:1] == ["multilineFieldsFormat"] and len(parts) == 2:
        _set_format(world, draft, parts[1], operation.get("value"))
    elif parts != ["id"]:
        raise bad_request(f"The path {path} is not valid for a work item.", "JsonPatchException")


def _test(draft: Draft, parts: list[str], path: str, expected: Any) -> None:
    actual: Any = None
    if parts == ["rev"]:
        actual = draft.item.rev if draft.item else 0
    elif parts[:1] == ["fields"] and len(parts) == 2:
        actual = draft.fields.get(parts[1])
    if isinstance(actual, Identity):
        actual = actual.label
    if str(actual) != str(expected):
        raise VendorError(
            412,
            f"VS403351: Test Operation for path {path} failed. Expected value: '{expected}', "
            f"actual value: '{actual}'.",
            "TestPatchOperationFailedException",
        )


def _write_field(
    world: World, draft: Draft, name: str, operation: dict[str, Any], *, bypass: bool
) -> None:
    spec = rules.field_named(world, draft, name)
    key, op, value = spec.reference_name, operation["op"], operation.get("value")
    if op in ("move", "copy"):
        source = str(operation.get("from", "")).removeprefix("/fields/")
        value = draft.fields.get(source)
        value = value.label if isinstance(value, Identity) else value
        if op == "move":
            draft.fields.pop(source, None)
    if op == "remove":
        value = None
    if key == "System.TeamProject":
        _move(world, draft, str(value or ""))
        return
    if key == "System.WorkItemType":
        _retype(draft, str(value or ""))
        return
    stored = rules.stored_value(world, draft, spec, value, bypass=bypass)
    if key == "System.Tags":
        before = str(draft.fields.get(key, ""))
        stored = rules.tags(world, str(stored or ""), before, merge=op == "add")
    if key == "System.History":
        draft.history = stored
    elif stored is None:
        draft.fields.pop(key, None)
    else:
        draft.fields[key] = stored


def _move(world: World, draft: Draft, name: str) -> None:
    project = world.project(name)
    if project is None:
        raise bad_request(f"TF200016: The following project does not exist: {name}.")
    type_ = project.process.type(draft.type.name)
    if type_ is None:
        raise bad_request(f"VS402323: Work item type {draft.type.name} does not exist in {name}.")
    if project is not draft.project:
        draft.project, draft.type = project, type_
        for key in ("System.TeamProject", "System.AreaPath", "System.IterationPath"):
            draft.fields[key] = project.name


def _retype(draft: Draft, name: str) -> None:
    type_ = draft.project.process.type(name)
    if type_ is None:
        raise bad_request(f"VS402323: Work item type {name} does not exist.")
    draft.type = type_
    draft.fields["System.WorkItemType"] = type_.name
    if type_.state(str(draft.fields.get("System.State", ""))) is None:
        draft.fields["System.State"] = type_.states[0].name


def _set_format(world: World, draft: Draft, name: str, value: Any) -> None:
    spec = rules.field_named(world, draft, name)
    wanted = str(value).casefold()
    if spec.type != "html" or wanted not in ("markdown", "html"):
        raise bad_request(f"The format {value} is not valid for field {name}.")
    if wanted == "html" and draft.formats.get(spec.reference_name) == "markdown":
        raise bad_request(f"The field {name} is in Markdown and cannot go back to HTML.")
    if wanted == "markdown":
        draft.formats[spec.reference_name] = "markdown"
