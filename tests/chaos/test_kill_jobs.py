"""`kill -9` in a step of a job and in a person's click: it goes on, and nothing happens twice."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bridge.engine.faultpoints import BESIDE
from bridge.store import jobs
from bridge.store.database import Database
from bridge.store.tables import mapping_versions
from tests.chaos.replica import ADMIN_TOKEN
from tests.chaos.test_kill_signals import GUIDED
from tests.chaos.world import LONG, SETTLE_S, Chaos
from tests.shipped import SHIPPED

REWORDED = SHIPPED.replace("label: Reported to engineering", "label: With our engineers")
MAPPING = "/mappings/hubspot-success"

# Backfill counts in its first step and launches in its second one.
BACKFILL = ["job.stored:backfill:2", "job.prepared:backfill:2"]
CAMPAIGN = ["job.prepared:campaign", "job.stored:campaign"]
AUDIT = ["job.prepared:audit:2", "job.stored:audit:3"]
PREVIEW = ["job.stored:preview", "job.prepared:preview:2"]
WISH = ["wish.stored", "apply.called:LaunchItem"]
HELD = ["held.decided", *(f"apply.{step}:AddTicketNote" for step in ("intended", "called"))]


def cases(points: list[str], *short: tuple[str, str]) -> list[tuple[str, str]]:
    """Every point on both databases in the long set, a few in the short one."""
    every = [(engine, each) for engine in ("sqlite", "postgresql") for each in points]
    return every if LONG else list(short)


async def call(chaos: Chaos, method: str, path: str, **said: Any) -> httpx.Response | None:
    """What the API says; None where the process died instead of answering."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}", "If-Match": "*", **said.pop("headers", {})}
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        try:
            url = f"{chaos.hub.url}/api/v1{path}"
            return await client.request(method, url, headers=headers, **said)
        except httpx.TransportError:
            return None


async def said_yes(chaos: Chaos, method: str, path: str, **said: Any) -> dict[str, Any]:
    answer = await call(chaos, method, path, **said)
    assert answer is not None, chaos.story()
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def over(chaos: Chaos, id: str) -> dict[str, Any]:
    """The job once it takes no more steps; dead processes are started again meanwhile."""
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end:
        await chaos.settle()
        answer = await call(chaos, "GET", f"/jobs/{id}")
        job: dict[str, Any] = {} if answer is None else answer.json()
        if job.get("state") not in (None, "waiting", "running"):
            return job
        if chaos.clock is not None:
            # A campaign rests a second between two steps.
            chaos.clock.later(1)
        await asyncio.sleep(0.05)
    raise AssertionError(f"the job goes on and on\n{chaos.story()}")


def writes_to(chaos: Chaos, ticket: str) -> int:
    """How often the hub has written to a ticket."""
    return sum(c.method == "PATCH" and c.path.endswith(ticket) for c in chaos.hubspot.calls)


def assert_killed(chaos: Chaos) -> None:
    assert chaos.hub.ends == [-9], f"the point was not reached\n{chaos.story()}"


def test_every_point_beside_the_line_is_killed_at() -> None:
    points = [*BACKFILL, *AUDIT, *CAMPAIGN, *PREVIEW, *WISH, *HELD, *(p for _, p in GUIDED)]
    assert {each.partition(":")[0] for each in points} >= set(BESIDE)


@pytest.mark.parametrize(
    ("chaos", "point"),
    cases(BACKFILL, ("sqlite", BACKFILL[1]), ("postgresql", BACKFILL[0])),
    indirect=["chaos"],
)
async def test_killed_backfill_launches_each_old_ticket_once(chaos: Chaos, point: str) -> None:
    old = [chaos.new_ticket(f"Export {n} fails") for n in range(3)]
    chaos.block_sweeps()
    await asyncio.sleep(0.01)
    await chaos.hub.start(fault=point)
    chaos.watched.append(chaos.hub)
    await chaos.settle()
    assert chaos.items() == []
    chaos.hubspot.faults.clear()
    job = await over(chaos, (await said_yes(chaos, "POST", "/backfill", json={}))["id"])
    await chaos.settle()
    assert_killed(chaos)
    assert (job["state"], job["done"], job["total"]) == ("done", 3, 3)
    assert not [wrong for each in old if (wrong := chaos.wrong(each))]
    assert len(chaos.items()) == 3
    assert not chaos.created_twice()


@pytest.mark.parametrize(
    ("chaos", "point"), cases(CAMPAIGN, ("sqlite", CAMPAIGN[0])), indirect=["chaos"]
)
async def test_killed_campaign_reaches_every_ticket_with_one_write(
    chaos: Chaos, point: str
) -> None:
    chaos.block_sweeps()
    await chaos.hub.start(fault=point)
    chaos.watched.append(chaos.hub)
    tickets = [chaos.new_ticket(f"Export {n} fails") for n in range(2)]
    await chaos.settle()
    before = [writes_to(chaos, each) for each in tickets]
    yaml = {"Content-Type": "application/yaml"}
    await said_yes(chaos, "PUT", f"{MAPPING}/draft", content=REWORDED, headers=yaml)
    await said_yes(chaos, "POST", f"{MAPPING}/activate")
    for _ in range(2):
        await chaos.until(lambda: chaos.hub.ends or not chaos.hub.alive)
        await chaos.settle()
    assert_killed(chaos)
    # On PostgreSQL the killed process' lease of the job must run out first.
    wanted = ["With our engineers"] * 2
    await chaos.until(lambda: [chaos.shown(each, "work_stage") for each in tickets] == wanted)
    await chaos.settle()
    assert [writes_to(chaos, each) for each in tickets] == [each + 1 for each in before]
    assert len(chaos.items()) == 2


@pytest.mark.parametrize(
    ("chaos", "point"),
    cases(AUDIT, ("sqlite", AUDIT[1]), ("postgresql", AUDIT[0])),
    indirect=["chaos"],
)
async def test_killed_audit_goes_on_and_tells_each_place_once(chaos: Chaos, point: str) -> None:
    old = [chaos.new_ticket(f"Export {n} fails", None) for n in range(12)]
    for each in old:
        chaos.hubspot.person_adds_note(each, "<p>https://acme.sentry.io/issues/4711/</p>")
    chaos.block_sweeps()
    await chaos.hub.start(fault=point)
    chaos.watched.append(chaos.hub)
    await chaos.settle()
    chaos.hubspot.faults.clear()
    job = await over(chaos, (await said_yes(chaos, "POST", "/audits", json={}))["id"])
    assert_killed(chaos)
    assert (job["state"], job["result"]["tickets"]) == ("done", 12)
    assert job["result"]["counts"] == {"AUDIT_SENTRY_NOTED": 12}
    assert {each["ticket"] for each in job["result"]["entries"]} == {f"hubspot:{n}" for n in old}


@pytest.mark.parametrize(
    ("chaos", "point"), cases(PREVIEW, ("sqlite", PREVIEW[0])), indirect=["chaos"]
)
async def test_killed_preview_counts_every_record_once(chaos: Chaos, point: str) -> None:
    chaos.block_sweeps()
    await chaos.hub.start(fault=point)
    chaos.watched.append(chaos.hub)
    for n in range(2):
        chaos.new_ticket(f"Export {n} fails")
    await chaos.settle()
    yaml = {"Content-Type": "application/yaml"}
    whole = await said_yes(chaos, "POST", f"{MAPPING}/preview", content=REWORDED, headers=yaml)
    db = Database(chaos.database_url, clock=chaos.clock)
    try:
        async with db.write() as connection:
            params = {"text": REWORDED, "chunk": 1}
            params["active"] = await connection.scalar(sa.select(mapping_versions.c.hash))
            job = await jobs.add(
                db, connection, kind="preview", target="hubspot-success", params=params, by="test",
                now=db.clock.now(), total=2,
            )  # fmt: skip
    finally:
        await db.aclose()
    ended = await over(chaos, job.id)
    assert_killed(chaos)
    assert (ended["state"], ended["done"]) == ("done", 2)
    assert len(whole["changes"]) == 2
    assert ended["result"]["changes"] == whole["changes"]
    assert ended["result"]["records"] == whole["records"]


@pytest.mark.parametrize(
    ("chaos", "point"), cases(WISH, ("sqlite", WISH[0]), ("sqlite", WISH[1])), indirect=["chaos"]
)
async def test_click_of_a_person_outlives_the_process_that_took_it(
    chaos: Chaos, point: str
) -> None:
    old = chaos.new_ticket()
    chaos.block_sweeps()
    await asyncio.sleep(0.01)
    await chaos.hub.start(fault=point)
    chaos.watched.append(chaos.hub)
    await chaos.settle()
    launch = f"/tickets/hubspot/{old}/launch"
    assert await call(chaos, "POST", launch, json={"route": "bug"}) is None
    await chaos.settle()
    assert_killed(chaos)
    [item] = chaos.items()
    assert not chaos.wrong(old)
    again = await call(chaos, "POST", launch, json={"route": "bug"})
    assert again is not None
    assert (again.status_code, again.json()["work_item"]["id"]) == (200, str(item.id))
    assert len(chaos.items()) == 1


@pytest.mark.parametrize(
    ("chaos", "point"), cases(HELD, ("sqlite", HELD[0]), ("sqlite", HELD[2])), indirect=["chaos"]
)
async def test_released_text_is_written_once_whatever_was_killed(chaos: Chaos, point: str) -> None:
    words = "Our Sentry guards the gate again."
    chaos.block_sweeps()
    await chaos.hub.start(fault=point)
    chaos.watched.append(chaos.hub)
    ticket = chaos.new_ticket()
    await chaos.settle()
    [item] = chaos.items()
    chaos.boards.person_comments(item.id, f"<div>#customer</div><div>{words}</div>")
    await chaos.settle()
    [held] = (await said_yes(chaos, "GET", "/held"))["items"]
    assert chaos.notes_on(ticket).count(words) == 0
    said = {"json": {"reason": "x"}, "headers": {"If-Match": held["seen"]}}
    await call(chaos, "POST", f"/held/{held['id']}/release", **said)
    await chaos.settle()
    await chaos.until(lambda: chaos.hub.ends)
    await chaos.settle()
    again = await said_yes(chaos, "POST", f"/held/{held['id']}/release", **said)
    assert again["state"] == "released"
    await chaos.settle()
    assert_killed(chaos)
    assert chaos.notes_on(ticket).count(words) == 1
