"""Signals become work items of their own, related to a ticket's; no word of them goes further."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bridge.domain.refs import WorkItemRef
from bridge.kit.clock import SystemClock
from bridge.kit.faults import Fault, FaultKind
from bridge.store import queue
from bridge.store.tables import deliveries, operations
from connectors.jira.simulator import JiraSimulator
from connectors.sentry.simulator import SentrySimulator
from connectors.sentry.simulator.records import Issue
from tests.keeping import as_text, stored
from tests.scenarios.test_jira import JIRA_YAML, make_jira
from tests.scenarios.world import BRIDGE_YAML, World, open_world

SENTRY = """
  sentry:
    vendor: sentry
    base_url: http://sentry.test
    organization: acme
    token: sentry-token-test
    client_secret: sentry-client-secret-1
    launch_in: {launch_in}
    debounce_ms: 0
    sweep_s: 3600
"""
RELATED = "System.LinkTypes.Related"


@dataclass
class Scene:
    """The world with its Sentry, and its Jira where there is one."""

    world: World
    sentry: SentrySimulator
    jira: JiraSimulator | None
    logged: list[Any]

    async def bug(self) -> tuple[str, Any]:
        """A bug ticket and its work item."""
        before = {each.id for each in self.world.items()}
        id = self.world.hubspot.person_creates_ticket(
            subject="Export fails", category="Bug", company_id=self.world.acme
        )
        await self.world.settle()
        [item] = [each for each in self.world.items() if each.id not in before]
        return id, item

    async def launch(self, issue: Issue, item: Any = None, *, wait: float = 10) -> httpx.Response:
        """A person launches the signal, related to an item of Azure DevOps."""
        related = {"related_to": {"connection": "boards", "id": str(item.id)}} if item else {}
        return await self.world.client.post(
            f"/api/v1/signals/sentry/{issue.id}/launch?wait={wait}",
            json=related,
            headers=self.world.admin,
        )

    async def get(self, path: str) -> dict[str, Any]:
        """An answer of the API."""
        answer = await self.world.client.get(f"/api/v1{path}", headers=self.world.admin)
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        return read

    async def leaks(self, ticket: str) -> dict[str, list[str]]:
        """Where a canary is that must not be there: by place."""
        world, hubspot = self.world, self.world.hubspot
        texts = {
            "hubspot": as_text([hubspot.portal, hubspot.calls]),
            "logs": repr(self.logged),
        }
        for path in ("", "/timeline", "/explain"):
            texts[f"api{path}"] = json.dumps(await self.get(f"/tickets/hubspot/{ticket}{path}"))
        for path in ("/tickets", "/links", "/findings", "/deliveries"):
            texts[path] = json.dumps(await self.get(path))
        async with world.hub.db.read() as connection:
            texts |= await stored(connection)
        leaked = {place: self.sentry.canaries_planted.found_in(t) for place, t in texts.items()}
        return {place: found for place, found in leaked.items() if found}


@asynccontextmanager
async def signals_world(
    folder: Path,
    *,
    launch_in: str = "boards",
    database_url: str | None = None,
    mapping: str | None = None,
    more_yaml: str = "",
    others: dict[str, Any] | None = None,
    apps: dict[str, Any] | None = None,
    guide: str = "launch",
) -> AsyncIterator[Scene]:
    clock = SystemClock()
    sentry = SentrySimulator(base_url="http://sentry.test", clock=clock.now)
    sentry.canaries = True
    sentry.subscribe("http://bridge.test/webhooks/sentry")
    jira = make_jira(clock) if launch_in == "jira" else None
    further = {"sentry.test": sentry} | ({"jira.test": jira} if jira else {}) | (others or {})
    place = "jira\n    launch_project: OPS" if jira else launch_in
    yaml = (
        BRIDGE_YAML
        + (JIRA_YAML if jira else "")
        + SENTRY.format(launch_in=place)
        + f"    guide: {guide}\n"
        + more_yaml
    )
    with capture_logs() as captured:
        async with open_world(
            folder,
            bridge_yaml=yaml,
            database_url=database_url,
            others=further,
            mapping=mapping,
            apps=apps,
        ) as world:
            yield Scene(world, sentry, jira, captured)


def _relations(item: Any, rel: str) -> list[str]:
    return [each.url for each in item.relations if each.rel == rel]


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_a_signal_becomes_one_item_related_to_the_tickets_and_the_ticket_hears_a_number(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    """O31."""
    url = request.getfixturevalue("migrated_postgres") if database == "postgres" else None
    async with signals_world(tmp_path, database_url=url) as scene:
        ticket, item = await scene.bug()
        issue = scene.sentry.error_occurs()
        presses = await asyncio.gather(*(scene.launch(issue, item) for _ in range(3)))
        assert sorted(each.status_code for each in presses) == [200, 200, 201], presses[0].text
        await scene.world.settle()
        again = await scene.launch(issue, item)
        await scene.world.settle()
        assert again.status_code == 200
        own, made = scene.world.items()
        assert own.id == item.id
        assert made.fields["System.Title"] == f"{issue.short_id}: {issue.title}"
        assert made.fields["System.WorkItemType"] == "Bug"
        assert len(_relations(made, RELATED)) == 1
        assert [each.target for each in made.relations if each.rel == RELATED] == [item.id]
        # The way back to Sentry stays on the item: the hub's own pass does not take it off.
        assert _relations(made, "Hyperlink") == [scene.sentry.organization.write.page(issue)]
        shown = await scene.get(f"/tickets/hubspot/{ticket}")
        assert shown["internal_tasks"] == 1
        assert (await scene.get("/tickets"))["items"][0]["internal_tasks"] == 1
        assert [each["work_item"]["id"] for each in shown["links"]] == [str(item.id)]
        also = (await scene.get(f"/tickets/hubspot/{ticket}/explain"))["also"]
        [beside] = [each for each in also if each["code"] == "INTERNAL_TASKS"]
        assert "1 internal technical task beside" in beside["sentence"]
        said = presses[0].json()
        assert said["work_item"]["id"] == str(made.id)
        assert said["related_to"]["id"] == str(item.id)
        for answer in (*presses, again):
            assert scene.sentry.canaries_planted.found_in(answer.text) == []
        assert await scene.leaks(ticket) == {}


async def test_comments_of_a_signals_item_and_its_changes_reach_no_ticket(tmp_path: Path) -> None:
    """O29: not even those that somebody marked for the customer."""
    async with signals_world(tmp_path) as scene:
        ticket, item = await scene.bug()
        issue = scene.sentry.error_occurs()
        await scene.launch(issue, item)
        await scene.world.settle()
        made = scene.world.items()[1]
        note = scene.sentry.person_comments(issue)
        copied = scene.sentry.copies.azure_comment(note)
        scene.world.boards.person_comments(str(made.id), copied)
        marked = f"<p>#customer</p><p>{scene.sentry.canaries_planted.plant('marked')}</p>"
        scene.world.boards.person_comments(str(made.id), marked)
        scene.world.boards.person_edits(str(made.id), {"System.State": "Resolved"})
        await scene.world.settle()
        assert await scene.leaks(ticket) == {}
        assert scene.world.ticket(ticket)["work_items"] == f"#{item.id}"


async def test_across_trackers_each_side_shows_a_link_to_the_other(tmp_path: Path) -> None:
    async with signals_world(tmp_path, launch_in="jira") as scene:
        ticket, item = await scene.bug()
        issue = scene.sentry.error_occurs()
        answer = await scene.launch(issue, item)
        assert answer.status_code == 201, answer.text
        await scene.world.settle()
        assert scene.jira is not None
        [made] = scene.jira.site.issues.values()
        assert made.key.startswith("OPS-")
        remote = [each.object["url"] for each in made.remote_links]
        assert remote == [f"http://boards.test/acme/Platform/_workitems/edit/{item.id}"]
        assert f"https://acme.atlassian.net/browse/{made.key}" in _relations(item, "Hyperlink")
        assert (await scene.get(f"/tickets/hubspot/{ticket}"))["internal_tasks"] == 1
        assert await scene.leaks(ticket) == {}


async def test_in_jira_the_two_are_linked_by_relates(tmp_path: Path) -> None:
    async with signals_world(tmp_path, launch_in="jira") as scene:
        assert scene.jira is not None
        other = scene.jira.site.issues[scene.jira.person_creates("the ticket's own")]
        issue = scene.sentry.error_occurs()
        path = f"/api/v1/signals/sentry/{issue.short_id}/launch"
        body = {"related_to": {"connection": "jira", "key": other.key}}
        answer = await scene.world.client.post(path, json=body, headers=scene.world.admin)
        assert answer.status_code == 201, answer.text
        await scene.world.settle()
        [link] = scene.jira.site.links.values()
        made = next(each for each in scene.jira.site.issues.values() if each.id != other.id)
        assert {link.inward, link.outward} == {made.id, other.id}
        assert made.remote_links == []


async def test_a_link_that_jira_has_no_type_for_is_told_and_tried_again_by_a_retry(
    tmp_path: Path,
) -> None:
    async with signals_world(tmp_path, launch_in="jira") as scene:
        assert scene.jira is not None
        [relates] = [each for each in scene.jira.site.link_types if each.name == "Relates"]
        scene.jira.site.link_types.remove(relates)
        other = scene.jira.site.issues[scene.jira.person_creates("the ticket's own")]
        path = f"/api/v1/signals/sentry/{scene.sentry.error_occurs().short_id}/launch"
        body = {"related_to": {"connection": "jira", "key": other.key}}
        world = scene.world
        answer = await world.client.post(path, json=body, headers=world.admin)
        assert answer.status_code == 201, answer.text
        await world.settle()
        found = (await scene.get("/findings?state=open"))["items"]
        [refused] = [each for each in found if each["code"] == "RELATION_REJECTED"]
        assert "Relates" in json.dumps(refused)
        asked = [each for each in scene.jira.calls if "issueLink" in repr(each)]
        assert len(asked) == 1
        # Another pass over the item tells it still, and asks Jira no more.
        made = next(each for each in scene.jira.site.issues.values() if each.id != other.id)
        async with world.hub.db.write(durable=False) as connection:
            ref = WorkItemRef("jira", made.id)
            await queue.mark(world.hub.db, connection, [queue.Mark(ref, "again", read=True)])
        world.hub.work_wake.set()
        await world.settle()
        assert "RELATION_REJECTED" in await world.findings()
        assert len([each for each in scene.jira.calls if "issueLink" in repr(each)]) == 1
        scene.jira.site.link_types.append(relates)
        again = f"/api/v1/findings/{refused['id']}/retry"
        assert (await world.client.post(again, headers=world.admin)).status_code == 200
        await world.settle()
        assert len(scene.jira.site.links) == 1
        assert "RELATION_REJECTED" not in await world.findings()


async def test_a_create_whose_answer_was_lost_is_found_by_its_marker(tmp_path: Path) -> None:
    async with signals_world(tmp_path) as scene:
        _, item = await scene.bug()
        issue = scene.sentry.error_occurs()
        lost = Fault(r"POST .*workitems/\$Bug", FaultKind.RESET_AFTER)
        scene.world.boards.faults.add(lost)
        answer = await scene.launch(issue, item)
        assert answer.status_code == 201, answer.text
        await scene.world.settle()
        assert lost.times == 0
        assert len(scene.world.items()) == 2
        assert answer.json()["work_item"]["id"] == str(scene.world.items()[1].id)


async def test_a_signals_item_is_refused_for_a_link_like_the_signal_itself(tmp_path: Path) -> None:
    """O30."""
    async with signals_world(tmp_path) as scene:
        ticket, item = await scene.bug()
        issue = scene.sentry.error_occurs()
        made = (await scene.launch(issue, item)).json()["work_item"]["id"]
        for other in (
            {"connection": "boards", "id": made},
            {"connection": "sentry", "id": str(issue.id)},
        ):
            body = {"ticket": {"connection": "hubspot", "id": ticket}, "work_item": other}
            answer = await scene.world.client.post(
                "/api/v1/links", json=body, headers=scene.world.admin
            )
            assert answer.status_code == 422, answer.text
            assert answer.json()["code"] == "sentry_never_on_ticket"
        related = await scene.world.client.post(
            f"/api/v1/signals/sentry/{scene.sentry.error_occurs().id}/launch",
            json={"related_to": {"connection": "boards", "id": made}},
            headers=scene.world.admin,
        )
        assert related.json()["code"] == "sentry_never_on_ticket"


async def test_an_item_that_sentry_itself_has_linked_is_taken_and_none_is_made(
    tmp_path: Path,
) -> None:
    async with signals_world(tmp_path) as scene:
        ticket, item = await scene.bug()
        native = scene.world.boards.person_creates("Bug", "made by Sentry's button")
        issue = scene.sentry.error_occurs()
        url = f"http://boards.test/acme/Platform/_workitems/edit/{native}"
        vsts = scene.sentry.add_integration("vsts", "boards.test")
        scene.sentry.organization.link_tracker(issue, vsts.id, str(native), url)
        answer = await scene.launch(issue, item)
        assert answer.status_code == 201, answer.text
        assert answer.json()["work_item"]["id"] == str(native)
        await scene.world.settle()
        assert len(scene.world.items()) == 2
        assert (await scene.get(f"/tickets/hubspot/{ticket}"))["internal_tasks"] == 1


async def test_where_that_item_is_the_tickets_own_another_is_made_and_a_person_is_told(
    tmp_path: Path,
) -> None:
    async with signals_world(tmp_path) as scene:
        ticket, item = await scene.bug()
        issue = scene.sentry.error_occurs()
        url = f"http://boards.test/acme/Platform/_workitems/edit/{item.id}"
        vsts = scene.sentry.add_integration("vsts", "boards.test")
        scene.sentry.organization.link_tracker(issue, vsts.id, str(item.id), url)
        answer = await scene.launch(issue, item)
        assert answer.status_code == 201, answer.text
        await scene.world.settle()
        assert len(scene.world.items()) == 2
        assert answer.json()["work_item"]["id"] != str(item.id)
        assert "SENTRY_ON_TICKET" in await scene.world.findings()
        marked = f"<p>#customer</p><p>{scene.sentry.canaries_planted.plant('marked')}</p>"
        scene.world.boards.person_comments(str(item.id), marked)
        await scene.world.settle()
        assert await scene.leaks(ticket) == {}


async def test_webhooks_of_launched_signals_are_read_and_others_left(tmp_path: Path) -> None:
    async with signals_world(tmp_path) as scene:
        issue, other = scene.sentry.error_occurs(), scene.sentry.error_occurs()
        await scene.launch(issue)
        await scene.world.settle()
        for each in (issue, other):
            scene.sentry.person_sets_status(each, "resolved")
        await scene.world.settle()
        async with scene.world.hub.db.read() as connection:
            query = sa.text("SELECT key, observation FROM records WHERE kind = 'signal'")
            [(key, seen)] = (await connection.execute(query)).all()
            of_sentry = sa.select(deliveries.c.body).where(deliveries.c.connection == "sentry")
            bodies = (await connection.execute(of_sentry)).scalars().all()
            asked = (await connection.execute(sa.select(operations.c.request))).scalars().all()
        assert key == f"sentry:{issue.id}"
        assert len(bodies) == 4
        assert "resolved" in str(seen)
        assert scene.sentry.canaries_planted.found_in(f"{bodies!r} {asked!r} {seen!r}") == []


async def test_what_no_webhook_told_is_found_by_the_sweep(tmp_path: Path) -> None:
    async with signals_world(tmp_path) as scene:
        issue = scene.sentry.error_occurs()
        await scene.launch(issue)
        await scene.world.settle()
        await scene.world.sweep("sentry")
        scene.sentry.drop_webhooks = 9
        scene.sentry.person_sets_status(issue, "resolved")
        await scene.world.sweep("sentry")
        async with scene.world.hub.db.read() as connection:
            query = sa.text("SELECT observation FROM records WHERE kind = 'signal'")
            [seen] = (await connection.execute(query)).scalars().all()
        assert "resolved" in str(seen)


async def test_a_tracker_that_refuses_is_told_and_may_be_asked_again(tmp_path: Path) -> None:
    async with signals_world(tmp_path) as scene:
        issue = scene.sentry.error_occurs()
        refusal = {"message": "TF401320: Rule Error for field Area Path", "typeKey": "RuleError"}
        refused = Fault(
            r"POST .*workitems/\$Bug",
            FaultKind.ANSWER,
            status=400,
            headers={"Content-Type": "application/json"},
            body=json.dumps(refusal).encode(),
        )
        scene.world.boards.faults.add(refused)
        answer = await scene.launch(issue)
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] == "vendor_refused"
        assert scene.sentry.canaries_planted.found_in(answer.text) == []
        assert (await scene.launch(issue)).status_code == 201
        await scene.world.settle()
        assert len(scene.world.items()) == 1
        assert "LAUNCH_REJECTED" not in await scene.world.findings()


async def test_the_search_for_leaks_finds_one(tmp_path: Path) -> None:
    async with signals_world(tmp_path) as scene:
        ticket, _ = await scene.bug()
        scene.world.hubspot.person_edits_ticket(
            ticket, subject=scene.sentry.canaries_planted.plant("x")
        )
        await scene.world.settle()
        assert {"hubspot", "api"} <= (await scene.leaks(ticket)).keys()
