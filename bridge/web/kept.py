"""What was typed is kept when a session has ended meanwhile: shown, and sent again by a press.

Only for a form that a page of the hub sent: what another site makes a browser send is not offered
to anybody. Browsers say in `Origin` which site sends a form. It is kept in the very page that
answers, so that nobody who is not signed in can make the hub store anything.
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from bridge.engine.hub import Hub
from bridge.web.mapping_drafting import MOST
from bridge.web.problems import problem_page
from bridge.web.rendering import page
from bridge.web.visitor import (
    MAX_FORM,
    FormExpired,
    PageProblem,
    Visitor,
    hub_of,
    read_form,
    safe_way,
    sign_in_first,
)

_TYPED = "application/x-www-form-urlencoded"
_LARGE = "/mappings/"
"""Where forms have room for a whole mapping: begins the address of each."""


async def sign_in_and_keep(request: Request, _error: Exception) -> Response:
    """The way to sign in; to whoever has sent a form of ours, with what they typed."""
    content = request.headers.get("content-type", "").partition(";")[0].strip()
    if request.method != "POST" or content != _TYPED or not _is_ours(request):
        return sign_in_first(request)
    try:
        most = MOST if request.url.path.startswith(_LARGE) else MAX_FORM
        fields = await read_form(request, most)
    except PageProblem:
        return sign_in_first(request)
    fields.pop("form_token", None)
    return _kept(request, 401, fields, None)


async def ask_again(request: Request, error: Exception) -> Response:
    """What was typed before somebody signed in anew, to be sent by whoever they are now."""
    assert isinstance(error, FormExpired)  # noqa: S101 - starlette hands only what was registered
    if not _is_ours(request):
        return await problem_page(request, 403, error.title, error.sentence)
    return _kept(request, 403, error.fields, error.visitor)


def _is_ours(request: Request) -> bool:
    return request.headers.get("origin") == _origin(hub_of(request))


def _origin(hub: Hub) -> str:
    parts = urlsplit(hub.public_url)
    return f"{parts.scheme}://{parts.netloc}"


def _kept(
    request: Request, status: int, fields: Mapping[str, str], visitor: Visitor | None
) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    known = {} if visitor is None else {"visitor": visitor}
    return page(
        "kept.html", status, fields=fields, path=safe_way(request.url.path + query), **known
    )
