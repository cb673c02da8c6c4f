"""Records as they were last seen, their aliases, and what they refer to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bridge.core.forgetting import forgotten
from bridge.core.merge import changed, merge_observation, misses_comments
from bridge.domain import records as facts
from bridge.domain.records import Observation, Presence, Source
from bridge.domain.refs import Kind, Ref, make_ref
from bridge.kit.clock import from_ms, to_ms
from bridge.store import closures, drafts, escalations, held, notices, promises, wishes
from bridge.store.codec import observation_from_json, observation_to_json
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import (
    aliases,
    fingerprints,
    launches,
    ledger,
    links,
    record_references,
    records,
    ticket_views,
    transitions,
)

MANY_ABSENT = 20
"""More records than this absent within an hour are one credential problem (design rule 7)."""
ABSENCE_PROOF = timedelta(minutes=10)
"""Two observations at least this far apart make an absent record missing (design rule 7)."""

GONE = frozenset(each.value for each in Presence)
"""Digests of records that could not be seen when a pass last ended."""

BOOKKEEPING = frozenset({facts.CHANGED_AT, facts.AUTHOR})
"""Facts that move with our own writes: by themselves they are no news."""

KEYED = "key"
"""The kind under which a work item is found by the key that people know it by."""
_REFERRING = frozenset({facts.CUSTOMER, facts.CONTACTS, facts.RELEASES})
"""Facts that name reference data: a record is found by what it refers to."""
_MADE_OF_ID = re.compile(r"#?(\w+)")
"""A key that says no more than the id: `#991`."""


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record's row, as far as planning cares. `read_wanted`: a hint that it is too old."""

    ref: Ref
    observation: Observation | None
    presence: Presence
    read_at: datetime | None
    absent_since: datetime | None
    read_wanted: int | None
    mirror_digest: str | None
    merged_into: str | None


@dataclass(frozen=True, slots=True)
class Observed:
    """What an observation changed: the names of the facts, and `@presence`."""

    before: Observation | None
    after: Observation
    changed: frozenset[str]


def _stored(row: Row) -> StoredRecord:
    ref = make_ref(Kind(row["kind"]), row["connection"], row["vendor_id"])
    read_at, limit, absent = row["read_at"], row["not_older_than"], row["absent_since"]
    data = row["observation"]
    return StoredRecord(
        ref=ref,
        observation=None if data is None else observation_from_json(ref, data),
        presence=Presence(row["presence"]),
        read_at=None if read_at is None else from_ms(read_at),
        absent_since=None if absent is None else from_ms(absent),
        read_wanted=limit,
        mirror_digest=row["mirror_digest"],
        merged_into=row["merged_into"],
    )


_SEEN = (
    *(records.c.key, records.c.kind, records.c.connection, records.c.vendor_id),
    *(records.c.observation, records.c.presence, records.c.read_at, records.c.absent_since),
    *(records.c.not_older_than, records.c.mirror_digest, records.c.merged_into),
)
"""The columns that planning cares for; the others are the queue's."""
_ONE = sa.select(*_SEEN).where(records.c.key == sa.bindparam("p_key"))
_MANY = sa.select(*_SEEN).where(records.c.key.in_(sa.bindparam("p_keys", expanding=True)))


_ALIASES = sa.select(aliases.c.alias, aliases.c.record_key).where(
    aliases.c.connection == sa.bindparam("p_name"),
    aliases.c.alias.in_(sa.bindparam("p_ids", expanding=True)),
)


async def load(connection: AsyncConnection, key: str) -> StoredRecord | None:
    """The record of that key; one that was merged away says into which (`merged_into`)."""
    found = await row(connection, _ONE, {"p_key": key})
    return None if found is None else _stored(found)


async def load_many(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, StoredRecord]:
    """The records of these keys that exist."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    found = await rows(connection, _MANY, {"p_keys": wanted})
    return {each["key"]: _stored(each) for each in found}


async def observe(
    db: Database,
    connection: AsyncConnection,
    seen: Observation,
    *,
    shown: Callable[[Observation], str],
    counter: str | None,
    satisfies: int | None = None,
) -> Observed:
    """Merge an observation into the record's row, creating it for a new record.

    `shown` is the digest of what neighbours take from the record. Where it changes, whatever they
    were last told is void: one may have looked at this very moment, and the record's own next pass
    may find it as it was before.

    Always reads the row under lock and merges: an intake and a run that see the same record at
    the same time lose nothing of each other. `counter` is the field that counts comments; where it
    moves and the comments are not shown, the record is to be read. `satisfies` is the wish to read
    that this reading answers; a wish that came meanwhile stays.
    """
    key = str(seen.ref)
    mine, given = db.prepared("lock one", lambda: db.locked(_ONE)), {"p_key": key}
    held = await row(connection, mine, given)
    if held is None:
        # Another transaction may create the row at this very moment: then wait for it and merge.
        await connection.execute(
            db.insert(records)
            .values(
                key=key,
                kind=seen.ref.kind.value,
                connection=seen.ref.connection,
                vendor_id=seen.ref.id,
            )
            # On any constraint: with one named, a race still breaks the other (key and kind).
            .on_conflict_do_nothing()
        )
        held = await row(connection, mine, given)
    before = None if held is None else _stored(held).observation
    after = merge_observation(before, seen)
    names = changed(before, after)
    values: dict[str, Any] = {
        "observation": observation_to_json(after),
        "presence": after.presence.value,
    }
    if seen.whole:
        values["read_at"] = to_ms(after.seen_at)
    if after.presence not in (Presence.ABSENT, Presence.MISSING):
        values["absent_since"] = None
    told = None if held is None else held["mirror_digest"]
    if before is not None and told not in GONE and shown(before) != shown(after):
        values["mirror_digest"] = None
    if held is not None and satisfies is not None and held["not_older_than"] == satisfies:
        values["not_older_than"] = None
    if misses_comments(before, after, seen, counter):
        values["not_older_than"] = to_ms(db.clock.now())
    await _update(db, connection, key, values)
    if names & _REFERRING or (facts.KEY in names and _tells_more(after)):
        await _refer(db, connection, after)
    return Observed(before, after, names)


async def _update(
    db: Database, connection: AsyncConnection, key: str, values: Mapping[str, Any]
) -> None:
    def build() -> Any:
        new = {each: sa.bindparam(f"p_{each}", type_=records.c[each].type) for each in values}
        return sa.update(records).where(records.c.key == sa.bindparam("p_key")).values(new)

    statement = db.prepared(f"update {sorted(values)}", build)
    given = {f"p_{name}": value for name, value in values.items()}
    await connection.execute(statement, {"p_key": key, **given})


async def _refer(db: Database, connection: AsyncConnection, seen: Observation) -> None:
    key = str(seen.ref)
    await connection.execute(
        sa.delete(record_references).where(record_references.c.record_key == key)
    )
    wanted = [("contact", each) for each in seen.texts(facts.CONTACTS)]
    wanted += [("release", each) for each in seen.texts(facts.RELEASES)]
    if seen.text(facts.CUSTOMER):
        wanted.append(("company", seen.text(facts.CUSTOMER)))
    if _tells_more(seen):
        wanted.append((KEYED, seen.text(facts.KEY)))
    if wanted:
        await connection.execute(
            db.insert(record_references).on_conflict_do_nothing(),
            [
                {"connection": seen.ref.connection, "kind": kind, "id": id, "record_key": key}
                for kind, id in wanted
            ],
        )


def _tells_more(seen: Observation) -> bool:
    """Whether it is a work item whose key is not its id in other clothes, as Jira's are not."""
    key = seen.text(facts.KEY)
    plain = _MADE_OF_ID.fullmatch(key)
    told = bool(key) and (plain is None or plain[1] != seen.ref.id)
    return told and seen.ref.kind is Kind.WORK_ITEM


async def note_absence(
    db: Database,
    connection: AsyncConnection,
    stored: StoredRecord,
    now: datetime,
    *,
    shown: Callable[[Observation], str],
) -> tuple[Presence, datetime | None]:
    """Record that the vendor did not show the record; its presence now, and when to look again."""
    seen = Observation(stored.ref, {}, now, Source.READ, presence=Presence.ABSENT)
    observed = await observe(db, connection, seen, shown=shown, counter=None)
    presence = observed.after.presence
    since = stored.absent_since or now
    await connection.execute(
        sa.update(records)
        .where(records.c.key == str(stored.ref))
        .values(absent_since=to_ms(since), not_older_than=None)
    )
    return presence, since + ABSENCE_PROOF if presence is Presence.ABSENT else None


async def recently_absent(connection: AsyncConnection, name: str, since: datetime) -> int:
    """How many records of the connection began to be absent since then (design rule 7)."""
    count = await connection.scalar(
        sa.select(sa.func.count())
        .select_from(records)
        .where(records.c.connection == name, records.c.absent_since >= to_ms(since))
    )
    return int(count or 0)


async def resolve_aliases(
    connection: AsyncConnection, name: str, ids: Iterable[str]
) -> dict[str, str]:
    """Alias → record key, for those of `ids` that are aliases on this connection."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = await rows(connection, _ALIASES, {"p_name": name, "p_ids": wanted})
    return {each["alias"]: each["record_key"] for each in found}


async def set_aliases(
    db: Database, connection: AsyncConnection, ref: Ref, names: Sequence[str]
) -> None:
    """Let these ids of the same connection mean `ref`."""
    if names:
        await connection.execute(
            db.upsert(aliases, ("connection", "alias")),
            [
                {"connection": ref.connection, "alias": each, "record_key": str(ref)}
                for each in sorted(set(names))
            ],
        )


async def merge_records(
    db: Database,
    connection: AsyncConnection,
    old: str,
    new: Ref,
    now: datetime,
    *,
    fence: bool = True,
) -> bool:
    """Move links, launches, ledger and pairs of `old` to `new`, in this one transaction.

    A launch in flight follows the merge with its marker (design rule 6). Where both tickets hang
    on the same item, one link stays. `fence`: a pass under way over `old` can store nothing more;
    a create that it has in flight stays intended, and is looked for under `new`. True if there
    was something to move.
    """
    stored = await load(connection, old)
    if stored is None or old == str(new):
        return False
    if stored.merged_into == str(new) and not await _holds_something(connection, old):
        return False
    key = str(new)
    live = sa.select(links.c.work_item_key).where(
        links.c.ticket_key == key, links.c.state != "ended"
    )
    await connection.execute(
        sa.update(links)
        .where(links.c.ticket_key == old, links.c.state != "ended", links.c.work_item_key.in_(live))
        .values(state="ended", ended_at=to_ms(now), ended_by="merge")
    )
    for table in (links, launches):
        moved = sa.update(table).where(table.c.ticket_key == old)
        await connection.execute(moved.values(ticket_key=key))
    for move in (
        *(wishes.move, notices.move, promises.move, held.move),
        *(drafts.move, closures.move, escalations.move),
    ):
        await move(connection, old, key)
    for table, column, own in (
        (ledger, ledger.c.target_key, ledger.c.source),
        (fingerprints, fingerprints.c.record_key, fingerprints.c.field),
    ):
        there = sa.select(own).where(column == key)
        await connection.execute(sa.delete(table).where(column == old, own.in_(there)))
        await connection.execute(sa.update(table).where(column == old).values({column.name: key}))
    told = sa.update(transitions).where(transitions.c.record_key == old)
    await connection.execute(told.values(record_key=key))
    await connection.execute(sa.delete(ticket_views).where(ticket_views.c.ticket_key == old))
    await connection.execute(
        sa.update(aliases).where(aliases.c.record_key == old).values(record_key=key)
    )
    await set_aliases(db, connection, new, [stored.ref.id])
    await connection.execute(
        sa.update(records)
        .where(records.c.key == old)
        .values(presence=Presence.MERGED.value, merged_into=key, active=False, absent_since=None)
    )
    if fence:
        await _fence(connection, old)
    return True


async def _fence(connection: AsyncConnection, key: str) -> None:
    """Take the lease from whatever pass holds it."""
    await connection.execute(
        sa.update(records)
        .where(records.c.key == key)
        .values(lease_token=records.c.lease_token + 1, lease_owner=None, lease_until=0)
    )


async def _holds_something(connection: AsyncConnection, key: str) -> bool:
    """Whether links or launches were written on a record after it was merged away."""
    linked = sa.select(links.c.ticket_key).where(links.c.ticket_key == key)
    launched = sa.select(launches.c.ticket_key).where(launches.c.ticket_key == key)
    found = await connection.execute(linked.union_all(launched).limit(1))
    return found.first() is not None


async def forget_texts(connection: AsyncConnection, stored: StoredRecord) -> None:
    """Remove all but what identifies a record: every field may hold a person's words."""
    if stored.observation is None:
        return
    kept = observation_to_json(forgotten(stored.observation))
    await connection.execute(
        sa.update(records)
        .where(records.c.key == str(stored.ref))
        .values(observation=kept, read_at=None, last_error=None)
    )


async def referring(connection: AsyncConnection, name: str, kind: str, id: str) -> list[str]:
    """Keys of a connection's records that refer to this company or the like, or are known so."""
    found = await rows(
        connection,
        sa.select(record_references.c.record_key)
        .where(
            record_references.c.connection == name,
            record_references.c.kind == kind,
            record_references.c.id == id,
        )
        .order_by(record_references.c.record_key),
    )
    return [each["record_key"] for each in found]


async def set_active(connection: AsyncConnection, key: str, active: bool, digest: str) -> None:
    """Whether the patrol looks after the record, and the digest of what its neighbours show."""
    await connection.execute(
        sa.update(records).where(records.c.key == key).values(active=active, mirror_digest=digest)
    )
