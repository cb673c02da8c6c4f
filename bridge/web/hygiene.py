"""What has come apart, by its cause, with the press that mends one or many; and what was mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from bridge.core import reasons
from bridge.core.deeds import deed
from bridge.core.hygiene import CODES, SEVERITY, TITLES, Repair, repair_of
from bridge.core.severity_choices import Choice
from bridge.core.workdays import next_time
from bridge.domain.errors import BridgeError
from bridge.engine import hygiene, hygiene_filling, retrying
from bridge.engine.hub import Hub
from bridge.engine.hygiene_repairs import repair
from bridge.engine.retrying import FindingResolved
from bridge.kit.clock import from_ms
from bridge.store import audit_log, finding_groups, history, jobs
from bridge.store.audit_log import AuditFilter
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.store.jobs import ACTIVE, Job
from bridge.web.findings import Found, found_of, page_of_code
from bridge.web.pressing import PICK, moved, ticked
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

PATH = "/hygiene"
SHOWN = 50
"""Findings of one cause on the page; all of them are under Findings."""
MENDED = 10
MOST_REASONS = 3
VALUE = "value-"
_DONE = {"repaired": "repaired", "ignored": "left as they are"}


class Wanted(BaseModel):
    """What was done a moment ago."""

    said: Shown = Field("", max_length=100)


@dataclass(frozen=True, slots=True)
class Line:
    """One finding, and what a press does about it."""

    found: Found
    repair: Repair
    choices: tuple[Choice, ...] = ()
    """What may be given where something is missing: value and label."""


@dataclass(frozen=True, slots=True)
class Cause:
    """All that came apart in one way."""

    code: str
    title: str
    severity: str
    what_to_do: str
    count: int
    lines: tuple[Line, ...]
    labels: tuple[str, ...]
    """What the presses about them are called."""
    all_of_them: str


@dataclass(frozen=True, slots=True)
class Looked:
    """A helpdesk's nightly look: the last one, and the next."""

    helpdesk: str
    job: Job | None
    live: bool
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Mended:
    """What somebody repaired."""

    at: datetime
    who: str
    sentence: str


@router.get(PATH)
async def hygiene_page(hub: HubHere, visitor: Csm, query: Annotated[Wanted, Query()]) -> Response:
    """What has come apart and is still so."""
    return await _page(hub, visitor, said=_said(query.said))


async def _page(hub: Hub, visitor: Visitor, *, said: str = "", wrong: str = "") -> Response:
    looked_after = hygiene.looked_after(hub)
    async with hub.db.read(long=True) as store:
        groups = {each["code"]: each for each in await finding_groups.groups(store, "open")}
        given = {name: await hygiene_filling.choices(hub, name) for name in hub.mappings}
        causes = [
            await _cause(store, visitor, groups[code], given) for code in CODES if code in groups
        ]
        looks = [
            _looked(hub, name, await jobs.newest(store, hygiene.KIND, name))
            for name in sorted(looked_after)
        ]
        mended = await _mended(store)
    return page(
        "hygiene.html",
        422 if wrong else 200,
        visitor=visitor,
        now=hub.now(),
        causes=causes,
        looks=looks,
        mended=mended,
        said=said,
        wrong=wrong,
        pick=PICK,
        value=VALUE,
    )


async def _cause(
    store: AsyncConnection,
    visitor: Visitor,
    group: Row,
    given: Mapping[str, tuple[Choice, ...]],
) -> Cause:
    code = group["code"]
    rows = await history.page_findings(store, cursor=None, limit=SHOWN, state="open", code=code)
    found = await found_of(store, visitor, rows)
    by_id = {row["id"]: row for row in rows}
    lines = tuple(_line(each, by_id[each.id], given) for each in found)
    return Cause(
        code=code,
        title=TITLES[code],
        severity=reasons.severity(code).value,
        what_to_do=found[0].what_to_do if found else "",
        count=group["findings"],
        lines=lines,
        labels=tuple(dict.fromkeys(each.repair.label for each in lines)),
        all_of_them=page_of_code(code) if group["findings"] > len(lines) else "",
    )


def _line(found: Found, row: Row, given: Mapping[str, tuple[Choice, ...]]) -> Line:
    chosen = repair_of(row["code"], row["data"])
    choices = given.get(row["connection"], ()) if chosen is SEVERITY else ()
    return Line(found, chosen, choices)


def _looked(hub: Hub, name: str, job: Job | None) -> Looked:
    spec = hub.mappings[name].data.hygiene
    at, zone = ("02:00", "UTC") if spec is None else (spec.at, spec.time_zone)
    live = job is not None and job.state in ACTIVE
    return Looked(name, job, live, next_time(at, zone, hub.now()))


async def _mended(store: AsyncConnection) -> list[Mended]:
    wanted = AuditFilter(actions=("hygiene.",))
    found = (await audit_log.page(store, wanted, cursor="", limit=MENDED)).found
    return [
        Mended(
            from_ms(each["at"]),
            each["actor"],
            deed(each["action"], each["target"], dict(each["detail"])).sentence,
        )
        for each in found
    ]


@router.post(PATH)
async def look_now(request: Request, hub: HubHere, visitor: Operator) -> Response:
    """Look at every helpdesk now, as every night."""
    await own_form(request, visitor)
    names = sorted(hygiene.looked_after(hub))
    for name in names:
        await hygiene.start(hub, name, by=visitor.actor.name)
    return moved(f"{PATH}?said=looking" if names else PATH)


@router.post(PATH + "/{code}")
async def work_on(request: Request, hub: HubHere, visitor: Operator, code: str) -> Response:
    """Repair those that were ticked, or leave them as they are."""
    fields = await own_form(request, visitor)
    require_printable(code)
    if code not in TITLES:
        raise PageProblem(404, "There is no such cause", "The nightly look knows none of it.")
    ids = ticked(fields, SHOWN)
    if not ids:
        return await _page(hub, visitor, wrong="Tick what you mean. Nothing was changed.")
    by, done, refused = visitor.actor.name, 0, list[str]()
    ignore = fields.get("deed") == "ignore" and not fields.get("one")
    for id in ids:
        try:
            if ignore:
                done += int(await retrying.ignore(hub, id, by=by) is not None)
            else:
                value = fields.get(f"{VALUE}{id}", "")
                done += int(await repair(hub, id, by=by, value=value) is not None)
        except FindingResolved:
            continue
        except BridgeError as error:
            refused.append(str(error))
    if refused:
        why = " ".join(dict.fromkeys(refused[:MOST_REASONS]))
        wrong = f"{len(refused)} could not be repaired. {why}"
        return await _page(hub, visitor, said=f"{done} repaired." if done else "", wrong=wrong)
    return moved(f"{PATH}?said={'ignored' if ignore else 'repaired'}-{done}")


def _said(text: str) -> str:
    if text == "looking":
        return "The hub is looking. What it finds stands here as soon as it is through."
    deed_, _, n = text.partition("-")
    if deed_ not in _DONE or not n.isdecimal() or len(n) > 4:
        return ""
    after = "The next look opens again what still is so." if deed_ == "repaired" else ""
    return f"{int(n)} {_DONE[deed_]}. {after}".strip()
