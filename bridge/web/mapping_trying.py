"""What a draft would do: to one ticket, to all of them; and putting it in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.core import reasons
from bridge.core.situation import Plan
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import activation, mapping_life, preview
from bridge.engine.activation import AlreadyActive, BrokenMapping, NoSuchVersion, StaleDraft
from bridge.engine.hub import Hub
from bridge.engine.mapping_life import Standing
from bridge.engine.preview import Draft, read_draft, try_ticket
from bridge.store import records, views
from bridge.store.jobs import Job
from bridge.store.views import TicketFilter
from bridge.web.mapping_drafting import said_note
from bridge.web.mapping_pages import Sides, sides, standing_of
from bridge.web.pressing import moved
from bridge.web.rendering import page, page_of
from bridge.web.visitor import Admin, HubHere, Shown, Visitor, own_form

router = APIRouter(include_in_schema=False, prefix="/mappings")

EXAMPLES = 12
"""Entries of each sort that are shown; the counts are of all."""
_SAME_KEY = 20
"""Tickets that are looked through for the one of that key."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where one plan leaves a ticket, in words."""

    route: str
    stage: str
    eta: str
    keys: str
    verdict: str
    fields: tuple[tuple[str, str, str, str], ...]
    """Field, as it should be, as it is, why."""


@router.get("/{name}/try")
async def try_page(hub: HubHere, visitor: Admin, name: Shown, ticket: Shown = "") -> Response:
    """What the newest draft (else what is in force) would do to one ticket; changes nothing."""
    standing = await standing_of(hub, name)
    base = await mapping_life.to_edit(hub, name)
    asked, wrong, tried, ref, draft = ticket.strip(), "", None, None, None
    try:
        if base is not None:
            draft = await read_draft(hub, name, base.source)
    except BrokenMapping as error:
        wrong = f"The version can't be tried: {error.problems[0].message}."
    if draft is not None and asked:
        ref = await _ticket(hub, draft.mapping.helpdesk, asked)
        tried = None if ref is None else await try_ticket(hub, draft, ref)
        if tried is None:
            wrong = (
                f"The hub has read no ticket {asked} of {draft.mapping.helpdesk}. Give its number, "
                "as the list of tickets shows it."
            )
    return page(
        "mapping_try.html",
        422 if wrong else 200,
        visitor=visitor,
        now=hub.now(),
        standing=standing,
        base=base,
        asked=asked,
        wrong=wrong,
        ref=ref,
        result=None if tried is None else _shown(tried.result, standing.helpdesk),
        before=None
        if tried is None or tried.now is None or draft is None or draft.active is None
        else _outcome(tried.now, draft.active),
        after=None if tried is None or draft is None else _outcome(tried.then, draft.mapping),
    )


async def _ticket(hub: Hub, helpdesk: str, asked: str) -> TicketRef | None:
    """The ticket that people mean by its number, its key or its ref, also one merged away."""
    id = asked.removeprefix(f"{helpdesk}:").removeprefix("#")
    async with hub.db.read() as store:
        aliased = await records.resolve_aliases(store, helpdesk, [id])
        ref = TicketRef(*split_ref(aliased[id])) if id in aliased else TicketRef(helpdesk, id)
        if await records.load(store, str(ref)) is not None:
            return ref
        wanted = TicketFilter(connection=helpdesk, q=asked)
        found = await views.page(store, wanted, cursor=None, limit=_SAME_KEY)
    keyed = [each for each in found if (each["key"] or "").casefold() == asked.casefold()]
    return TicketRef(helpdesk, keyed[0]["vendor_id"]) if keyed else None


def _outcome(plan: Plan, mapping: MappingData) -> Outcome:
    stage = None if plan.stage is None else mapping.stage(plan.stage)
    return Outcome(
        route=plan.route or "",
        stage="" if stage is None else stage.label,
        eta="" if plan.eta is None else plan.eta.isoformat(),
        keys=plan.keys,
        verdict=reasons.sentence(plan.verdict, plan.verdict_data),
        fields=tuple(
            (
                each.field,
                each.desired or "",
                each.observed or "",
                reasons.sentence(each.verdict, each.data),
            )
            for each in plan.verdicts
        ),
    )


def _shown(result: dict[str, Any], helpdesk: str) -> dict[str, Any]:
    """The preview with the page of each record, and a few entries of each sort."""

    def entry(said: dict[str, Any]) -> dict[str, Any]:
        if said["ref"] is None:
            return {**said, "name": "", "page": ""}
        connection, id = split_ref(said["ref"])
        kind = "tickets" if connection == helpdesk else "work-items"
        return {**said, "name": id, "page": page_of(connection, id, kind)}

    lists = {name: [entry(e) for e in result[name][:EXAMPLES]] for name in preview.LISTS}
    return {**result, **lists}


@router.get("/{name}/preview")
async def preview_page(hub: HubHere, visitor: Admin, name: Shown, done: Shown = "") -> Response:
    """What the newest draft would change; with many tickets as far as a job has come."""
    standing = await standing_of(hub, name)
    return await _preview(hub, visitor, standing, done=done)


@router.post("/{name}/preview")
async def start_preview(request: Request, hub: HubHere, visitor: Admin, name: Shown) -> Response:
    """Begin to work out a preview of many tickets."""
    await own_form(request, visitor)
    await standing_of(hub, name)
    try:
        draft = await read_draft(hub, name, None)
        await preview.preview(hub, draft, by=visitor.actor.name)
    except (NoSuchVersion, BrokenMapping):
        pass  # the page says so
    return moved(f"/mappings/{name}/preview")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an activation was not made; `note` is what was typed."""

    note: str
    wrong: str = ""
    overtaken: str = ""
    changed: Sides | None = None


async def _preview(
    hub: Hub,
    visitor: Visitor,
    standing: Standing,
    *,
    done: str = "",
    refused: Refused | None = None,
    status: int = 200,
) -> Response:
    draft, problems = None, []
    try:
        draft = await read_draft(hub, standing.name, None)
    except BrokenMapping as error:
        problems = error.problems
    except NoSuchVersion:
        pass
    found = None if draft is None else await preview.preview_so_far(hub, draft)
    job = found if isinstance(found, Job) else None
    result = found if isinstance(found, dict) else None
    if job is not None and job.state.value == "done":
        result = job.result
    return page(
        "mapping_preview.html",
        status,
        visitor=visitor,
        now=hub.now(),
        standing=standing,
        draft=draft,
        problems=problems,
        job=job,
        result=None if result is None else _shown(result, standing.helpdesk),
        differs=await _differs(hub, draft),
        done="Your draft is kept. Nothing changes until it is activated." if done else "",
        refused=refused or Refused(""),
    )


async def _differs(hub: Hub, draft: Draft | None) -> Sides | None:
    """The draft beside what is in force."""
    if draft is None or draft.active is None or draft.active_hash is None:
        return None
    found = await mapping_life.stored(hub, draft.active.mapping, draft.active_hash)
    return None if found is None else sides(found.source, draft.loaded.text)


@router.post("/{name}/activate")
async def activate(request: Request, hub: HubHere, visitor: Admin, name: Shown) -> Response:
    """Put the draft that was looked at in force; the tickets are gone over as a campaign."""
    form = await own_form(request, visitor)
    standing = await standing_of(hub, name)
    note, version = said_note(form), form.get("version", "")
    if not note:
        wrong = "Say in a few words why: whoever reads the history wants to know."
        return await _preview(hub, visitor, standing, refused=Refused("", wrong), status=422)
    try:
        await activation.activate(
            hub,
            name,
            None,
            visitor.actor.name,
            seen=frozenset({version or "-"}),
            over=form.get("over", ""),
            note=note,
        )
    except (StaleDraft, NoSuchVersion):
        return await _overtaken(hub, visitor, name, form, note)
    except AlreadyActive:
        refused = Refused(note, overtaken="It is in force already.")
        return await _preview(hub, visitor, standing, refused=refused, status=409)
    except BrokenMapping:
        return await _preview(hub, visitor, standing, refused=Refused(note), status=422)
    return moved(f"/mappings/{name}?done=activated")


async def _overtaken(
    hub: Hub, visitor: Visitor, name: str, form: dict[str, str], note: str
) -> Response:
    """Somebody else was faster: what they did, beside what was looked at. Nothing was activated."""
    standing = await standing_of(hub, name)
    version, over = form.get("version", ""), form.get("over", "")
    draft = standing.drafts[0] if standing.drafts else None
    active = standing.active
    if draft is not None and draft.hash != version:
        said = f"{draft.created_by} has kept a newer draft since you looked. It is this one now."
        pair = (version, draft.hash)
    elif active is not None and active.hash != over:
        act = active.put_in_force
        who = active.created_by if act is None else act.by
        said = f"{who} has put another version in force since you looked."
        pair = (over, active.hash)
    else:
        said, pair = "The draft that you looked at is not there any more.", ("", "")
    texts = [await mapping_life.stored(hub, name, each) for each in pair if each]
    both = [each.source for each in texts if each is not None]
    refused = Refused(
        note,
        overtaken=f"Nothing was activated. {said} What differs stands below; your note is kept.",
        changed=sides(both[0], both[1]) if len(both) == 2 else None,
    )
    return await _preview(hub, visitor, standing, refused=refused, status=409)
