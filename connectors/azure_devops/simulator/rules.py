"""The rules of work item types: which values a field takes, and what it says to others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.errors import VendorError, bad_request, rule_error
from connectors.azure_devops.simulator.fields import Field
from connectors.azure_devops.simulator.html import rewritten
from connectors.azure_devops.simulator.records import Project, split_tags

if TYPE_CHECKING:
    from connectors.azure_devops.simulator.draft import Draft
    from connectors.azure_devops.simulator.world import World

_LISTED = "HasValues, LimitedToValues, AllowsOldValue, InvalidNotOldValue"
_STRING_LIMIT = 255
_TEXT_LIMIT = 1_000_000
_TAG_LIMIT = 100


def field_named(world: World, draft: Draft, name: str) -> Field:
    """The field that a patch names; one that the organisation does not know is refused."""
    field = world.fields.find(name)
    if field is None:
        raise VendorError(
            400, f"TF51535: Cannot find field {name}.", "WorkItemTrackingFieldDefinitionNotFound"
        )
    if not field.belongs_to(draft.type.name):
        raise rule_error(
            field.reference_name,
            field.name,
            "InvalidField",
            f"TF201077: The work item type {draft.type.name} has no field {field.reference_name}.",
        )
    return field


def stored_value(world: World, draft: Draft, field: Field, value: Any, *, bypass: bool) -> Any:
    """The value as the service keeps it; None clears the field. Refuses what the rules refuse."""
    if field.read_only and not bypass:
        raise rule_error(
            field.reference_name,
            field.name,
            "ReadOnly",
            f"TF401326: Invalid field status 'ReadOnly' for field '{field.reference_name}'.",
        )
    if value is None or value == "":
        return None
    if field.is_identity:
        return _person(world, field, value, bypass=bypass)
    typed = _typed(world, field, value)
    if bypass:
        return typed
    return _within_list(draft, field, typed)


def _person(world: World, field: Field, value: Any, *, bypass: bool) -> Any:
    found = world.people.matches(value)
    if len(found) == 1:
        return found[0]
    if bypass:
        return str(value)
    kind = "an ambiguous" if found else "an unknown"
    raise rule_error(
        field.reference_name,
        field.name,
        "HasValues, LimitedToValues, InvalidNotOldValue",
        f"The identity value '{value}' for field '{field.name}' is {kind} identity.",
    )


def _typed(world: World, field: Field, value: Any) -> Any:
    try:
        if field.type == "integer":
            return int(str(value))
        if field.type == "double":
            return float(str(value))
        if field.type == "dateTime":
            return moments.stamp(moments.parse(str(value)))
        if field.type == "boolean":
            return value if isinstance(value, bool) else str(value).casefold() == "true"
    except ValueError:
        raise rule_error(field.reference_name, field.name, "InvalidType") from None
    text = str(value)
    if field.type in ("html", "history"):
        text = rewritten(text) if world.rewrite_html else text
    limit = _TEXT_LIMIT if field.type in ("html", "history", "plainText") else _STRING_LIMIT
    if len(text) > limit:
        raise rule_error(field.reference_name, field.name, "InvalidTooLong")
    return text


def _within_list(draft: Draft, field: Field, value: Any) -> Any:
    if field.reference_name == "System.State":
        state = draft.type.state(str(value))
        if state is None:
            raise rule_error(
                "System.State",
                "State",
                _LISTED,
                f"The field 'State' contains the value '{value}' that is not in the list of "
                "supported values",
            )
        return state.name
    if field.allowed and value not in field.allowed:
        raise rule_error(field.reference_name, field.name, _LISTED)
    if field.reference_name in ("System.IterationPath", "System.AreaPath"):
        return _tree_path(draft.project, field, str(value))
    return value


def _tree_path(project: Project, field: Field, value: str) -> str:
    nodes = project.areas if field.reference_name == "System.AreaPath" else project.iterations
    wanted = value.strip("\\").casefold()
    for path in (project.name, *(node.path for node in nodes)):
        if path.casefold() == wanted:
            return path
    raise rule_error(
        field.reference_name,
        field.name,
        "InvalidPath",
        f"TF401347: Invalid tree name given for work item, field '{field.reference_name}'.",
    )


def tags(world: World, text: str, before: str, *, merge: bool) -> str | None:
    """The tag list after a write: `add` merges, `replace` overwrites; first spelling wins."""
    known = world.tag_spelling
    wanted = (split_tags(before) if merge else []) + split_tags(text)
    spelled = {known.setdefault(tag.casefold(), tag): None for tag in wanted}
    if len(spelled) > _TAG_LIMIT:
        raise bad_request(
            f"VS403410: A work item cannot have more than {_TAG_LIMIT} tags.", "TagLimitException"
        )
    return "; ".join(sorted(spelled, key=str.casefold)) or None


def check_whole(world: World, draft: Draft) -> None:
    """Refuse an item whose required fields are empty."""
    for field in world.fields.of_type(draft.type.name):
        if field.required and not str(draft.fields.get(field.reference_name, "")).strip():
            raise rule_error(field.reference_name, field.name, "Required, InvalidEmpty")
