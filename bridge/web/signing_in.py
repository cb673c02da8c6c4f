"""Signing in by a link, and out again, however somebody came."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import unquote

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.engine import signing_in
from bridge.engine.hub import Hub
from bridge.kit.oidc.errors import NoProvider
from bridge.web.attempts import WITHIN, Attempts
from bridge.web.pressing import moved
from bridge.web.visitor import (
    BACK,
    HubHere,
    PageProblem,
    Viewer,
    cookie_name,
    is_secure,
    own_form,
    safe_way,
    sign_in_page,
    visitor_of,
)

router = APIRouter(include_in_schema=False)

_GONE = "This link holds no longer: it was used, or is older than half an hour. Ask for a new one."


@router.get("/sign-in")
async def how_to_sign_in(request: Request, hub: HubHere, left: str = "") -> Response:
    """How people get in; `left`: somebody has just gone, whom a provider may have let in."""
    by, there = hub.sign_in_by, ""
    if left == "provider" and by is not None:
        # Where it can't be asked, they are signed out here all the same.
        with suppress(NoProvider):
            there = await by.provider.sign_out_address(f"{hub.public_url}/sign-in")
    gone = bool(left) and await visitor_of(request) is None
    return sign_in_page(hub, left=there, gone=gone)


@router.get("/sign-in/{token}")
async def show_invitation(request: Request, hub: HubHere, token: str) -> Response:
    """Whom the link signs in, and a button: mail scanners follow links, and press none."""
    invited = await signing_in.invited(hub, token)
    if invited is None:
        return _missed(request, hub)
    return sign_in_page(hub, invited=invited, token=token)


@router.post("/sign-in/{token}")
async def use_invitation(request: Request, hub: HubHere, token: str) -> Response:
    """Sign in; the link works once. Whoever was signed in here before is so no longer."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise PageProblem(
            403, "This link was not opened by you", "Open the link itself, and press its button."
        )
    before = request.cookies.get(cookie_name(hub), "")
    session = await signing_in.sign_in(hub, token, before=before)
    if session is None:
        return _missed(request, hub)
    return let_in(request, hub, session)


@router.post("/sign-out")
async def sign_out(request: Request, hub: HubHere, visitor: Viewer) -> Response:
    """End this session, or all of this person's."""
    fields = await own_form(request, visitor)
    session = request.cookies.get(cookie_name(hub), "")
    person = await signing_in.visitor(hub, session)
    await signing_in.sign_out(hub, session, everywhere="everywhere" in fields)
    by_provider = person is not None and person.by_provider
    there = "/sign-in?left=provider" if by_provider else "/sign-in?left=yes"
    answer = moved(there)
    answer.delete_cookie(
        cookie_name(hub), path="/", secure=is_secure(hub), httponly=True, samesite="lax"
    )
    return answer


def let_in(request: Request, hub: Hub, session: str) -> Response:
    """Give the browser its session, and go where it wanted to go."""
    back = safe_way(unquote(request.cookies.get(BACK, "/")))
    answer = moved(back)
    answer.delete_cookie(BACK, path="/")
    answer.set_cookie(
        cookie_name(hub),
        session,
        max_age=round(signing_in.LONGEST.total_seconds()),
        path="/",
        secure=is_secure(hub),
        httponly=True,
        samesite="lax",
    )
    return answer


def _missed(request: Request, hub: Hub) -> Response:
    """No such link. A good one is never refused, however many others were wrong."""
    attempts, address, now = _attempts(request), _address(request), hub.now()
    if attempts.too_many(address, now):
        minutes = round(WITHIN.total_seconds() / 60)
        raise PageProblem(429, "Too many wrong links", f"Try again in {minutes} minutes.")
    attempts.missed(address, now)
    return sign_in_page(hub, 404, wrong=_GONE)


def _attempts(request: Request) -> Attempts:
    attempts = request.app.state.attempts
    assert isinstance(attempts, Attempts)  # noqa: S101 - the pages are never added without
    return attempts


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
