"""The pages, put into the application."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from bridge.web import signing_in, tickets, work_items
from bridge.web.attempts import Attempts
from bridge.web.rendering import page
from bridge.web.visitor import PageProblem, SignInNeeded, sign_in_first


def add_pages(app: FastAPI) -> None:
    """Add every page, what they look like, and what is shown in place of one."""
    for each in (signing_in, tickets, work_items):
        app.include_router(each.router)
    app.state.attempts = Attempts()
    app.mount("/static", StaticFiles(packages=[("bridge.web", "static")]), name="static")
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(PageProblem, _problem)


async def _sign_in(request: Request, _error: Exception) -> Response:
    return sign_in_first(request)


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, PageProblem)  # noqa: S101 - starlette hands only what was registered
    return page("problem.html", error.status, title=error.title, sentence=error.sentence)
