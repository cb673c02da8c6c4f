"""Who is signed in, who is invited, and which programs may use the API. For admins."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bridge.domain.access import AccessRole, Actor
from bridge.domain.mapping_base import parse_span
from bridge.engine import api_tokens, signing_in
from bridge.engine.api_tokens import LONGEST, Made
from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms
from bridge.store import sessions, tokens
from bridge.web.pressing import moved
from bridge.web.rendering import page
from bridge.web.visitor import Admin, HubHere, Shown, own_form, printable

router = APIRouter(include_in_schema=False)

SHOWN = 100
LONGEST_NAME = 200

MAY = {
    AccessRole.VIEWER: "read tickets, the work behind them, and how each system is",
    AccessRole.CSM: "also check tickets, export the list and read findings",
    AccessRole.OPERATOR: "also link, unlink and launch, inspect, work on findings and decide "
    "about held texts",
    AccessRole.ADMIN: "also check and pause connections, invite people, make tokens, read the "
    "audit log and payloads, edit mappings and erase",
}
"""What each role may do, besides what the ones before it may."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed into a form, and what is wrong with it."""

    name: str = ""
    role: str = AccessRole.VIEWER.value
    email: str = ""
    expires: str = "90d"
    wrong: dict[str, str] = field(default_factory=dict)


@router.get("/people")
async def people_page(
    hub: HubHere, visitor: Admin, out: Annotated[Shown, Query(max_length=9)] = ""
) -> Response:
    """Who is signed in, and who is invited."""
    many = "" if out == "1" else "s"
    said = f"Signed out: {out} session{many} ended." if out.isdecimal() else ""
    return await _people(hub, visitor, Form(role=AccessRole.CSM.value), said=said)


@router.post("/people")
async def invite(request: Request, hub: HubHere, visitor: Admin) -> Response:
    """Make a link that signs one person in, and show it this once: it is stored nowhere."""
    form = _read(await own_form(request, visitor))
    if form.wrong:
        return await _people(hub, visitor, form)
    actor = Actor(form.name, AccessRole(form.role))
    secret = await signing_in.invite(hub, actor, by=visitor.actor.name, email=form.email)
    link = signing_in.address(hub, secret)
    return await _people(hub, visitor, Form(role=form.role), invited=actor, link=link)


@router.post("/people/sign-out")
async def sign_out(request: Request, hub: HubHere, visitor: Admin) -> Response:
    """Sign somebody out wherever they are signed in, and void the links they have not used."""
    name = (await own_form(request, visitor)).get("name", "")
    if _unfit(name):
        return await _people(hub, visitor, Form(), said="Nobody has such a name.", status=422)
    count = await signing_in.end_sessions(hub, name, by=visitor.actor.name)
    return moved(f"/people?out={count}")


@router.get("/tokens")
async def tokens_page(
    hub: HubHere,
    visitor: Admin,
    after: Annotated[Shown, Query(max_length=40)] = "",
    revoked: Annotated[Shown, Query(max_length=10)] = "",
) -> Response:
    """Every token there ever was, without secrets."""
    said = {"yes": "Revoked: it opens nothing from now on.", "no": "It was revoked already."}
    return await _tokens(hub, visitor, Form(), after=after, said=said.get(revoked, ""))


@router.post("/tokens")
async def make_token(request: Request, hub: HubHere, visitor: Admin) -> Response:
    """Make a token, and show its secret this once: it is stored nowhere."""
    form = _read(await own_form(request, visitor))
    expires = _span(form)
    if form.wrong:
        return await _tokens(hub, visitor, form)
    made = await api_tokens.make(
        hub,
        name=form.name,
        role=AccessRole(form.role),
        expires=expires,
        by=visitor.actor.name,
    )
    return await _tokens(hub, visitor, Form(), made=made, made_for=form.name)


@router.post("/tokens/{id}/revoke")
async def revoke_token(request: Request, hub: HubHere, visitor: Admin, id: str) -> Response:
    """Let a token open nothing from now on."""
    await own_form(request, visitor)
    holds = not _unfit(id) and await api_tokens.revoke(hub, id, by=visitor.actor.name)
    there = f"/tokens?revoked={'yes' if holds else 'no'}"
    return moved(there)


async def _people(
    hub: Hub,
    visitor: Admin,
    form: Form,
    *,
    said: str = "",
    invited: Actor | None = None,
    link: str = "",
    status: int = 200,
) -> Response:
    now = hub.now()
    async with hub.db.read() as connection:
        signed_in = await sessions.people(connection, now)
        invitations = await sessions.invitations(connection, now)
    return page(
        "people.html",
        422 if form.wrong else status,
        visitor=visitor,
        now=now,
        people=signed_in,
        invitations=invitations,
        form=form,
        may=MAY,
        said=said,
        invited=invited,
        link=link,
        holds_min=round(signing_in.LINK_HOLDS.total_seconds() / 60),
    )


async def _tokens(
    hub: Hub,
    visitor: Admin,
    form: Form,
    *,
    after: str = "",
    said: str = "",
    made: Made | None = None,
    made_for: str = "",
) -> Response:
    async with hub.db.read() as connection:
        found = await tokens.page(connection, cursor=after or None, limit=SHOWN + 1)
    rows = found[:SHOWN]
    return page(
        "tokens.html",
        422 if form.wrong else 200,
        visitor=visitor,
        now=hub.now(),
        rows=rows,
        from_ms=from_ms,
        form=form,
        may=MAY,
        said=said,
        made=made,
        made_for=made_for,
        next_page=f"/tokens?after={rows[-1]['id']}" if len(found) > SHOWN else "",
    )


def _read(fields: dict[str, str]) -> Form:
    name, role = fields.get("name", "").strip(), fields.get("role", "")
    email = fields.get("email", "").strip()
    form = Form(name, role, email, fields.get("expires", "").strip())
    if unfit := _unfit(name):
        form.wrong["name"] = unfit
    if role not in set(AccessRole):
        form.wrong["role"] = f"One of {', '.join(AccessRole)}."
    if email and not re.fullmatch(signing_in.EMAIL, email):
        form.wrong["email"] = "An address like ada@example.com, or nothing."
    return form


def _unfit(name: str) -> str:
    """What is wrong with a name; "": nothing."""
    if not name:
        return "A name is needed: it stands in the audit log."
    if len(name) > LONGEST_NAME:
        return f"At most {LONGEST_NAME} characters."
    try:
        printable(name)
    except ValueError:
        return "One line of plain text, without control characters."
    return ""


def _span(form: Form) -> timedelta | None:
    """How long a token holds; None: until it is revoked."""
    if not form.expires:
        return None
    try:
        span = parse_span(form.expires)
    except ValueError:
        form.wrong["expires"] = "A number and a unit, such as 90d or 12h; empty: until revoked."
        return None
    if not timedelta(0) < span <= LONGEST:
        form.wrong["expires"] = f"More than nothing, and {LONGEST.days} days at most."
        return None
    assert isinstance(span, timedelta)  # noqa: S101 - for the types: it is one by now
    return span
