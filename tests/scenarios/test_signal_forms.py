"""Sentry's own form, as its page uses it: it offers tracker items, twice pressed is once made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.store.tables import links, origins
from connectors.sentry.simulator.forms import Forms, Pressed
from connectors.sentry.simulator.records import Issue
from tests.scenarios.test_signals import Scene, signals_world


@dataclass
class Page:
    """Sentry's page of an issue, with the form of our app."""

    scene: Scene
    forms: Forms

    async def options(
        self, name: str, query: str = "", depends: dict[str, str] | None = None
    ) -> list[tuple[str, str]]:
        """What a select offers."""
        client = self.scene.world.client
        return await self.forms.options(client, name, "checkout", query, depends)

    async def press(
        self, which: str, issue: Issue, fields: dict[str, Any] | None = None, **changed: Any
    ) -> Pressed:
        """Press the button."""
        return await self.forms.press(
            self.scene.world.client, which, issue, fields or {}, self.scene.sentry.person, **changed
        )

    async def origins(self) -> list[tuple[str, str]]:
        """Signal and item of every origin."""
        async with self.scene.world.hub.db.read() as connection:
            found = await connection.execute(
                sa.select(origins.c.signal_key, origins.c.work_item_key)
            )
            return [(signal, item) for signal, item in found]


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with signals_world(tmp_path) as scene:
        hook = "http://bridge.test/webhooks/sentry"
        yield Page(scene, scene.sentry.forms(hook, "/sentry/sentry"))


async def test_create_pressed_twice_at_once_makes_one_item(page: Page) -> None:
    scene, issue = page.scene, page.scene.sentry.error_occurs()
    [(tracker, label)] = await page.options("trackers")
    assert (tracker, label) == ("boards:Platform", "Azure DevOps Boards Platform")
    assert (await page.options("types"))[0] == ("Bug", "Bug")
    fields = {"title": issue.title, "description": issue.stack_trace, "tracker": tracker}
    both = await asyncio.gather(*(page.press("create", issue, fields) for _ in range(2)))
    await scene.world.settle()
    [made] = scene.world.items()
    assert [each.status for each in both] == [200, 200], both
    assert {each.link.web_url for each in both if each.link is not None} == {
        f"http://boards.test/acme/Platform/_workitems/edit/{made.id}"
    }
    assert {each.link.display_name for each in both if each.link is not None} == {
        f"Platform#{made.id}"
    }
    assert await page.origins() == [(f"sentry:{issue.id}", f"boards:{made.id}")]


async def test_the_forms_words_stand_in_the_new_item_and_nowhere_else(page: Page) -> None:
    scene = page.scene
    ticket, own = await scene.bug()
    issue = scene.sentry.error_occurs()
    plant = scene.sentry.canaries_planted.plant
    title, text = plant("typed"), f"First & <b>\n\n{plant('described')}"
    fields = {"title": title, "description": text, "item_type": "Task"}
    assert (await page.press("create", issue, fields)).status == 200
    again = {"title": "Another", "description": "other", "item_type": "Bug"}
    assert (await page.press("create", issue, again)).status == 200
    await scene.launch(issue, own)
    await scene.world.settle()
    made = scene.world.items()[1]
    assert made.fields["System.Title"] == title
    assert made.fields["System.WorkItemType"] == "Task"
    described = made.fields["System.Description"]
    assert "First &amp; &lt;b&gt;" in described
    assert issue.short_id in described
    assert await scene.leaks(ticket) == {}


async def test_what_the_lists_do_not_offer_is_refused_and_makes_nothing(page: Page) -> None:
    issue = page.scene.sentry.error_occurs()
    for fields in ({"item_type": "Nonsense"}, {"tracker": "boards:Elsewhere"}, {"tracker": "x"}):
        pressed = await page.press("create", issue, {"title": "x", **fields})
        assert pressed.status == 422, fields
    await page.scene.world.settle()
    assert page.scene.world.items() == []


async def test_every_tracker_is_offered_and_the_chosen_one_gets_the_item(tmp_path: Path) -> None:
    async with signals_world(tmp_path, launch_in="jira") as scene:
        assert scene.jira is not None
        hook = "http://bridge.test/webhooks/sentry"
        page = Page(scene, scene.sentry.forms(hook, "/sentry/sentry"))
        trackers = [value for value, _ in await page.options("trackers")]
        assert trackers == ["jira:OPS", "jira:DEMO", "boards:Platform"]
        types = await page.options("types", depends={"tracker": "boards:Platform"})
        assert ("User Story", "User Story") in types
        first, second = scene.sentry.error_occurs(), scene.sentry.error_occurs()
        there = {"title": "On boards", "tracker": "boards:Platform", "item_type": "User Story"}
        assert (await page.press("create", first, there)).status == 200
        fields = {"title": "In Jira", "description": "One\nTwo", "tracker": "jira:DEMO"}
        assert (await page.press("create", second, fields)).status == 200
        await scene.world.settle()
        [on_boards] = scene.world.items()
        assert on_boards.fields["System.Title"] == "On boards"
        [issue] = scene.jira.site.issues.values()
        assert (issue.key.split("-")[0], issue.fields["summary"]) == ("DEMO", "In Jira")
        found = await page.options("items", "in jira")
        assert [value for value, _ in found] == [f"jira:{issue.id}"]


async def test_link_ties_an_existing_item_once(page: Page) -> None:
    scene, issue = page.scene, page.scene.sentry.error_occurs()
    id = scene.world.boards.person_creates("Bug", "Flaky export")
    [(value, label)] = await page.options("items", str(id))
    assert (value, "Flaky export" in label) == (f"boards:{id}", True)
    for _ in range(2):
        assert (await page.press("link", issue, {"item": value})).status == 200
    await scene.world.settle()
    assert await page.origins() == [(f"sentry:{issue.id}", f"boards:{id}")]
    assert len(scene.world.items()) == 1


async def test_an_item_on_a_ticket_is_neither_offered_nor_taken(page: Page) -> None:
    scene = page.scene
    ticket, item = await scene.bug()
    issue = scene.sentry.error_occurs()
    assert await page.options("items", str(item.id)) == []
    pressed = await page.press("link", issue, {"item": f"boards:{item.id}"})
    assert pressed.status == 422
    assert "ticket" in pressed.message
    assert await page.origins() == []
    assert await scene.leaks(ticket) == {}


@pytest.mark.parametrize(
    "forged",
    [
        "hubspot:{ticket}",
        "sentry:1",
        "boards:999999",
        "boards:",
        ":",
        "",
        "nowhere:1",
        "boards:../1",
    ],
)
async def test_a_forged_value_ties_nothing(page: Page, forged: str) -> None:
    scene = page.scene
    ticket, _ = await scene.bug()
    issue = scene.sentry.error_occurs()
    pressed = await page.press("link", issue, {"item": forged.format(ticket=ticket)})
    assert pressed.status in (404, 422), pressed
    assert pressed.link is None
    elsewhere = await page.press("create", issue, {"tracker": "hubspot:x"})
    assert elsewhere.status == 422
    await scene.world.settle()
    assert await page.origins() == []
    async with scene.world.hub.db.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(links)) == 1


async def test_who_can_not_prove_to_be_sentry_is_told_nothing(page: Page) -> None:
    scene, issue = page.scene, page.scene.sentry.error_occurs()
    scene.sentry.client_secret = "another"
    forger = scene.sentry.forms("http://bridge.test/webhooks/sentry", "/sentry/sentry")
    forged = Page(scene, forger)
    assert (await forged.press("create", issue)).status == 401
    with pytest.raises(ValueError, match="401"):
        await forged.options("items", "1")
    for changed in (
        {"installationId": "7a485448-a9e2-4c85-8a3c-4f44175783c9"},
        {"webUrl": "https://evil.example/issues/1/"},
        {"issueId": "x"},
    ):
        assert (await page.press("create", issue, {}, **changed)).status == 401
    unsigned = await scene.world.client.post("/sentry/sentry/issue-link/create", json={})
    assert unsigned.status_code == 401
    for path in ("/sentry/hubspot/options/items", "/sentry/nowhere/options/items"):
        assert (await scene.world.client.get(path)).status_code == 404
    await scene.world.settle()
    assert scene.world.items() == []
    assert await page.origins() == []


async def test_lists_that_are_not_ours_are_not_there(page: Page) -> None:
    with pytest.raises(ValueError, match="404"):
        await page.options("tickets")
    assert await page.options("items") == []
    assert await page.options("items", "no such thing") == []
