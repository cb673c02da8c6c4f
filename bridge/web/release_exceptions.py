"""On a release's page: single customers who do not go with their group."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from bridge.engine.hub import Hub
from bridge.engine.release_exceptions import (
    LONGEST,
    ApartAlready,
    NotApart,
    NotBehind,
    now_called,
    rejoin,
    set_apart,
)
from bridge.web.releases import PATH, Typed, again, unknown
from bridge.web.rendering import HEADERS
from bridge.web.visitor import HubHere, Operator, Visitor, own_form, require_printable

router = APIRouter(include_in_schema=False)


@router.post(PATH + "/{id}/customers")
async def decide(request: Request, hub: HubHere, visitor: Operator, id: str) -> Response:
    """Set a customer apart from their group, with the reason, or let them go with it again."""
    fields = await own_form(request, visitor)
    require_printable(id)
    helpdesk, _, customer = fields.get("whom", "")[:400].partition("|")
    typed = Typed(
        day=fields.get("day", "")[:40],
        whom=fields.get("whom", "")[:400],
        reason=fields.get("reason", "").strip(),
        how=fields.get("how", "hold"),
    )
    if fields.get("deed") == "rejoin" and typed.whom.isprintable():
        woken = await rejoin(hub, id, helpdesk, customer, visitor.actor)
        return _there(id, "rejoined", woken)
    if fields.get("deed") == "now_called" and typed.whom.isprintable():
        return await _renamed(hub, visitor, id, typed, fields.get("now", "")[:400])
    wrong = _wrong(typed)
    if wrong:
        return await again(hub, visitor, id, typed, wrong)
    day = None if typed.how == "hold" else date.fromisoformat(typed.day.strip())
    try:
        woken = await set_apart(
            hub, id, helpdesk, customer, day=day, reason=typed.reason, actor=visitor.actor
        )
    except NotBehind as error:
        return await again(hub, visitor, id, typed, f"{error}. Nothing was kept.")
    return _there(id, "apart", woken)


async def _renamed(hub: Hub, visitor: Visitor, id: str, typed: Typed, now: str) -> Response:
    """What was said of a customer is meant for the name that they have now."""
    helpdesk, _, was = typed.whom.partition("|")
    typed = replace(typed, now=now)
    there, _, customer = now.partition("|")
    if not customer or not now.isprintable() or there != helpdesk:
        return await again(hub, visitor, id, typed, "Choose who they are now. Nothing was kept.")
    try:
        woken = await now_called(hub, id, helpdesk, was, customer, visitor.actor)
    except (NotBehind, NotApart, ApartAlready) as error:
        return await again(hub, visitor, id, typed, f"{error}. Nothing was kept.")
    return _there(id, "renamed", woken)


def _wrong(typed: Typed) -> str:
    if not typed.whom or not typed.whom.isprintable():
        return "Choose a customer. Nothing was kept."
    if not typed.reason or len(typed.reason) > LONGEST or not typed.reason.isprintable():
        return f"Say why, in one line of at most {LONGEST} characters. Nothing was kept."
    if typed.how != "hold":
        try:
            date.fromisoformat(typed.day.strip())
        except ValueError:
            return "Name the day, such as 2026-05-12. Nothing was kept."
    return ""


def _there(id: str, said: str, woken: int | None) -> Response:
    if woken is None:
        raise unknown(id)
    there = f"{PATH}/{quote(id, safe='')}?said={said}"
    return RedirectResponse(there, 303, headers=dict(HEADERS))
