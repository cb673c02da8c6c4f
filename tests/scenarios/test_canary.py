"""The self-test of a live installation: a planted text is held, and a leak would be told."""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer

from bridge.cli.canary import tell, tried
from tests.scenarios.world import World, open_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """What a canary comes to does not depend on the database: one is enough here."""
    async with open_world(tmp_path) as opened:
        yield opened


async def bug(world: World) -> tuple[str, str]:
    """A test ticket and its work item."""
    id = world.hubspot.person_creates_ticket(
        subject="Test of the rule", category="Bug", company_id=world.acme
    )
    await world.settle()
    [item] = world.items()
    return id, str(item.id)


def client(world: World) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(world.app)
    return httpx.AsyncClient(
        transport=transport, base_url="http://bridge.test", headers=dict(world.admin)
    )


def written(text: str) -> str:
    """The text as the tracker's editor keeps it."""
    return "".join(f"<div>{html.escape(line)}</div>" for line in text.splitlines())


async def begun(world: World, ticket: str, wait: str = "15m") -> dict[str, Any]:
    """A self-test that waits for its text; its job."""
    path = f"/api/v1/tickets/hubspot/{ticket}/canary"
    answer = await world.client.post(path, json={"wait": wait}, headers=world.admin)
    assert answer.status_code == 202, answer.text
    id = answer.json()["id"]
    while True:
        found = await world.client.get(f"/api/v1/jobs/{id}", headers=world.admin)
        job: dict[str, Any] = found.json()
        if job["result"] is not None:
            assert job["result"]["state"] == "planting"
            return job
        await asyncio.sleep(0.02)


async def ended(world: World, job: dict[str, Any]) -> dict[str, Any]:
    """What came of it, while webhooks come in."""
    await world.deliver()
    over = await world.settle_job(job["id"])
    assert over["state"] == "done", over
    result: dict[str, Any] = over["result"]
    return result


async def test_planted_text_is_held_and_the_command_says_that_the_rule_holds(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    ticket, item = await bug(world)
    planted = asyncio.Event()

    async def plant() -> None:
        """A person does what the command says, and the tracker tells the hub of it."""
        await planted.wait()
        text = shown[0].split("\n\n")[1]
        world.boards.person_comments(item, written(text))
        await world.deliver()

    shown: list[str] = []

    def show(text: str) -> None:
        shown.append(text)
        planted.set()

    async with client(world) as caller:
        trial = tried(caller, f"hubspot:{ticket}", "15m", quiet=True, show=show)
        result, _ = await asyncio.gather(trial, plant())
    assert (result["state"], result["places"], result["item"]) == ("held", [], f"boards:{item}")
    tell(result, as_json=False)
    assert "The rule holds" in capsys.readouterr().out
    assert result["token"] not in repr(world.hubspot.tickets[ticket])
    with pytest.raises(typer.Exit):
        tell({**result, "state": "leaked", "places": ["Public comment 7"]}, as_json=False)
    assert "Public comment 7" in capsys.readouterr().out
    tell(result, as_json=True)
    assert json.loads(capsys.readouterr().out)["state"] == "held"


async def test_text_that_another_tool_carries_to_the_ticket_is_told_with_its_place(
    world: World,
) -> None:
    ticket, item = await bug(world)
    job = await begun(world, ticket)
    text = written(job["result"]["text"])
    world.boards.person_comments(item, text)
    note = world.hubspot.person_adds_note(ticket, text)
    result = await ended(world, job)
    assert result["state"] == "leaked"
    assert f"Internal note {note}" in result["places"]


async def test_text_that_was_written_otherwise_proves_nothing(world: World) -> None:
    ticket, item = await bug(world)
    job = await begun(world, ticket)
    world.boards.person_comments(item, f"<div>{job['result']['token']}</div>")
    assert (await ended(world, job))["state"] == "passed_over"


async def test_text_that_nobody_wrote_proves_nothing_and_one_trial_goes_on_at_a_time(
    world: World,
) -> None:
    ticket, _ = await bug(world)
    job = await begun(world, ticket, "1s")
    again = await world.client.post(
        f"/api/v1/tickets/hubspot/{ticket}/canary", json={}, headers=world.admin
    )
    assert (again.status_code, again.json()["code"]) == (409, "job_running")
    assert (await ended(world, job))["state"] == "unseen"


async def test_ticket_without_one_work_item_is_refused(world: World) -> None:
    for connection, id in (("hubspot", "999999"), ("boards", "7")):
        path = f"/api/v1/tickets/{connection}/{id}/canary"
        answer = await world.client.post(path, json={}, headers=world.admin)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_configured")
