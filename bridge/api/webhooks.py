"""The vendors' door: raw bytes in, an answer only after the commit."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from bridge.api.bodies import read_body
from bridge.api.mistakes import RETRY_AFTER_S
from bridge.api.problems import ApiProblem, refusals
from bridge.engine.inbound import inbound_of
from bridge.engine.receive import Reception, StoreBusy, UnknownDoor, Unproven

MAX_BODY = 25 * 1024 * 1024
"""Jira's ceiling for a webhook; nobody sends more."""

router = APIRouter(tags=["webhooks"])


class Received(BaseModel):
    """The delivery is stored for good."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"delivery": "019aa2c4f0d1e2b3c4d5e6f708", "duplicate": False}]
        }
    )

    delivery: str = Field(description="Its id; that of the first one, for a duplicate.")
    duplicate: bool = Field(description="The same was received before; it is stored once.")


PATH = "/webhooks/{connection}"


@router.post(
    PATH,
    response_model=Received,
    responses=refusals("signature_refused", "not_found", "too_large", "internal", "store_busy"),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {}}},
            "description": "The vendor's payload, verified byte by byte.",
        }
    },
)
async def receive_webhook(
    request: Request, connection: Annotated[str, Path(description="Its name in bridge.yaml.")]
) -> Response:
    """Verify and store one delivery of a vendor; answers after the commit.

    A body that does not parse under a good signature is stored, ignored and reported.
    """
    hub = request.app.state.hub
    reception: Reception = request.app.state.reception
    port = hub.connections.get(connection)
    if port is None or port.receiver is None:
        # Before the body is read: nobody fills our memory at a door that is not there.
        raise _no_door(connection)
    inbound = inbound_of(request.scope, hub.public_url, await read_body(request, MAX_BODY))
    try:
        stored = await reception.accept(
            connection, inbound, inbound.headers.get("content-type", "")[:200]
        )
    except UnknownDoor:
        raise _no_door(connection) from None
    except Unproven:
        # The reason is logged; to say it would help whoever forges.
        raise ApiProblem(
            "signature_refused",
            "The signature or credential is missing, wrong or too old. Compare the secret in "
            "bridge.yaml with the vendor's, and public_url with the address it calls.",
        ) from None
    except StoreBusy:
        raise ApiProblem(
            "store_busy", "Send it again later", headers={"Retry-After": str(RETRY_AFTER_S)}
        ) from None
    return JSONResponse({"delivery": stored.id, "duplicate": stored.duplicate})


async def door(request: Request) -> Response:
    """The same, called without FastAPI between: there is nothing in it to be parsed."""
    return await receive_webhook(request, request.path_params["connection"])


def _no_door(connection: str) -> ApiProblem:
    return ApiProblem("not_found", f"No connection {connection[:64]!r} receives webhooks")
