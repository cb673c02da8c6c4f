"""Drafts as people's lists show them: each beside its ticket's row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bridge.domain.drafts import DraftState
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, row, rows
from bridge.store.tables import drafts, ticket_views

_V = ticket_views.c
_BESIDE = (
    _V.customer, _V.plan, _V.subject, _V.owner, _V.stage_id, _V.stage_label, _V.closed,
    _V.key.label("ticket_name"), _V.eta.label("eta_now"), _V.url.label("ticket_url"),
)  # fmt: skip
"""What of its ticket stands beside a draft."""


@dataclass(frozen=True, slots=True)
class DraftFilter:
    """What a list of drafts is narrowed to; None does not narrow."""

    state: str | None = None
    customer: str | None = None
    stage: str | None = None
    release: str | None = None
    ticket: str | None = None
    owner: str | None = None
    """The address of who looks after the customer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a draft stands in the list: the oldest is first."""

    made_at: int
    id: str

    @classmethod
    def read(cls, text: str) -> Place | None:
        """The place that a row's `place` names; None if it names none."""
        at, _, id = text.partition("~")
        return cls(int(at), id) if at.isascii() and at.isdecimal() and len(at) < 16 else None


async def page(
    connection: AsyncConnection, wanted: DraftFilter, *, after: Place | None, limit: int
) -> list[Row]:
    """Drafts beside their tickets' rows, those that wait longest first; each has its `place`."""
    d, place = drafts.c, sa.cast(drafts.c.made_at, sa.Text).concat("~").concat(drafts.c.id)
    statement = sa.select(drafts, place.label("place"), *_BESIDE).join(
        ticket_views, _V.ticket_key == d.ticket_key
    )
    for column, value in (
        (d.state, wanted.state),
        (_V.customer, wanted.customer),
        (d.stage, wanted.stage),
        (d.release, wanted.release),
        (d.ticket_key, wanted.ticket),
        (_V.owner, wanted.owner),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if after is not None:
        later = sa.and_(d.made_at == after.made_at, d.id > after.id)
        statement = statement.where(sa.or_(d.made_at > after.made_at, later))
    return await rows(connection, statement.order_by(d.made_at, d.id).limit(limit))


async def of_ticket(connection: AsyncConnection, key: str, limit: int) -> list[Row]:
    """A ticket's newest drafts, beside its row."""
    statement = sa.select(drafts, *_BESIDE).join(ticket_views, _V.ticket_key == drafts.c.ticket_key)
    statement = statement.where(drafts.c.ticket_key == key)
    newest = statement.order_by(drafts.c.made_at.desc(), drafts.c.id.desc())
    return await rows(connection, newest.limit(limit))


async def open_of(connection: AsyncConnection, keys: Sequence[str]) -> list[Row]:
    """The drafts of these tickets that wait for a person, beside the tickets' rows."""
    d = drafts.c
    statement = (
        sa.select(drafts, *_BESIDE)
        .join(ticket_views, _V.ticket_key == d.ticket_key)
        .where(d.ticket_key.in_(list(keys)), d.state == DraftState.OPEN.value)
    )
    return await rows(connection, statement.order_by(d.made_at, d.id))


async def view(connection: AsyncConnection, id: str) -> Row | None:
    """One draft beside its ticket's row."""
    statement = sa.select(drafts, *_BESIDE).join(ticket_views, _V.ticket_key == drafts.c.ticket_key)
    return await row(connection, statement.where(drafts.c.id == id))
