"""Engineering sees how many wait for an item, and the highest plan among them (D28, C16)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.kit.clock import SteeredClock, SystemClock
from tests.scenarios.test_jira import MAPPING as JIRA_MAPPING
from tests.scenarios.test_jira import open_scene
from tests.scenarios.test_mirror import bug, link
from tests.scenarios.test_projects import ROUTE, implementing
from tests.scenarios.world import World, open_world
from tests.shipped import SHIPPED

SHOWN = f"{SHIPPED}\nshow_on_work_item:\n  impact: true\n  plans: [Elite, Premium, Standard]\n"
MARK = " (ticketbridge:weight)"


@pytest.fixture(params=["sqlite", "postgresql"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with open_world(tmp_path, database_url=url, mapping=SHOWN) as opened:
        yield opened


def weight(world: World, item: str) -> list[tuple[str, str]]:
    """What stands on the item: where the link leads, and its words."""
    rows = [each for each in world.boards.items[int(item)].relations if each.rel == "Hyperlink"]
    found = [(each.url, str(each.attributes.get("comment") or "")) for each in rows]
    return [(url, said.removesuffix(MARK)) for url, said in found if said.endswith(MARK)]


async def stays(world: World, subject: str, company: str) -> str:
    """A ticket without a work item of its own."""
    id = world.hubspot.person_creates_ticket(
        subject=subject, category="Customer Success Ticket", company_id=company
    )
    await world.settle()
    return id


async def unlink(world: World, item: str) -> None:
    """A person takes every ticket off the item."""
    found = await world.client.get(f"/api/v1/work-items/boards/{item}", headers=world.admin)
    for each in found.json()["links"]:
        gone = await world.client.delete(f"/api/v1/links/{each['id']}", headers=world.admin)
        assert gone.status_code in (200, 204), gone.text


async def test_who_waits_is_written_at_once_and_goes_with_the_last_ticket(world: World) -> None:
    _, item = await bug(world)
    page = f"http://bridge.test/work-items/boards/{item}"
    assert weight(world, item) == [(page, "1 ticket, 1 customer, highest plan Elite")]

    globex = world.hubspot.add_company("Globex", success_plan="Standard")
    assert await link(world, await stays(world, "The same", globex), item) == 201
    await world.settle()
    assert weight(world, item) == [(page, "2 tickets, 2 customers, highest plan Elite")]

    world.calls.clear()
    assert await link(world, await stays(world, "Again", globex), item) == 201
    await world.settle()
    assert weight(world, item) == [(page, "2 tickets, 2 customers, highest plan Elite")]

    await unlink(world, item)
    await world.settle()
    assert weight(world, item) == []


async def test_mere_counts_are_written_once_a_day(tmp_path: Path) -> None:
    async with open_world(tmp_path, mapping=SHOWN) as world:
        _, item = await bug(world)
        for subject in ("Again", "And again"):
            assert await link(world, await stays(world, subject, world.acme), item) == 201
            await world.settle()
        [(_, said)] = weight(world, item)
        assert said == "1 ticket, 1 customer, highest plan Elite"
        world.calls.clear()
        later = SteeredClock(SystemClock())
        later.agree(later.now() + timedelta(hours=25))
        world.hub.db.clock = later
        await world.settle()
        [(_, said)] = weight(world, item)
        assert said == "3 tickets, 1 customer, highest plan Elite"
        assert len(world.writes("boards")) == 1


async def test_higher_plan_of_the_same_customer_is_written_at_once(tmp_path: Path) -> None:
    async with open_world(tmp_path, mapping=SHOWN) as world:
        globex = world.hubspot.add_company("Globex", success_plan="Standard")
        ticket = world.hubspot.person_creates_ticket("Blank", "", "Bug", "LOW", globex)
        await world.settle()
        [item] = [str(each.id) for each in world.items()]
        assert weight(world, item)[0][1].endswith("highest plan Standard")
        assert await link(world, await stays(world, "The same", world.acme), item) == 201
        await world.settle()
        assert weight(world, item)[0][1] == "2 tickets, 2 customers, highest plan Elite"
        assert ticket


async def hangs_too(world: World, connection: str, item: str) -> None:
    """A ticket of another customer hangs on the item too."""
    globex = world.hubspot.add_company("Globex", success_plan="Standard")
    ends = {
        "ticket": {"connection": "hubspot", "id": await stays(world, "The same", globex)},
        "work_item": {"connection": connection, "id": item},
    }
    answer = await world.client.post("/api/v1/links", headers=world.admin, json=ends)
    assert answer.status_code == 201, answer.text
    await world.settle()


async def takes_off(world: World, connection: str, item: str) -> None:
    """A person takes every ticket off it."""
    path = f"/api/v1/work-items/{connection}/{item}"
    found = await world.client.get(path, headers=world.admin)
    for each in found.json()["links"]:
        await world.client.delete(f"/api/v1/links/{each['id']}", headers=world.admin)
    await world.settle()


async def test_in_jira_it_is_one_remote_link_whose_title_changes(tmp_path: Path) -> None:
    asked = f"{JIRA_MAPPING}show_on_work_item: {{impact: true}}\n"
    async with open_scene(tmp_path, mapping=asked) as scene:
        _, issue = await scene.bug()

        def shown() -> list[tuple[int, str]]:
            own = [e for e in issue.remote_links if e.global_id == "ticketbridge:weight"]
            return [(each.id, str(each.object["title"])) for each in own]

        [(first, title)] = shown()
        assert title.startswith("1 ticket, 1 customer")
        await hangs_too(scene.world, "jira", str(issue.id))
        [(second, title)] = shown()
        assert (second, title[:24]) == (first, "2 tickets, 2 customers, ")
        scene.world.calls.clear()
        await scene.world.settle()
        assert scene.world.writes("jira") == []
        await takes_off(scene.world, "jira", str(issue.id))
        assert shown() == []


async def test_in_rocketlane_it_is_a_line_of_the_private_note(tmp_path: Path) -> None:
    asked = f"{ROUTE}\nshow_on_work_item: {{impact: true, plans: [Elite, Standard]}}\n"
    async with implementing(tmp_path, route=asked) as here:
        here.new_ticket()
        await here.settle_tasks(1)
        await here.world.settle()
        [task] = here.tasks()
        assert "1 ticket, 1 customer, highest plan Elite" in task.private_note
        assert "Step 4 fails." in task.private_note
        await hangs_too(here.world, "rocketlane", str(task.id))
        assert "2 tickets, 2 customers, highest plan Elite" in task.private_note
        assert "1 ticket, 1 customer" not in task.private_note
        await takes_off(here.world, "rocketlane", str(task.id))
        assert MARK.strip() not in task.private_note
        assert "Step 4 fails." in task.private_note
