"""What is shown in place of a page: what is wrong, with the menu and a way back that fits."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from bridge.domain.access import AccessRole
from bridge.web.places import place_of
from bridge.web.rendering import page
from bridge.web.visitor import visitor_of

_ONES = {"tickets": "ticket", "work-items": "work item"}
"""Records whose pages have pages below them."""


async def problem_page(request: Request, status: int, title: str, sentence: str) -> Response:
    """What is wrong, in words; whoever is signed in keeps the menu."""
    visitor = await visitor_of(request)
    role = AccessRole.VIEWER if visitor is None else visitor.actor.role
    place = place_of(request.url.path, role)
    back, label = _record(request.url.path, status) or (place.path, place.label)
    known = {} if visitor is None else {"visitor": visitor, "place": place.path}
    return page(
        "problem.html", status, title=title, sentence=sentence, back=back, label=label, **known
    )


def _record(path: str, status: int) -> tuple[str, str] | None:
    """The record that a page below its own is about, unless there may be none."""
    kind, *parts = path.strip("/").split("/")
    if kind not in _ONES or len(parts) < 3 or status == 404:
        return None
    return f"/{kind}/{parts[0]}/{parts[1]}", f"the {_ONES[kind]}"
