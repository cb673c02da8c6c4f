"""Work in several places: any address of an item, two accounts of a vendor, two trackers (H22)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bridge.kit.clock import SystemClock
from connectors.azure_devops.simulator import AzureDevOpsSimulator
from connectors.jira.simulator import JiraSimulator
from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.rocketlane.simulator.records import Project
from tests.scenarios.test_jira import JIRA_YAML, make_jira
from tests.scenarios.test_projects import CONNECTION
from tests.scenarios.world import BRIDGE_YAML, HOOK_PASSWORD, HOOK_USER, World, open_world
from tests.shipped import SHIPPED

GLOBEX = f"""
  globex:
    vendor: azure_devops
    base_url: http://globex.test
    organization: globex
    project: Platform
    token: pat-globex
    webhook_user: {HOOK_USER}
    webhook_password: {HOOK_PASSWORD}
    debounce_ms: 0
    sweep_s: 3600
    probe_grace_s: 0.2
"""
ROUTE = """
  - id: globex-bug
    when: {all: [{field: category, is: Bug}, {field: customer, is: Globex}]}
    launch:
      in: globex
      project: Platform
      type: Bug
      fields:
        System.Title: "[{{ ticket.customer }}] {{ ticket.subject }}"

"""
STATUS = """
  globex: {New: reported, Active: in_development, Resolved: in_testing, Closed: available}
  jira: {To Do: reported, In Progress: in_development, In Review: in_testing, Done: available}
  rocketlane: {To do: reported, In progress: in_development, Completed: available}
"""
MAPPING = (
    SHIPPED.replace("\n  - id: bug\n", f"{ROUTE}  - id: bug\n")
    .replace("\nrollup:", f"{STATUS}\nrollup:")
    .replace("    owner: work_item\n", "    owner: work_item\n    connection: boards\n")
)
SITE = "https://acme.atlassian.net"
SPRINT = "Platform\\Sprint 7"


@dataclass
class Places:
    """The world with two organizations in Azure DevOps, a Jira and a Rocketlane account."""

    world: World
    globex: AzureDevOpsSimulator
    jira: JiraSimulator
    rocketlane: RocketlaneSimulator
    project: Project

    async def question(self) -> str:
        """A ticket that no route takes."""
        id = self.world.hubspot.person_creates_ticket(
            subject="Question", category="Customer Success Ticket", company_id=self.world.acme
        )
        await self.world.settle()
        return id

    async def link(self, ticket: str, connection: str, **item: str) -> httpx.Response:
        """A person links an item by one of its names."""
        body = {
            "ticket": {"connection": "hubspot", "id": ticket},
            "work_item": {"connection": connection, **item},
        }
        answer = await self.world.client.post("/api/v1/links", headers=self.world.admin, json=body)
        await self.world.settle()
        return answer

    async def named(self, text: str) -> list[str]:
        """The ticket that the text leads to when it is asked about; empty if to none."""
        asked = {"ref": text}
        answer = await self.world.client.get(
            "/api/v1/explain", params=asked, headers=self.world.admin
        )
        return [answer.json()["ticket"]["id"]] if answer.status_code == 200 else []


@asynccontextmanager
async def open_places(folder: Path) -> AsyncIterator[Places]:
    """The world with all of them."""
    clock = SystemClock()
    globex = AzureDevOpsSimulator("globex", ("Platform",), "pat-globex", clock=clock.now)
    globex.base_url = "http://globex.test"
    globex.subscribe("http://bridge.test/webhooks/globex", HOOK_USER, HOOK_PASSWORD)
    jira = make_jira(clock)
    rocketlane = RocketlaneSimulator(clock=clock.now, base_url="http://rocketlane.test")
    rocketlane.add_webhook("http://bridge.test/webhooks/rocketlane?token=hook-1")
    project = rocketlane.add_project("Acme rollout", "ACME")
    connections = (GLOBEX, JIRA_YAML, CONNECTION)
    async with open_world(
        folder,
        mapping=MAPPING,
        bridge_yaml=BRIDGE_YAML + "".join(each.lstrip("\n") for each in connections),
        others={"globex.test": globex, "jira.test": jira, "rocketlane.test": rocketlane},
    ) as world:
        world.boards.add_iteration(SPRINT, "2027-02-15", "2027-03-01")
        yield Places(world, globex, jira, rocketlane, project)


@pytest.fixture
async def places(tmp_path: Path) -> AsyncIterator[Places]:
    async with open_places(tmp_path) as opened:
        yield opened


def _issue(places: Places) -> tuple[str, list[dict[str, str]]]:
    id = places.jira.person_creates("Known for long")
    key = places.jira.issue(id).key
    return id, [
        {"key": key},
        {"url": f"{SITE}/browse/{key}"},
        {"url": f"{SITE}/jira/software/c/projects/DEMO/boards/1?selectedIssue={key}"},
        {"url": f"{SITE}/servicedesk/customer/portal/3/{key}"},
    ]


def _item(places: Places) -> tuple[str, list[dict[str, str]]]:
    id = places.world.boards.person_creates("Bug", "Known for long")
    place = "http://boards.test/acme"
    return id, [
        {"key": f"AB#{id}"},
        {"url": f"{place}/Platform/_workitems/edit/{id}"},
        {"url": f"{place}/Platform/_boards/board/t/Team/Stories/?workitem={id}"},
        {"url": f"{place}/_apis/wit/workItems/{id}"},
    ]


def _task(places: Places) -> tuple[str, list[dict[str, str]]]:
    id = places.rocketlane.person_creates("Known for long", places.project)
    place = f"https://app.rocketlane.com/projects/{places.project.id}"
    return id, [{"key": f"#{id}"}, {"url": f"{place}?task={id}"}, {"url": f"{place}/tasks/{id}"}]


@pytest.mark.parametrize(
    ("connection", "made"), [("jira", _issue), ("boards", _item), ("rocketlane", _task)]
)
async def test_item_that_the_hub_never_saw_is_linked_by_its_key_and_by_any_of_its_addresses(
    places: Places, connection: str, made: Any
) -> None:
    _, beside = made(places)
    for number in range(len(beside)):
        id, names = made(places)
        ticket = await places.question()
        path = f"/api/v1/work-items/{connection}/{id}"
        assert (await places.world.client.get(path, headers=places.world.admin)).status_code == 404
        answer = await places.link(ticket, connection, **names[number])
        assert (answer.status_code, answer.json().get("work_item", {}).get("id")) == (201, id)
        assert places.world.ticket(ticket)["work_stage"] == "Reported to engineering"
        # Each of its names leads back from it to the ticket; those of the item beside it do not.
        for name, other in zip(names, beside, strict=True):
            assert await places.named(*name.values()) == [ticket], name
            assert await places.named(*other.values()) == [], other
    assert await places.world.findings() == set()


async def test_key_of_before_a_move_still_links_and_the_new_one_finds_the_ticket(
    places: Places,
) -> None:
    id = places.jira.person_creates("Known for long")
    old = places.jira.issue(id).key
    ticket = await places.question()
    assert (await places.link(ticket, "jira", url=f"{SITE}/browse/{old}")).status_code == 201
    new = places.jira.person_moves_project(id, "OPS")
    await places.world.settle()
    assert await places.named(f"{SITE}/browse/{new}") == [ticket]
    assert await places.named(old) == []
    again = await places.link(ticket, "jira", url=f"{SITE}/browse/{old}")
    assert (again.status_code, again.json()["code"]) == (409, "link_exists")


@pytest.mark.parametrize(
    ("connection", "url", "said"),
    [
        ("boards", "https://evil.example/acme/Platform/_workitems/edit/1",
         "the hub opens only addresses of work items in the Azure DevOps Boards account of boards"),
        ("jira", "https://other.atlassian.net/browse/DEMO-1",
         "the hub opens only addresses of work items in the Jira account of jira"),
        ("jira", f"{SITE}/wiki/spaces/DEMO/pages/1", "the hub opens only addresses of work items"),
        ("rocketlane", "https://app.rocketlane.com.evil.example/projects/1?task=1",
         "the hub opens only addresses of work items"),
        ("boards", "http://globex.test/globex/Platform/_workitems/edit/1",
         "it is an address of globex: name that connection"),
        ("globex", f"{SITE}/browse/DEMO-1", "it is an address of jira: name that connection"),
        ("jira", "https://app.hubspot.com/contacts/24680135/record/0-5/812",
         "it is the page of ticket hubspot:812"),
    ],
)  # fmt: skip
async def test_address_on_another_host_is_refused_with_where_it_belongs_and_not_opened(
    places: Places, connection: str, url: str, said: str
) -> None:
    ticket = await places.question()
    places.world.calls.clear()
    answer = await places.link(ticket, connection, url=url)
    assert (answer.status_code, answer.json()["code"]) == (404, "record_missing")
    assert said in answer.json()["detail"]
    assert places.world.calls == []


async def test_items_of_one_number_in_two_accounts_of_a_vendor_are_never_mixed_up(
    places: Places,
) -> None:
    hubspot = places.world.hubspot
    globex = hubspot.add_company("Globex", success_plan="Premium")
    ours, theirs = [
        hubspot.person_creates_ticket(subject="Export fails", category="Bug", company_id=company)
        for company in (places.world.acme, globex)
    ]
    await places.world.settle()
    [item], [other] = places.world.items(), [*places.globex.items.values()]
    assert item.id == other.id
    assert (item.fields["System.Title"], other.fields["System.Title"]) == (
        "[Acme] Export fails",
        "[Globex] Export fails",
    )
    places.globex.person_moves_state(other.id, "Active")
    places.world.boards.person_edits(item.id, {"System.IterationPath": SPRINT})
    await places.world.settle()
    assert places.world.ticket(ours)["work_stage"] == "Reported to engineering"
    assert places.world.ticket(theirs)["work_stage"] == "In development"
    assert places.world.ticket(ours)["work_eta"] == "2027-03-01"
    assert not places.world.ticket(theirs).get("work_eta")
    host = "http://globex.test/globex/Platform/_workitems/edit"
    assert await places.named(f"{host}/{other.id}") == [theirs]


async def test_ticket_with_items_in_two_trackers_shows_both_and_follows_the_slower(
    places: Places,
) -> None:
    ticket = places.world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=places.world.acme
    )
    await places.world.settle()
    [item] = places.world.items()
    issue = places.jira.person_creates("The library behind it")
    key = places.jira.issue(issue).key
    assert (await places.link(ticket, "jira", url=f"{SITE}/browse/{key}")).status_code == 201

    def shown() -> tuple[Any, Any, Any]:
        seen = places.world.ticket(ticket)
        return seen["work_stage"], seen["work_items"], seen.get("work_eta")

    assert shown() == ("Reported to engineering", f"#{item.id}, {key}", None)
    places.world.boards.person_moves_state(item.id, "Resolved")
    places.world.boards.person_edits(item.id, {"System.IterationPath": SPRINT})
    await places.world.settle()
    assert shown() == ("Reported to engineering", f"#{item.id}, {key}", "2027-03-01")
    places.jira.person_moves_status(issue, "In Progress")
    await asyncio.sleep(0.002)  # Jira's times are milliseconds: two changes in one are a tie
    places.jira.person_edits(issue, {"duedate": "2027-05-01"})
    await places.world.settle()
    assert shown() == ("In development", f"#{item.id}, {key}", "2027-05-01")
    places.jira.person_moves_status(issue, "Done", resolution={"name": "Done"})
    await places.world.settle()
    assert shown()[0] == "In testing"
    assert await places.world.findings() == set()
