"""Notices: what is to be sent, what was, and who has acknowledged it. A row stays for good.

A row is made in the transaction that records the pass. It is sent at least once: what was tried is
written down before the call, what came of it afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bridge.core.guard import restore_release
from bridge.domain.notices import Content, Notice, NoticeState
from bridge.domain.texts import Audience, Releasable
from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import notice_tokens, notices
from bridge.store.tokens import digest

DUE, OVER = NoticeState.DUE.value, NoticeState.OVER.value
_N = notices.c
FORGOTTEN: Mapping[str, Any] = {
    "recipient": "",
    "content": sa.null(),
    "acknowledged_by": "",
    "error": "",
}
"""What is left of a notice's words: that it was, by its id and the recipient's hash."""


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice whose time has come, with the ticket it is about. `tries` since it last went out."""

    notice: Notice
    ticket_key: str
    tries: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A notice as whoever was asked to acknowledge it sees it."""

    notice: Notice
    ticket_key: str
    acknowledged_at: datetime | None
    acknowledged_by: str


def _released(value: Releasable) -> dict[str, Any]:
    return {"value": value.value, "audience": value.audience.name, "rule": value.rule}


def _restored(data: dict[str, Any]) -> Releasable:
    return restore_release(data["value"], Audience[data["audience"]], data["rule"])


def _content_to_json(content: Content) -> dict[str, Any]:
    return {
        "title": _released(content.title),
        "facts": [[label, _released(value)] for label, value in content.facts],
        "links": [[label, _released(url)] for label, url in content.links],
        "held": list(content.held),
    }


def _content_from_json(data: dict[str, Any]) -> Content:
    return Content(
        title=_restored(data["title"]),
        facts=tuple((label, _restored(value)) for label, value in data["facts"]),
        links=tuple((label, _restored(url)) for label, url in data["links"]),
        held=tuple(data["held"]),
    )


def notice_of(found: Row) -> Notice:
    """The notice in a row."""
    return Notice(
        id=found["id"],
        route=found["route"],
        channel=found["channel"],
        recipient=found["recipient"],
        whom=found["whom"],
        until_acknowledged=found["until_acknowledged"],
        resend=timedelta(milliseconds=found["resend_ms"]),
        content=None if found["content"] is None else _content_from_json(found["content"]),
        state=NoticeState(found["state"]),
        sends=found["sends"],
        error=found["error"],
    )


async def of_ticket(connection: AsyncConnection, key: str) -> list[Notice]:
    """Every notice about the ticket there ever was, oldest first."""
    statement = sa.select(notices).where(_N.ticket_key == key).order_by(_N.created_at, _N.id)
    return [notice_of(each) for each in await rows(connection, statement)]


_OF_TICKETS = (
    sa.select(notices)
    .where(_N.ticket_key.in_(sa.bindparam("p_keys", expanding=True)))
    .order_by(_N.created_at, _N.id)
)


async def of_tickets(connection: AsyncConnection, keys: Collection[str]) -> dict[str, list[Notice]]:
    """The notices about each of these tickets, oldest first."""
    found: dict[str, list[Notice]] = {}
    for each in await rows(connection, _OF_TICKETS, {"p_keys": sorted(keys)}):
        found.setdefault(each["ticket_key"], []).append(notice_of(each))
    return found


async def add(
    db: Database, connection: AsyncConnection, key: str, new: Sequence[Notice], now: datetime
) -> None:
    """Keep notices to be sent now; one that is there already stays as it is."""
    values = [
        {
            "id": each.id,
            "ticket_key": key,
            "route": each.route,
            "channel": each.channel,
            "recipient": each.recipient,
            "whom": each.whom,
            "state": DUE,
            "until_acknowledged": each.until_acknowledged,
            "resend_ms": round(each.resend.total_seconds() * 1000),
            "content": None if each.content is None else _content_to_json(each.content),
            "created_at": to_ms(now),
            "due_at": to_ms(now),
        }
        for each in new
    ]
    if values:
        await connection.execute(db.insert(notices).on_conflict_do_nothing(), values)


async def stop(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Repeat these no more; what never went out goes out once."""
    if not ids:
        return
    sent = _N.sends > 0
    await connection.execute(
        sa.update(notices)
        .where(_N.id.in_(ids), _N.state == DUE)
        .values(
            until_acknowledged=False,
            state=sa.case((sent, OVER), else_=DUE),
            due_at=sa.case((sent, sa.null()), else_=_N.due_at),
        )
    )


async def drop(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Send these no more."""
    if ids:
        await connection.execute(
            sa.update(notices)
            .where(_N.id.in_(ids), _N.state == DUE)
            .values(state=OVER, due_at=None)
        )


async def take_up(connection: AsyncConnection, again: Sequence[Notice], now: datetime) -> None:
    """Send these after all, as they are worded now; one that is not over stays as it is."""
    for each in again:
        await connection.execute(
            sa.update(notices)
            .where(_N.id == each.id, _N.state == OVER, _N.acknowledged_at.is_(None))
            .values(
                state=DUE,
                due_at=to_ms(now),
                tries=0,
                recipient=each.recipient,
                until_acknowledged=each.until_acknowledged,
                content=None if each.content is None else _content_to_json(each.content),
            )
        )


async def drop_of(connection: AsyncConnection, key: str) -> None:
    """Send nothing more about a ticket that is gone."""
    await connection.execute(
        sa.update(notices)
        .where(_N.ticket_key == key, _N.state == DUE)
        .values(state=OVER, due_at=None)
    )


async def next_due(
    connection: AsyncConnection, channel: str, now: datetime
) -> DueNotice | datetime | None:
    """The channel's first notice whose time has come, else when the next one's comes."""
    found = await row(
        connection,
        sa.select(notices)
        .where(_N.channel == channel, _N.due_at.is_not(None))
        .order_by(_N.due_at, _N.id)
        .limit(1),
    )
    if found is None:
        return None
    if found["due_at"] > to_ms(now):
        return from_ms(found["due_at"])
    return DueNotice(notice_of(found), found["ticket_key"], found["tries"])


async def try_to_send(connection: AsyncConnection, due: DueNotice, token: str | None) -> bool:
    """Write down that it is about to be sent, with the link's token; False if it need not be."""
    tried = await connection.execute(
        sa.update(notices)
        .where(_N.id == due.notice.id, _N.state == DUE, _N.tries == due.tries)
        .where(_N.sends == due.notice.sends)
        .values(tries=due.tries + 1)
    )
    if tried.rowcount and token is not None:
        await connection.execute(
            sa.insert(notice_tokens).values(digest=digest(token), notice_id=due.notice.id)
        )
    return bool(tried.rowcount)


async def take_back(connection: AsyncConnection, due: DueNotice, token: str | None) -> None:
    """Nothing went out: the try never was, and nobody holds its token."""
    await connection.execute(
        sa.update(notices)
        .where(_N.id == due.notice.id, _N.tries == due.tries + 1)
        .where(_N.sends == due.notice.sends)
        .values(tries=due.tries)
    )
    await drop_token(connection, token)


async def drop_token(connection: AsyncConnection, token: str | None) -> None:
    """The message with that link did not go out."""
    if token is not None:
        await connection.execute(
            sa.delete(notice_tokens).where(notice_tokens.c.digest == digest(token))
        )


async def note_sent(
    connection: AsyncConnection,
    due: DueNotice,
    state: NoticeState,
    again: datetime | None,
    now: datetime,
) -> None:
    """It went out. `again`: when it is to be sent once more; an acknowledgement that came first
    stays."""
    went = {"sends": due.notice.sends + 1, "tries": 0, "sent_at": to_ms(now), "error": ""}
    await connection.execute(
        sa.update(notices).where(_N.id == due.notice.id, _N.state != DUE).values(**went)
    )
    # That somebody took the work meanwhile ends the repeating.
    ends = sa.not_(_N.until_acknowledged)
    due_at = sa.cast(None if again is None else to_ms(again), sa.BigInteger)
    await connection.execute(
        sa.update(notices)
        .where(_N.id == due.notice.id, _N.state == DUE)
        .values(
            **went,
            state=sa.case((ends, NoticeState.SENT.value), else_=state.value),
            due_at=sa.case((ends, sa.null()), else_=due_at),
        )
    )


async def postpone(connection: AsyncConnection, due: DueNotice, until: datetime) -> None:
    """What came of it is not known, or it was not taken now: send it once more, later."""
    await connection.execute(
        sa.update(notices)
        .where(_N.id == due.notice.id, _N.state == DUE)
        .values(due_at=to_ms(until))
    )


async def refuse(connection: AsyncConnection, due: DueNotice, error: str) -> None:
    """It will never be taken."""
    await connection.execute(
        sa.update(notices)
        .where(_N.id == due.notice.id, _N.state == DUE)
        .values(state=NoticeState.REFUSED.value, due_at=None, error=error[:300])
    )


async def send_anew(
    connection: AsyncConnection, key: str, channel: str, whom: str, now: datetime
) -> int:
    """Have what was refused for good tried once more, if its words are kept; how many there are."""
    result = await connection.execute(
        sa.update(notices)
        .where(_N.ticket_key == key, _N.channel == channel, _N.whom == whom)
        .where(_N.state == NoticeState.REFUSED.value, _N.content.is_not(None))
        .values(state=DUE, due_at=to_ms(now), tries=0, error="")
    )
    return result.rowcount


async def forget_words(connection: AsyncConnection, id: str) -> None:
    """Remove what a notice said, once it went out."""
    await connection.execute(sa.update(notices).where(_N.id == id).values(content=sa.null()))


async def tell_again(connection: AsyncConnection, key: str, route: str, now: datetime) -> list[str]:
    """Have whoever never acknowledged told once more, if the words are kept; by which ways."""
    unheard = (NoticeState.UNHEARD.value, NoticeState.REFUSED.value, NoticeState.SENT.value)
    meant = (_N.ticket_key == key, _N.route == route, _N.state.in_(unheard))
    kept = (*meant, _N.content.is_not(None), _N.acknowledged_at.is_(None))
    found = await rows(connection, sa.select(_N.channel).where(*kept).distinct())
    await connection.execute(
        sa.update(notices)
        .where(*kept)
        .values(state=DUE, due_at=to_ms(now), tries=0, until_acknowledged=True, error="")
    )
    return sorted(each["channel"] for each in found)


async def asked_by(connection: AsyncConnection, token: str) -> Asked | None:
    """The notice whose link holds the token."""
    found = await row(
        connection,
        sa.select(notices)
        .join(notice_tokens, notice_tokens.c.notice_id == _N.id)
        .where(notice_tokens.c.digest == digest(token)),
    )
    if found is None:
        return None
    at = found["acknowledged_at"]
    return Asked(
        notice_of(found),
        found["ticket_key"],
        None if at is None else from_ms(at),
        found["acknowledged_by"],
    )


async def acknowledge(connection: AsyncConnection, asked: Asked, by: str, now: datetime) -> None:
    """Whoever was asked knows, by whichever way; the first to say so is remembered."""
    await connection.execute(
        sa.update(notices)
        .where(
            _N.ticket_key == asked.ticket_key,
            _N.route == asked.notice.route,
            _N.whom == asked.notice.whom,
            _N.acknowledged_at.is_(None),
        )
        .values(
            state=NoticeState.ACKNOWLEDGED.value,
            due_at=None,
            acknowledged_at=to_ms(now),
            acknowledged_by=by,
        )
    )


async def move(connection: AsyncConnection, old: str, new: str) -> None:
    """The ticket `old` was merged into `new`: whoever was told of it was told of this one."""
    await connection.execute(sa.update(notices).where(_N.ticket_key == old).values(ticket_key=new))


async def forget(connection: AsyncConnection, key: str) -> None:
    """Remove the words of all notices about a ticket; what was not sent yet is sent no more."""
    await drop_of(connection, key)
    ids = sa.select(_N.id).where(_N.ticket_key == key)
    await connection.execute(sa.delete(notice_tokens).where(notice_tokens.c.notice_id.in_(ids)))
    await connection.execute(sa.update(notices).where(_N.ticket_key == key).values(**FORGOTTEN))
