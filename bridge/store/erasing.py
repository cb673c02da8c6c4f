"""Erasure: where people's words are stored, found by record, by id and by what they say.

Every function looks at a bounded number of rows, for one short transaction.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.core.forgetting import plain_data
from bridge.domain.links import LedgerEntry
from bridge.domain.records import CONTACTS
from bridge.store import closures, connections, drafts, escalations, held, views
from bridge.store import records as record_rows
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, rows
from bridge.store.notices import forget
from bridge.store.quoting import WORDS
from bridge.store.retention import BATCH, Walked, id_at
from bridge.store.tables import (
    aliases,
    deliveries,
    findings,
    fingerprints,
    jobs,
    launches,
    ledger,
    links,
    operations,
    origins,
    record_references,
    records,
    runs,
    ticket_views,
)
from bridge.store.work import entry_of

BODIES = 200
"""Deliveries whose bodies are looked through at once: each may be large."""

_ID = re.compile(rb"[0-9A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class Circle:
    """Whom an erasure touches: records that lose their words, others whose runs quote these."""

    records: frozenset[str]
    quoting: frozenset[str]

    @property
    def all(self) -> list[str]:
        """All keys, in their order."""
        return sorted(self.records | self.quoting)


async def circle(connection: AsyncConnection, keys: Collection[str]) -> Circle:
    """The records of these keys, the items linked to or born of them, and those items' tickets."""
    items = await _other_ends(connection, links.c.ticket_key, links.c.work_item_key, keys)
    items |= await _other_ends(connection, origins.c.signal_key, origins.c.work_item_key, keys)
    tickets = await _other_ends(connection, links.c.work_item_key, links.c.ticket_key, items)
    return Circle(own := frozenset({*keys, *items}), frozenset(tickets - own))


async def _other_ends(
    connection: AsyncConnection, here: sa.Column[str], there: sa.Column[str], keys: Collection[str]
) -> set[str]:
    found: set[str] = set()
    wanted = sorted(keys)
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        at = await rows(connection, sa.select(there.label("k")).distinct().where(here.in_(part)))
        found |= {each["k"] for each in at}
    return found


async def forget_record(connection: AsyncConnection, key: str) -> bool:
    """Remove all but ids, stage and times from what is stored of a record.

    False if its runs are more than one batch: then it is to be called again.
    """
    stored = await record_rows.load(connection, key)
    if stored is not None:
        await record_rows.forget_texts(connection, stored)
        if stored.observation is not None:
            people = stored.observation.texts(CONTACTS)
            await connections.forget_contacts(connection, stored.ref.connection, people)
    await views.forget_texts(connection, [key])
    row = sa.update(ticket_views).where(ticket_views.c.ticket_key == key)
    await connection.execute(row.values(customer=None))
    refused = sa.update(launches).where(launches.c.ticket_key == key)
    await connection.execute(refused.values(reason=""))
    await connection.execute(
        sa.delete(record_references).where(
            record_references.c.record_key == key, record_references.c.kind == "contact"
        )
    )
    for each in await rows(
        connection, sa.select(findings.c.id, findings.c.data).where(findings.c.ref == key)
    ):
        kept = plain_data(each["data"])
        await connection.execute(
            sa.update(findings).where(findings.c.id == each["id"]).values(data=kept)
        )
    await _forget_refusals(connection, key)
    await forget(connection, key)
    await held.forget(connection, key)
    await drafts.forget(connection, key)
    await escalations.forget(connection, key)
    await closures.forget(connection, key)
    return await forget_runs(connection, key)


async def _forget_refusals(connection: AsyncConnection, key: str) -> None:
    """Pairs hold hashes; only a refusal is in a vendor's words."""
    f = fingerprints.c
    pairs = await rows(connection, sa.select(f.field, f.pair).where(f.record_key == key))
    for each in pairs:
        refused = each["pair"].get("refused")
        if refused and refused.get("reason"):
            kept = {**each["pair"], "refused": {**refused, "reason": ""}}
            await connection.execute(
                sa.update(fingerprints)
                .where(f.record_key == key, f.field == each["field"])
                .values(pair=kept)
            )


async def forget_runs(connection: AsyncConnection, key: str) -> bool:
    """Remove what a record's runs and operations quote; False if there are more than one batch."""
    r, o = runs.c, operations.c
    some = sa.or_(r.inputs.is_not(None), r.decided.is_not(None))
    quoting = sa.exists().where(o.run_id == r.id, sa.or_(o.request.is_not(None), o.detail != ""))
    found = await rows(
        connection,
        sa.select(r.id).where(r.record_key == key, sa.or_(some, quoting)).limit(BATCH),
    )
    ids = [each["id"] for each in found]
    if ids:
        await _blank(connection, runs, r.id, ids, WORDS["runs"].blank)
        await _blank(connection, operations, o.run_id, ids, WORDS["operations"].blank)
    return len(ids) < BATCH


async def _blank(
    connection: AsyncConnection,
    table: sa.Table,
    column: sa.Column[str],
    ids: Sequence[str],
    blank: Mapping[str, Any],
) -> None:
    await connection.execute(sa.update(table).where(column.in_(ids)).values(**blank))


async def deliveries_about(
    connection: AsyncConnection,
    after: str,
    keys: Collection[str],
    ids: Mapping[str, Collection[str]],
    texts: Collection[str],
) -> tuple[list[str], Walked]:
    """Which of the next deliveries concern these records, name these ids or say these texts.

    `ids` are vendors' ids by connection. A body may name one without the intake having known the
    record: the webhook of a create can come before its answer. An id that is also part of
    something else costs a payload, nothing more. One that was not read yet is left for later.
    """
    d = deliveries.c
    found = await rows(
        connection,
        sa.select(d.id, d.connection, d.records, d.body, d.state)
        .where(d.id > after)
        .order_by(d.id)
        .limit(BODIES),
    )
    said = [text.encode() for text in texts]
    wanted = {name: {each.encode() for each in known} for name, known in ids.items()}
    # In a thread: bodies may be large, and there are many.
    about = await asyncio.to_thread(_about, found, frozenset(keys), wanted, said)
    return about, Walked(found[-1]["id"] if found else after, len(found) == BODIES)


def _about(
    found: Sequence[Row],
    keys: frozenset[str],
    ids: Mapping[str, set[bytes]],
    said: Sequence[bytes],
) -> list[str]:
    about = []
    for each in found:
        body = each["body"]
        if body is None or each["state"] == "received":
            continue
        named = ids.get(each["connection"], set())
        if (
            not keys.isdisjoint(each["records"] or ())
            or (named and not named.isdisjoint(_ID.findall(body)))
            or (said and any(text in body.lower() for text in said))
        ):
            about.append(each["id"])
    return about


async def drop_bodies(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Remove the payloads of these deliveries."""
    await connection.execute(
        sa.update(deliveries).where(deliveries.c.id.in_(ids)).values(body=None)
    )


def first_after(moment: datetime) -> str:
    """Where to begin with what came in since then."""
    return id_at(moment)


def _says(columns: Collection[sa.Column[Any]], texts: Collection[str]) -> sa.ColumnElement[bool]:
    """Whether one of these columns says one of these texts, which are in lower case."""
    return sa.or_(
        *(
            sa.func.lower(sa.cast(column, sa.Text)).contains(text, autoescape=True)
            for column in columns
            for text in texts
        )
    )


async def rows_saying(
    connection: AsyncConnection, name: str, after: str, texts: Collection[str]
) -> tuple[list[str], Walked]:
    """Which of the next rows of that table say one of these texts."""
    words = WORDS[name]
    columns = [words.table.c[each] for each in words.blank if each not in ("read_at", "state")]
    return await _saying(connection, words.walk, after, (words.only, _says(columns, texts)))


async def records_saying(
    connection: AsyncConnection, after: str, texts: Collection[str]
) -> tuple[list[str], Walked]:
    """Which of the next records were seen to say one of these texts."""
    r = records.c
    return await _saying(connection, r.key, after, (_says([r.observation], texts),))


async def _saying(
    connection: AsyncConnection,
    column: sa.ColumnElement[str],
    after: str,
    where: Sequence[sa.ColumnElement[bool]],
) -> tuple[list[str], Walked]:
    next_ones = sa.select(column.label("k")).where(column > after).order_by(column).limit(BATCH)
    ids = [each["k"] for each in await rows(connection, next_ones)]
    if not ids:
        return [], Walked(after, False)
    # By range and not by list: several rows may share the last key.
    found = await rows(
        connection,
        sa.select(column.label("k")).where(column > after, column <= ids[-1], *where),
    )
    return sorted({each["k"] for each in found}), Walked(ids[-1], len(ids) == BATCH)


async def blank_rows(connection: AsyncConnection, name: str, ids: Sequence[str]) -> None:
    """Remove the words from these rows."""
    words = WORDS[name]
    await connection.execute(
        sa.update(words.table).where(words.walk.in_(ids), words.only).values(**words.blank)
    )


async def names_of(connection: AsyncConnection, keys: Collection[str]) -> dict[str, set[str]]:
    """The vendors' ids by connection under which these records are, or were, known."""
    names: dict[str, set[str]] = {}
    for key in keys:
        name, _, id = key.partition(":")
        names.setdefault(name, set()).add(id)
    wanted = sorted(keys)
    for start in range(0, len(wanted), BATCH):
        for each in await rows(
            connection,
            sa.select(aliases.c.connection, aliases.c.alias).where(
                aliases.c.record_key.in_(wanted[start : start + BATCH])
            ),
        ):
            names.setdefault(each["connection"], set()).add(each["alias"].rpartition(":")[2])
    return names


async def copies_from(
    connection: AsyncConnection, tickets: Collection[str]
) -> list[tuple[str, LedgerEntry]]:
    """What was copied from these tickets: each with the key of where it went, in their order."""
    items = await _other_ends(connection, links.c.ticket_key, links.c.work_item_key, tickets)
    names = await names_of(connection, tickets)
    sources = {f"{name}:{id}" for name, ids in names.items() for id in ids}
    found = []
    for item in sorted(items):
        statement = sa.select(ledger).where(ledger.c.target_key == item).order_by(ledger.c.source)
        found += [
            (item, entry_of(each))
            for each in await rows(connection, statement)
            if each["source"].partition("#")[0] in sources
        ]
    return found


async def launched_from(connection: AsyncConnection, tickets: Collection[str]) -> list[str]:
    """The keys of the work items that were created for these tickets."""
    wanted = sorted(tickets)
    made = launches.c
    found: set[str] = set()
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        statement = sa.select(made.connection, made.work_item_id).where(
            sa.or_(made.ticket_key.in_(part), made.origin_ticket_key.in_(part)),
            made.work_item_id.is_not(None),
        )
        for each in await rows(connection, statement):
            found.add(f"{each['connection']}:{each['work_item_id']}")
    return sorted(found)


async def keep_params(connection: AsyncConnection, id: str, params: Mapping[str, Any]) -> None:
    """Replace what a job was told."""
    await connection.execute(sa.update(jobs).where(jobs.c.id == id).values(params=dict(params)))


async def flush(db: Database) -> bool:
    """On SQLite, write the log back into the file and empty it: old words stand in it too.

    False if a reader was in the way. https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
    """
    file = db.url.database
    if not db.is_sqlite or not file:
        return True

    def checkpoint() -> bool:
        with closing(sqlite3.connect(file, timeout=5)) as raw:
            busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    return await asyncio.to_thread(checkpoint)
