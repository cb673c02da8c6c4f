"""The ASGI application of the doors: routers, layers and the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.routing import BaseRoute, Route

import bridge
from bridge.api import (
    acknowledging,
    audits,
    backfills,
    campaigns,
    canaries,
    connections,
    deliveries,
    drafts,
    erasing,
    escalations,
    explaining,
    findings,
    health,
    held,
    hygiene,
    intake,
    jobs,
    known,
    launches,
    links,
    mappings,
    mistakes,
    previews,
    promises,
    redacting,
    releases,
    runs,
    sign_in_links,
    signal_forms,
    signals,
    tickets,
    tokens,
    traces,
    webhooks,
    work_items,
)
from bridge.api.access import Access
from bridge.api.bodies import refuse_two_readings
from bridge.api.envelope import Envelope
from bridge.api.gate import Gate
from bridge.api.problems import ProblemBody
from bridge.engine.hub import Hub
from bridge.engine.receive import Reception

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_DESCRIPTION = """
The hub between the tool where customers speak and the tools where the work is done.

Errors are `application/problem+json` with a stable `code`. Lists are paged by `cursor` and `limit`.
Ids are strings; times are RFC 3339 in UTC.
"""

_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI's own would send queries, in which vendors' tokens stand, and the texts of errors."""

_TAGS = [
    {"name": "tickets", "description": "Tickets and the state of their linked work."},
    {"name": "work items", "description": "The tickets that hang on one, and whom it matters to."},
    {"name": "signals", "description": "Error tracking, made into work items of its own."},
    {"name": "links", "description": "Ticket ↔ work item."},
    {"name": "telling customers", "description": "Messages to customers: drafted and approved."},
    {"name": "mappings", "description": "Which tickets become work: versions, drafts, activation."},
    {"name": "jobs", "description": "Long work in the background: progress, pause, result."},
    {"name": "connections", "description": "Configured accounts of vendors."},
    {"name": "inspector", "description": "What came in, what was decided, what a person must fix."},
    {"name": "tokens", "description": "Who may use this API, and sign in to the pages."},
    {"name": "webhooks", "description": "The door of the vendors."},
    {"name": "health", "description": "Live, ready, metrics."},
]


def build_app(
    hub: Hub, reception: Reception, access: Access, *, lifespan: Lifespan | None = None
) -> FastAPI:
    """The application that serves the hub's doors; `access` are tokens besides the stored ones."""
    app = _routes(lifespan)
    # In front of its documented twin: FastAPI's own way to a handler takes longer than the rest.
    app.router.routes.insert(0, Route(webhooks.PATH, webhooks.door, methods=["POST"]))
    app.state.hub = hub
    app.state.reception = reception
    app.state.access = access
    mistakes.install(app)
    app.add_middleware(Gate)
    app.add_middleware(Envelope)
    return app


def build_watched(hub: Hub) -> FastAPI:
    """Health and counters alone, for a process that takes no webhooks and has no API."""
    app = FastAPI(
        title="Ticketbridge",
        version=bridge.__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    app.include_router(health.router)
    app.state.hub = hub
    mistakes.install(app)
    app.add_middleware(Envelope)
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of this version; no hub is needed."""
    return _routes(None).openapi()


def _routes(lifespan: Lifespan | None) -> FastAPI:
    app = _Application(
        title="Ticketbridge",
        version=bridge.__version__,
        description=_DESCRIPTION.strip(),
        openapi_tags=_TAGS,
        # The pages that FastAPI brings load scripts from elsewhere; the document is enough.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    app.router.routes.extend(_documented())
    return app


@cache
def _documented() -> tuple[BaseRoute, ...]:
    """The routes, which hold nothing of a hub: built once, whatever number of applications."""
    doors = APIRouter(generate_unique_id_function=_operation_id)
    api = APIRouter(prefix="/api/v1", dependencies=[Depends(refuse_two_readings)])
    for each in (
        tickets,
        known,
        launches,
        escalations,
        intake,
        explaining,
        signals,
        work_items,
        links,
        mappings,
        previews,
        campaigns,
        jobs,
        backfills,
        audits,
        canaries,
        connections,
        findings,
        held,
        promises,
        drafts,
        hygiene,
        redacting,
        releases,
        deliveries,
        traces,
        runs,
        erasing,
        tokens,
        sign_in_links,
    ):
        api.include_router(each.router)
    # Routes are looked through in this order, and the vendors knock most often.
    doors.include_router(webhooks.router)
    doors.include_router(signal_forms.router)
    doors.include_router(api)
    doors.include_router(health.router)
    doors.include_router(acknowledging.router)
    return tuple(doors.routes)


def _operation_id(route: APIRoute) -> str:
    return route.name


class _Application(FastAPI):
    """FastAPI with the shape of problems in its document."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, made once."""
        if self.openapi_schema is None:
            document = get_openapi(
                title=self.title,
                version=self.version,
                description=self.description,
                tags=self.openapi_tags,
                routes=self.routes,
            )
            problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = document["components"]["schemas"]
            schemas |= problem.pop("$defs") | {"Problem": problem}
            document["components"]["schemas"] = dict(sorted(schemas.items()))
            self.openapi_schema = document
        return self.openapi_schema
