"""The customer success process: five categories, each to its end (H2 to H22)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.kit.clock import SystemClock
from connectors.azure_devops.simulator import Field
from connectors.email.simulator import EmailSimulator
from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.rocketlane.simulator.records import Task
from connectors.teams.simulator import TeamsSimulator, Workflow
from tests.ready_made import text
from tests.scenarios.process import connected, has_run_for_a_while
from tests.scenarios.telling import LEADS
from tests.scenarios.world import World, make_boards, make_hubspot, open_world

NAME = "customer-success-rocketlane"
STATUSES = ((4, "Proposal with client"), (5, "Proposal accepted"), (6, "Proposal declined"))
OWNERS = ("csm@acme.com", "implementation@acme.com", "sales@acme.com")
PRIORITY = "Microsoft.VSTS.Common.Priority"
DATE = "Microsoft.VSTS.Scheduling.TargetDate"


class Behind(SystemClock):
    """HubSpot's clock, a minute behind: a ticket has had the time to be filled in."""

    def now(self) -> datetime:
        """The time a minute ago."""
        return super().now() - timedelta(minutes=1)


@dataclass
class Shop:
    """The firm with everything that it works with."""

    world: World
    rocketlane: RocketlaneSimulator
    channel: Workflow
    mail: EmailSimulator
    csm: str
    heard: dict[str, list[str]] = field(default_factory=dict)
    """What each ticket's stage has said so far, by its id."""

    async def files(
        self, category: str, subject: str, priority: str = "MEDIUM", **more: Any
    ) -> str:
        """The customer success manager logs a request of Acme, and everything settles."""
        given = {"company_id": self.world.acme, "hubspot_owner_id": self.csm, **more}
        id = self.world.hubspot.person_creates_ticket(
            subject, "As asked.", category, priority, **given
        )
        await self.settle()
        return id

    async def settle(self) -> None:
        """Everything settles; what each ticket now tells is noted."""
        await self.world.settle()
        for id in self.world.hubspot.tickets:
            stage, told = self.shown(id)[0], self.heard.setdefault(id, [])
            if stage and told[-1:] != [stage]:
                told.append(stage)

    def shown(self, id: str) -> tuple[str, str]:
        """The stage and the keys that the ticket shows."""
        ticket = self.world.ticket(id)
        return ticket.get("work_stage") or "", ticket.get("work_items") or ""

    def task(self) -> Task:
        """The newest task that hangs below no other."""
        return [t for t in self.rocketlane.workspace.tasks.values() if t.parent is None][-1]

    async def moves(self, task: Task, *statuses: str) -> None:
        """Somebody moves the task through these statuses, and each time everything settles."""
        for status in statuses:
            self.rocketlane.person_moves_status(str(task.id), status)
            await self.settle()

    async def advances(self, item: Any, *states: str) -> None:
        """A developer moves the item through these states, and each time everything settles."""
        for state in states:
            self.world.boards.person_moves_state(item.id, state)
            await self.settle()

    async def promised(self, id: str) -> dict[str, str]:
        """The ticket's promises, by their titles, each with how it stands."""
        answer = await self.world.client.get("/api/v1/promises", headers=self.world.admin)
        assert answer.status_code == 200, answer.text
        found = [each for each in answer.json()["items"] if each["ticket"]["id"] == id]
        return {each["promise"]: each["state"] for each in found}

    def notes(self) -> list[str]:
        """The notes on tickets."""
        return [each.properties["hs_note_body"] or "" for each in self.world.hubspot.notes.values()]

    def is_open(self, id: str) -> bool:
        """Whether the ticket is where it was logged: nobody but a person closes it (H5)."""
        return bool(self.world.ticket(id)["hs_pipeline_stage"] == "1")


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Shop]:
    clock = SystemClock()
    hubspot, boards = make_hubspot(Behind()), make_boards(clock)
    boards.add_field(Field(DATE, "Target Date", "dateTime"))
    rocketlane = RocketlaneSimulator(clock=clock.now, base_url="http://rocketlane.test")
    rocketlane.add_webhook("http://bridge.test/webhooks/rocketlane?token=hook-1")
    rocketlane.add_phase(rocketlane.add_project("Acme rollout", "Acme"), "Post Implementation")
    for value, label in STATUSES:
        rocketlane.add_status(value, label, "in_progress")
    for address in OWNERS:
        rocketlane.workspace.add_person(address, address.partition("@")[0], "X")
    teams, server = TeamsSimulator("http://teams.test"), EmailSimulator()
    channel = teams.add_workflow()
    async with server.running():
        told: dict[str, dict[str, Any]] = {
            "email": {"port": server.port},
            "teams": {"webhook_url": teams.url_of(channel)},
        }
        async with open_world(
            folder,
            mapping=text(NAME),
            bridge_yaml=connected(NAME, **told),
            vendors=(hubspot, boards),
            others={"rocketlane.test": rocketlane},
            apps={"teams.test": teams.app},
        ) as world:
            await has_run_for_a_while(world, "hubspot")
            for name in ("implementation_lead", "sales_account_lead"):
                hubspot.add_property("companies", name)
            hubspot.subscribe_all()
            world.acme = hubspot.add_company(
                "Acme", implementation_lead=OWNERS[1], sales_account_lead=OWNERS[2]
            )
            yield Shop(world, rocketlane, channel, server, hubspot.add_owner(OWNERS[0], "Kim", "K"))


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(tmp_path) as at:
        yield at


async def test_each_category_goes_where_the_process_says(shop: Shop) -> None:
    """H3, H4, H5, H6, H9, H11, H22: five categories, three boards, one list."""
    stays = await shop.files("Customer Success Ticket", "New user", "HIGH")
    wish = await shop.files("Development Request", "Dark mode", "HIGH")
    bug = await shop.files("Bug", "Button is crooked", "LOW")
    after = await shop.files("Post Implementation", "Import drops a column")
    scope = await shop.files("Additional Scope", "A second depot")
    assert shop.shown(stays) == ("", "")
    story, defect = shop.world.items()
    assert [each.type for each in (story, defect)] == ["User Story", "Bug"]
    assert defect.fields[PRIORITY] == 3
    assert shop.world.ticket(bug)["engineering_priority"] == "3"
    tasks = [t for t in shop.rocketlane.workspace.tasks.values() if t.parent is None]
    keys = [f"#{each.id}" for each in (story, defect, *tasks)]
    shown = [shop.shown(each) for each in (wish, bug, after, scope)]
    assert shown == [("Reported to our team", each) for each in keys]
    # H5: all are closed in HubSpot, by a person.
    assert all(shop.is_open(each) for each in (stays, wish, bug, after, scope))
    assert await shop.world.findings() == set()


async def test_request_without_a_category_waits_for_the_csm(shop: Shop) -> None:
    # H2, H3: every request is a ticket, and its category says which way it goes.
    id = await shop.files("", "Something")
    assert (shop.world.items(), shop.rocketlane.workspace.tasks) == ([], {})
    shop.world.hubspot.person_edits_ticket(id, hs_ticket_category="Bug")
    await shop.settle()
    [bug] = shop.world.items()
    assert shop.shown(id) == ("Reported to our team", f"#{bug.id}")


async def test_development_request_gets_its_priority_from_those_who_review_it(shop: Shop) -> None:
    # H6: an enhancement of the whole platform, however urgent the customer finds it.
    id = await shop.files("Development Request", "Dark mode", "HIGH")
    [story] = shop.world.items()
    assert "As asked." in story.fields["System.Description"]
    assert (shop.channel.shown, shop.mail.mails) == ([], [])
    # H7, H8: reviewed, and given a priority by the current workload.
    shop.world.boards.person_edits(story.id, {PRIORITY: 4, DATE: "2027-06-30T00:00:00Z"})
    await shop.settle()
    shown = shop.world.ticket(id)
    assert (shown["engineering_priority"], shown["work_eta"]) == ("4", "2027-06-30")
    assert shown["hs_ticket_priority"] == "HIGH"
    await shop.advances(story, "Active", "Resolved", "Closed")
    assert shop.heard[id] == [
        "Reported to our team", "Being worked on", "In testing", "Available to you",
    ]  # fmt: skip
    assert shop.is_open(id)
    assert await shop.world.findings() == set()


async def test_high_bug_is_told_to_both_leads_and_followed_until_the_client_can_be_told(
    shop: Shop,
) -> None:
    """H5, H12."""
    # H11, H13: most are Normal, and nobody is called for those.
    await shop.files("Bug", "Button is crooked", "MEDIUM")
    assert (shop.channel.shown, shop.mail.mails) == ([], [])
    # H12: the system is inoperable.
    picture = shop.world.hubspot.person_uploads("screen.png", b"\x89PNG blank", "image/png")
    id = await shop.files("Bug", "Nothing loads", "HIGH")
    [_, bug] = shop.world.items()
    assert bug.fields[PRIORITY] == 1
    assert [len(shop.mail.box(each)) for each in LEADS] == [1, 1]
    texts = [card.text for card in shop.channel.shown]
    assert [sum(lead in each for each in texts) for lead in LEADS] == [1, 1]
    for lead in LEADS:
        said = shop.mail.box(lead)[0].part("plain")
        [path] = set(re.findall(r"http://bridge.test(/ack/[\w-]+)", said))
        answer = await shop.world.client.post(path, data={"name": lead})
        assert answer.status_code == 200, answer.text
    # H17 for bugs: the client's screenshot travels.
    shop.world.hubspot.customer_writes(id, "Look", [picture])
    await shop.settle()
    assert [e.rel for e in bug.relations if e.rel == "AttachedFile"] == ["AttachedFile"]
    # H10: within hours to days; whoever prioritises them hears of one that takes longer.
    assert await shop.promised(id) == {"bug-done": "running"}
    shop.world.boards.person_edits(bug.id, {DATE: "2027-01-05T00:00:00Z"})
    await shop.advances(bug, "Active")
    assert shop.world.ticket(id)["work_eta"] == "2027-01-05"
    shop.world.boards.person_comments(str(bug.id), "<p>#customer</p><p>Please reload once.</p>")
    shop.world.boards.person_comments(str(bug.id), "<p>who wrote this code</p>")
    await shop.advances(bug, "Resolved", "Closed")
    assert sum("Please reload once." in each for each in shop.notes()) == 1
    assert not any("who wrote this code" in each for each in shop.notes())
    assert shop.heard[id] == [
        "Reported to our team", "Being worked on", "In testing", "Available to you",
    ]  # fmt: skip
    assert await shop.promised(id) == {"bug-done": "kept"}
    # H5: the CSM tells the client and closes the ticket.
    assert shop.is_open(id)
    assert [len(shop.mail.box(each)) for each in LEADS] == [1, 1]
    assert await shop.world.findings() == set()
    # Closed without a word to the client, it is told of.
    shop.world.hubspot.person_edits_ticket(id, hs_pipeline_stage="4")
    await shop.settle()
    assert await shop.world.findings() == {"CLOSED_SILENTLY"}


async def test_tasks_have_the_owners_the_subtask_and_the_notice_of_the_process(shop: Shop) -> None:
    """H14, H15, H18, H19, H20: whose task it is, what hangs below it, and who is told."""
    people = []
    asked = {
        "Post Implementation": "What was completed during implementation",
        "Additional Scope": "Who at the client decides on the proposal",
    }
    for category, question in asked.items():
        ticket = await shop.files(category, f"About {category}")
        task = shop.task()
        assert task.phase is not None
        assert (task.project.company.name, task.phase.name) == ("Acme", "Post Implementation")
        assert "As asked." in task.private_note
        assert task.description == ""
        [below] = [t for t in shop.rocketlane.workspace.tasks.values() if t.parent is task]
        assert below.name == "Ticketing Questions"
        assert "Form to attach: <strong>Ticketing Questions</strong>" in below.description
        assert question in below.description
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


async def test_what_fails_after_implementation_is_seen_through_by_both_owners(shop: Shop) -> None:
    # H15: nobody leads the implementation for this customer yet: held, and nobody is left out.
    acme = shop.world.hubspot.add_company("Acme")
    id = await shop.files("Post Implementation", "Import drops a column", company_id=acme)
    assert shop.rocketlane.workspace.tasks == {}
    assert await shop.world.findings() == {"INTAKE_INCOMPLETE"}
    assert shop.channel.shown == []
    shop.world.hubspot.person_edits_company(acme, implementation_lead=OWNERS[1])
    await shop.settle()
    task = shop.task()
    assert {each.email for each in task.assignees} == set(OWNERS[:2])
    # H18: the channel gets the link to the task, once there is one.
    [card] = shop.channel.shown
    assert any(str(task.id) in each for each in card.urls.values())
    shop.rocketlane.person_edits(str(task.id), dueDate="2027-02-01")
    await shop.settle()
    assert shop.world.ticket(id)["work_eta"] == "2027-02-01"
    # H16: the CSM works with implementation until it is completed; both hear of what rests.
    assert await shop.promised(id) == {"seen-through": "running"}
    shop.rocketlane.person_comments(str(task.id), "<p>#customer</p><p>Fixed in the import.</p>")
    await shop.moves(task, "In progress")
    await shop.world.sweep("rocketlane")
    await shop.moves(task, "Completed")
    assert shop.heard[id] == ["Reported to our team", "Being worked on", "Available to you"]
    assert sum("Fixed in the import." in each for each in shop.notes()) == 1
    assert shop.is_open(id)
    assert await shop.world.findings() == set()


async def test_proposal_is_followed_on_the_ticket_until_the_client_has_answered(
    shop: Shop,
) -> None:
    """H5, H21: followed to its end, and never closed by the hub."""
    # H20, H21: one is accepted and carried out, one declined.
    accepted = await shop.files("Additional Scope", "A second depot")
    await shop.moves(
        shop.task(), "In progress", "Proposal with client", "Proposal accepted", "Completed"
    )
    declined = await shop.files("Additional Scope", "A third depot")
    await shop.moves(shop.task(), "In progress", "Proposal with client")
    # What brings the proposal to the client waits, drafted, for whoever approves it.
    answer = await shop.world.client.get(
        f"/api/v1/drafts?ticket=hubspot:{declined}", headers=shop.world.admin
    )
    [draft] = answer.json()["items"]
    assert (draft["stage"], "Proposal with you" in draft["text"]) == ("proposal", True)
    await shop.moves(shop.task(), "Proposal declined")
    way = ["Reported to our team", "Being worked on", "Proposal with you"]
    assert shop.heard[accepted] == [*way, "Proposal accepted", "Available to you"]
    assert shop.heard[declined] == [*way, "Not planned"]
    assert shop.is_open(accepted)
    assert shop.is_open(declined)
    assert await shop.world.findings() == set()


async def test_customer_without_a_sales_lead_needs_none_for_what_was_implemented(
    shop: Shop,
) -> None:
    shop.world.acme = shop.world.hubspot.add_company("Acme", implementation_lead=OWNERS[1])
    await shop.files("Post Implementation", "Import drops a column")
    assert {each.email for each in shop.task().assignees} == set(OWNERS[:2])
