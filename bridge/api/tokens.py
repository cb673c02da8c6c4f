"""Tokens of this API: made, listed and revoked by admins. A secret is shown once, when made."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import AccessRole, Admin, HubHere
from bridge.api.paging import Page, Paging, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Name, Time, Word, time_of
from bridge.domain.mapping_base import Span
from bridge.engine import api_tokens
from bridge.kit.clock import from_ms
from bridge.store import tokens
from bridge.store.database import Row

router = APIRouter(tags=["tokens"])

KIND = "tokens"


class NewToken(BaseModel):
    """A token to make."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "status page", "role": "viewer", "expires": "90d"}]
        },
    )

    name: Name = Field(description="Who or what will use it; it stands in the audit log.")
    role: AccessRole
    expires: Annotated[Span, Field(gt=timedelta(0), le=api_tokens.LONGEST)] | None = Field(
        None, description="How long it holds; without it, until it is revoked."
    )


class TokenShape(BaseModel):
    """A token, without its secret."""

    model_config = ConfigDict(title="Token")

    id: str = Field(examples=["019aa2c4f0d1e2b3c4d5e6f708"])
    name: str = Field(examples=["status page"])
    role: AccessRole
    created_at: Time
    created_by: str = Field(examples=["token ada"])
    expires_at: Time | None
    revoked_at: Time | None


class TokenMade(TokenShape):
    """A new token with its secret, which is shown this once."""

    model_config = ConfigDict(title="TokenMade")

    token: str = Field(description="The secret. It can't be shown again.", examples=["tb_..."])


class TokenPage(Page[TokenShape]):
    """Every token there ever was, newest first."""


def shape_of(row: Row) -> TokenShape:
    """The token of a stored row."""
    return TokenShape(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        created_at=from_ms(row["created_at"]),
        created_by=row["created_by"],
        expires_at=time_of(row["expires_at"]),
        revoked_at=time_of(row["revoked_at"]),
    )


@router.get("/tokens", responses=for_callers("bad_cursor"))
async def list_tokens(hub: HubHere, _actor: Admin, query: Annotated[Paging, Query()]) -> TokenPage:
    """Every token, newest first, without secrets."""
    async with hub.db.read() as connection:
        rows = await tokens.page(connection, cursor=query.after(KIND), limit=query.limit + 1)
    kept, next_cursor = cut(rows, query.limit, KIND, "id")
    return TokenPage(items=[shape_of(each) for each in kept], next_cursor=next_cursor)


@router.post("/tokens", status_code=201, responses=for_callers("too_large"))
async def create_token(hub: HubHere, actor: Admin, wanted: NewToken) -> TokenMade:
    """Make a token; its secret stands in this answer and nowhere else."""
    made = await api_tokens.make(
        hub, name=wanted.name, role=wanted.role, expires=wanted.expires, by=actor.name
    )
    return TokenMade(
        id=made.id,
        name=wanted.name,
        role=wanted.role,
        created_at=made.created_at,
        created_by=actor.name,
        expires_at=made.expires_at,
        revoked_at=None,
        token=made.secret,
    )


@router.delete("/tokens/{id}", status_code=204, responses=for_callers("not_found"))
async def revoke_token(
    hub: HubHere,
    actor: Admin,
    id: Annotated[Word, Path(description="A token's id.", examples=["019aa2c4f0d1e2b3c4d5e6f708"])],
) -> None:
    """Revoke a token: it opens nothing from this moment on."""
    if not await api_tokens.revoke(hub, id, by=actor.name):
        raise ApiProblem("not_found", f"There is no token {id!r} that holds")
