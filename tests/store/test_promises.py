"""Promises and timelines as they are stored: whole, moved with a merge, and paged without gap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.domain.promises import PromiseState, Standing, Timeline, Wait, Word
from bridge.engine.hub import ActiveMapping, Hub
from bridge.engine.promise_counts import ANEW_S, PromiseCounts
from bridge.engine.promised import to_tell, turns, with_count
from bridge.store import draft_lists, promises, tables
from bridge.store.database import Database
from bridge.store.draft_lists import DraftFilter
from bridge.store.promises import PromiseFilter
from tests.migrated import SQLITE, put_sqlite
from tests.store.explained import Explained
from tests.store.kit import Store
from tests.unit.core.examples import mapping
from tests.unit.core.promise_desk import desk

NOW = datetime(2026, 11, 30, 12, 0, 0, 123456, tzinfo=UTC)
TIMELINE = Timeline(
    begun=NOW,
    since={"daily": NOW},
    reached={"triaged": NOW + timedelta(hours=1), "stage:reported": NOW},
    waits=(Wait("customer", NOW, NOW + timedelta(hours=2)), Wait("closed", NOW)),
    words=(Word("c1", NOW, date(2026, 12, 9)), Word("c2", NOW + timedelta(days=1))),
)
STANDING = Standing(
    "daily", "Daily update", PromiseState.PAUSED, "told_customer", NOW,
    paused_since=NOW, paused_for="customer", kept_before=2, zone="America/Chicago",
)  # fmt: skip


async def test_timeline_and_standings_come_back_as_they_were(store: Store) -> None:
    db = store.db
    async with db.write() as connection:
        await promises.keep_timeline(db, connection, "zendesk:1", Timeline(begun=NOW))
        await promises.keep_timeline(db, connection, "zendesk:1", TIMELINE)
        await promises.replace_all(connection, "zendesk:1", [STANDING])
    async with db.read() as connection:
        found = await promises.timelines_of(connection, ["zendesk:1", "zendesk:2"])
        [standing] = await promises.of_ticket(connection, "zendesk:1")
    assert found == {"zendesk:1": TIMELINE}
    at = NOW.replace(microsecond=123000)
    assert standing == replace(STANDING, started_at=at, paused_since=at)


async def test_first_count_of_what_was_missed_is_no_news_and_nor_is_another_reckoning(
    store: Store,
) -> None:
    running = replace(STANDING, state=PromiseState.RUNNING, paused_since=None, paused_for="")
    async with store.db.write() as connection:
        await promises.replace_all(connection, "zendesk:1", [running])
        await connection.execute(sa.update(tables.promises).values(missed=None))
    async with store.db.read() as connection:
        [was] = await promises.of_ticket(connection, "zendesk:1")
        assert await promises.missed_of_customer(connection, "Acme") == 0
    now = replace(running, missed=7, started_at=NOW + timedelta(hours=1))
    assert was != running, "it would never be counted"
    assert (turns(was, now), to_tell(was, now)) == ([], [])
    # Another calendar reckons the past another way, and nothing was said since.
    anew = replace(now, missed=9, kept_before=4)
    assert (turns(now, anew), to_tell(now, anew)) == ([], [])
    # What was missed since the last look, though it was made good since, is news.
    later = replace(now, missed=8, started_at=NOW + timedelta(days=1))
    assert turns(now, later) == [(PromiseState.BREACHED, 1)]
    assert to_tell(now, later) == [PromiseState.BREACHED]
    assert turns(None, now) == [(PromiseState.RUNNING, 1)]


@pytest.mark.parametrize(
    ("rule", "later"),
    [
        ({"id": "w", "within": "4bh", "kept_by": "told_customer"}, 0),
        # One that comes again and again is broken again by more silence, and by that alone.
        ({"id": "w", "every": "4bh", "kept_by": "told_customer"}, 4),
    ],
)
def test_breach_is_counted_once_though_its_calendar_is_edited_meanwhile(
    rule: dict[str, Any], later: int
) -> None:
    weekdays = {"zone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}
    longer = {"zone": "UTC", "hours": {"mon-sun": "00:00-24:00"}}
    shorter = {"zone": "UTC", "hours": {"mon": "09:00-10:00"}}
    monday = datetime(2026, 11, 30, 9, tzinfo=UTC)
    office = desk(monday, {**rule, "calendar": "c"}, calendars={"c": weekdays})
    was, counted, moment = None, 0, monday
    # Broken once; by the longer hours oftener, by the shorter not at all, and then as before.
    for hours, calendar in ((1, weekdays), (5, weekdays), (6, longer), (7, shorter), (7, weekdays)):
        moment = monday + timedelta(hours=hours)
        office.mapping = desk(monday, {**rule, "calendar": "c"}, calendars={"c": calendar}).mapping
        [now] = office.look(moment).promises
        counted += dict(turns(was, now)).get(PromiseState.BREACHED, 0)
        was = with_count(was, now)
    assert counted == 1
    [now] = office.look(monday + timedelta(days=2, hours=5)).promises
    assert (now.state, now.silent) == (PromiseState.BREACHED, later + 1)
    assert dict(turns(was, now)).get(PromiseState.BREACHED, 0) == later


async def test_merge_takes_what_was_promised_along(store: Store) -> None:
    db = store.db
    other = Timeline(
        begun=NOW - timedelta(days=1),
        since={"daily": NOW - timedelta(days=1), "triage": NOW},
        words=(Word("c0", NOW - timedelta(hours=3)),),
    )
    async with db.write() as connection:
        await promises.keep_timeline(db, connection, "zendesk:1", other)
        await promises.keep_timeline(db, connection, "zendesk:2", TIMELINE)
        await promises.replace_all(connection, "zendesk:1", [STANDING])
        await promises.move(connection, "zendesk:1", "zendesk:2")
        await promises.move(connection, "zendesk:1", "zendesk:2")
    async with db.read() as connection:
        found = await promises.timelines_of(connection, ["zendesk:1", "zendesk:2"])
        assert await promises.of_ticket(connection, "zendesk:1") == []
    assert found.keys() == {"zendesk:2"}
    merged = found["zendesk:2"]
    assert merged.since == {"daily": NOW - timedelta(days=1), "triage": NOW}
    assert [each.id for each in merged.words] == ["c0", "c1", "c2"]
    assert (merged.begun, merged.waits) == (NOW - timedelta(days=1), TIMELINE.waits)


async def promised(store: Store, key: str, *states: PromiseState) -> None:
    made = [replace(STANDING, promise=f"p{n}", state=each) for n, each in enumerate(states)]
    async with store.db.write() as connection:
        await promises.replace_all(connection, key, made)


async def test_promises_are_counted_by_state_and_by_helpdesk(store: Store) -> None:
    late, kept = PromiseState.BREACHED, PromiseState.KEPT
    await promised(store, "zendesk:1", late, kept)
    await promised(store, "zendesk:2", kept)
    # One name is the beginning of the other.
    await promised(store, "zen:1", late)
    async with store.db.read() as connection:
        assert await promises.by_state(connection) == {"breached": 2, "kept": 2}
        found = await promises.by_helpdesk(connection, ["zen", "zendesk", "hubspot"])
        assert await promises.by_helpdesk(connection, []) == {}
        assert await promises.count_pressing(connection) == 2
    assert found == {("zen", "breached"): 1, ("zendesk", "breached"): 1, ("zendesk", "kept"): 2}


async def test_metrics_count_promises_anew_after_a_minute_and_not_before(store: Store) -> None:
    names: Any = {"zendesk": None}
    hub = Hub(db=store.db, connections=names, public_url="http://hub.test")
    counts = PromiseCounts(hub)
    await promised(store, "zendesk:1", PromiseState.KEPT)

    async def read() -> dict[tuple[str, str], int]:
        async with store.db.read() as connection:
            return {**await counts.read(connection)}

    assert await read() == {}
    rule = {"id": "word", "label": "Word", "within": "1h", "kept_by": "told_customer"}
    hub.mappings["zendesk"] = ActiveMapping(mapping(promises=[rule]), "a-version")
    assert await read() == {("zendesk", "kept"): 1}
    await promised(store, "zendesk:2", PromiseState.KEPT)
    store.later(seconds=ANEW_S - 1)
    assert await read() == {("zendesk", "kept"): 1}
    store.later(seconds=1)
    assert await read() == {("zendesk", "kept"): 2}


async def test_lists_of_promises_and_drafts_are_ranges_of_an_index(tmp_path: Path) -> None:
    # PostgreSQL chooses by what its tables hold, and these hold nothing.
    put_sqlite(tmp_path)
    db = Database(f"sqlite:///{tmp_path / SQLITE}")
    async with db.read() as connection:
        asked: Any = Explained(connection)
        await promises.count_pressing(asked)
        await promises.page(asked, PromiseFilter(pressing=True), after=None, limit=50)
        pressing = [*asked.plans]
        asked.plans.clear()
        await promises.by_state(asked)
        await draft_lists.page(asked, DraftFilter(), after=None, limit=50)
    await db.aclose()
    assert "\n".join(pressing).count("INDEX ix_promises_pressing") == 2
    told = "\n".join(asked.plans)
    assert "SCAN promises USING COVERING INDEX ix_promises_state" in told
    assert "SCAN drafts USING INDEX ix_drafts_made" in told
    assert "TEMP B-TREE" not in told + "\n".join(pressing)
