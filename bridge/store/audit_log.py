"""Reading the audit log: newest first, narrowed to who, what, which record and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.kit.clock import to_ms
from bridge.store.database import Row, rows
from bridge.store.tables import api_tokens, audit_log


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


async def page(
    connection: AsyncConnection, wanted: AuditFilter, *, cursor: str, limit: int
) -> list[Row]:
    """Entries from the one before `cursor` on, newest first."""
    statement = sa.select(audit_log).where(*_conditions(wanted))
    if cursor:
        statement = statement.where(audit_log.c.id < cursor)
    # An id begins with its time: the newest are the end of the key, and nothing is sorted.
    return await rows(connection, statement.order_by(audit_log.c.id.desc()).limit(limit))


async def names_of_tokens(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, str]:
    """What the tokens of these ids are called."""
    t = api_tokens.c
    wanted = sorted(set(ids))
    found = await rows(connection, sa.select(t.id, t.name).where(t.id.in_(wanted)))
    return {each["id"]: each["name"] for each in found}


def _conditions(wanted: AuditFilter) -> list[sa.ColumnElement[bool]]:
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
    if wanted.since is not None:
        found.append(a.at >= to_ms(wanted.since))
    if wanted.until is not None:
        found.append(a.at < to_ms(wanted.until))
    return found


def _is(action: str) -> sa.ColumnElement[bool]:
    named = audit_log.c.action
    if action.endswith("."):
        return named.startswith(action, autoescape=True)
    return named == action
