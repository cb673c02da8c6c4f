"""Links by which people get into the pages, made by admins. A link is shown once, when made."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import AccessRole, Actor, Admin, HubHere
from bridge.api.problems import for_callers
from bridge.api.shapes import Name, Time, Word
from bridge.engine import signing_in

router = APIRouter(tags=["tokens"])


class NewSignInLink(BaseModel):
    """Whom the link is to sign in."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Ada", "role": "csm"}]}
    )

    name: Name = Field(description="Who will use it; it stands in the audit log.")
    role: AccessRole
    email: str | None = Field(
        None,
        pattern=signing_in.EMAIL,
        description="Their own address, if known: by it they find their own customers.",
        examples=["ada@example.com"],
    )


class SignInLinkMade(BaseModel):
    """The link; it works once."""

    model_config = ConfigDict(title="SignInLink")

    url: str = Field(
        description="Open it in a browser. It can't be shown again.",
        examples=["https://bridge.example.com/sign-in/…"],
    )
    name: str = Field(examples=["Ada"])
    role: AccessRole
    expires_at: Time


class SignedOut(BaseModel):
    """What signing somebody out came to."""

    name: str = Field(examples=["Ada"])
    sessions: int = Field(description="How many that were.", examples=[2])


@router.delete("/sign-in-links", responses=for_callers())
async def sign_somebody_out(
    hub: HubHere,
    actor: Admin,
    name: Annotated[Word, Query(description="Whose sessions end.", examples=["Ada"])],
) -> SignedOut:
    """Sign a person out wherever they are signed in, and void the links they have not used."""
    count = await signing_in.end_sessions(hub, name, by=actor.name)
    return SignedOut(name=name, sessions=count)


@router.post("/sign-in-links", status_code=201, responses=for_callers("too_large"))
async def create_sign_in_link(hub: HubHere, actor: Admin, wanted: NewSignInLink) -> SignInLinkMade:
    """Make a link that signs one person in to the pages, once, within half an hour."""
    expires_at = hub.now() + signing_in.LINK_HOLDS
    person = Actor(wanted.name, wanted.role)
    secret = await signing_in.invite(hub, person, by=actor.name, email=wanted.email or "")
    return SignInLinkMade(
        url=signing_in.address(hub, secret),
        name=wanted.name,
        role=wanted.role,
        expires_at=expires_at,
    )
