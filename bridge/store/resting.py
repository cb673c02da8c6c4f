"""Closed tickets that stay as they are when their work item changes; see `core.resting`."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bridge.core.closing import CLOSED_BEFORE_FIXED
from bridge.core.resting import Resting
from bridge.domain.drafts import DraftState
from bridge.store.tables import closures, drafts, findings, links, records, ticket_views

_r = records.c
_CLOSED = (
    sa.select(ticket_views.c.ticket_key)
    .where(ticket_views.c.ticket_key == _r.key, ticket_views.c.closed)
    .correlate(records)
    .exists()
)
# One that waits for a pass, or is in one, may not have seen the item as it is now.
_AT_REST = (_r.dirty_generation <= _r.done_generation, _r.lease_until == 0, sa.not_(_r.dead))
_GOING = [each.value for each in (DraftState.OPEN, DraftState.APPROVED, DraftState.UNCLEAR)]
_SPEAKS = (
    sa.select(drafts.c.id)
    .where(drafts.c.ticket_key == _r.key, drafts.c.state.in_(_GOING))
    .correlate(records)
    .exists()
)


def _of(name: str) -> sa.ColumnElement[bool]:
    return _r.connection.in_(sa.bindparam(name, expanding=True))


def _remembered(*how: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    kept = sa.select(closures.c.ticket_key).where(closures.c.ticket_key == _r.key, *how)
    return kept.correlate(records).exists()


_DONE = _remembered(closures.c.done_since.is_not(None))
_UNDONE = _remembered(closures.c.done_since.is_(None))
_NAMED = (
    sa.select(findings.c.id)
    .where(
        findings.c.ref == _r.key,
        findings.c.code == CLOSED_BEFORE_FIXED,
        findings.c.state != "resolved",
    )
    .correlate(records)
    .exists()
)
_ALONE = (
    sa.select(sa.func.count())
    .where(links.c.ticket_key == _r.key, links.c.state != "ended")
    .correlate(records)
    .scalar_subquery()
) == 1

RESTS = sa.and_(
    *_AT_REST,
    _CLOSED,
    # To whom something is still to be said, it is said.
    sa.not_(_SPEAKS),
    sa.or_(
        _of("p_all"),
        sa.and_(_of("p_done"), _DONE),
        sa.and_(_of("p_undone"), _UNDONE),
        sa.and_(_of("p_named"), _UNDONE, _ALONE, _NAMED),
    ),
)
"""Whether a record is a closed ticket that a change of its work item does not concern."""


def given(found: Resting) -> dict[str, Any]:
    """The parameters of `RESTS`."""
    return {
        "p_all": sorted(found.all),
        "p_done": sorted(found.done),
        "p_undone": sorted(found.undone),
        "p_named": sorted(found.named),
    }
