"""What the hub says about its own work: the trace of a delivery, figures, silence, log lines."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from bridge.engine.silence import measure
from bridge.kit.clock import to_ms
from bridge.kit.ids import new_id
from bridge.kit.logs import set_up_logs
from bridge.kit.redact import Redactor
from bridge.store.tables import connection_state, deliveries
from tests.logged import log_plainly
from tests.scenarios.world import World

LABELS = {
    *("connection", "answer", "kind", "end", "outcome", "family", "by", "claim_class"),
    *("code", "severity", "version", "python", "database", "le"),
}
"""Every label that a figure may have: names from bridge.yaml, kinds and codes. No id."""


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged, as JSON lines, down to debug."""
    stream = io.StringIO()
    set_up_logs("debug", "json", redactor=Redactor(), to=stream)
    yield stream
    log_plainly()
    set_up_logs("warning", redactor=Redactor())


def new_bug(world: World) -> str:
    """A ticket that becomes a bug."""
    return world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )


async def ask(world: World, path: str) -> dict[str, Any]:
    """The answer of the API."""
    answer = await world.client.get(f"/api/v1{path}", headers=world.admin)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def figures(world: World) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Name and labels of each sample at /metrics → its value."""
    text = (await world.client.get("/metrics")).text
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


async def total(world: World, name: str, **labels: str) -> float:
    """The sum of the samples of that name with these labels."""
    found = await figures(world)
    return sum(
        value for (n, held), value in found.items() if n == name and labels.items() <= set(held)
    )


async def test_trace_of_a_delivery_shows_its_runs_writes_and_calls_in_order(world: World) -> None:
    await world.settle()
    new_bug(world)
    await world.settle()
    known = (await ask(world, "/deliveries?limit=200"))["items"]
    traced = [await ask(world, f"/deliveries/{each['id']}/trace") for each in known]
    steps = [step for trace in traced for run in trace["items"] for step in run["steps"]]
    said = [each["says"] for each in steps]
    assert "Create the work item: done." in said
    assert any(each.startswith("boards answered 200 to POST ") for each in said)
    runs = [run for trace in traced for run in trace["items"]]
    # From the ticket that the delivery woke, to the item it led to.
    assert {each["record"]["connection"] for each in runs} == {"hubspot", "boards"}
    for run in runs:
        assert [each["at"] for each in run["steps"]] == sorted(each["at"] for each in run["steps"])
        assert (await ask(world, f"/runs/{run['id']}"))["id"] == run["id"]
    assert not [each for trace in traced for each in trace["waiting"]]
    # Paths are templates: no id of a record stands in them.
    assert not [each for each in said if " to " in each and re.search(r"/\d{2,}(?:/|\.?$)", each)]


async def test_every_line_of_a_pass_names_its_delivery_run_and_record(
    world: World, written: io.StringIO
) -> None:
    await world.settle()
    id = new_bug(world)
    await world.settle()
    lines = [json.loads(each) for each in written.getvalue().splitlines()]
    assert all({"timestamp", "level", "logger", "event"} <= each.keys() for each in lines)
    calls = [each for each in lines if each["event"] == "vendor call"]
    creates = [each for each in calls if each["family"] == "create" and each["method"] == "POST"]
    [create] = creates
    assert create["record"] == f"hubspot:{id}"
    assert create["connection"] == "boards"
    assert (create["status"], create["attempt"]) == (200, 1)
    assert create["ms"] >= 0
    run = (await ask(world, f"/runs/{create['run']}"))["record"]
    assert f"{run['connection']}:{run['id']}" == create["record"]
    trace = await ask(world, f"/deliveries/{create['delivery']}/trace")
    assert create["run"] in [each["id"] for each in trace["items"]]


async def test_figures_move_with_the_work_and_name_no_record(world: World) -> None:
    await world.settle()
    id = new_bug(world)
    await world.settle()
    await measure(world.hub)
    assert await total(world, "bridge_deliveries_total", connection="hubspot", answer="stored") >= 1
    assert await total(world, "bridge_accept_seconds_count") >= 1
    assert await total(world, "bridge_vendor_calls_total", family="create", outcome="ok") == 1
    assert await total(world, "bridge_vendor_call_seconds_count", family="fields") >= 1
    assert await total(world, "bridge_queue_wait_seconds_count", claim_class="fresh") >= 2
    assert await total(world, "bridge_runs_total", kind="ticket", end="done") >= 1
    assert await total(world, "bridge_changes_seen_total", connection="hubspot", by="webhook") >= 1
    assert await total(world, "bridge_repairs_total") == 0
    assert await total(world, "bridge_build_info") == 1
    assert await total(world, "bridge_connection_silence_seconds", connection="hubspot") >= 0
    found = await figures(world)
    assert {label for _, held in found for label, _ in held} <= LABELS
    assert not [each for each in found if id in dict(each[1]).values()]


async def test_change_that_no_webhook_told_is_counted_as_loss(world: World) -> None:
    await world.settle()
    world.hubspot.drop_webhooks = 50
    new_bug(world)
    await world.settle()
    await world.sweep("hubspot")
    assert await total(world, "bridge_repairs_total", connection="hubspot", by="sweep") == 1
    assert await total(world, "bridge_changes_seen_total", connection="hubspot", by="sweep") == 1


async def unheard(world: World) -> list[str]:
    """What the check of HubSpot finds wrong."""
    path = "/api/v1/connections/hubspot/check"
    said = (await world.client.post(path, headers=world.admin)).json()
    assert {each["what"] for each in said["results"] if not each["ok"]} <= {"deliveries"}
    return [each["sentence"] for each in said["results"] if not each["ok"]]


async def has_rhythm(world: World, *, ended: timedelta) -> None:
    """HubSpot sent a delivery every five minutes until `ended` ago, and none since."""
    last = world.hub.now() - ended
    moments = [to_ms(last - timedelta(minutes=5) * n) for n in range(20)]
    async with world.hub.db.write() as connection:
        await connection.execute(sa.delete(deliveries))
        for at in moments:
            made = {"id": f"{at:012x}{new_id()[12:]}", "connection": "hubspot", "received_at": at}
            rest = {"content_type": "application/json", "size": 2, "state": "done", "records": []}
            await connection.execute(sa.insert(deliveries).values(**made, **rest))
        await connection.execute(
            sa.update(connection_state)
            .where(connection_state.c.name == "hubspot")
            .values(last_delivery_at=to_ms(last))
        )
    world.hub.gaps.clear()


async def test_silence_with_a_repair_is_a_finding_until_a_delivery_comes(world: World) -> None:
    await world.settle()
    world.hubspot.drop_webhooks = 50
    new_bug(world)
    await world.settle()
    await has_rhythm(world, ended=timedelta(hours=1))
    await world.sweep("hubspot")
    assert await world.findings() == {"WEBHOOKS_SILENT"}
    [told] = await unheard(world)
    assert told.startswith("Webhooks have stopped: the last one came ")
    await measure(world.hub)
    name = "bridge_connection_usual_gap_seconds"
    assert await total(world, name, connection="hubspot") == 300
    world.hubspot.drop_webhooks = 0
    new_bug(world)
    await world.settle()
    await world.sweep("hubspot")
    assert await world.findings() == set()
    assert await unheard(world) == []


async def test_webhooks_that_never_came_are_wrong_once_a_sweep_has_found_a_change(
    world: World,
) -> None:
    await world.settle()
    world.hubspot.drop_webhooks = 50
    async with world.hub.db.write() as connection:
        await connection.execute(sa.update(connection_state).values(last_delivery_at=None))
    await world.sweep("hubspot")
    assert await unheard(world) == []
    new_bug(world)
    await world.settle()
    await world.sweep("hubspot")
    assert await unheard(world) == ["No webhook has ever come, and a sweep found a change."]


async def test_without_a_door_no_webhook_is_missed(world: World) -> None:
    await world.settle()
    hubspot: Any = world.hub.connections["hubspot"]
    door, hubspot.receiver = hubspot.receiver, None
    async with world.hub.db.write() as connection:
        await connection.execute(sa.update(connection_state).values(last_delivery_at=None))
    world.hubspot.drop_webhooks = 50
    new_bug(world)
    await world.settle()
    await world.sweep("hubspot")
    # Whoever opens the door later is not told of what came in by sweeps before.
    hubspot.receiver = door
    assert await unheard(world) == []


async def test_silence_without_a_repair_is_only_quiet(world: World) -> None:
    await world.settle()
    await has_rhythm(world, ended=timedelta(hours=9))
    await world.sweep("hubspot")
    assert await world.findings() == set()


async def test_repair_within_the_usual_gap_is_no_silence(world: World) -> None:
    await world.settle()
    world.hubspot.drop_webhooks = 50
    new_bug(world)
    await world.settle()
    await has_rhythm(world, ended=timedelta(minutes=20))
    await world.sweep("hubspot")
    assert await world.findings() == set()
