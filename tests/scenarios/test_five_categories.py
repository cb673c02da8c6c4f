"""The five categories of the customer success process, by the ready-made mapping (H3 to H22)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.kit.clock import SystemClock
from connectors.email.simulator import EmailSimulator
from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.rocketlane.simulator.records import Task
from connectors.teams.simulator import TeamsSimulator, Workflow
from tests.ready_made import text
from tests.scenarios.telling import CHANNELS, LEADS
from tests.scenarios.test_explain import explain
from tests.scenarios.test_projects import CONNECTION
from tests.scenarios.world import BRIDGE_YAML, World, make_boards, make_hubspot, open_world

STATUSES = ((4, "Proposal with client"), (5, "Proposal accepted"), (6, "Proposal declined"))
LISTED = """
    statuses:
      - {value: 4, label: Proposal with client, category: in_progress}
      - {value: 5, label: Proposal accepted, category: in_progress}
      - {value: 6, label: Proposal declined, category: removed}
"""
OWNERS = ("csm@acme.com", "implementation@acme.com", "sales@acme.com")


@dataclass
class Shop:
    """The firm with everything that it works with."""

    world: World
    rocketlane: RocketlaneSimulator
    channel: Workflow
    mail: EmailSimulator
    csm: str

    async def files(self, category: str, subject: str, priority: str = "MEDIUM") -> str:
        """The customer success manager logs a request of Acme, and everything settles."""
        id = self.world.hubspot.person_creates_ticket(
            subject, "As asked.", category, priority, self.world.acme, hubspot_owner_id=self.csm
        )
        await self.world.settle()
        return id

    def shown(self, id: str) -> tuple[str, str]:
        """The stage and the keys that the ticket shows."""
        ticket = self.world.ticket(id)
        return ticket.get("work_stage") or "", ticket.get("work_items") or ""

    def task(self) -> Task:
        """The newest task that hangs below no other."""
        return [t for t in self.rocketlane.workspace.tasks.values() if t.parent is None][-1]

    async def moves(self, task: Task, status: str) -> None:
        """Somebody moves the task, and everything settles."""
        self.rocketlane.person_moves_status(str(task.id), status)
        await self.world.settle()


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Shop]:
    clock = SystemClock()
    hubspot, boards = make_hubspot(clock), make_boards(clock)
    rocketlane = RocketlaneSimulator(clock=clock.now, base_url="http://rocketlane.test")
    rocketlane.add_webhook("http://bridge.test/webhooks/rocketlane?token=hook-1")
    rocketlane.add_phase(rocketlane.add_project("Acme rollout", "Acme"), "Post Implementation")
    for value, label in STATUSES:
        rocketlane.add_status(value, label, "in_progress")
    for address in OWNERS:
        rocketlane.workspace.add_person(address, address.partition("@")[0], "X")
    teams, server = TeamsSimulator("http://teams.test"), EmailSimulator()
    channel = teams.add_workflow()
    connection = re.sub(r"people:\n.+\n", "", CONNECTION).strip("\n")
    async with server.running():
        told = CHANNELS.format(teams=teams.url_of(channel), port=server.port).lstrip("\n")
        async with open_world(
            folder,
            mapping=text("customer-success-rocketlane"),
            bridge_yaml=BRIDGE_YAML + connection + LISTED + told,
            vendors=(hubspot, boards),
            others={"rocketlane.test": rocketlane},
            apps={"teams.test": teams.app},
        ) as world:
            for name in ("implementation_lead", "sales_account_lead"):
                world.hubspot.add_property("companies", name)
            world.acme = world.hubspot.add_company(
                "Acme", implementation_lead=OWNERS[1], sales_account_lead=OWNERS[2]
            )
            csm = world.hubspot.add_owner(OWNERS[0], "Kim", "K")
            yield Shop(world, rocketlane, channel, server, csm)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(tmp_path) as at:
        yield at


async def test_each_category_goes_where_the_process_says(shop: Shop) -> None:
    stays = await shop.files("Customer Success Ticket", "New user", "HIGH")
    wish = await shop.files("Development Request", "Dark mode", "HIGH")
    bug = await shop.files("Bug", "Button is crooked", "LOW")
    after = await shop.files("Post Implementation", "Import drops a column")
    scope = await shop.files("Additional Scope", "A second depot")
    assert shop.shown(stays) == ("", "")
    story, defect = shop.world.items()
    assert [each.type for each in (story, defect)] == ["User Story", "Bug"]
    assert defect.fields["Microsoft.VSTS.Common.Priority"] == 3
    assert shop.world.ticket(bug)["engineering_priority"] == "3"
    tasks = [t for t in shop.rocketlane.workspace.tasks.values() if t.parent is None]
    keys = [f"#{each.id}" for each in (story, defect, *tasks)]
    # The priority is one of Boards: of a task nothing is said to be missing.
    told = await explain(shop.world, f"hubspot:{after}")
    assert told["verdict"] == "IN_SYNC"
    assert "engineering_priority" not in [each["field"] for each in told["fields"]]
    shown = [shop.shown(each) for each in (wish, bug, after, scope)]
    assert shown == [("Reported to our team", each) for each in keys]
    assert await shop.world.findings() == set()


async def test_tasks_have_the_owners_the_subtask_and_the_notice_of_the_process(shop: Shop) -> None:
    people = []
    for category in ("Post Implementation", "Additional Scope"):
        ticket = await shop.files(category, f"About {category}")
        task = shop.task()
        assert task.phase is not None
        assert (task.project.company.name, task.phase.name) == ("Acme", "Post Implementation")
        assert "As asked." in task.private_note
        assert task.description == ""
        [below] = [t for t in shop.rocketlane.workspace.tasks.values() if t.parent is task]
        assert below.name == "Ticketing Questions"
        assert "Form to attach: <b>Ticketing Questions</b>" in below.description
        people.append({each.email for each in task.assignees})
        card = shop.channel.shown[-1]
        assert f"About {category}" in card.text
        assert f"#{task.id}" in card.text
        ours = f"http://bridge.test/tickets/hubspot/{ticket}"
        assert any(each.startswith(ours) for each in card.urls.values())
        assert any(str(task.id) in each for each in card.urls.values())
    assert people == [set(OWNERS[:2]), set(OWNERS)]
    assert len(shop.channel.shown) == 2
    assert shop.mail.mails == []
    assert len(shop.rocketlane.workspace.phases) == 1
    assert await shop.world.findings() == set()


async def test_proposal_is_followed_on_the_ticket_until_the_client_declines(shop: Shop) -> None:
    ticket = await shop.files("Additional Scope", "A second depot")
    task, said = shop.task(), []
    for status in ("In progress", "Proposal with client", "Proposal declined"):
        await shop.moves(task, status)
        said.append(shop.shown(ticket)[0])
    assert said == ["Being worked on", "Proposal with you", "Not planned"]
    assert shop.world.ticket(ticket)["hs_pipeline_stage"] == "1"
    assert await shop.world.findings() == set()


async def test_both_leads_hear_of_a_bug_that_stops_everything_and_of_no_other(shop: Shop) -> None:
    await shop.files("Bug", "Button is crooked", "MEDIUM")
    assert (shop.channel.shown, shop.mail.mails) == ([], [])
    await shop.files("Bug", "Nothing loads", "HIGH")
    [_, bug] = shop.world.items()
    assert bug.fields["Microsoft.VSTS.Common.Priority"] == 1
    assert [len(shop.mail.box(each)) for each in LEADS] == [1, 1]
    texts = [card.text for card in shop.channel.shown]
    assert [sum(lead in each for each in texts) for lead in LEADS] == [1, 1]


async def test_customer_without_a_sales_lead_needs_none_for_what_was_implemented(
    shop: Shop,
) -> None:
    shop.world.acme = shop.world.hubspot.add_company("Acme", implementation_lead=OWNERS[1])
    await shop.files("Post Implementation", "Import drops a column")
    assert {each.email for each in shop.task().assignees} == set(OWNERS[:2])
