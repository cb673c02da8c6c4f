"""The pages, put into the application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bridge.engine.watching import Watch
from bridge.web import (
    audit,
    chosen,
    customers,
    deliveries,
    delivery,
    escalating,
    export,
    finding,
    findings,
    health,
    held,
    hygiene,
    kept,
    launching,
    linking,
    listing,
    live,
    mapping_drafting,
    mapping_pages,
    mapping_part_pages,
    mapping_sections,
    mapping_trying,
    panel,
    people,
    promised,
    provider_sign_in,
    release_exceptions,
    releases,
    signing_in,
    telling,
    telling_many,
    tickets,
    work_items,
)
from bridge.web.attempts import Attempts
from bridge.web.problems import problem_page
from bridge.web.visitor import FormExpired, PageProblem, SignInNeeded

PAGES = (
    signing_in,
    provider_sign_in,
    listing,
    export,
    chosen,
    telling_many,
    customers,
    telling,
    tickets,
    linking,
    launching,
    work_items,
    release_exceptions,
    releases,
    deliveries,
    delivery,
    findings,
    finding,
    held,
    escalating,
    hygiene,
    promised,
    health,
    live,
    audit,
    people,
    mapping_drafting,
    mapping_part_pages,
    mapping_sections,
    mapping_trying,
    mapping_pages,
    panel,
)
"""The modules with pages. A fixed address comes before one that any name fits."""
NO_PAGES = ("/api/", "/webhooks/", "/sentry/", "/ack/", "/healthz", "/readyz", "/metrics")
"""Where programs ask: their problems are documents."""

Handler = Callable[[Request, Exception], Awaitable[Response]]


def add_pages(app: FastAPI) -> None:
    """Add every page, what they look like, and what is shown in place of one."""
    app.router.routes.extend(_pages())
    app.state.attempts = Attempts()
    app.state.panels = panel.Panels()
    app.state.watch = Watch(app.state.hub)
    app.mount("/static", _Kept(packages=[("bridge.web", "static")]), name="static")
    app.add_exception_handler(SignInNeeded, kept.sign_in_and_keep)
    app.add_exception_handler(FormExpired, kept.ask_again)
    app.add_exception_handler(PageProblem, _problem)
    for kind in (HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _as_page(app.exception_handlers[kind]))


@cache
def _pages() -> tuple[BaseRoute, ...]:
    """The pages' routes, which hold nothing of a hub: built once."""
    pages = APIRouter()
    for each in PAGES:
        pages.include_router(_also_head(each.router))
    pages.include_router(live.stream_router)
    return tuple(pages.routes)


def _also_head(router: APIRouter) -> APIRouter:
    """Let HEAD be answered as GET is, without the body, which the server leaves out."""
    for route in router.routes:
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            route.methods = {*(route.methods or ()), "HEAD"}
    return router


class _Kept(StaticFiles):
    """Files whose address changes with their content: a browser may keep them for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file."""
        answer = await super().get_response(path, scope)
        kept = "public, max-age=31536000, immutable" if scope["query_string"] else "no-cache"
        answer.headers["Cache-Control"] = kept
        return answer


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, PageProblem)  # noqa: S101 - starlette hands only what was registered
    return await problem_page(request, error.status, error.title, error.sentence)


def _as_page(otherwise: Any) -> Handler:
    """For whoever reads a page: the same problem in words, without an address for programs."""

    async def handle(request: Request, error: Exception) -> Response:
        takes_html = "text/html" in request.headers.get("accept", "")
        if request.url.path.startswith(NO_PAGES) or not takes_html:
            answer: Response = await otherwise(request, error)
            return answer
        status = error.status_code if isinstance(error, HTTPException) else 404
        title = "There is nothing here" if status == 404 else "This does not work"
        said = "The address is not, or no longer, one of the hub's."
        return await problem_page(request, status, title, said)

    return handle
