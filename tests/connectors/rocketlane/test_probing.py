"""What a check finds out of the key, and what it can't."""

from __future__ import annotations

from bridge.domain.schema import Use
from connectors.rocketlane.schema import ANY_PROJECT
from tests.connectors.rocketlane.client_kit import desk

DOOR = "https://bridge.example.com/webhooks/rl"


async def test_right_to_create_and_webhooks_can_not_be_found_out() -> None:
    async with desk() as on:
        found = await on.tracker.probe(DOOR, frozenset({("Globex", "TASK")}))
        assert [(each.name, each.has) for each in found.rights] == [
            ("Read tasks", True),
            ("Create tasks in Globex", None),
        ]
        assert (found.hooks, found.account) == (None, "hub@acme.example")


async def test_account_that_is_no_user_is_told() -> None:
    async with desk(account="nobody@acme.example") as on:
        [_, wrong] = (await on.tracker.probe(DOOR)).rights
        assert (wrong.has, wrong.use) == (False, Use.RECORDS)
        assert "nobody@acme.example" in wrong.why


async def test_one_project_stands_for_all_where_the_connection_names_none() -> None:
    async with desk() as on:
        on.sim.add_project("Globex rollout", "Globex")
        schema = await on.tracker.fetch_schema(frozenset({"globex ROLLOUT", "Nowhere"}))
        assert [(each.name, each.found) for each in schema.projects] == [
            (ANY_PROJECT, True),
            ("Nowhere", False),
            ("Globex rollout", True),
        ]
        [task, _] = schema.projects[0].types
        assert [each.name for each in task.fields.values() if each.required] == ["taskName"]
