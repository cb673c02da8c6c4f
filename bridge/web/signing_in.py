"""Signing in by a link, and out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from bridge.engine import signing_in
from bridge.web.attempts import WITHIN, Attempts
from bridge.web.rendering import HEADERS, page
from bridge.web.visitor import (
    HubHere,
    PageProblem,
    Viewer,
    cookie_name,
    hub_of,
    is_secure,
    own_form,
    read_form,
    safe_way,
)

router = APIRouter(include_in_schema=False)

_GONE = "This link holds no longer: it was used, or is older than half an hour. Ask for a new one."

Back = Annotated[str, Query(max_length=2000)]


@router.get("/sign-in")
async def how_to_sign_in() -> Response:
    """How people get in."""
    return page("sign_in.html", back="/", invited=None, token="", wrong="")


@router.get("/sign-in/{token}")
async def show_invitation(request: Request, hub: HubHere, token: str, back: Back = "/") -> Response:
    """Whom the link signs in, and a button: mail scanners follow links, and press none."""
    _require_patience(request)
    invited = await signing_in.invited(hub, token)
    if invited is None:
        _attempts(request).missed(_address(request), hub.now())
        return page("sign_in.html", 404, back="/", invited=None, token="", wrong=_GONE)
    return page("sign_in.html", back=safe_way(back), invited=invited, token=token, wrong="")


@router.post("/sign-in/{token}")
async def use_invitation(request: Request, hub: HubHere, token: str) -> Response:
    """Sign in; the link works once."""
    _require_patience(request)
    fields = await read_form(request)
    session = await signing_in.sign_in(hub, token)
    if session is None:
        _attempts(request).missed(_address(request), hub.now())
        return page("sign_in.html", 404, back="/", invited=None, token="", wrong=_GONE)
    answer = RedirectResponse(safe_way(fields.get("back", "/")), 303, headers=dict(HEADERS))
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


@router.post("/sign-out")
async def sign_out(request: Request, hub: HubHere, visitor: Viewer) -> Response:
    """End this session, or all of this person's."""
    fields = await own_form(request, visitor)
    session = request.cookies.get(cookie_name(hub), "")
    await signing_in.sign_out(hub, session, everywhere="everywhere" in fields)
    answer = RedirectResponse("/sign-in", 303, headers=dict(HEADERS))
    answer.delete_cookie(
        cookie_name(hub), path="/", secure=is_secure(hub), httponly=True, samesite="lax"
    )
    return answer


def _require_patience(request: Request) -> None:
    if _attempts(request).too_many(_address(request), hub_of(request).now()):
        minutes = round(WITHIN.total_seconds() / 60)
        raise PageProblem(429, "Too many wrong links", f"Try again in {minutes} minutes.")


def _attempts(request: Request) -> Attempts:
    attempts = request.app.state.attempts
    assert isinstance(attempts, Attempts)  # noqa: S101 - the pages are never added without
    return attempts


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
