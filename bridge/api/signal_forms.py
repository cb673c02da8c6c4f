"""The doors of Sentry's issue-link form: signed, idempotent, about tracker items only.

https://docs.sentry.io/organization/integrations/integration-platform/ui-components/issue-link/
A refusal is `{"message": …}`, which Sentry shows to whoever pressed the button.
"""

from __future__ import annotations

import json
from typing import Literal

import structlog
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from bridge.api.bodies import read_body
from bridge.domain.errors import (
    BridgeError,
    CredentialProblem,
    Paused,
    RecordMissing,
    Throttled,
    Unavailable,
)
from bridge.domain.events import InboundRequest, Refused
from bridge.engine.hub import CallFailed, Hub
from bridge.engine.inbound import inbound_of
from bridge.engine.signal_forms import options, press
from bridge.ports.signals import SignalSource

log = structlog.get_logger(__name__)

MAX_BODY = 1024 * 1024
LONGEST_QUERY = 200

# Called by Sentry alone, by its own rules: no part of the API that others build on.
router = APIRouter(include_in_schema=False)


def _refused(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status)


def _source(request: Request, name: str) -> SignalSource | None:
    hub: Hub = request.app.state.hub
    port = hub.connections.get(name)
    return None if port is None else port.signals


def _unproven(name: str, reason: str) -> Response:
    # The reason is for us; to say it would help whoever forges.
    log.warning("form refused", connection=name, reason=reason)
    return _refused(401, "The hub can't tell that this comes from Sentry. Ask its administrator.")


@router.get("/sentry/{connection}/options/{name}")
async def list_options(request: Request, connection: str, name: str) -> Response:
    """The options of a list: tracker items only, and none that a ticket hangs on."""
    hub: Hub = request.app.state.hub
    source = _source(request, connection)
    if source is None:
        return _refused(404, "There is no such connection.")
    inbound: InboundRequest = inbound_of(request.scope, hub.public_url, b"")
    refused = source.verify_select(inbound)
    if refused is not None:
        return _unproven(connection, refused.reason)
    try:
        # The empty body that is signed is the same for all: who asks must be known besides.
        if not await source.knows_installation(inbound.query.get("installationId", "")[:64]):
            return _unproven(connection, "unknown installation")
        query = inbound.query.get("query", "")[:LONGEST_QUERY]
        chosen = _chosen(inbound.query.get("dependentData", ""))
        found = await options(hub, connection, name, query, chosen)
    except (BridgeError, CallFailed) as error:
        return _failed(error)
    if found is None:
        return _refused(404, "There is no such list.")
    return JSONResponse([{"label": label, "value": value} for value, label in found])


def _chosen(text: str) -> str:
    """The tracker that the form has chosen so far, of what it says its lists depend on."""
    try:
        said = json.loads(text[:LONGEST_QUERY] or "{}")
    except (ValueError, RecursionError):
        return ""
    value = said.get("tracker") if isinstance(said, dict) else ""
    return value if isinstance(value, str) else ""


@router.post("/sentry/{connection}/issue-link/{which}")
async def link_issue(
    request: Request, connection: str, which: Literal["create", "link"]
) -> Response:
    """Create a signal's item, or tie an existing one to it. Pressed twice it answers the same."""
    hub: Hub = request.app.state.hub
    source = _source(request, connection)
    if source is None:
        return _refused(404, "There is no such connection.")
    body = await read_body(request, MAX_BODY)
    form = source.read_form(inbound_of(request.scope, hub.public_url, body))
    if isinstance(form, Refused):
        return _unproven(connection, form.reason)
    try:
        if not await source.knows_installation(form.installation[:64]):
            return _unproven(connection, "unknown installation")
        linked = await press(hub, connection, which, form)
    except (BridgeError, CallFailed) as error:
        return _failed(error)
    return JSONResponse(
        {"webUrl": linked.url, "project": linked.project, "identifier": linked.identifier}
    )


def _failed(error: BridgeError | CallFailed) -> Response:
    cause = error.cause if isinstance(error, CallFailed) else error
    match cause:
        case Unavailable() | Throttled() | Paused() | CredentialProblem():
            return _refused(503, "The tracker or Sentry can't be reached now. Try again later.")
        case RecordMissing():
            return _refused(404, "That is not there, or the hub can't see it.")
        case _:
            return _refused(422, str(cause))
