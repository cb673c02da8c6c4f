"""What a token of Azure DevOps opens, and the states of its service hooks."""

from __future__ import annotations

import pytest

from bridge.domain.schema import Hook, Probe
from connectors.azure_devops.simulator.fields import Field
from tests.connectors.azure_devops.client_kit import PASSWORD, USER, boards

DOOR = "https://bridge.example.com/webhooks/boards"
LAUNCH = frozenset({("", "Bug")})


async def _probe(**withheld: bool) -> Probe:
    async with boards() as world:
        world.sim.withheld_rights |= {name for name, on in withheld.items() if on}
        world.sim.subscribe(DOOR, USER, PASSWORD)
        return await world.tracker.probe(DOOR, LAUNCH)


async def test_token_that_may_only_read_is_told_from_one_that_may_write() -> None:
    assert {each.name: each.has for each in (await _probe()).rights} == {
        "Work Items (Read)": True,
        "Work Items (Write) in Platform": True,
    }
    read, write = (await _probe(write=True)).rights
    assert (read.has, write.has) == (True, False)
    assert "Read & write" in write.grant


async def test_type_that_wants_more_than_a_title_is_no_lack_of_a_right() -> None:
    async with boards() as world:
        world.sim.add_field(Field("Custom.Team", "Team", "string", required=True))
        probe = await world.tracker.probe(DOOR, LAUNCH)
        assert [each.has for each in probe.rights] == [True, True]
        schema = await world.tracker.fetch_schema()
    [bug] = [each for each in schema.projects[0].types if each.name == "Bug"]
    required = {each.name for each in bug.fields.values() if each.required}
    # State and iteration are required too, and the service fills them itself.
    assert required == {"System.Title", "Custom.Team"}


async def test_project_or_type_that_is_not_there_says_nothing_of_rights() -> None:
    async with boards() as world:
        for launch in (("Nowhere", "Bug"), ("", "Bugg")):
            probe = await world.tracker.probe(DOOR, frozenset({launch}))
            assert [each.name for each in probe.rights] == ["Work Items (Read)"]


async def test_create_that_was_only_to_be_validated_and_was_kept_is_named() -> None:
    async with boards() as world:
        asked = LAUNCH | {("Mobile", "Bug")}
        assert (await world.tracker.probe(DOOR, asked)).left == ()
        assert not world.sim.items
        world.sim.keeps_validated = True
        [left] = (await world.tracker.probe(DOOR, asked)).left
        [item] = world.sim.items.values()
        assert left.startswith(f"#{item.id} in ")


async def test_hooks_that_lead_here_are_well_and_those_of_others_do_not_count() -> None:
    hooks = (await _probe()).hooks
    assert hooks is not None
    assert [each.wrong for each in hooks] == [""] * 5
    async with boards() as world:
        world.sim.subscribe("https://other.example.com/webhooks/boards", USER, PASSWORD)
        found = (await world.tracker.probe(DOOR)).hooks
    assert found == (Hook("work items", f"No service hook leads to {DOOR}."),)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("onProbation", "on probation"),
        ("disabledBySystem", "Azure DevOps has disabled it"),
        ("disabledByUser", "by a person"),
        ("disabledByInactiveIdentity", "who made it has left"),
    ],
)
async def test_hook_that_is_not_enabled_says_why(status: str, says: str) -> None:
    async with boards() as world:
        world.sim.subscribe(f"{DOOR}/", USER, PASSWORD)
        [updated] = [e for e in world.sim.subscriptions if e.event_type == "workitem.updated"]
        updated.status = status
        hooks = (await world.tracker.probe(DOOR)).hooks or ()
        wrong = [each.wrong for each in hooks if each.wrong]
        assert len(wrong) == 1
        assert says in wrong[0]
        # A second hook for the same event makes up for it.
        world.sim.subscribe(DOOR, USER, PASSWORD, ["workitem.updated"])
        hooks = (await world.tracker.probe(DOOR)).hooks or ()
        assert [each.wrong for each in hooks if each.wrong] == []


async def test_hook_that_is_missing_or_sends_nothing_is_told() -> None:
    async with boards() as world:
        world.sim.subscribe(DOOR, USER, PASSWORD, ["workitem.created", "workitem.updated"])
        world.sim.subscriptions[0].consumer_inputs["resourceDetailsToSend"] = "none"
        hooks = (await world.tracker.probe(DOOR)).hooks or ()
    said = {each.event: each.wrong for each in hooks}
    assert "no resource details" in said["Work item created"]
    assert said["Work item updated"] == ""
    assert "There is no service hook" in said["Work item deleted"]


async def test_hooks_that_the_token_may_not_see_are_unknown_not_missing() -> None:
    assert (await _probe(hooks=True)).hooks is None


async def test_projects_that_the_token_may_not_list_leave_the_schema_whole() -> None:
    async with boards() as world:
        world.sim.withheld_rights.add("projects")
        schema = await world.tracker.fetch_schema(frozenset({"Nowhere"}))
    assert [(each.name, each.found) for each in schema.projects] == [
        ("Platform", True),
        ("Nowhere", False),
    ]
    assert schema.project_names == ()
