"""A mapping in words: what flows which way, who owns it, when, and who may read it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.domain.mapping import (
    Condition,
    FieldPair,
    FromSource,
    LaunchSpec,
    LaunchValue,
    Mapping,
    Notify,
    Route,
    Scalar,
)
from bridge.domain.mapping_hygiene import ImpactField

TO_TICKET, TO_ITEM = "←", "→"
CUSTOMER, SUPPORT, ENGINEERING = "customer", "support", "engineering"
ALWAYS, BACK_ONCE = "always", "always, put back once"


@dataclass(frozen=True, slots=True)
class Flow:
    """One thing that goes from the ticket to the work item, or the other way."""

    what: str
    ticket: str
    arrow: str
    item: str
    owner: str
    when: str
    audience: str
    table: tuple[tuple[str, str], ...] = ()
    """Value → value, where a table says so."""
    places: tuple[tuple[str, str], ...] = ()
    """Where its values can be looked at: connection and field, the ticket's side first."""

    @property
    def direction(self) -> str:
        """The arrow in words."""
        return "to the ticket" if self.arrow == TO_TICKET else "to the work item"


@dataclass(frozen=True, slots=True)
class RouteTold:
    """A route: which tickets, and what becomes of them."""

    id: str
    when: str
    then: str
    flows: tuple[Flow, ...] = ()
    notices: tuple[str, ...] = ()


def flows(mapping: Mapping) -> list[Flow]:
    """What keeps following, in the order in which people look for it."""
    pairs = (_pair(each, mapping) for each in mapping.fields)
    return [*_shown(mapping), *_weight(mapping), *pairs, *_copied(mapping)]


def routes_told(mapping: Mapping) -> list[RouteTold]:
    """The routes in their order."""
    return [_route(each) for each in mapping.routes]


def _shown(mapping: Mapping) -> Iterator[Flow]:
    show, desk = mapping.show_on_ticket, mapping.helpdesk
    when = BACK_ONCE if show.enforce else ALWAYS
    if show.stage is not None:
        what = "Stage" if show.stage.show == "label" else "Stage, as its id"
        rolled = f"status ({mapping.rollup.replace('_', ' ')})"
        at = ((desk, show.stage.property),)
        yield Flow(
            what, show.stage.property, TO_TICKET, rolled, "work item", when, CUSTOMER, places=at
        )
    for what, item, shown in (
        ("Expected date", "expected date", show.eta),
        ("Keys", "key", show.keys),
    ):
        if shown is not None:
            name, at = shown.property, ((desk, shown.property),)
            yield Flow(what, name, TO_TICKET, item, "work item", when, SUPPORT, places=at)


def _weight(mapping: Mapping) -> Iterator[Flow]:
    impact = mapping.show_on_work_item.impact
    if not impact:
        return
    where = "link to the hub's page"
    at: tuple[tuple[str, str], ...] = ()
    if isinstance(impact, ImpactField):
        tracker = impact.connection or next(iter(mapping.trackers()), "")
        where, at = impact.property, ((tracker, impact.property),)
    said = "tickets, customers, highest plan"
    when = f"{BACK_ONCE}; mere counts once a day"
    yield Flow("Weight", said, TO_ITEM, where, "ticket", when, ENGINEERING, places=at)


def _pair(pair: FieldPair, mapping: Mapping) -> Flow:
    item = pair.work_item
    tracker = pair.connection or next(iter(mapping.trackers()), "")
    if pair.connection is not None and len(mapping.trackers()) > 1:
        item = f"{item} ({pair.connection})"
    owns_ticket = pair.owner == "ticket"
    return Flow(
        "Field pair",
        pair.ticket,
        TO_ITEM if owns_ticket else TO_TICKET,
        item,
        "ticket" if owns_ticket else "work item",
        BACK_ONCE if pair.enforce else ALWAYS,
        ENGINEERING if owns_ticket else pair.audience,
        tuple((key, _scalar(value)) for key, value in (pair.values or {}).items()),
        ((mapping.helpdesk, pair.ticket), (tracker, pair.work_item)),
    )


def _copied(mapping: Mapping) -> Iterator[Flow]:
    comments = mapping.comments
    if comments.to_work_item != "none":
        yield Flow(
            "Notes", "note beginning #dev", TO_ITEM, "comment", "ticket", "once each", ENGINEERING
        )
    if comments.to_ticket != "none":
        said = "comment beginning #customer"
        kind = "internal note" if comments.as_ == "internal_note" else "draft of a message"
        yield Flow("Comments", kind, TO_TICKET, said, "work item", "once each", SUPPORT)


def _route(route: Route) -> RouteTold:
    notices = tuple(_notice(each) for each in route.notify)
    if route.launch is None:
        return RouteTold(route.id, condition_told(route.when), "stays in the helpdesk", (), notices)
    launch = route.launch
    then = f"becomes work: {launch.type} in {_place(launch)}"
    made = [_launched(name, value) for name, value in launch.fields.items()]
    if launch.attachments:
        made.append(_once("Files", "attachments", "attachments"))
    if launch.assignees:
        made.append(_once("Assignees", ", ".join(launch.assignees), "assignees"))
    made += [_once("Subtask", each.title, "subtask") for each in launch.subtasks]
    return RouteTold(route.id, condition_told(route.when), then, tuple(made), notices)


def _place(launch: LaunchSpec) -> str:
    project = launch.project
    if project is None:
        named = ""
    elif isinstance(project, str):
        named = f" / {project}"
    elif project.from_ is not None:
        named = ", the customer's project"
    else:
        named = f", the project named in {project.property}"
    phase = launch.wanted_phase
    return f"{launch.in_}{named}" + ("" if phase is None else f", phase {phase.name}")


def _launched(field: str, value: LaunchValue) -> Flow:
    if not isinstance(value, FromSource):
        return _once("Launched field", _scalar(value), field)
    table: list[tuple[str, str]] = []
    for word, result in (value.values or {}).items():
        if isinstance(result, dict):
            table += [(f"{word}, {by}", _scalar(each)) for by, each in result.items()]
        else:
            table.append((word, _scalar(result)))
    return _once("Launched field", " and ".join(value.names), field, tuple(table))


def _once(what: str, ticket: str, item: str, table: tuple[tuple[str, str], ...] = ()) -> Flow:
    return Flow(what, ticket, TO_ITEM, item, "work item", "once, at launch", ENGINEERING, table)


def _notice(notify: Notify) -> str:
    to = ", ".join(notify.to) if notify.to else "the channel as a whole"
    said = f"tells {to} by {' and '.join(notify.via)}"
    if notify.when is not None:
        said += f" where {condition_told(notify.when)}"
    if notify.until_acknowledged:
        minutes = int(notify.resend.total_seconds() // 60)
        said += f", again every {minutes} min until somebody has acknowledged"
    return said


def condition_told(condition: Condition) -> str:
    """The condition as a clause."""
    if condition.all is not None:
        return " and ".join(_inner(each) for each in condition.all)
    if condition.any is not None:
        return " or ".join(_inner(each) for each in condition.any)
    if condition.not_ is not None:
        if condition.not_.field is not None and condition.not_.present is None:
            return _test_told(condition.not_, negated=True)
        return f"not ({condition_told(condition.not_)})"
    return _test_told(condition)


def _test_told(condition: Condition, *, negated: bool = False) -> str:
    field = (condition.field or "").removeprefix("property:")
    if condition.present is not None:
        return f"{field} has a value" if condition.present else f"{field} is empty"
    if condition.contains is not None:
        return f"{field} {'does not contain' if negated else 'contains'} {condition.contains}"
    values = condition.in_ if condition.in_ is not None else [condition.is_]
    told = " or ".join(_scalar(each) for each in values if each is not None)
    return f"{field} is {'not ' if negated else ''}{told}"


def _inner(condition: Condition) -> str:
    told = condition_told(condition)
    parts = condition.all or condition.any or ()
    return f"({told})" if len(parts) > 1 else told


def _scalar(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
