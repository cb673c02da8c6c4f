"""Findings by their cause: what a person must fix, whose customers wait for it, and doing it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from bridge.core import reasons
from bridge.domain.access import AccessRole
from bridge.domain.findings import Finding, Severity
from bridge.engine import retrying, retrying_many
from bridge.engine.hub import Hub
from bridge.engine.jobs import JobOver, steer
from bridge.engine.retrying import FindingResolved
from bridge.kit.clock import from_ms
from bridge.store import finding_groups, history, jobs
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.store.jobs import Job, JobState
from bridge.web.names import Named, hidden_of, names_of
from bridge.web.pressing import PICK, InTabs, moved, ticked
from bridge.web.rendering import page
from bridge.web.visitor import (
    Csm,
    HubHere,
    Operator,
    PageProblem,
    Shown,
    Visitor,
    own_form,
    require_printable,
)

router = APIRouter(include_in_schema=False)

PATH = "/findings"
SHOWN = 50
RELOAD_S = 2
"""How often the page of a job looks again."""

TABS = (("open", "Open"), ("ignored", "Ignored"), ("resolved", "Closed"))
_EMPTY = {
    "open": "Nothing needs a person. The hub puts here what it can't do by itself.",
    "ignored": "Nobody chose to ignore anything.",
    "resolved": "Nothing was closed yet.",
}
_RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
_DONE = {"resolve": "closed", "ignore": "ignored"}


class Wanted(InTabs):
    """Which findings."""

    tabs = TABS
    connection: Shown = Field("", max_length=200)
    said: Shown = Field("", max_length=100)

    def at(self, path: str, **changes: str) -> str:
        """An address with these changed."""
        kept = {"state": self.state, "connection": self.connection, **changes}
        query = urlencode({n: v for n, v in kept.items() if v and (n, v) != ("state", "open")})
        return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one cause."""

    code: str
    page: str
    severity: str
    sentence: str
    what_to_do: str
    findings: int
    seen: int
    first_at: datetime
    last_at: datetime
    customers: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One finding."""

    id: str
    code: str
    page: str
    severity: str
    connection: str
    record: Named | None
    customer: str
    sentence: str
    detail: str
    what_to_do: str
    first_at: datetime
    last_at: datetime
    count: int
    state: str
    delivery: str
    held: str
    release: str


@router.get(PATH)
async def list_groups(hub: HubHere, visitor: Csm, query: Annotated[Wanted, Query()]) -> Response:
    """What must be fixed, one row for each cause, the gravest first."""
    name = query.connection or None
    async with hub.db.read(long=True) as store:
        counts = await finding_groups.counts(store)
        rows = await finding_groups.groups(store, query.state, name)
        newest = await finding_groups.load_many(store, [each["newest"] for each in rows])
        customers = await finding_groups.customers(store, query.state, name)
        places = await finding_groups.places(store, query.state)
        hidden = await _hidden(store, visitor, newest.values())
    groups = [
        _group(query, each, newest[each["newest"]], customers, places, hidden)
        for each in rows
        if each["newest"] in newest
    ]
    groups.sort(key=lambda g: (_RANK[Severity(g.severity)], -g.last_at.timestamp(), g.code))
    return page(
        "findings.html",
        visitor=visitor,
        now=hub.now(),
        wanted=query,
        tabs=[(id, label, counts.get(id, 0)) for id, label in TABS],
        groups=groups,
        connections=sorted({each for some in places.values() for each in some}),
        empty=_EMPTY[query.state],
    )


def _group(
    query: Wanted,
    row: Row,
    newest: Row,
    customers: dict[str, tuple[int, str]],
    places: dict[str, list[str]],
    hidden: dict[str, str],
) -> Group:
    said = finding_in(newest)
    n, one = customers.get(row["code"], (0, ""))
    return Group(
        code=row["code"],
        page=query.at(page_of_code(row["code"])),
        severity=reasons.severity(row["code"]).value,
        sentence=reasons.finding_sentence(said, hidden),
        what_to_do=reasons.finding_what_to_do(said, hidden),
        findings=row["findings"],
        seen=int(row["seen"]),
        first_at=from_ms(row["first_at"]),
        last_at=from_ms(row["last_at"]),
        customers=one if n == 1 else f"{one} and {n - 1} more" if n else "",
        places=tuple(places.get(row["code"], ())),
    )


async def _hidden(store: AsyncConnection, visitor: Visitor, rows: Iterable[Row]) -> dict[str, str]:
    """What is said to the visitor in place of the refs of internal tasks in these findings."""
    texts = [text for each in rows for text in (each["ref"], *each["data"].values())]
    return await hidden_of(store, texts, inside=visitor.may("operator"))


def page_of_code(code: str) -> str:
    """Where the findings of one cause are."""
    return f"{PATH}/{quote(code, safe='')}"


def finding_in(row: Row) -> Finding:
    """The finding of a stored row."""
    return Finding(row["code"], row["connection"], row["ref"] or None, row["topic"], row["data"])


@router.get(PATH + "/retries/{id}")
async def retry_progress(hub: HubHere, visitor: Csm, id: str) -> Response:
    """How far a job is that tries findings once more, and what it came to."""
    job = await _retry_job(hub, id)
    async with hub.db.read() as store:
        still, _ = await finding_groups.newest(store, job.target)
    return page(
        "retry.html",
        visitor=visitor,
        now=hub.now(),
        job=job,
        result=job.result or {"tried": 0, "closed": 0, "refused": 0, "why": []},
        live=job.state in jobs.ACTIVE,
        still=still,
        there=page_of_code(job.target),
        reload_s=RELOAD_S,
    )


@router.post(PATH + "/retries/{id}")
async def end_retry(request: Request, hub: HubHere, visitor: Operator, id: str) -> Response:
    """End the job before its next step; what was tried is tried."""
    await own_form(request, visitor)
    await _retry_job(hub, id)
    with suppress(JobOver):  # It came to its end by itself: its page says so.
        await steer(hub, id, JobState.CANCELLED, by=visitor.actor.name)
    return moved(f"{PATH}/retries/{quote(id, safe='')}")


async def _retry_job(hub: Hub, id: str) -> Job:
    require_printable(id)
    async with hub.db.read() as store:
        job = await jobs.load(store, id)
    if job is None or job.kind != retrying_many.KIND:
        raise PageProblem(404, "There is no such job", "It is not kept any more.")
    return job


@router.get(PATH + "/{code}")
async def group_page(
    hub: HubHere, visitor: Csm, code: str, query: Annotated[Wanted, Query()]
) -> Response:
    """The findings of one cause."""
    return await _group_page(hub, visitor, code, query)


async def _group_page(
    hub: Hub, visitor: Visitor, code: str, query: Wanted, *, wrong: str = ""
) -> Response:
    require_printable(code)
    async with hub.db.read(long=True) as store:
        rows = await history.page_findings(
            store,
            cursor=query.after or None,
            limit=SHOWN + 1,
            state=query.state,
            code=code,
            name=query.connection or None,
        )
        if not rows and code not in reasons.REASONS:
            raise PageProblem(404, "There is no such cause", f"The catalogue has no {code}.")
        kept = rows[:SHOWN]
        items = await found_of(store, visitor, kept)
        n, _ = await finding_groups.newest(store, code)
    return page(
        "finding_group.html",
        422 if wrong else 200,
        visitor=visitor,
        now=hub.now(),
        wanted=query,
        code=code,
        there=page_of_code(code),
        severity=reasons.severity(code).value,
        # Without a finding there is nothing to fill the sentence with.
        heading=items[0].sentence if items else code,
        what_to_do=items[0].what_to_do if items else "",
        items=items,
        tabs=[(id, label, query.at(page_of_code(code), state=id)) for id, label in TABS],
        open=n,
        wrong=wrong,
        said=_said(query.said),
        next_page=query.at(page_of_code(code), after=kept[-1]["id"]) if len(rows) > SHOWN else "",
        pick=PICK,
    )


def _said(text: str) -> str:
    deed, _, n = text.partition("-")
    if deed not in _DONE or not n.isdecimal() or len(n) > 4:
        return ""
    closed = _DONE[deed]
    opens = {
        "resolve": "as soon as its cause is seen again",
        "ignore": "once its cause has ended and begun anew",
    }[deed]
    return f"{int(n)} {closed}. Each opens again {opens}."


async def found_of(store: AsyncConnection, visitor: Visitor, rows: list[Row]) -> list[Found]:
    """The findings of these rows, with what people call their records."""
    inside = visitor.actor.role.covers(AccessRole.OPERATOR)
    keys = {each["ref"] for each in rows if ":" in each["ref"]}
    names = await names_of(store, keys, inside=inside)
    customers = await finding_groups.customers_of(store, sorted(keys))
    hidden = await _hidden(store, visitor, rows)
    return [_found(each, names.get(each["ref"]), customers, hidden, inside) for each in rows]


def _found(
    row: Row,
    record: Named | None,
    customers: dict[str, str],
    hidden: dict[str, str],
    inside: bool,
) -> Found:
    said, data = finding_in(row), row["data"]
    delivery, held = data.get("delivery", ""), data.get("held", "")
    release = data.get("release_id", "")
    return Found(
        id=row["id"],
        code=row["code"],
        page=f"{page_of_code(row['code'])}/{quote(row['id'], safe='')}",
        severity=row["severity"],
        connection=row["connection"],
        record=record,
        customer=customers.get(row["ref"], ""),
        sentence=reasons.finding_sentence(said, hidden),
        detail=reasons.finding_detail(said) if inside else "",
        what_to_do=reasons.finding_what_to_do(said, hidden),
        first_at=from_ms(row["first_seen_at"]),
        last_at=from_ms(row["last_seen_at"]),
        count=row["count"],
        state=row["state"],
        delivery=f"/deliveries/{quote(delivery, safe='')}" if delivery else "",
        held=f"/held/{quote(held, safe='')}" if held and inside else "",
        release=f"/releases/{quote(release, safe='')}" if release else "",
    )


@router.post(PATH + "/{code}")
async def work_on_many(request: Request, hub: HubHere, visitor: Operator, code: str) -> Response:
    """Retry, close or ignore those that were ticked, or retry all that are open."""
    fields = await own_form(request, visitor)
    require_printable(code)
    deed, by = fields.get("deed", ""), visitor.actor.name
    ids = ticked(fields, SHOWN)
    query = Wanted(state=_printable_or_open(fields.get("state", "open")))
    if deed == "retry_all":
        ids = []
    elif deed not in ("retry", *_DONE):
        return await _group_page(hub, visitor, code, query, wrong="Press one of the buttons.")
    elif not ids:
        wrong = "Tick the findings that you mean. Nothing was changed."
        return await _group_page(hub, visitor, code, query, wrong=wrong)
    if deed in _DONE:
        n = 0
        for id in ids:
            n += await _close(hub, id, deed, by)
        return moved(query.at(page_of_code(code), said=f"{deed}-{n}"))
    job = await retrying_many.start(hub, code, ids, by=by)
    if job is None:
        wrong = "None of them is open any more: there is nothing to try."
        return await _group_page(hub, visitor, code, query, wrong=wrong)
    return moved(f"{PATH}/retries/{job.id}")


def _printable_or_open(state: str) -> str:
    return state if state in dict(TABS) else "open"


async def _close(hub: Hub, id: str, deed: str, by: str) -> int:
    """Close or ignore one; 1 if that was done, 0 if there was nothing left to do."""
    close = retrying.resolve if deed == "resolve" else retrying.ignore
    try:
        return int(await close(hub, id, by=by) is not None)
    except FindingResolved:
        return 0
