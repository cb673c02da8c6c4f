"""How many tickets stand in each tab, counted as far as anybody wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bridge.store.connection import AsyncConnection
from bridge.store.database import rows
from bridge.store.tables import ticket_needs, ticket_views


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are; at least so many, if not `exact`."""

    number: int
    exact: bool = True


NEEDS = (
    "to_tell", "promise_at_risk", "waiting_on_customer", "needs_decision", "with_engineering"
)  # fmt: skip
"""Every tab that a ticket may stand in."""
COUNTED = 10_000
"""Of more tickets it is said that there are more: who counts each waits for it at every look."""


async def counts(
    connection: AsyncConnection, closed: bool | None = None
) -> tuple[dict[str, Tally], Tally]:
    """How many tickets stand in each tab, and how many there are: all, the open or the closed."""
    need, v = ticket_needs.c, ticket_views.c
    tickets = sa.select(v.ticket_key)
    if closed is not None:
        tickets = tickets.where(v.closed == closed)
    held = {each: sa.select(need.ticket_key).where(need.need == each) for each in NEEDS}
    counted = [_most(each).label(name) for name, each in held.items()]
    [found] = await rows(connection, sa.select(*counted, _most(tickets).label("total")))
    tabs = {name: _tally(found[name]) for name in NEEDS if found[name]}
    return tabs, _tally(found["total"])


def _most(found: sa.Select[Any]) -> sa.ScalarSelect[int]:
    some = found.limit(COUNTED + 1).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


def _tally(number: int) -> Tally:
    return Tally(min(number, COUNTED), exact=number <= COUNTED)
