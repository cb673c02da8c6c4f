"""Reading the audit log: newest first, narrowed to who, what, which record and when.

A page searches a bounded part of the log and says where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.kit.clock import to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, rows
from bridge.store.tables import api_tokens, audit_log

REACH = 10_000
"""Entries of the wanted days that one page searches at most."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What the log is narrowed to; what is empty does not narrow.

    `actions`: names, and beginnings of names where one ends in a dot.
    """

    actor: str = ""
    actions: tuple[str, ...] = ()
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """One page. `further`: the cursor of the next one; "" where there is nothing older."""

    found: list[Row]
    further: str


async def page(
    connection: AsyncConnection, wanted: AuditFilter, *, cursor: str, limit: int
) -> Looked:
    """Entries from the one before `cursor` on, newest first, `limit` at most."""
    a, begun = audit_log.c, _when(wanted)
    if cursor:
        begun.append(a.id < cursor)
    # An id begins with its time: the newest are the end of the key, and nothing is sorted.
    floor = await connection.scalar(
        sa.select(a.id).where(*begun).order_by(a.id.desc()).offset(REACH).limit(1)
    )
    conditions = [*begun, *_what(wanted)]
    if floor is not None:
        conditions.append(a.id >= floor)
    statement = sa.select(audit_log).where(*conditions).order_by(a.id.desc()).limit(limit + 1)
    found = await rows(connection, statement)
    if len(found) > limit:
        return Looked(found[:limit], found[limit - 1]["id"])
    return Looked(found, floor or "")


async def names_of_tokens(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, str]:
    """What the tokens of these ids are called."""
    t = api_tokens.c
    wanted = sorted(set(ids))
    found = await rows(connection, sa.select(t.id, t.name).where(t.id.in_(wanted)))
    return {each["id"]: each["name"] for each in found}


def _when(wanted: AuditFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.since is not None:
        found.append(audit_log.c.at >= to_ms(wanted.since))
    if wanted.until is not None:
        found.append(audit_log.c.at < to_ms(wanted.until))
    return found


def _what(wanted: AuditFilter) -> list[sa.ColumnElement[bool]]:
    a = audit_log.c
    found: list[sa.ColumnElement[bool]] = []
    if wanted.actor:
        found.append(a.actor.icontains(wanted.actor, autoescape=True))
    if wanted.actions:
        found.append(sa.or_(*(_is(each) for each in wanted.actions)))
    if wanted.about:
        # A held text's ticket, or the other end of a link, stands in the details.
        said = sa.cast(a.detail, sa.Text)
        either = (each.contains(wanted.about, autoescape=True) for each in (a.target, said))
        found.append(sa.or_(*either))
    return found


def _is(action: str) -> sa.ColumnElement[bool]:
    named = audit_log.c.action
    if action.endswith("."):
        return named.startswith(action, autoescape=True)
    return named == action
