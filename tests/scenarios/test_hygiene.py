"""What has come apart is found at night and mended by one press (H2, H5, H12, H15)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import typer

from bridge.cli.hygiene import entries as opened
from bridge.cli.hygiene import report
from bridge.domain.refs import TicketRef
from bridge.engine import daily, hygiene_filling
from bridge.kit.clock import SteeredClock, SystemClock
from bridge.store.tables import jobs, links, records
from connectors.rocketlane.simulator.records import Person, Task
from tests.scenarios.telling import LEADS, telling
from tests.scenarios.test_drafts import available, drafts, press
from tests.scenarios.test_mirror import bug
from tests.scenarios.test_projects import ROUTE, Implementing, implementing
from tests.scenarios.world import World, open_world
from tests.shipped import SHIPPED, WITH_NOTICES

NIGHT = "hygiene: {escalated: {property: escalated}}\n"
WITHOUT_DEFAULT = WITH_NOTICES.replace("    default: normal\n", "")


def move_clock(world: World, **span: float) -> None:
    """Let so much time go by for the hub."""
    later = SteeredClock(SystemClock())
    later.agree(world.hub.now() + timedelta(**span))
    world.hub.db.clock = later


async def look(world: World) -> dict[str, Any]:
    """A person asks for a look; the job once it is over, and what followed."""
    answer = await world.client.post("/api/v1/hygiene", headers=world.admin, json={})
    assert answer.status_code == 202, answer.text
    job = await world.settle_job(answer.json()["id"])
    assert job["state"] == "done", job
    return job


async def entries(world: World) -> dict[str, list[dict[str, Any]]]:
    """What is open, by its code."""
    answer = await world.client.get("/api/v1/hygiene", headers=world.admin)
    found: dict[str, list[dict[str, Any]]] = {}
    for each in answer.json()["items"]:
        found.setdefault(each["code"], []).append(each)
    return found


async def mend(world: World, entry: dict[str, Any], **given: str) -> str:
    """Press the button; what the hub says."""
    path = f"/api/v1/hygiene/{entry['id']}/repair"
    answer = await world.client.post(path, headers=world.admin, json=given or None)
    assert answer.status_code == 200, answer.text
    assert answer.json()["finding"]["state"] == "resolved"
    await world.settle()
    return str(answer.json()["said"])


async def looks(world: World) -> int:
    """How many looks there ever were."""
    async with world.hub.db.read() as connection:
        count = sa.select(sa.func.count()).select_from(jobs).where(jobs.c.kind == "hygiene")
        return int(await connection.scalar(count) or 0)


async def stays(world: World, subject: str) -> str:
    """A ticket that stays in the helpdesk."""
    id = world.hubspot.person_creates_ticket(
        subject=subject, category="Customer Success Ticket", company_id=world.acme
    )
    await world.settle()
    return id


async def unlink(world: World, ticket: str) -> None:
    """A person takes the ticket off its work item."""
    listed = await world.client.get(f"/api/v1/links?ticket=hubspot:{ticket}", headers=world.admin)
    for each in listed.json()["items"]:
        await world.client.delete(f"/api/v1/links/{each['id']}", headers=world.admin)
    await world.settle()


async def test_what_has_come_apart_is_found_and_mended_by_one_press(tmp_path: Path) -> None:
    """H2: a link whose ticket is gone. H5: all is done, and the ticket stays open."""
    async with open_world(tmp_path, mapping=SHIPPED + NIGHT) as world:
        world.hubspot.add_property("tickets", "escalated")
        world.hubspot.subscribe_all()
        unlinked, _ = await bug(world, "Unlinked")
        await unlink(world, unlinked)
        _, done = await bug(world, "Done")
        closed, _ = await bug(world, "Closed")
        gone, gone_item = await bug(world, "Gone")
        before, item = await bug(world, "Before")
        said = await stays(world, "Said to be engineering's")
        after = world.hubspot.person_merges(await stays(world, "After"), before)
        world.hubspot.person_edits_ticket(said, escalated="yes")
        world.boards.person_moves_state(done, "Closed")
        world.hubspot.person_edits_ticket(closed, hs_pipeline_stage="4")
        world.hubspot.person_deletes(gone)
        await world.settle()
        await unlink(world, after)
        await hang_on_earlier(world, before, item)

        move_clock(world, days=15)
        await world.settle()
        job = await look(world)
        found = await entries(world)
        causes = {code: len(each) for code, each in found.items()}
        assert causes == {
            "HYGIENE_NOT_LINKED": 2,
            "HYGIENE_ITEM_DONE": 1,
            "HYGIENE_TICKET_CLOSED": 1,
            "HYGIENE_TICKET_GONE": 1,
            "HYGIENE_NOT_INHERITED": 1,
            "HYGIENE_FINDINGS_OLD": 1,
        }
        assert job["result"]["counts"] == causes
        by_ref = {each["ref"]["id"]: each for each in found["HYGIENE_NOT_LINKED"]}
        assert by_ref[unlinked]["repair"]["id"] == "launch"
        assert by_ref[said]["repair"]["id"] == "check"

        for code in ("HYGIENE_TICKET_CLOSED", "HYGIENE_TICKET_GONE", "HYGIENE_NOT_INHERITED"):
            await mend(world, found[code][0])
        assert world.ticket(after)["work_items"] == f"#{item}"
        assert links_back(world, gone_item) == []
        await look(world)
        # What only people can do stays; what one press mended is gone.
        assert set(await entries(world)) == {
            "HYGIENE_NOT_LINKED", "HYGIENE_ITEM_DONE", "HYGIENE_FINDINGS_OLD",
        }  # fmt: skip


async def test_customer_of_done_work_who_heard_nothing_gets_a_message_to_approve(
    tmp_path: Path,
) -> None:
    """H5: nobody told them, and the draft that there was is discarded."""
    async with open_world(tmp_path, mapping=SHIPPED + NIGHT) as world:
        ticket, _ = await available(world)
        world.hubspot.customer_writes(ticket, "Is it done?")
        [draft] = await drafts(world)
        assert (await press(world, draft, "discard")).status_code == 200
        move_clock(world, days=15)
        await look(world)
        [entry] = (await entries(world))["HYGIENE_ITEM_DONE"]
        assert entry["repair"]["id"] == "draft"
        ref = TicketRef("hubspot", ticket)
        # Two who press at once make one message of it.
        ask = hygiene_filling.draft_message
        said, again = await asyncio.gather(*[ask(world.hub, ref, by=each) for each in ("a", "b")])
        assert again == "A message for it waits on To tell already."
        assert said.startswith("A message waits on To tell for whoever approves it: Hello")
        await look(world)
        [entry] = (await entries(world))["HYGIENE_ITEM_DONE"]
        assert await mend(world, entry) == "A message for it waits on To tell already."
        [asked] = await drafts(world)
        assert asked["reason"] == "asked:available"
        world.hubspot.agent_replies(ticket, "It is done.")
        await world.client.post(f"/api/v1/tickets/hubspot/{ticket}/check", headers=world.admin)
        # Who was told has a ticket that somebody only has to close.
        await look(world)
        [entry] = (await entries(world))["HYGIENE_ITEM_DONE"]
        assert entry["repair"]["id"] == "check"


async def test_whom_nobody_heard_is_told_again_and_a_missing_severity_is_named(
    tmp_path: Path,
) -> None:
    """H12: High, and one of the leads has never said that they know."""
    async with telling(tmp_path, mapping=WITHOUT_DEFAULT + "hygiene: {}\n") as told:
        ticket = told.new_ticket()
        unsaid = told.new_ticket("How bad is it?", priority="LOW")
        await told.world.settle()
        await told.acknowledge(LEADS[1])
        for _ in range(9):
            await told.pass_time()
        told.world.hubspot.person_edits_ticket(unsaid, hs_ticket_priority="")
        await told.world.settle()
        await look(told.world)
        found = await entries(told.world)
        assert set(found) == {"HYGIENE_UNACKNOWLEDGED", "HYGIENE_NO_SEVERITY"}
        [entry] = found["HYGIENE_UNACKNOWLEDGED"]
        assert (entry["ref"]["id"], LEADS[0] in entry["sentence"]) == (ticket, True)
        assert LEADS[1] not in entry["sentence"]
        box, other = len(told.box(LEADS[0])), len(told.box(LEADS[1]))
        assert (
            await mend(told.world, entry)
            == "They are told once more, with the button that says they know."
        )
        assert (len(told.box(LEADS[0])), len(told.box(LEADS[1]))) == (box + 1, other)
        await told.acknowledge(LEADS[0])
        # How bad it is a person says on the same page; the hub writes it to the ticket.
        [entry] = found["HYGIENE_NO_SEVERITY"]
        path = f"/api/v1/hygiene/{entry['id']}/repair"
        for value in ({}, {"value": "DREADFUL"}):
            refused = await told.world.client.post(
                path, headers=told.world.admin, json=value or None
            )
            assert (refused.status_code, "LOW" in refused.text) == (422, True)
        # What a person said since, or closed, is not written over.
        stage = told.world.ticket(unsaid)["hs_pipeline_stage"]
        edits: tuple[tuple[dict[str, Any], dict[str, Any], str], ...] = (
            ({"hs_ticket_priority": "HIGH"}, {"hs_ticket_priority": ""}, "theirs stays"),
            ({"hs_pipeline_stage": "4"}, {"hs_pipeline_stage": stage}, "is closed"),
        )
        for edit, back, why in edits:
            told.world.hubspot.person_edits_ticket(unsaid, **edit)
            refused = await told.world.client.post(
                path, headers=told.world.admin, json={"value": "LOW"}
            )
            assert (refused.status_code, why in refused.text) == (409, True)
            assert told.world.ticket(unsaid).items() >= edit.items()
            told.world.hubspot.person_edits_ticket(unsaid, **back)
        assert await mend(told.world, entry, value="LOW") == "The ticket's severity is Low."
        assert told.world.ticket(unsaid)["hs_ticket_priority"] == "LOW"
        await look(told.world)
        assert await entries(told.world) == {}


async def owned_by(here: Implementing, task: Task, people: Sequence[Person]) -> dict[str, Any]:
    """Only they own the task, which changes; what the next look says of it."""
    task.assignees[:] = people
    status = "To do" if task.status.label != "To do" else "In progress"
    here.rocketlane.person_moves_status(str(task.id), status)
    await here.world.settle()
    await look(here.world)
    [entry] = (await entries(here.world))["HYGIENE_OWNERS_MISSING"]
    return entry


async def refused(world: World, entry: dict[str, Any]) -> str:
    """Press a button that does not help; why not."""
    path = f"/api/v1/hygiene/{entry['id']}/repair"
    answer = await world.client.post(path, headers=world.admin)
    assert answer.status_code == 409, answer.text
    await world.settle()
    return str(answer.json()["detail"])


async def test_task_with_fewer_than_two_owners_gets_those_of_its_rule_by_one_press(
    tmp_path: Path,
) -> None:
    """H15: the customer success manager and the implementation lead own it both."""
    async with implementing(tmp_path, route=f"{ROUTE}\nhygiene: {{}}\n") as here:
        here.new_ticket()
        await here.settle_tasks(1)
        await here.world.settle()
        [task] = here.tasks()
        await look(here.world)
        assert await entries(here.world) == {}
        ana, add = here.rocketlane.ana, here.rocketlane.workspace.add_person
        bo, cy = add("bo@acme.example", "Bo", "B"), add("cy@acme.example", "Cy", "C")
        entry = await owned_by(here, task, [ana])
        assert "has 1" in entry["sentence"]
        assert "(hub@acme.example, ana@acme.example)" in entry["what_to_do"]
        assert entry["repair"]["id"] == "assign"
        # Whom Rocketlane does not know, a person lets in: the sentence says whom.
        ana.email = "ana@elsewhere.example"
        assert "ana@acme.example into the project" in await refused(here.world, entry)
        ana.email = "ana@acme.example"
        # A colleague whom a person chose stays, and the rule's own come besides.
        task.assignees[:] = [bo]
        assert await mend(here.world, entry) == (
            f"#{task.id} belongs to hub@acme.example, ana@acme.example too now."
        )
        assert [each.first for each in task.assignees] == ["Bo", "Hub", "Ana"]
        await look(here.world)
        assert await entries(here.world) == {}
        # What a person has done by the time of the press stands, whomever they chose.
        entry = await owned_by(here, task, [bo])
        task.assignees[:] = [bo, cy]
        assert "they stay" in await refused(here.world, entry)
        assert task.assignees == [bo, cy]
        assert set(await entries(here.world)) == {"HYGIENE_OWNERS_MISSING"}
        # A mapping that asks for no look any more leaves nothing open that nobody looks at.
        active = here.world.hub.mappings["hubspot"]
        without = active.data.model_copy(update={"hygiene": None})
        here.world.hub.mappings["hubspot"] = replace(active, data=without)
        await daily.look(here.world.hub, "")
        assert await entries(here.world) == {}


async def test_night_is_looked_at_once_and_over_a_restart(tmp_path: Path) -> None:
    vendors = None
    async with open_world(tmp_path, mapping=SHIPPED + NIGHT) as world:
        vendors = (world.hubspot, world.boards)
        unlinked, _ = await bug(world, "Unlinked")
        await unlink(world, unlinked)
        await daily.look(world.hub, "")
        assert await looks(world) == 0  # The mapping came into force after the night began.
        await world.service.stop()
        move_clock(world, days=1, hours=3)
        await asyncio.gather(*(daily.look(world.hub, "") for _ in range(4)))
        assert await looks(world) == 1
        later = world.hub.db.clock
    async with open_world(tmp_path, mapping=SHIPPED + NIGHT, vendors=vendors) as world:
        world.hub.db.clock = later
        await daily.wake(world.hub)
        for _ in range(200):
            await world.settle()
            if await entries(world):
                break
        assert set(await entries(world)) == {"HYGIENE_NOT_LINKED"}
        await daily.look(world.hub, "")
        assert await looks(world) == 1


async def test_command_tells_by_cause_and_its_end_says_whether_anything_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_world(tmp_path, mapping=SHIPPED + NIGHT) as world:
        closed, item = await bug(world, "Closed")
        await look(world)
        world.client.headers.update(world.admin)
        assert await opened(world.client, "hubspot") == []
        report([], as_json=False)
        assert "Nothing found." in capsys.readouterr().out
        world.hubspot.person_edits_ticket(closed, hs_pipeline_stage="4")
        await world.settle()
        await look(world)
        found = await opened(world.client, None)
        with pytest.raises(typer.Exit) as ended:
            report(found, as_json=False)
        assert ended.value.exit_code == 1
        told = " ".join(capsys.readouterr().out.split())
        assert "1 Closed tickets that somebody works on still HYGIENE_TICKET_CLOSED" in told
        assert f"hubspot:{closed} The ticket is closed, and #{item} is still worked on" in told


async def hang_on_earlier(world: World, ticket: str, item: str) -> None:
    """The item hangs on the earlier ticket, as a program of long ago, or a hand, may leave it."""
    async with world.hub.db.write() as connection:
        key = f"hubspot:{ticket}"
        assert await connection.scalar(sa.select(records.c.key).where(records.c.key == key))
        await connection.execute(
            sa.update(links)
            .where(links.c.work_item_key == f"boards:{item}")
            .values(ticket_key=key, state="active")
        )


def links_back(world: World, item: str) -> list[str]:
    """The hub's hyperlinks on the item."""
    relations = world.boards.items[int(item)].relations
    said = [str(each.attributes.get("comment") or "") for each in relations]
    return [each for each in said if each.startswith("ticketbridge:")]
