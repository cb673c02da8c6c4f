"""The ready-made processes on Zendesk tickets at work: what a ticket says decides what follows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bridge.kit.clock import SystemClock
from bridge.store import connections
from connectors.email.simulator import EmailSimulator
from connectors.jira.simulator import JiraSimulator
from connectors.jira.simulator.records import Issue, Status, Transition
from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.zendesk.simulator import ZendeskSimulator
from tests.ready_made import text
from tests.scenarios.test_jira import JIRA_YAML, SECRET
from tests.scenarios.test_projects import CONNECTION
from tests.scenarios.world import World, open_world
from tests.scenarios.zendesk_shop import HUB, TOKEN, YAML, Ahead
from tests.scenarios.zendesk_shop import SECRET as SECRET_OF_ZENDESK

TOLD = """
  mail: {{vendor: email, host: 127.0.0.1, port: {port}, sender: "Support <support@acme.com>"}}
people:
  csm: [success@acme.com]
  on_call: [night@acme.com, second@acme.com]
  escalation_managers: [escalation@acme.com]
  champions: [champions@acme.com]
"""
ROCKETLANE = re.sub(r"people:\n.+\n", "", CONNECTION).strip("\n")
STEPS = ("Planned", "In QA", "Committed", "Patch QA", "Managed Services", "Ready for release")
"""Statuses of the documents' workflows that a site does not have from the start."""


@dataclass
class Process:
    """A help desk that works by one of the ready-made mappings."""

    world: World
    zendesk: ZendeskSimulator
    jira: JiraSimulator
    mail: EmailSimulator
    fields: Mapping[str, int]
    rocketlane: RocketlaneSimulator
    clock: Ahead

    def customer(self, plan: str = "", **more: str) -> int:
        """Somebody of a firm with that plan; the firm is named by its plan."""
        given = {"plan": plan, **more} if plan else more
        firm = self.zendesk.add_organization(f"{plan or 'Plain'} Ltd", organization_fields=given)
        return self.zendesk.add_customer("Kim", f"kim{firm}@x.example", firm)

    async def files(self, by: int, priority: str = "normal", **said: Any) -> int:
        """A customer asks and support says this of it; everything settles. The ticket's number."""
        ticket = self.zendesk.customer_creates_ticket("Export fails", "Press it: error 500", by)
        self.zendesk.person_edits_ticket(ticket, priority=priority)
        await self.says(ticket, **said)
        return ticket

    async def says(self, ticket: int, **said: Any) -> None:
        """Support says this of a ticket, and everything settles."""
        self.clock.seconds += 1
        values = {self.fields[name.replace("_", " ")]: value for name, value in said.items()}
        self.zendesk.person_edits_ticket(ticket, custom_fields=values)
        await self.world.settle()

    async def moves(self, issue: Issue, *steps: str) -> None:
        """Engineering moves the issue along, and everything settles at each step."""
        for step in steps:
            done: dict[str, Any] = {"resolution": {"name": "Done"}} if step == "Done" else {}
            self.jira.person_moves_status(issue.id, step, **done)
            await self.world.settle()

    def issues(self) -> list[Issue]:
        """The issues there are, oldest first."""
        return [*self.jira.site.issues.values()]

    def priority(self, issue: Issue) -> str:
        """The name of its priority."""
        names = {each.id: each.name for each in self.jira.site.priorities}
        return names[issue.fields["priority"]]

    def shown(self, ticket: int, title: str = "Work stage") -> Any:
        """What the ticket's field holds."""
        return self.zendesk.tickets[ticket].custom.get(self.fields[title])

    def told(self, address: str) -> list[str]:
        """The texts in a mailbox."""
        return [each.part("plain") for each in self.mail.box(address)]


@asynccontextmanager
async def working(
    folder: Path, name: str, projects: tuple[str, ...], fields: Mapping[str, tuple[str, ...]]
) -> AsyncIterator[Process]:
    """The process of that name; a field without choices is a text."""
    clock = SystemClock().now
    ahead = Ahead()
    zendesk = ZendeskSimulator(
        base_url="http://zendesk.test", api_token=TOKEN, email=HUB, clock=ahead
    )
    zendesk.subscribe("http://bridge.test/webhooks/zendesk").secret = SECRET_OF_ZENDESK
    given = {"Work stage": (), "Work items": (), **fields}
    made = {
        title: zendesk.add_field("tagger" if options else "text", title, options)
        for title, options in given.items()
    }
    made["Work ETA"] = zendesk.add_field("date", "Work ETA")
    made["Reproduced"] = zendesk.add_field("checkbox", "Reproduced")
    jira = JiraSimulator(clock=clock)
    under_way = next(each for each in jira.site.statuses if each.name == "In Progress").category
    for number, step in enumerate(STEPS, 20_000):
        jira.site.statuses.append(Status(str(number), step, under_way))
    for key in projects:
        moves = jira.add_project(key, key.title()).transitions
        moves += [Transition(str(n), step, str(n)) for n, step in enumerate(STEPS, 20_000)]
    jira.add_webhook("http://bridge.test/webhooks/jira", SECRET)
    rocketlane = RocketlaneSimulator(clock=clock, base_url="http://rocketlane.test")
    rocketlane.add_webhook("http://bridge.test/webhooks/rocketlane?token=hook-1")
    site = JIRA_YAML.replace("DEMO, OPS", ", ".join(projects)).strip("\n")
    mail = EmailSimulator()
    async with mail.running():
        told = TOLD.format(port=mail.port).lstrip("\n")
        async with open_world(
            folder,
            bridge_yaml=f"{YAML}{site}\n{ROCKETLANE}\n{told}",
            others={
                "zendesk.test": zendesk, "jira.test": jira, "rocketlane.test": rocketlane,
            },
            more_mappings={f"{name}.yaml": text(name)},
        ) as world:  # fmt: skip
            async with world.hub.db.write() as db:
                # In the very second of the hub's start tickets would count as old.
                start = SystemClock().now() - timedelta(minutes=1)
                await connections.change(db, "zendesk", start_mark=start)
            yield Process(world, zendesk, jira, mail, made, rocketlane, ahead)


async def test_fix_is_followed_through_its_patch_and_the_one_who_looks_after_the_customer_hears(
    tmp_path: Path,
) -> None:
    """C6, C7, C17, C22: own words for each step; the group stands in where there is no manager."""
    fields = {
        "Escalation": ("bug", "resolved_in_support"),
        "Instance": ("production", "sandbox"),
    }
    async with working(tmp_path, "support-with-patches", ("RD",), fields) as here:
        with_one = here.customer("Elite", csm_email="kay@acme.com")
        said = {"Escalation": "bug", "Instance": "sandbox"}
        first = await here.files(with_one, **said)
        assert here.issues() == []
        # In whatever order people set them: reproduced comes last.
        await here.says(first, Reproduced=True)
        [issue] = here.issues()
        assert [len(here.told(each)) for each in ("kay@acme.com", "success@acme.com")] == [1, 0]
        await here.files(here.customer("Standard"), Reproduced=True, **said)
        assert [len(here.told(each)) for each in ("kay@acme.com", "success@acme.com")] == [1, 1]
        heard = [here.shown(first)]
        for step in ("Planned", "In Progress", *STEPS[1:5], "Done"):
            await here.moves(issue, step)
            heard.append(here.shown(first))
        assert heard == [
            "Reported to engineering", "Scheduled for a patch", "In development", "In testing",
            "Fixed and in the next patch", "Patch in testing", "Patch in release checks",
            "Available to you",
        ]  # fmt: skip
        assert here.zendesk.tickets[first].status == "new"


async def test_who_asks_and_where_the_customer_is_decide_where_the_work_goes(
    tmp_path: Path,
) -> None:
    """K1, K2, K3, K6, K7, K8, K10, K11, K14: who asks, from where, on which plan."""
    fields = {
        "Finding": ("problem", "question"),
        "Severity": ("critical", "high", "normal", "low"),
        "Lifecycle": ("production", "implementation"),
        "Asked by": ("power_user", "contact", "partner"),
    }
    async with working(tmp_path, "production-or-implementation", ("FSE",), fields) as here:
        lead = here.rocketlane.workspace.add_person("lead@acme.com", "Lee", "L")
        premium = here.customer("Premium", implementation_lead=lead.email)
        here.rocketlane.add_project("Rollout", "Premium Ltd")
        live = {"Finding": "problem", "Lifecycle": "production"}
        bugs = [
            await here.files(premium, **live, Severity="high", Asked_by="power_user"),
            await here.files(here.customer("Basic"), **live, Severity="high", Asked_by="partner"),
        ]
        assert [here.priority(each) for each in here.issues()] == ["Highest", "High"]
        assert [here.shown(each) for each in bugs] == ["Reported to the team"] * 2
        stays = await here.files(premium, **live, Severity="high", Asked_by="contact")
        project = {"Finding": "problem", "Lifecycle": "implementation"}
        built = await here.files(premium, **project, Severity="normal", Asked_by="partner")
        [task] = here.rocketlane.workspace.tasks.values()
        assert [each.email for each in task.assignees] == [lead.email]
        assert (len(here.issues()), here.shown(stays)) == (2, None)
        # The same words, whatever the tracker calls its steps.
        await here.moves(here.issues()[0], "In Progress")
        here.rocketlane.person_moves_status(str(task.id), "In progress")
        await here.world.settle()
        assert [here.shown(each) for each in (bugs[0], built)] == ["Being worked on"] * 2


async def test_critical_bug_is_told_to_those_on_call_and_goes_through_quality_assurance(
    tmp_path: Path,
) -> None:
    """O3, O4, O16, O20, O21, O22, O23, O25, O26, O27: both judgements first, then the way back."""
    fields = {
        "Escalation": ("bug", "front_line"),
        "Severity": ("critical", "high", "normal", "low"),
        "Impact": ("work_stopped", "work_hindered", "inconvenience"),
        "Environment": ("production", "preview"),
    }
    async with working(tmp_path, "escalation-to-jira", ("DEV",), fields) as here:
        kim = here.customer("Premium")
        ticket = await here.files(kim, Escalation="bug", Severity="critical", Environment="preview")
        assert (here.issues(), here.mail.mails) == ([], [])
        await here.says(ticket, Impact="work_stopped")
        [issue] = here.issues()
        assert (here.priority(issue), issue.fields["labels"]) == (
            "Highest", ["severity-critical", "impact-work-stopped", "ticketbridge"],
        )  # fmt: skip
        called = ("night@acme.com", "second@acme.com", "escalation@acme.com")
        assert [len(here.told(each)) for each in called] == [1, 1, 1]
        assert all(issue.key in each for address in called for each in here.told(address))
        here.jira.person_edits(issue.id, {"duedate": "2027-03-01"})
        await here.moves(issue, "In Progress", "In QA")
        assert here.shown(ticket) == "In quality assurance"
        # O12: on a Monday nothing is rolled out.
        assert str(here.shown(ticket, "Work ETA")).startswith("2027-03-02")
        other = await here.files(kim, Escalation="front_line")
        here.zendesk.person_merges(other, ticket)
        await here.world.settle()
        await here.moves(issue, "Ready for release", "Done")
        assert here.shown(other) == "Available to you"
        assert (here.shown(other, "Work items"), len(here.issues())) == (issue.key, 1)


async def test_product_version_and_topic_decide_team_and_priority(tmp_path: Path) -> None:
    """D3, D4, D9, D10, D12, D23, D25, D26, D29: what is filed where, and what is not filed."""
    fields: dict[str, tuple[str, ...]] = {
        "Assessment": ("bug", "feature_request", "configuration_change"),
        "Severity": ("severity_1", "severity_2", "severity_3", "severity_4"),
        "Product": ("crashplan_home", "crashplan_pro", "crashplan_proe", "shareplan"),
        "Topic": ("restore", "backup", "account", "other"),
        "Major version": ("newest", "previous", "older"),
        "Operating system": (),
        "Steps to reproduce": (),
        "Computer ID": (),
    }
    projects = ("PROE", "PRO", "HOME", "SHARE", "IDEAS")
    async with working(tmp_path, "products-and-severities", projects, fields) as here:
        kim = here.customer()
        said = {
            "Assessment": "bug", "Severity": "severity_3", "Product": "crashplan_proe",
            "Topic": "restore", "Major_version": "newest", "Operating_system": "Windows 7",
            "Computer_ID": "guid-4711-secret",
        }  # fmt: skip
        first = await here.files(kim, **said)
        assert here.issues() == []
        await here.says(first, Steps_to_reproduce="Press it twice.")
        said["Steps_to_reproduce"] = "Press it twice."
        await here.files(kim, **{**said, "Product": "shareplan", "Topic": "account"})
        await here.files(kim, **{**said, "Assessment": "feature_request"})
        stays = [
            await here.files(kim, **{**said, "Major_version": "older"}),
            await here.files(kim, **{**said, "Assessment": "configuration_change"}),
        ]
        made = [(each.key, here.priority(each)) for each in here.issues()]
        assert made[:2] == [("PROE-1", "High"), ("SHARE-1", "Medium")]
        assert made[2][0] == "IDEAS-1"
        assert "guid-4711-secret" not in repr([each.fields for each in here.issues()])
        assert [here.shown(each, "Work items") for each in stays] == [None, None]
        assert len(here.told("champions@acme.com")) == 1
        assert here.shown(first) == "Filed with engineering"
        assert await here.world.findings() == set()
