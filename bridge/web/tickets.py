"""The page of one ticket, and *Check now*."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.core import reasons
from bridge.core.changes_told import MOVED, cause_of_change, move_told
from bridge.core.known_to_customer import KnownThen
from bridge.core.outlook import Cause
from bridge.core.scales_told import Scales, scales_told
from bridge.domain.errors import BridgeError
from bridge.domain.promises import PromiseState, by_urgency
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import check
from bridge.engine.endings import ending_of
from bridge.engine.explain import Explanation, explain_ticket
from bridge.engine.hub import Hub
from bridge.engine.known_to_customer import known_to_customer
from bridge.engine.promised import CHANGE
from bridge.engine.speaking import TOLD
from bridge.engine.telling import LONGEST
from bridge.engine.watching import TICKET, figure_of
from bridge.kit.clock import from_ms
from bridge.store import explaining, history, promises, signals, views
from bridge.store.database import Row
from bridge.web.deliveries import moment_of
from bridge.web.paused import pauses
from bridge.web.pressing import moved
from bridge.web.promised import WIDE, WORDS, told
from bridge.web.rendering import page, page_of
from bridge.web.shown import ended_link, former_items, known_ticket, mapping_of, work_of
from bridge.web.telling import SAID, messages_of
from bridge.web.visitor import Csm, HubHere, PageProblem, Shown, Viewer, own_form

router = APIRouter(include_in_schema=False)

HAPPENINGS = 40
ENDED = 10
"""Links that have ended, of which the page tells."""
CUSTOMERS_SEE = frozenset({"stage", TOLD, "eta_told"})
"""What of the timeline is visible to the customer; the date and the work behind it are not."""
CHECK_S = 8.0
"""How long somebody who pressed *Check now* waits for the end of it."""

CHECKED = {
    "converged": "Checked just now: the ticket shows what it should.",
    "waiting": "It is being checked, and takes its time. Reload this page in a moment.",
    "failed": "It could not be checked now. What is in the way stands below.",
}
"""What *Check now* came to, in words."""

_DONE = {
    "linked": "Linked. What the customer sees follows in a moment; reload this page.",
    "linked_before": "The two were linked already. Nothing was changed.",
    "link_changed": "Somebody linked and unlinked the two since you looked. Nothing was changed.",
    "unlinked": "Unlinked. Nothing was deleted at either end.",
    "unlinked_before": "That link had ended already. Nothing was changed.",
    "reopened": "It is being opened again in the helpdesk. Reload this page in a moment.",
    "task": "An internal technical task was made and related. The customer sees nothing of it.",
    "task_waits": "The internal technical task is being made. It goes on by itself.",
}
"""What was just done with the ticket's work, in words."""


@router.get("/tickets/{connection}/{id}")
async def ticket_page(
    hub: HubHere,
    visitor: Viewer,
    connection: str,
    id: str,
    checked: Shown = "",
    done: Shown = "",
    at: Shown = "",
) -> Response:
    """One ticket: what its customer sees, the work behind it, and why it shows what it shows."""
    ref = await known_ticket(hub, connection, id)
    known = await _known_then(hub, ref, at)
    figure = await figure_of(hub, f"{TICKET}{ref}")
    found = await explain_ticket(hub, ref, asked=id)
    async with hub.db.read() as store:
        row = await views.load(store, str(ref))
        linked = (await views.linked_items(store, [str(ref)]))[str(ref)]
        ended = await views.ended_items(store, str(ref), ENDED)
        tasks = (await signals.internal_tasks(store, [str(ref)])).get(str(ref), 0)
        happened = await history.timeline(store, str(ref), cursor=None, limit=HAPPENINGS)
        paused = await pauses(store, [ref.connection, *_connections(linked)])
        causes = await explaining.first_causes(store, happened)
        former = await former_items(hub, store, happened)
        promised = await promises.of_ticket(store, str(ref))
    if row is None or found is None:
        raise _not_yet(connection, id)
    now, ending = hub.now(), await ending_of(hub, ref)
    work = [work_of(hub, each) for each in linked]
    names = former | {each.ref: each.key for each in work}
    happenings = [_happening(each, causes[each["id"]], names) for each in happened]
    return page(
        "ticket.html",
        422 if known.problem else 200,
        visitor=visitor,
        now=now,
        ref=ref,
        row=row,
        work=work,
        ended=[ended_link(hub, each) for each in ended],
        tasks=tasks,
        pauses=paused,
        why=why_of(found, now),
        said=CHECKED.get(checked, "") or _DONE.get(done, "") or SAID.get(done, ""),
        checked_at=found.seen_at,
        outside=[each for each in happenings if each.visible],
        inside=[each for each in happenings if not each.visible],
        mapping=found.mapping,
        figure=figure,
        known=known,
        told_at=None if row["last_told_at"] is None else from_ms(row["last_told_at"]),
        messages=await messages_of(hub, ref),
        longest=LONGEST,
        ending=ending,
        promises=[told(each, now) for each in by_urgency(promised)],
        wide=WIDE,
        scales=_scales(hub, row),
    )


def _not_yet(connection: str, id: str) -> PageProblem:
    return PageProblem(
        404,
        f"{connection} {id} was not looked at yet",
        "The hub has heard of this ticket and reads it in a moment. Reload this page.",
    )


def _scales(hub: Hub, row: Row) -> Scales:
    mapping = mapping_of(hub, row["connection"])
    return scales_told(mapping, row["plan"], row["severity"], row["category"])


@dataclass(frozen=True, slots=True)
class KnownAsked:
    """What the customer knew, at the moment that somebody asked for."""

    asked: str
    problem: str
    then: KnownThen


async def _known_then(hub: Hub, ref: TicketRef, asked: str) -> KnownAsked:
    problem, at = "", None
    try:
        at = moment_of(asked)
    except ValueError:
        problem = "That is no time. Write one such as 2026-05-12T14:05; it is taken as UTC."
    return KnownAsked(asked, problem, await known_to_customer(hub, ref, at or hub.now()))


def _connections(linked: list[Row]) -> list[str]:
    """Where the work behind the ticket is."""
    return [split_ref(each["work_item_key"])[0] for each in linked]


@router.post("/tickets/{connection}/{id}/check")
async def check_now(
    request: Request, hub: HubHere, visitor: Csm, connection: str, id: str
) -> Response:
    """Read the ticket and make it agree, before all other work; then show it."""
    await own_form(request, visitor)
    ref = await known_ticket(hub, connection, id)
    try:
        result = await check.check_ticket(hub, ref, CHECK_S)
    except BridgeError as error:
        raise PageProblem(409, "It could not be checked", str(error)) from error
    outcome = "waiting" if result is None else result.outcome
    there = f"{page_of(ref.connection, ref.id)}?checked={outcome}"
    return moved(there)


@dataclass(frozen=True, slots=True)
class Why:
    """The explanation in words."""

    sentence: str
    what_to_do: str
    also: tuple[str, ...]
    would: tuple[str, ...]
    fields: tuple[tuple[str, str, str, str], ...]
    """Field, as it should be, as it is, why."""


def why_of(found: Explanation, now: datetime) -> Why:
    """The explanation as people read it."""
    names = found.names

    def said(code: str, data: Mapping[str, str]) -> str:
        return reasons.sentence(code, data, now=now, names=names)

    return Why(
        sentence=said(found.verdict, found.data),
        what_to_do=reasons.what_to_do(found.verdict, found.data, now=now, names=names),
        also=tuple(said(each.code, each.data) for each in found.also),
        would=tuple(each.sentence for each in found.would),
        fields=tuple(
            (
                names.get(each.field, each.field),
                each.desired or "",
                each.observed or "",
                said(each.verdict, each.data),
            )
            for each in found.fields
        ),
    )


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to the ticket."""

    at: datetime
    what: str
    before: str
    after: str
    sentence: str
    visible: bool
    """The customer could see it."""


WHAT = {
    "stage": "The customer sees",
    CHANGE: "Promise",
    "eta": "Expected",
    TOLD: "Told the customer",
    "eta_told": "Date told",
    "keys": "Work items",
    "linked": "Linked",
    "unlinked": "Unlinked",
    "escalation": "Escalation",
    MOVED: "A work item moved",
}


def values_told(row: Row, names: Mapping[str, str]) -> tuple[str, str]:
    """What stood there before and after; of what was unlinked only what it is."""
    before, after = (names.get(each, each or "") for each in (row["before"], row["after"]))
    if row["what"] == CHANGE:
        return before, WORDS[PromiseState(after)]
    return ("", before) if row["what"] == "unlinked" else (before, after)


def _happening(row: Row, first_cause: str, names: Mapping[str, str]) -> Happening:
    cause = row["cause"] or ""
    found: Cause | None = cause_of_change(row["record_key"], cause, first_cause)
    if row["what"] == MOVED:
        found = move_told(cause, row["before"], row["after"])
    before, after = values_told(row, names)
    return Happening(
        at=from_ms(row["at"]),
        what=WHAT.get(row["what"], str(row["what"]).replace("_", " ").capitalize()),
        before=before,
        after=after,
        sentence="" if found is None else reasons.sentence(found.code, found.data),
        visible=row["what"] in CUSTOMERS_SEE,
    )
