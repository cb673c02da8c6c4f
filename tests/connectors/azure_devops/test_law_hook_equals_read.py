"""The law that lets a webhook serve as an observation: it says what a read would say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain import records
from bridge.domain.events import Event
from bridge.ports.roles import Want
from tests.connectors.azure_devops.client_kit import (
    PASSWORD,
    START,
    USER,
    Boards,
    Door,
    boards,
    launch,
)

BO = "Bo Tester <Bo.Tester@Acme.example>"
ADDRESS = "https://bridge.example.com/webhooks/boards"

Step = Callable[[Boards, str], Any]


def _edit(fields: dict[str, Any], by: str = BO) -> Step:
    return lambda world, id: world.sim.person_edits(id, fields, by)


def _move(state: str) -> Step:
    return lambda world, id: world.sim.person_moves_state(id, state)


def _assign(value: str | None) -> Step:
    return _edit({"System.AssignedTo": value})


STEPS: list[Step] = [
    _move("Active"),
    _move("Resolved"),
    _move("Closed"),
    _assign(BO),
    _assign(None),
    _edit({"System.Title": 'Quotes " and <b> & "ü"'}),
    _edit({"Microsoft.VSTS.TCM.ReproSteps": "<p>One<br>two</p><script>x</script>"}),
    _edit({"Microsoft.VSTS.TCM.ReproSteps": None, "System.Description": "<p>Only here</p>"}),
    _edit({"System.Tags": "ticketbridge; urgent"}),
    _edit({"System.IterationPath": "Platform\\Sprint 1"}),
    _edit({"Microsoft.VSTS.Common.Priority": 1}),
    lambda world, id: world.sim.person_adds_hyperlink(id, "https://example.com/x", "by hand"),
    lambda world, id: world.sim.person_moves_project(id, "Web"),
]


async def _events(world: Boards, door: Door) -> list[Event]:
    found: list[Event] = []
    for delivery in await door.collect(world.sim):
        hints = world.connection.receiver.normalise(delivery)
        assert isinstance(hints, tuple)
        found += [each for each in hints if isinstance(each, Event)]
    return found


@settings(max_examples=25)
@given(st.lists(st.sampled_from(range(len(STEPS))), min_size=1, max_size=8))
async def test_complete_hook_of_a_revision_equals_a_read_of_it(steps: list[int]) -> None:
    door = Door()
    async with boards(sim={"projects": ("Platform", "Web")}) as world:
        world.sim.add_user("Bo Tester", "Bo.Tester@Acme.example")
        world.sim.add_iteration("Platform\\Sprint 1")
        world.sim.subscribe(ADDRESS, USER, PASSWORD)
        created = await world.tracker.create_item(launch())
        for number in [None, *steps]:
            world.later(seconds=1)
            if number == 9 and world.sim.items[1].project.name != "Platform":
                continue
            if number is not None:
                STEPS[number](world, created.ref.id)
            for event in await _events(world, door):
                read = await world.tracker.fetch_item(event.id, Want())
                assert (event.whole, event.thin) == (True, False)
                assert (event.revision, dict(event.facts)) == (read.revision, dict(read.facts))
                assert read.whole


async def test_answers_of_writes_equal_a_read() -> None:
    async with boards() as world:
        created = await world.tracker.create_item(launch())
        read = await world.tracker.fetch_item(created.ref.id, Want())
        assert created.whole
        assert (created.revision, created.facts) == (read.revision, read.facts)
        [batched] = await world.tracker.fetch_items([created.ref.id], Want())
        assert (batched.revision, batched.facts) == (read.revision, read.facts)


async def test_row_of_the_feed_says_nothing_else_than_a_read() -> None:
    async with boards() as world:
        world.sim.add_user("Bo Tester", "Bo.Tester@Acme.example")
        created = await world.tracker.create_item(launch())
        world.sim.person_edits(created.ref.id, {"System.AssignedTo": BO}, BO)
        page = await world.tracker.list_changed(None, START, Want())
        read = await world.tracker.fetch_item(created.ref.id, Want())
        [row] = page.observations
        assert (row.revision, row.whole) == (read.revision, False)
        assert {name: read.facts[name] for name in row.facts} == dict(row.facts)
        assert row.value(records.AUTHOR) == "bo.tester@acme.example"


async def test_comment_in_every_form_asks_for_a_read() -> None:
    door = Door()
    async with boards() as world:
        world.sim.subscribe(ADDRESS, USER, PASSWORD)
        id = (await world.tracker.create_item(launch())).ref.id
        await _events(world, door)
        comment = world.sim.person_comments(id, "<p>Hello</p>")
        assert [each.thin for each in await _events(world, door)] == [True, True]
        world.sim.person_edits_comment(id, comment, "<p>Edited</p>")
        assert [each.thin for each in await _events(world, door)] == [True]
        world.sim.person_deletes_comment(id, comment)
        assert [each.thin for each in await _events(world, door)] == [True]
        world.sim.person_moves_state(id, "Active")
        assert [each.thin for each in await _events(world, door)] == [False]


async def test_item_without_links_is_merged_and_what_was_cleared_is_said() -> None:
    door = Door()
    async with boards() as world:
        world.sim.add_user("Bo Tester", "Bo.Tester@Acme.example")
        id = world.sim.person_creates("Bug", "Broken", **{"System.AssignedTo": BO})
        world.sim.subscribe(ADDRESS, USER, PASSWORD)
        world.sim.person_edits(id, {"System.AssignedTo": None})
        [event] = await _events(world, door)
        assert (event.whole, event.thin) == (False, False)
        assert event.facts["System.AssignedTo"].value is None
        assert event.facts[records.ASSIGNEE].value is None
        assert records.HYPERLINKS not in event.facts


async def test_cut_down_deliveries_are_hints_only() -> None:
    door = Door()
    async with boards() as world:
        subscriptions = world.sim.subscribe(ADDRESS, USER, PASSWORD)
        for each in subscriptions:
            each.consumer_inputs["resourceDetailsToSend"] = "minimal"
        id = (await world.tracker.create_item(launch())).ref.id
        world.sim.person_moves_state(id, "Active")
        world.sim.person_deletes(id)
        events = await _events(world, door)
        assert [(each.id, each.thin, dict(each.facts)) for each in events] == [(id, True, {})] * 3
