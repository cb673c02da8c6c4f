"""Live, ready, metrics: open to whoever watches the process, and honest."""

from __future__ import annotations

import sqlalchemy as sa

from tests.api.doors import Doors, events


async def test_process_that_serves_is_live_and_ready(doors: Doors) -> None:
    live = await doors.client.get("/healthz")
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    ready = await doors.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "store": "ok", "migrations": "current"}
    asked = [await doors.client.head(path) for path in ("/healthz", "/readyz")]
    assert [each.status_code for each in asked] == [200, 200]


async def test_store_at_another_revision_is_not_ready_but_live(doors: Doors) -> None:
    async with doors.hub.db.write() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = 'v0000'"))
    answer = await doors.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "behind"
    assert (await doors.client.head("/readyz")).status_code == 503
    assert (await doors.client.get("/healthz")).status_code == 200


async def test_metrics_count_the_doors_answers(quiet: Doors) -> None:
    await quiet.knock(events("812"))
    await quiet.knock(events("812"))
    await quiet.client.post("/webhooks/hubspot", content=b"{}")
    answer = await quiet.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for word in ("stored", "duplicate", "refused"):
        line = f'bridge_deliveries_total{{answer="{word}",connection="hubspot"}} 1.0'
        assert line in answer.text
