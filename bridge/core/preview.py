"""What a draft of a mapping would change: the same plan made twice, by what is in force and by it.

Pure. What the mapping in force has under way anyway is not shown: it happens in either case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.core.fingerprints import HUMAN_OVERRIDE, LOOP_BREAKER
from bridge.core.guard import AUDIENCE_BLOCK, HELD_FOR_REVIEW, LEAK_SUSPECT
from bridge.core.reasons import finding_sentence, finding_what_to_do, sentence
from bridge.core.situation import FieldVerdict, Plan
from bridge.core.values import canonical
from bridge.domain.findings import Finding
from bridge.domain.operations import (
    AddItemComment,
    AddSubtask,
    AddTicketNote,
    CopyAttachment,
    LaunchItem,
    Operation,
    SetItemFields,
    SetItemLinks,
    SetTicketFields,
)
from bridge.domain.promises import PromiseState
from bridge.domain.records import Observation, Value
from bridge.domain.texts import Audience

REFUSING = frozenset({AUDIENCE_BLOCK, HELD_FOR_REVIEW, LEAK_SUSPECT, HUMAN_OVERRIDE, LOOP_BREAKER})
"""Codes by which the hub refuses to write what a mapping asks for."""

NOTE, COMMENT, FILE, HYPERLINK = "note", "comment", "file", "hyperlink"
SUBTASK = "subtask"
"""What stands as the field of a change that is no field."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that would be written. `before`: what is there now (None: nothing, or unknown)."""

    ref: str
    field: str
    before: str | None
    after: str | None
    customer_visible: bool = False


@dataclass(frozen=True, slots=True)
class NewItem:
    """A work item that would be launched for a ticket."""

    ref: str
    route: str
    connection: str
    project: str | None
    type: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that a person should know before the draft counts."""

    ref: str | None
    field: str
    code: str
    sentence: str
    what_to_do: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a draft would change about one record."""

    changes: tuple[Change, ...] = ()
    launches: tuple[NewItem, ...] = ()
    problems: tuple[Trouble, ...] = ()
    refused: tuple[Trouble, ...] = ()
    notices: int = 0
    """Messages to the team that would go out because of it."""
    promises: int = 0
    """Promises that the ticket does not have now."""
    broken: int = 0
    """Promises that would be found broken, and are not now."""
    tells: bool = False
    """A message to the customer would be drafted because of it, or sent."""
    unread: bool = False
    """The draft needs something of the record that was never read: its effect is not known."""


def compare(ref: str, seen: Observation, before: Plan, after: Plan) -> Comparison:
    """What `after` (the plan by the draft) does that `before` (by what is in force) does not."""
    had = set(_changes(ref, seen, before.operations))
    launched = {each.marker for each in before.operations if isinstance(each, LaunchItem)}
    known = {(each.code, each.topic) for each in before.findings}
    new = [each for each in after.findings if (each.code, each.topic) not in known]
    frozen = {each.field: each for each in before.verdicts}
    held = [each for each in after.verdicts if _is_refused(each, frozen.get(each.field))]
    return Comparison(
        changes=tuple(each for each in _changes(ref, seen, after.operations) if each not in had),
        launches=tuple(
            NewItem(ref, each.route, each.connection, each.project, each.type)
            for each in after.operations
            if isinstance(each, LaunchItem) and each.marker not in launched
        ),
        problems=tuple(_trouble(ref, each) for each in new if each.code not in REFUSING),
        refused=_once(
            [
                *(_trouble(ref, each) for each in new if each.code in REFUSING),
                *(Trouble(ref, e.field, e.verdict, sentence(e.verdict, e.data)) for e in held),
            ]
        ),
        notices=len(_told(after) - _told(before)),
        tells=bool(_drafted(after) - _drafted(before)),
        promises=len(_made(after) - _made(before)),
        broken=len(_broken(after) - _broken(before)),
        unread=bool(after.look_first) or after.read_self,
    )


def _drafted(plan: Plan) -> set[str]:
    return {each.id for each in plan.drafts.new}


def _made(plan: Plan) -> set[str]:
    return {each.promise for each in plan.promises if each.is_live}


def _broken(plan: Plan) -> set[str]:
    breached = PromiseState.BREACHED
    return {each.promise for each in plan.promises if each.is_live and each.state is breached}


def _told(plan: Plan) -> set[tuple[str, str, str]]:
    """Whom the plan tells, now or as soon as there is a work item."""
    return {each.told for each in plan.notices.new} | set(plan.notices.coming)


def lacks(seen: Observation, fields: Iterable[str]) -> tuple[str, ...]:
    """Those of the fields that were never read of the record."""
    return tuple(sorted(each for each in set(fields) if not seen.knows(each)))


def _changes(ref: str, seen: Observation, operations: Iterable[Operation]) -> list[Change]:
    found: list[Change] = []

    def now(field: str) -> str | None:
        return _shown(seen.value(field)) if seen.knows(field) else None

    for each in operations:
        match each:
            case SetTicketFields():
                found += [
                    Change(
                        ref,
                        field.field,
                        now(field.field),
                        field.value.value,
                        field.value.audience is Audience.CUSTOMER,
                    )
                    for field in each.fields
                ]
            case SetItemFields():
                found += [
                    Change(ref, field.field, now(field.field), _shown(field.value))
                    for field in each.fields
                ]
            case _:
                found += _other_changes(ref, each)
    return found


def _other_changes(ref: str, operation: Operation) -> list[Change]:
    """What is added beside fields: notes, comments, files and hyperlinks."""
    match operation:
        case SetItemLinks():
            return [
                *(Change(ref, HYPERLINK, None, each.url) for each in operation.add),
                *(Change(ref, HYPERLINK, each.url, None) for each in operation.remove),
            ]
        case CopyAttachment():
            return [Change(ref, FILE, None, operation.attachment.name)]
        case AddTicketNote():
            return [Change(ref, NOTE, None, f"a copy of {operation.source}")]
        case AddSubtask():
            return [Change(ref, SUBTASK, None, operation.title)]
        case AddItemComment():
            return [Change(ref, COMMENT, None, f"a copy of {operation.source}")]
        case _:
            return []


def _shown(value: Value) -> str | None:
    return None if value is None else canonical(value)


def _is_refused(after: FieldVerdict, before: FieldVerdict | None) -> bool:
    """Whether the draft wants a value here that the hub will not write, and it is news."""
    if after.verdict not in REFUSING:
        return False
    return before is None or (before.verdict, before.desired) != (after.verdict, after.desired)


def _trouble(ref: str, finding: Finding) -> Trouble:
    return Trouble(
        ref, finding.topic, finding.code, finding_sentence(finding), finding_what_to_do(finding)
    )


def _once(troubles: list[Trouble]) -> tuple[Trouble, ...]:
    found: dict[tuple[str, str], Trouble] = {}
    for each in troubles:
        found.setdefault((each.code, each.field), each)
    return tuple(found.values())
