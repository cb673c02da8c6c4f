"""What planning must know of the organization, put together from its metadata. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from bridge.domain.records import FieldInfo, Reference, StatusCategory, StatusInfo
from connectors.azure_devops.facts import STATE, TYPE, moment
from connectors.azure_devops.identities import unique_name
from connectors.azure_devops.payloads import FieldDefinition, Node, TypeField, User, WorkItemType

_CATEGORIES = {
    "Proposed": StatusCategory.PROPOSED,
    "InProgress": StatusCategory.IN_PROGRESS,
    "Resolved": StatusCategory.RESOLVED,
    "Completed": StatusCategory.COMPLETED,
    "Removed": StatusCategory.REMOVED,
}
_ORDER = [*_CATEGORIES.values()]
_CLOSED = (StatusCategory.COMPLETED, StatusCategory.REMOVED)


def reference_of(
    types: Sequence[WorkItemType],
    fields: Iterable[FieldDefinition],
    allowed: Mapping[str, tuple[str, ...]],
    iterations: Iterable[Node],
    user: User,
) -> Reference:
    """The connection's reference data; `allowed` are the values that picklists take."""
    statuses = statuses_of(types)
    names = tuple(dict.fromkeys(each.name for each in types))
    options = {**allowed, STATE: tuple(statuses), TYPE: names}
    ends: dict[str, date] = {}
    for root in iterations:
        ends |= iteration_ends(root)
    return Reference(
        statuses=statuses,
        fields={
            each.reference_name: FieldInfo(
                name=each.reference_name,
                label=each.name,
                type="identity" if each.is_identity else each.type,
                options=tuple((value, value) for value in options.get(each.reference_name, ())),
                read_only=each.read_only,
            )
            for each in fields
        },
        types=names,
        iteration_ends=ends,
        account_ids=own_ids(user),
        account_name=user.name,
    )


def statuses_of(types: Iterable[WorkItemType]) -> dict[str, StatusInfo]:
    """States by name; one name with several categories has the least advanced of them."""
    found: dict[str, StatusCategory | None] = {}
    for each in types:
        for state in each.states:
            category = _CATEGORIES.get(state.category)
            known = found.get(state.name, category)
            found[state.name] = _least(known, category)
    return {
        name: StatusInfo(name, name, category, closed=category in _CLOSED)
        for name, category in found.items()
    }


def _least(one: StatusCategory | None, other: StatusCategory | None) -> StatusCategory | None:
    if one is None or other is None:
        return None
    return min(one, other, key=_ORDER.index)


def allowed_values(fields: Iterable[Sequence[TypeField]]) -> dict[str, tuple[str, ...]]:
    """The values that each field takes on any type."""
    found: dict[str, dict[str, None]] = {}
    for of_type in fields:
        for each in of_type:
            values = [str(value) for value in each.allowed if isinstance(value, str | int | float)]
            found.setdefault(each.name, {}).update(dict.fromkeys(values))
    return {name: tuple(values) for name, values in found.items() if values}


def iteration_ends(node: Node) -> dict[str, date]:
    r"""The end of each iteration by its path as fields write it.

    A node says `\Platform\Iteration\Sprint 1`, the field `Platform\Sprint 1`.
    """
    parts = node.path.strip("\\").split("\\")
    path = "\\".join([*parts[:1], *parts[2:]])
    end = moment(node.attributes.get("finishDate"))
    ends = {path: end.date()} if end is not None and path else {}
    for child in node.children:
        ends |= iteration_ends(child)
    return ends


def own_ids(user: User) -> frozenset[str]:
    """The ids under which the hub's own account appears."""
    account = user.properties.get("Account")
    name = account.get("$value") if isinstance(account, dict) else account
    own = {user.id.lower(), unique_name(name) if isinstance(name, str) else ""}
    return frozenset(own - {""})
