"""Texts held for a person: kept by the pass that held them, decided by a person, never forgotten.

A row says of a text where it is, what it hashes to and what was decided; the text is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from bridge.domain.held import Decision, HeldState, HeldText
from bridge.kit.clock import to_ms
from bridge.kit.ids import new_id
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import held_texts

OPEN, WITHDRAWN = HeldState.OPEN.value, HeldState.WITHDRAWN.value
_H = held_texts.c
_KEYS: sa.BindParameter[Sequence[str]] = sa.bindparam("p_keys", expanding=True)
_OF_TICKETS = sa.select(held_texts).where(_H.ticket_key.in_(_KEYS))
FORGOTTEN = {"words": "", "reason": ""}
"""What is left of what people wrote about a held text."""
_UNDECIDED = {"decided_at": None, "decided_by": "", **FORGOTTEN}


def held_of(found: Row) -> HeldText:
    """The held text of a row."""
    return HeldText(
        source=found["source"],
        content=found["content"],
        code=found["code"],
        rule=found["rule"],
        state=HeldState(found["state"]),
        words=found["words"],
    )


async def of_tickets(
    connection: AsyncConnection, keys: Sequence[str]
) -> dict[str, dict[str, HeldText]]:
    """By ticket and source, every text that was ever held for these tickets."""
    found: dict[str, dict[str, HeldText]] = {}
    for each in await rows(connection, _OF_TICKETS, {"p_keys": list(keys)}):
        found.setdefault(each["ticket_key"], {})[each["source"]] = held_of(each)
    return found


async def keep(
    db: Database,
    connection: AsyncConnection,
    key: str,
    held: Iterable[HeldText],
    now: datetime,
) -> dict[str, str]:
    """Keep what a pass over the ticket held, by source the id; what it no longer holds is
    withdrawn.

    A decision that came in during the pass stands if it is about the same text. About another
    text it stands for nothing, nor does one that the pass saw and the gate did not follow (it
    knows more by now): the text waits anew.
    """
    there = {each["source"]: each for each in await _of_ticket(connection, key)}
    ids: dict[str, str] = {each: found["id"] for each, found in there.items()}
    seen = {each.source: each for each in held}
    for source, each in seen.items():
        known = there.get(source)
        if known is None:
            ids[source] = await _hold(db, connection, key, each, now)
            continue
        changes: dict[str, object] = {}
        if known["content"] != each.content or known["state"] in _again(each):
            changes = {**_about(each), **_UNDECIDED, "state": OPEN, "created_at": to_ms(now)}
        elif known["state"] == OPEN and (known["code"], known["rule"]) != (each.code, each.rule):
            changes = {**_about(each)}
        if changes:
            await connection.execute(
                sa.update(held_texts).where(_H.id == known["id"]).values(**changes)
            )
    over = [e["id"] for e in there.values() if e["state"] == OPEN and e["source"] not in seen]
    if over:
        await connection.execute(
            sa.update(held_texts).where(_H.id.in_(over)).values(state=WITHDRAWN)
        )
    return {source: ids[source] for source in seen}


async def _hold(
    db: Database, connection: AsyncConnection, key: str, each: HeldText, now: datetime
) -> str:
    values = {
        "id": new_id(),
        "ticket_key": key,
        "work_item_key": each.item,
        "source": each.source,
        "state": OPEN,
        "created_at": to_ms(now),
        **_about(each),
    }
    await connection.execute(db.insert(held_texts).values(**values))
    return str(values["id"])


def _again(each: HeldText) -> set[str]:
    """The states in which the text would wait anew."""
    return {WITHDRAWN, each.state.value} - {OPEN}


def _about(each: HeldText) -> dict[str, str]:
    return {"content": each.content, "code": each.code, "rule": each.rule}


async def _of_ticket(connection: AsyncConnection, key: str) -> list[Row]:
    return await rows(connection, _OF_TICKETS, {"p_keys": [key]})


async def load(connection: AsyncConnection, id: str) -> Row | None:
    """One held text."""
    return await row(connection, sa.select(held_texts).where(_H.id == id))


async def counts(connection: AsyncConnection, most: int) -> dict[str, int]:
    """How many texts are in each state; `most` + 1 where there are more than so many."""
    few = [
        sa.select(_H.state).where(_H.state == each.value).limit(most + 1).subquery()
        for each in HeldState
    ]
    parts = [
        sa.select(each.c.state, sa.func.count().label("n")).group_by(each.c.state) for each in few
    ]
    found = await rows(connection, sa.union_all(*parts))
    return {each["state"]: each["n"] for each in found}


async def page(
    connection: AsyncConnection,
    *,
    cursor: str | None,
    limit: int,
    state: str | None = None,
    ticket: str | None = None,
) -> list[Row]:
    """Held texts, newest first, those before the cursor."""
    statement = sa.select(held_texts)
    for column, value in ((_H.state, state), (_H.ticket_key, ticket)):
        if value is not None:
            statement = statement.where(column == value)
    if cursor is not None:
        statement = statement.where(_H.id < cursor)
    return await rows(connection, statement.order_by(_H.id.desc()).limit(limit))


async def decide(connection: AsyncConnection, id: str, decision: Decision) -> bool:
    """Keep a person's decision; False if the text is not open any more, or another one by now."""
    result = await connection.execute(
        sa.update(held_texts)
        .where(_H.id == id, _H.state == OPEN, _H.content == decision.seen)
        .values(
            state=decision.state.value,
            words=decision.words,
            decided_at=to_ms(decision.at),
            decided_by=decision.by,
            reason=decision.reason,
        )
    )
    return bool(result.rowcount)


async def move(connection: AsyncConnection, old: str, new: str) -> None:
    """The ticket was merged into another one, and what is held for it with it."""
    there = sa.select(_H.source).where(_H.ticket_key == new)
    await connection.execute(
        sa.delete(held_texts).where(_H.ticket_key == old, _H.source.in_(there))
    )
    await connection.execute(
        sa.update(held_texts).where(_H.ticket_key == old).values(ticket_key=new)
    )


async def forget(connection: AsyncConnection, key: str) -> None:
    """Remove what people wrote about texts of this ticket or work item; the decisions stay."""
    await connection.execute(
        sa.update(held_texts)
        .where(sa.or_(_H.ticket_key == key, _H.work_item_key == key))
        .values(**FORGOTTEN)
    )
