"""One delivery, one run: the way of a change step by step, and what a person may do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bridge.core import reasons
from bridge.core.verdicts import LABELS, verdict_of
from bridge.domain.access import AccessRole
from bridge.domain.errors import BridgeError
from bridge.engine import check, inspecting, payloads
from bridge.engine.hub import Hub
from bridge.engine.inspecting import Pass
from bridge.engine.payloads import Payload
from bridge.engine.rerun import Rerun, rerun
from bridge.engine.retrying import PayloadGone
from bridge.kit.clock import from_ms
from bridge.store import explaining, inspector, retries
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.web.deliveries import MOODS, came_told, changed_told, page_of_delivery
from bridge.web.flow import Flow, flow_of
from bridge.web.names import Named, hidden_of, names_of
from bridge.web.pressing import moved
from bridge.web.rendering import page
from bridge.web.visitor import (
    Admin,
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

PASSES = 20
"""Passes of a delivery that one page shows."""
NAMED = 50
"""Records of a delivery that its page names."""
CHECK_S = 8.0
LONGEST = 200_000
"""Characters of a payload that a page shows."""

_SAID = {
    "replayed": "It is read once more, and its records are looked at again.",
    "removed": "Its payload was removed for good.",
    "converged": "Checked just now: the record is as it should be.",
    "waiting": "It is being checked, and takes its time. Reload this page in a moment.",
    "failed": "It could not be checked now. What is in the way stands at the record.",
}
"""What a press came to, in words."""


@router.get("/deliveries/{id}")
async def delivery_page(
    hub: HubHere,
    visitor: Csm,
    id: str,
    after: Annotated[Shown, Query(max_length=200)] = "",
    said: Annotated[Shown, Query(max_length=40)] = "",
) -> Response:
    """The way of one change: received, resolved, and each pass that came of it."""
    return await _delivery(hub, visitor, id, after=after, said=_SAID.get(said, ""))


@router.post("/deliveries/{id}/payload")
async def show_payload(request: Request, hub: HubHere, visitor: Admin, id: str) -> Response:
    """The same page with the payload; that it was shown is kept in the audit log."""
    await own_form(request, visitor)
    row = (await _known(hub, id)).delivery
    shown = await payloads.show(hub, row, by=visitor.actor.name)
    return await _delivery(hub, visitor, id, payload=shown)


@router.post("/deliveries/{id}/replay")
async def replay(request: Request, hub: HubHere, visitor: Operator, id: str) -> Response:
    """Have it read again."""
    await own_form(request, visitor)
    require_printable(id)
    try:
        known = await payloads.read_again(hub, id, by=visitor.actor.name)
    except PayloadGone:
        raise PageProblem(
            409,
            "Its payload is not stored any more",
            "Its retention time is over, or somebody removed it. Check the record itself instead: "
            "the button stands on the delivery's page.",
        ) from None
    if not known:
        raise _unknown(id)
    return _back(id, "replayed")


@router.post("/deliveries/{id}/expunge")
async def expunge(request: Request, hub: HubHere, visitor: Admin, id: str) -> Response:
    """Remove the payload for good, after a tick that says so."""
    fields = await own_form(request, visitor)
    if fields.get("sure") != "yes":
        await _known(hub, id)
        wrong = "Tick that it can't be undone. Nothing was removed."
        return await _delivery(hub, visitor, id, unsure=wrong)
    require_printable(id)
    if not await payloads.remove(hub, id, by=visitor.actor.name):
        raise _unknown(id)
    return _back(id, "removed")


@router.post("/deliveries/{id}/check")
async def check_record(request: Request, hub: HubHere, visitor: Csm, id: str) -> Response:
    """Read one of its records and make it agree, before all other work."""
    fields = await own_form(request, visitor)
    found = await _known(hub, id)
    key = fields.get("record", "")
    if key not in (found.delivery["records"] or ()):
        raise PageProblem(422, "It does not concern that record", "Choose one that stands there.")
    async with hub.db.read() as store:
        ref = await retries.ref_of(store, key)
    try:
        result = None if ref is None else await check.check(hub, ref, CHECK_S)
    except BridgeError as error:
        raise PageProblem(409, "It could not be checked", str(error)) from error
    if result is None:
        raise PageProblem(404, "The hub does not know it any more", "It was moved or erased.")
    return _back(id, result.outcome)


@router.get("/runs/{id}")
async def run_page(
    hub: HubHere, visitor: Csm, id: str, again: Annotated[Shown, Query(max_length=10)] = ""
) -> Response:
    """One pass over one record; with `again` its plan is made once more, and nothing is written."""
    require_printable(id)
    async with hub.db.read() as store:
        found = await inspecting.load_pass(store, id)
    if found is None:
        raise PageProblem(
            404,
            "There is no such run",
            "It is not kept any more, or changed nothing: such runs are not kept.",
        )
    [flow] = await _flows(hub, visitor, [found], {})
    inside = visitor.actor.role.covers(AccessRole.OPERATOR)
    told = await rerun(hub, found.row) if again and inside else None
    decided = found.row["decided"] or {}
    async with hub.db.read() as store:
        hidden = await hidden_of(store, _values([found]), inside=inside)
    return page(
        "run.html",
        visitor=visitor,
        now=hub.now(),
        flow=flow,
        delivery=page_of_delivery(found.row["trace"]) if found.row["trace"] else "",
        fields=_fields(decided, hidden),
        findings=sorted(set(decided.get("findings") or ())),
        again=None if told is None else _again_told(told),
    )


def _values(passes: Sequence[Pass]) -> list[object]:
    """What the sentences about these passes are filled with."""
    verdicts = [one for each in passes for one in (each.row["decided"] or {}).get("verdicts") or ()]
    return [value for each in verdicts for value in each["data"].values()]


def _fields(decided: Mapping[str, Any], hidden: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Field, why, by which rule: without values, which not everybody may see."""
    return [
        (
            each["field"],
            reasons.sentence(each["verdict"], each["data"], names=hidden),
            each["rule"],
        )
        for each in decided.get("verdicts") or ()
    ]


def _again_told(told: Rerun) -> list[tuple[str, tuple[str, ...]]]:
    """What the plan makes of the same inputs, by the mapping of then and by today's."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for label, differs in (("By the mapping of then", told.then), ("By today's", told.today)):
        if differs is None:
            said = told.reason or "There is no mapping in force to ask."
            found.append((f"{label}: {said.rstrip('.')}.", ()))
        elif differs:
            found.append((f"{label} it would decide otherwise:", differs))
        else:
            found.append((f"{label} it would decide the same.", ()))
    return found


async def _delivery(
    hub: Hub,
    visitor: Visitor,
    id: str,
    *,
    after: str = "",
    said: str = "",
    payload: Payload | None = None,
    unsure: str = "",
) -> Response:
    found = await _known(hub, id, after)
    row = found.delivery
    keys: list[str] = list(row["records"] or ())
    inside = visitor.actor.role.covers(AccessRole.OPERATOR)
    flows = await _flows(hub, visitor, *_folded(found.passes))
    async with hub.db.read() as store:
        came = (await inspector.came_of(store, [id]))[id]
        names = await names_of(store, keys[:NAMED], inside=inside)
    state = verdict_of(row["state"], row["reason"], came)
    known = tuple(names[key] for key in keys[:NAMED])
    waiting = {each["key"] for each in found.waiting}
    return page(
        "delivery.html",
        422 if unsure else 200,
        visitor=visitor,
        now=hub.now(),
        row=row,
        at=from_ms(row["received_at"]),
        there=page_of_delivery(id),
        state=LABELS[state],
        mood=MOODS.get(state, ""),
        changed=changed_told(row["state"], known[:1], len(keys)),
        came=came_told(state, row["reason"], came, inside),
        records=known,
        more=max(0, len(keys) - NAMED),
        waiting=[each for each in known if each.key in waiting],
        inside=inside,
        flows=flows,
        next_page=_further(id, found.further),
        has_payload=row["body"] is not None,
        payload=None if payload is None else _readable(payload),
        cut=payload is not None and len(payload.text) > LONGEST,
        said=said,
        unsure=unsure,
    )


def _folded(passes: Sequence[Pass]) -> tuple[list[Pass], dict[str, int]]:
    """The passes without those that were only tried; by id, how often each was tried before."""
    kept: list[Pass] = []
    before: dict[str, int] = {}
    tried: dict[str, int] = {}
    newest = {each.row["record_key"]: each.row["id"] for each in passes}
    for each in passes:
        key, id = each.row["record_key"], each.row["id"]
        if each.row["finished_at"] is None and newest[key] != id:
            tried[key] = tried.get(key, 0) + 1
            continue
        before[id] = tried.pop(key, 0)
        kept.append(each)
    return kept, before


async def _flows(
    hub: Hub, visitor: Visitor, passes: Sequence[Pass], before: Mapping[str, int]
) -> list[Flow]:
    inside = visitor.actor.role.covers(AccessRole.OPERATOR)
    stages = {s.id: s.label for active in hub.mappings.values() for s in active.data.stages}
    woken = {each.row["woken_by"].rpartition(" ")[2] for each in passes}
    async with hub.db.read() as store:
        keys = {each.row["record_key"] for each in passes}
        names = await names_of(store, keys | {each for each in woken if ":" in each}, inside=inside)
        hidden = await hidden_of(store, _values(passes), inside=inside)
        found = []
        for each in passes:
            told = await inspector.told_during(store, each.row)
            mapping = await _mapping(store, each.row)
            flow = flow_of(
                each,
                _only(names, each),
                told,
                mapping=mapping,
                stages=stages,
                inside=inside,
                hidden=hidden,
                before=before.get(each.row["id"], 0),
            )
            found.append(flow)
    return found


def _only(names: dict[str, Named], each: Pass) -> dict[str, Named]:
    """The names that the pass needs: its record's, and that of whatever woke it."""
    wanted = {each.row["record_key"], each.row["woken_by"].rpartition(" ")[2]}
    return {key: named for key, named in names.items() if key in wanted}


async def _mapping(store: AsyncConnection, run: Row) -> str:
    """Name and version of the mapping that a ticket's run decided by; empty for other runs."""
    content_hash = run["mapping_hash"]
    if content_hash is None:
        return ""
    helpdesk = run["record_key"].partition(":")[0]
    row = await explaining.mapping_of_hash(store, helpdesk, content_hash)
    return f"{helpdesk if row is None else row['name']}, version {content_hash[:12]}"


def _readable(payload: Payload) -> str:
    """The payload as people read it: JSON in lines."""
    text = payload.text
    if payload.encoding == "utf-8" and len(text) <= LONGEST:
        with suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    # Half a surrogate pair may stand in JSON, and in no page.
    return text[:LONGEST].encode("utf-8", "replace").decode()


async def _known(hub: Hub, id: str, after: str = "") -> inspecting.Trace:
    require_printable(id)
    found = await inspecting.trace(hub, id, cursor=after or None, limit=PASSES)
    if found is None:
        raise _unknown(id)
    return found


def _unknown(id: str) -> PageProblem:
    said = f"There is no delivery {id}, or it is not kept any more."
    return PageProblem(404, "The hub knows no such delivery", said)


def _further(id: str, further: str | None) -> str:
    return "" if further is None else f"{page_of_delivery(id)}?after={quote(further, safe='')}"


def _back(id: str, said: str) -> Response:
    there = f"{page_of_delivery(id)}?said={said}"
    return moved(there)
