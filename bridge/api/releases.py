"""Releases: who is behind each, and which groups of customers have it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator

from bridge.api.access import HubHere, Operator, Viewer
from bridge.api.paging import Page, Paging, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import PRINTABLE, Word, printable
from bridge.core.rollout import today
from bridge.engine import releasing
from bridge.engine.hub import Hub
from bridge.engine.release_exceptions import (
    LONGEST,
    ApartAlready,
    NotApart,
    NotBehind,
    now_called,
    rejoin,
    set_apart,
)
from bridge.engine.release_overview import Group, Overview, overviews
from bridge.engine.releasing import NoSuchGroup
from bridge.store import release_views, releases

KIND = "releases"

router = APIRouter(prefix="/releases", tags=["tickets"])

ReleaseId = Annotated[Word, Path(description="A release's id.", examples=["3f1c9a0b7d5e2f4a6b8c"])]


class GroupShape(BaseModel):
    """A roll-out group of a mapping, as far as one release is concerned."""

    model_config = ConfigDict(title="RolloutGroup")

    helpdesk: str = Field(description="Whose mapping's group it is.", examples=["zendesk"])
    group: str = Field(examples=["pilot"])
    tickets: int = Field(description="Open tickets.", examples=[4])
    customers: int = Field(examples=[3])
    reached: date | None = Field(
        description="Since, or from, which day a person said that it has the release.",
        examples=["2026-05-12"],
    )
    by: str | None = Field(description="Who said so.", examples=["token ada"])
    has_it: bool = Field(description="Whether it has the release today.")
    expected: date | None = Field(
        description="When it gets the release, or got it, if that is known.",
        examples=["2026-05-12"],
    )
    by_day: bool = Field(
        description="Nobody has to say so: it is reached so long after the release is out."
    )

    @classmethod
    def of(cls, group: Group) -> GroupShape:
        """The group."""
        return cls(
            helpdesk=group.helpdesk,
            group=group.name,
            tickets=group.tickets,
            customers=group.customers,
            reached=group.reached,
            by=group.by or None,
            has_it=group.has_it,
            expected=group.expected,
            by_day=group.by_day,
        )


class ApartShape(BaseModel):
    """A customer who does not go with their roll-out group."""

    model_config = ConfigDict(title="CustomerApart")

    helpdesk: str = Field(examples=["zendesk"])
    customer: str = Field(examples=["Acme"])
    day: date | None = Field(
        description="Since, or from, which day they have it; null: not for now.",
        examples=["2026-05-12"],
    )
    has_it: bool
    reason: str = Field(examples=["asked to wait for their audit"])
    by: str = Field(description="Who said so.", examples=["token ada"])
    lost: bool = Field(
        description="No open ticket in the release is theirs: closed, or merged or renamed away."
    )


class ReleaseShape(BaseModel):
    """A release, with the tickets and customers behind it."""

    model_config = ConfigDict(title="Release")

    id: str = Field(
        description="Stays the same when the release is renamed.", examples=["3f1c9a0b7d5e2f4a6b8c"]
    )
    name: str = Field(examples=["5.4"])
    connection: str = Field(description="Its tracker.", examples=["jira"])
    day: date | None = Field(description="Its own date.", examples=["2026-05-12"])
    state: Literal["planned", "released", "gone"]
    tickets: int = Field(description="Open tickets.", examples=[23])
    customers: int = Field(examples=[14])
    closed: int = Field(description="Closed tickets.", examples=[2])
    drafts: int = Field(description="Messages that wait for a person.", examples=[14])
    groups: list[GroupShape]
    apart: list[ApartShape] = Field(description="Customers who do not go with their group.")
    notes_url: str | None = Field(examples=["https://acme.example/releases/5.4"])

    @classmethod
    def of(cls, found: Overview) -> ReleaseShape:
        """The release."""
        return cls(
            id=found.id,
            name=found.name,
            connection=found.connection,
            day=found.day,
            state=found.state,
            tickets=found.figures.tickets,
            customers=found.figures.customers,
            closed=found.figures.closed,
            drafts=found.figures.drafts,
            groups=[GroupShape.of(each) for each in found.groups],
            apart=[
                ApartShape(
                    helpdesk=each.helpdesk,
                    customer=each.customer,
                    day=each.day,
                    has_it=each.has_it,
                    reason=each.reason,
                    by=each.by,
                    lost=each.lost,
                )
                for each in found.apart
            ],
            notes_url=found.notes_url or None,
        )


class ReleasePage(Page[ReleaseShape]):
    """Releases, the furthest first."""


class Reached(BaseModel):
    """That a release has reached a group."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"helpdesk": "zendesk", "group": "pilot", "day": "2026-05-12"}]
        },
    )

    helpdesk: Word = Field(description="Whose mapping's group it is.")
    group: Word
    day: date | None = Field(
        None, description="Since, or from, that day; today if left out.", examples=["2026-05-12"]
    )
    reached: StrictBool = Field(True, description="`false` takes back what was said.")


class SetApart(BaseModel):
    """That a customer gets a release at another time than their group."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"helpdesk": "zendesk", "customer": "Acme", "reason": "asked to wait for an audit"}
            ],
            # Whoever sets a customer apart says why; who they are now was said with its reason.
            "anyOf": [
                {"required": ["apart"], "properties": {"apart": {"const": False}}},
                {"required": ["reason"], "properties": {"reason": {"pattern": r"\S"}}},
                {"required": ["was"], "properties": {"was": {"type": "string"}}},
            ],
        },
    )

    helpdesk: Word
    customer: Word = Field(description="The customer's name, exactly.")
    day: date | None = Field(
        None,
        description="Since, or from, that day; left out: not for now.",
        examples=["2026-05-12"],
    )
    reason: Annotated[str, AfterValidator(printable)] = Field(
        "",
        max_length=LONGEST,
        description="For colleagues and the audit log; needed unless they rejoin or `was` says who "
        "they were.",
        json_schema_extra={"pattern": PRINTABLE},
    )
    was: Word | None = Field(
        None,
        description="What was said of the customer of this name counts for `customer`, who they "
        "are now; `reason` and `day` stay as they were.",
        examples=["Acme Systems"],
    )
    apart: StrictBool = Field(True, description="`false`: they go with their group again.")

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.apart and self.was is None and not self.reason.strip():
            raise ValueError("reason is needed to set a customer apart")
        return self


@router.get("", responses=for_callers("bad_cursor"))
async def list_releases(
    hub: HubHere, _actor: Viewer, query: Annotated[Paging, Query()]
) -> ReleasePage:
    """Releases that linked work items were ever planned for."""
    async with hub.db.read(long=True) as connection:
        rows = await release_views.page(connection, cursor=query.after(KIND), limit=query.limit + 1)
        kept, next_cursor = cut(rows, query.limit, KIND, "place")
        found = await overviews(hub, connection, kept)
    return ReleasePage(items=[ReleaseShape.of(each) for each in found], next_cursor=next_cursor)


@router.get("/{id}", responses=for_callers("not_found"))
async def get_release(hub: HubHere, _actor: Viewer, id: ReleaseId) -> ReleaseShape:
    """One release; `GET /tickets?release=` lists its tickets."""
    return await _release(hub, id)


@router.post("/{id}/reached", responses=for_callers("not_found", "unknown_group"))
async def mark_reached(hub: HubHere, actor: Operator, id: ReleaseId, said: Reached) -> ReleaseShape:
    """Say that a group of customers has the release: its tickets become available.

    They look again behind all live work. A day that is still to come counts from then on.
    """
    active = hub.mappings.get(said.helpdesk)
    here = today(active.data.releases if active is not None else None, hub.now())
    day = (said.day or here) if said.reached else None
    try:
        await releasing.mark_reached(hub, id, said.helpdesk, said.group, day, actor)
    except NoSuchGroup as error:
        raise ApiProblem("unknown_group", str(error)) from None
    return await _release(hub, id)


@router.post(
    "/{id}/customers",
    responses=for_callers("not_found", "not_behind", "not_apart", "apart_already"),
)
async def set_customer_apart(
    hub: HubHere, actor: Operator, id: ReleaseId, said: SetApart
) -> ReleaseShape:
    """Say that one customer has it, or has it not, whatever their group has; with the reason.

    Their tickets look again behind all live work.
    """
    if not said.apart:
        await rejoin(hub, id, said.helpdesk, said.customer, actor)
        return await _release(hub, id)
    try:
        if said.was is not None:
            await now_called(hub, id, said.helpdesk, said.was, said.customer, actor)
            return await _release(hub, id)
        await set_apart(
            hub, id, said.helpdesk, said.customer,
            day=said.day, reason=said.reason.strip(), actor=actor,
        )  # fmt: skip
    except NotBehind as error:
        raise ApiProblem("not_behind", str(error)) from None
    except NotApart as error:
        raise ApiProblem("not_apart", str(error)) from None
    except ApartAlready as error:
        raise ApiProblem("apart_already", str(error)) from None
    return await _release(hub, id)


async def _release(hub: Hub, id: str) -> ReleaseShape:
    async with hub.db.read() as connection:
        row = await releases.load(connection, id)
        if row is None:
            raise ApiProblem("not_found", f"There is no release {id!r}; GET /api/v1/releases lists")
        [found] = await overviews(hub, connection, [row])
    return ReleaseShape.of(found)
