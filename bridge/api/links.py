"""Links between tickets and work items, made and ended by people."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bridge.api.access import HubHere, Operator, Viewer
from bridge.api.paging import Page, Paging, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import PRINTABLE, LinkShape, Word, one_of, printable
from bridge.domain.links import Link
from bridge.domain.refs import TicketRef
from bridge.engine.linking import (
    LinkExists,
    NotAHelpdesk,
    NotATracker,
    link,
    unlink,
)
from bridge.engine.right_way import SignalNeverOnTicket
from bridge.store import views
from bridge.store.connection import AsyncConnection
from bridge.store.work import link_of

KIND = "links"

router = APIRouter(prefix="/links", tags=["links"])

_REF = r"^[^:\x00-\x1f]+:[^\x00-\x1f]+$"

Address = Annotated[
    str,
    Field(min_length=1, max_length=2000, json_schema_extra={"pattern": PRINTABLE}),
    AfterValidator(printable),
]


def _ref(text: str) -> str:
    """The text, if it names a record; ValueError otherwise."""
    if re.fullmatch(_REF, text) is None:
        raise ValueError("a ref is the connection, a colon and the id: hubspot:812")
    return text


RefText = Annotated[
    Word,
    AfterValidator(_ref),
    Field(
        description="A ref.",
        examples=["hubspot:812"],
        json_schema_extra={"pattern": _REF},
    ),
]


class TicketNamed(BaseModel):
    """A ticket by its id."""

    model_config = ConfigDict(extra="forbid")

    connection: Word = Field(examples=["hubspot"])
    id: Word = Field(examples=["812"])


class ItemNamed(BaseModel):
    """A work item by exactly one of its id, its key and its address."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={**one_of("id", "key", "url")})

    connection: Word = Field(examples=["boards"])
    id: Word | None = Field(None, examples=["991"])
    key: Word | None = Field(None, examples=["AB#991"])
    url: Address | None = Field(
        None, examples=["https://dev.azure.com/acme/Platform/_workitems/edit/991"]
    )

    @model_validator(mode="after")
    def _one_name(self) -> ItemNamed:
        if sum(each is not None for each in (self.id, self.key, self.url)) != 1:
            raise ValueError("exactly one of id, key and url")
        return self

    @property
    def text(self) -> str:
        """The one that was given."""
        return self.id or self.key or self.url or ""


class NewLink(BaseModel):
    """The two to link."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "ticket": {"connection": "hubspot", "id": "812"},
                    "work_item": {
                        "connection": "boards",
                        "url": "https://dev.azure.com/acme/Platform/_workitems/edit/991",
                    },
                }
            ]
        },
    )

    ticket: TicketNamed
    work_item: ItemNamed


class LinkQuery(Paging):
    """What the list is narrowed to."""

    ticket: RefText | None = Field(None, examples=["hubspot:812"])
    work_item: RefText | None = Field(None, examples=["boards:991"])
    state: Literal["active", "broken", "ended"] | None = None


class LinkPage(Page[LinkShape]):
    """Links, newest first."""


@router.get("", responses=for_callers("bad_cursor"))
async def list_links(
    hub: HubHere, _actor: Viewer, query: Annotated[LinkQuery, Query()]
) -> LinkPage:
    """Links, newest first, ended ones too."""
    async with hub.db.read(long=True) as connection:
        rows = await views.page_links(
            connection,
            cursor=query.after(KIND),
            limit=query.limit + 1,
            ticket=query.ticket,
            work_item=query.work_item,
            state=query.state,
        )
        kept, next_cursor = cut(rows, query.limit, KIND, "id")
        items = await _shapes(connection, [link_of(each) for each in kept])
    return LinkPage(items=items, next_cursor=next_cursor)


async def _shapes(connection: AsyncConnection, links: list[Link]) -> list[LinkShape]:
    keys = {str(end) for each in links for end in (each.ticket, each.work_item)}
    seen = await views.observations(connection, keys)
    return [LinkShape.of(each, seen) for each in links]


@router.post(
    "",
    status_code=201,
    responses=for_callers(
        "record_missing",
        "link_exists",
        "connection_paused",
        "too_large",
        "sentry_never_on_ticket",
        "not_configured",
        "vendor_refused",
        "credential_problem",
        "vendor_unavailable",
    ),
)
async def create_link(hub: HubHere, actor: Operator, wanted: NewLink) -> LinkShape:
    """Link a ticket to an existing work item.

    A Sentry issue is refused, whatever connection is named: launch it as a work item of its own.
    """
    ticket = TicketRef(wanted.ticket.connection, wanted.ticket.id)
    name = wanted.work_item.connection
    try:
        made = await link(hub, ticket, name, wanted.work_item.text, by=actor.name)
    except SignalNeverOnTicket as error:
        raise ApiProblem("sentry_never_on_ticket", str(error)) from None
    except LinkExists as error:
        raise ApiProblem("link_exists", f"{error}: link {error.link.id}") from None
    except (NotATracker, NotAHelpdesk) as error:
        raise ApiProblem("not_configured", str(error)) from None
    async with hub.db.read() as connection:
        return (await _shapes(connection, [made]))[0]


@router.delete("/{id}", status_code=204, responses=for_callers("not_found"))
async def end_link(
    hub: HubHere,
    actor: Operator,
    id: Annotated[Word, Path(description="A link's id.", examples=["019aa2c4f0d1e2b3c4d5e6f708"])],
) -> None:
    """End a link. Nothing is deleted at either end, and no launch is repeated by it."""
    if await unlink(hub, id, by=actor.name) is None:
        raise ApiProblem("not_found", f"There is no link {id!r} that has not ended")
