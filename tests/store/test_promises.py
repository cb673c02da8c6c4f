"""Promises and timelines as they are stored: whole, moved with a merge, and paged without gap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bridge.domain.promises import PromiseState, Standing, Timeline, Wait, Word
from bridge.store import promises
from tests.store.kit import Store

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
