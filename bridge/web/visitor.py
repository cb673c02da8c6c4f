"""Who looks at a page: the session behind the cookie, and the proof that a form is our own."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs, quote

from fastapi import Depends, Request
from pydantic import AfterValidator
from starlette.responses import Response

from bridge.domain.access import AccessRole, Actor, Person
from bridge.engine import signing_in
from bridge.engine.hub import Hub
from bridge.kit.signatures import same
from bridge.web.rendering import page

LOOKS_AGAIN = "x-live"
"""The header of a request that an open page makes by itself."""
MAX_FORM = 64 * 1024
"""Bytes of a form."""
MAX_FIELDS = 5_000
"""Fields of a form: the largest mapping's stages and values have a few hundred."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in. `form_token` stands in each form that the hub gave them."""

    actor: Actor
    form_token: str
    shown: str = ""
    """What they are called; the actor's name where nothing else is known."""
    email: str = ""
    """Their address, if it is theirs for sure: by it they have customers of their own."""

    def may(self, role: str) -> bool:
        """Whether they may do what that role may; templates ask."""
        return self.actor.role.covers(AccessRole(role))


class PageProblem(Exception):
    """What is shown in place of a page: what is wrong, and the way out."""

    def __init__(self, status: int, title: str, sentence: str) -> None:
        super().__init__(title)
        self.status, self.title, self.sentence = status, title, sentence


class FormExpired(PageProblem):
    """A form that was given out to another session; what was typed into it."""

    def __init__(self, visitor: Visitor, fields: dict[str, str]) -> None:
        super().__init__(
            403, "This form has expired", "Nothing was changed. Go back, reload, and send it again."
        )
        self.visitor, self.fields = visitor, fields


class SignInNeeded(Exception):
    """Nobody is signed in; afterwards they come back to where they wanted to go."""


def hub_of(request: Request) -> Hub:
    """The hub of this process."""
    hub = request.app.state.hub
    assert isinstance(hub, Hub)  # noqa: S101 - the application is never built without
    return hub


HubHere = Annotated[Hub, Depends(hub_of)]


def cookie_name(hub: Hub) -> str:
    """The session's cookie. Behind TLS browsers refuse to let another host or path set it."""
    return "__Host-ticketbridge" if is_secure(hub) else "ticketbridge"


def is_secure(hub: Hub) -> bool:
    """Whether people reach the hub by TLS."""
    return hub.public_url.startswith("https://")


def form_token(session: str) -> str:
    """What a form must bring: only who knows the session can make it, and it does not tell it."""
    return hmac.new(session.encode(), b"form", hashlib.sha256).hexdigest()


def at_least(role: AccessRole) -> Callable[[Request], Awaitable[Visitor]]:
    """A dependency: who is signed in, whose role must cover `role`."""

    async def visitor(request: Request) -> Visitor:
        found = await visitor_of(request)
        if found is None:
            raise SignInNeeded
        actor = found.actor
        if not actor.role.covers(role):
            raise PageProblem(
                403,
                "This is not for your role",
                f"It needs the role {role.value}; you are signed in as {actor.role.value}. "
                "An admin can invite you with another one.",
            )
        return found

    return visitor


async def visitor_of(request: Request) -> Visitor | None:
    """Who is signed in, whatever their role; None: nobody is."""
    hub = hub_of(request)
    session = request.cookies.get(cookie_name(hub), "")
    used = LOOKS_AGAIN not in request.headers
    person = await signing_in.visitor(hub, session, used=used) if session else None
    if person is None:
        return None
    name = person.shown or person.actor.name
    return Visitor(person.actor, form_token(session), name, person.email)


def printable(text: str) -> str:
    """The text, if it has no control characters; ValueError otherwise: a NUL is no text to SQL."""
    if any(ord(each) < 32 or 0xD800 <= ord(each) <= 0xDFFF for each in text):
        raise ValueError("a text without control characters")
    return text


def require_printable(*texts: str) -> None:
    """PageProblem where a part of an address names nothing for sure."""
    try:
        for each in texts:
            printable(each)
    except ValueError:
        raise PageProblem(404, "There is nothing here", "No record has such a name.") from None


Shown = Annotated[str, AfterValidator(printable)]
"""A text out of an address."""

Viewer = Annotated[Visitor, Depends(at_least(AccessRole.VIEWER))]
Csm = Annotated[Visitor, Depends(at_least(AccessRole.CSM))]
Operator = Annotated[Visitor, Depends(at_least(AccessRole.OPERATOR))]
Admin = Annotated[Visitor, Depends(at_least(AccessRole.ADMIN))]


async def read_form(request: Request, most: int = MAX_FORM) -> dict[str, str]:
    """The form's fields, the first value of each; PageProblem if it is too large."""
    body = (await read_body(request, most)).decode("utf-8", "replace")
    try:
        fields = parse_qs(body, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        said = f"A form may have {MAX_FIELDS} fields here."
        raise PageProblem(413, "That is too much", said) from None
    return {name: values[0] for name, values in fields.items()}


async def read_body(request: Request, most: int = MAX_FORM) -> bytes:
    """The bytes that were sent; PageProblem if there are too many."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            said = f"A form may have {most // 1024} kB here."
            raise PageProblem(413, "That is too much", said)
    return bytes(body)


async def own_form(request: Request, visitor: Visitor, most: int = MAX_FORM) -> dict[str, str]:
    """The form's fields, if the hub gave out the form in this session; FormExpired otherwise.

    Another site can make a browser send a form, but can't know the token in it.
    """
    fields = await read_form(request, most)
    require_own(fields.pop("form_token", ""), visitor, fields)
    return fields


def require_own(token: str, visitor: Visitor, fields: dict[str, str] | None = None) -> None:
    """FormExpired if the token is not the one that the hub puts into this person's forms."""
    if not same(token, visitor.form_token):
        raise FormExpired(visitor, fields or {})


BACK = "ticketbridge_back"
"""The cookie that holds where somebody wanted to go before they had signed in."""


def sign_in_page(
    hub: Hub,
    status: int = 200,
    *,
    invited: Person | None = None,
    token: str = "",
    wrong: str = "",
    said: str = "",
    left: str = "",
    gone: bool = False,
) -> Response:
    """How to sign in. `wrong`: what was, `said`: in whose words.

    `gone`: somebody has just signed out; `left`: where to sign out too.
    """
    by = hub.sign_in_by
    return page(
        "sign_in.html",
        status,
        invited=invited,
        token=token,
        wrong=wrong,
        said=said,
        left=left,
        gone=gone,
        provider="" if by is None else by.name,
    )


def sign_in_first(request: Request) -> Response:
    """How to sign in. The way back to what was asked for by looking is kept for an hour."""
    answer = sign_in_page(hub_of(request), 401)
    if request.method in ("GET", "HEAD") and LOOKS_AGAIN not in request.headers:
        query = f"?{request.url.query}" if request.url.query else ""
        back = quote(f"{request.url.path}{query}", safe="")
        if len(back) <= 2000:
            answer.set_cookie(
                BACK, back, max_age=3600, path="/", httponly=True, samesite="lax",
                secure=is_secure(hub_of(request)),
            )  # fmt: skip
    return answer


def safe_way(path: str) -> str:
    """The path if it stays on this site, else the home page."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\"))
    clean = all(32 < ord(each) < 127 and each != "\\" for each in path)
    return path if inside and clean else "/"
