"""A vendor in miniature: applies plans, rewrites what it stores, and shows it back."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.core.fingerprints import Observed, after_write
from bridge.core.situation import ItemSituation, LinkedItem, Plan, TicketSituation
from bridge.domain.links import Fingerprint, Launch, LaunchState, LedgerEntry, LedgerState
from bridge.domain.operations import (
    AddItemComment,
    AddTicketNote,
    CopyAttachment,
    LaunchItem,
    Operation,
    ProbeLaunch,
    SetItemFields,
    SetItemLinks,
    SetTicketFields,
)
from bridge.domain.records import (
    ATTACHMENTS,
    COMMENTS,
    HYPERLINKS,
    Comment,
    Fact,
    Observation,
    Source,
    Value,
)
from tests.unit.core.examples import linked

Rewrite = Callable[[Value], Value]


def _texts(change: Callable[[str], str]) -> Rewrite:
    return lambda value: change(value) if isinstance(value, str) else value


REWRITES: dict[str, Rewrite] = {
    "as it is": lambda value: value,
    "trimmed": _texts(str.strip),
    "escaped": _texts(html.escape),
    "upper case": _texts(str.upper),
    "as text": lambda value: None if value in (None, "") else str(value),
    "wrapped": _texts(lambda text: f"<div>{text}</div>"),
}


@dataclass(frozen=True)
class Vendor:
    """How a vendor stores, whether its answers show what it stored, and whether creates answer."""

    rewrite: Rewrite
    shows: bool = True
    answers_creates: bool = True

    def ticket(self, s: TicketSituation, plan: Plan, now: datetime) -> TicketSituation:
        """The ticket's situation after the plan was carried out and looked at again."""
        pairs = {**s.fingerprints, **{each.field: each for each in plan.fingerprints}}
        s = replace(s, fingerprints=pairs, ledger=_entered(s.ledger, plan))
        for operation in plan.operations:
            s = self._on_ticket(s, operation, now)
        return replace(s, observation=_looked_at(s.observation, now))

    def item(self, s: ItemSituation, plan: Plan, now: datetime) -> ItemSituation:
        """The work item's situation after the plan was carried out and looked at again."""
        pairs = {**s.fingerprints, **{each.field: each for each in plan.fingerprints}}
        s = replace(s, fingerprints=pairs, ledger=_entered(s.ledger, plan))
        for operation in plan.operations:
            s = self._on_item(s, operation, now)
        return replace(s, observation=_looked_at(s.observation, now))

    def _on_ticket(
        self, s: TicketSituation, operation: Operation, now: datetime
    ) -> TicketSituation:
        match operation:
            case LaunchItem():
                row = Launch(
                    s.ref,
                    operation.route,
                    operation.connection,
                    operation.marker,
                    LaunchState.INTENDED,
                    now,
                )
                s = replace(s, launches=(*s.launches, row))
                return _created(s, row) if self.answers_creates else s
            case ProbeLaunch():
                row = next(each for each in s.launches if each.route == operation.route)
                return _created(s, row)
            case SetTicketFields():
                seen, pairs = s.observation, dict(s.fingerprints)
                for field in operation.fields:
                    seen = self._stored(
                        seen, pairs, field.field, field.value.value, field.restore, now
                    )
                return replace(s, observation=seen, fingerprints=pairs)
            case AddTicketNote():
                note = Comment(f"n{len(s.ledger)}", operation.html.value, own=True)
                seen = _added(s.observation, COMMENTS, note.as_value(), now)
                return replace(s, observation=seen, ledger=_copied(s.ledger, operation))
        raise AssertionError(operation)

    def _on_item(self, s: ItemSituation, operation: Operation, now: datetime) -> ItemSituation:
        match operation:
            case SetItemFields():
                seen, pairs = s.observation, dict(s.fingerprints)
                for field in operation.fields:
                    seen = self._stored(seen, pairs, field.field, field.value, field.restore, now)
                return replace(s, observation=seen, fingerprints=pairs)
            case SetItemLinks():
                gone = {each.comment for each in operation.remove}
                value = s.observation.value(HYPERLINKS)
                rows: list[Value] = [
                    row
                    for row in (value if isinstance(value, list) else [])
                    if not (isinstance(row, dict) and row.get("comment") in gone)
                ]
                rows += [
                    {"url": self.rewrite(each.url), "comment": each.comment}
                    for each in operation.add
                ]
                return replace(s, observation=_set(s.observation, HYPERLINKS, rows, now))
            case CopyAttachment():
                file = replace(operation.attachment, comment=operation.marker)
                seen = _added(s.observation, ATTACHMENTS, file.as_value(), now)
                return replace(s, observation=seen, ledger=_copied(s.ledger, operation))
            case AddItemComment():
                note = Comment(f"c{len(s.ledger)}", operation.html, own=True)
                seen = _added(s.observation, COMMENTS, note.as_value(), now)
                return replace(s, observation=seen, ledger=_copied(s.ledger, operation))
        raise AssertionError(operation)

    def _stored(
        self,
        seen: Observation,
        pairs: dict[str, Fingerprint],
        field: str,
        value: Value,
        restore: bool,
        now: datetime,
    ) -> Observation:
        kept = self.rewrite(value)
        answer = Observed(kept, True, now) if self.shows else Observed()
        pairs[field] = after_write(field, pairs.get(field), value, answer, now=now, restore=restore)
        return _set(seen, field, kept, now)


def _looked_at(seen: Observation, now: datetime) -> Observation:
    return replace(seen, seen_at=now, source=Source.READ)


def _set(seen: Observation, name: str, value: Value, now: datetime) -> Observation:
    return replace(seen, facts={**seen.facts, name: Fact(value, now)})


def _added(seen: Observation, name: str, row: Value, now: datetime) -> Observation:
    value = seen.value(name)
    return _set(seen, name, [*(value if isinstance(value, list) else []), row], now)


def _created(s: TicketSituation, row: Launch) -> TicketSituation:
    id = f"{row.route}-item"
    made = replace(row, state=LaunchState.CREATED, work_item_id=id)
    launches = tuple(made if each.route == row.route else each for each in s.launches)
    item: LinkedItem = linked(id, "New")
    return replace(s, launches=launches, items=(*s.items, item))


def _entered(ledger: object, plan: Plan) -> dict[str, LedgerEntry]:
    known = dict(ledger) if isinstance(ledger, dict) else {}
    return known | {each.source: each for each in plan.ledger}


def _copied(
    ledger: object, operation: CopyAttachment | AddItemComment | AddTicketNote
) -> dict[str, LedgerEntry]:
    entry = LedgerEntry(
        operation.source, operation.content, LedgerState.COPIED, operation.marker, "t"
    )
    known = dict(ledger) if isinstance(ledger, dict) else {}
    return known | {entry.source: entry}
