"""Live, ready, and what the hub counts about itself."""

from __future__ import annotations

import structlog
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from bridge.api.access import HubHere
from bridge.engine.hub import Hub
from bridge.store import migrate

log = structlog.get_logger(__name__)

router = APIRouter(tags=["health"])


class Live(BaseModel):
    """The process answers."""

    status: str = Field(examples=["live"])


class Ready(BaseModel):
    """Whether the hub can do its work. Vendors have no part in it: see `/api/v1/connections`."""

    status: str = Field(description="`ready` or `not_ready`.", examples=["ready"])
    store: str = Field(description="`ok` or `unreachable`.", examples=["ok"])
    migrations: str = Field(
        description="`current`, `behind`, or `unknown` without a store.", examples=["current"]
    )


@router.get("/healthz")
async def healthz() -> Live:
    """Whether the process lives."""
    return Live(status="live")


@router.get("/readyz", responses={503: {"model": Ready, "description": "Not ready."}})
async def readyz(hub: HubHere, response: Response) -> Ready:
    """Whether the store answers and its migrations are current."""
    ready = await _look(hub)
    if ready.status != "ready":
        response.status_code = 503
    return ready


# Watchmen of proxies often ask by HEAD, which every GET has (RFC 9110, 9.3.2).
router.head("/healthz", include_in_schema=False)(healthz)
router.head("/readyz", include_in_schema=False)(readyz)


async def _look(hub: Hub) -> Ready:
    try:
        current = await migrate.is_current(hub.db)
    except (SQLAlchemyError, OSError) as error:
        log.warning("store unreachable", error=type(error).__name__)
        return Ready(status="not_ready", store="unreachable", migrations="unknown")
    if not current:
        return Ready(status="not_ready", store="ok", migrations="behind")
    return Ready(status="ready", store="ok", migrations="current")


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(hub: HubHere) -> Response:
    """What the hub counts, in the Prometheus text format."""
    return Response(hub.metrics.render(), media_type=CONTENT_TYPE_LATEST)
