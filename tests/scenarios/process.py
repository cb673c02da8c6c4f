"""A source process as it is shipped: its mapping and its bridge.yaml, on the simulators.

Nothing of the two files is changed but where the vendors are and what opens their doors.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from ruamel.yaml import YAML

from bridge.engine.activation import load_active
from bridge.kit.clock import SystemClock, to_ms
from bridge.store import connections
from bridge.store.tables import mapping_versions
from connectors.email.simulator import EmailSimulator, Mail
from connectors.jira.simulator import JiraSimulator, adf
from connectors.jira.simulator.records import Issue
from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.sentry.simulator import SentrySimulator
from connectors.zendesk.simulator import ZendeskSimulator
from tests import ready_made
from tests.scenarios.world import BRIDGE_YAML, World, open_world
from tests.scenarios.zendesk_shop import Ahead

HUB = "hub@acme.example"
DOORS: Mapping[str, Mapping[str, Any]] = {
    "zendesk": {
        "base_url": "http://zendesk.test", "email": HUB, "token": "zendesk-token",
        "webhook_secret": "zendesk-signing-secret", "debounce_ms": 100, "sweep_s": 3600,
    },
    "jira": {
        "base_url": "http://jira.test", "email": HUB, "token": "token-test",
        "webhook_secret": "jira-webhook-secret", "debounce_ms": 0, "sweep_s": 3600,
        "search_lag_s": 0, "probe_grace_s": 0.2,
    },
    "rocketlane": {
        "base_url": "http://rocketlane.test", "account": HUB, "api_key": "key-test",
        "webhook_token": "hook-1", "rate": 10000, "lists_per_minute": 600000, "debounce_ms": 0,
        "sweep_s": 3600, "probe_grace_s": 0.1,
    },
    "sentry": {
        "base_url": "http://sentry.test", "token": "sentry-token-test", "debounce_ms": 0,
        "client_secret": "sentry-client-secret-1", "sweep_s": 3600,
    },
    "email": {"host": "127.0.0.1", "user": None, "password": None},
    "teams": {"base_url": "http://teams.test", "sweep_s": 3600},
}  # fmt: skip
"""Of each vendor: where its simulator is, and what opens it."""
_YAML = YAML(typ="safe")
Field = tuple[str, tuple[str, ...]]


def connected(name: str, **more: Mapping[str, Any]) -> str:
    """The shipped bridge.yaml of that mapping, led to the simulators; `more` by vendor."""
    said = _YAML.load(ready_made.bridge_text(name))
    here = _YAML.load(BRIDGE_YAML)
    for each in said["connections"].values():
        each |= {**DOORS.get(each["vendor"], {}), **more.get(each["vendor"], {})}
    said["connections"] |= here["connections"]
    said["public_url"] = here["public_url"]
    text = io.StringIO()
    _YAML.dump(said, text)
    return text.getvalue()


async def has_run_for_a_while(world: World, helpdesk: str) -> None:
    """The hub has known the helpdesk, and the mapping has been in force, for an hour."""
    start = SystemClock().now() - timedelta(hours=1)
    async with world.hub.db.write() as connection:
        await connections.change(connection, helpdesk, start_mark=start)
        await connection.execute(sa.update(mapping_versions).values(activated_at=to_ms(start)))
    await load_active(world.hub)


@dataclass
class Desk:
    """A firm that is asked in Zendesk, and everything that it works with."""

    world: World
    zendesk: ZendeskSimulator
    jira: JiraSimulator
    rocketlane: RocketlaneSimulator
    sentry: SentrySimulator
    mail: EmailSimulator
    clock: Ahead
    fields: dict[str, int] = field(default_factory=dict)
    heard: dict[int, list[str]] = field(default_factory=dict)
    """What each ticket's stage has said so far, by its number."""

    def asks(self, customer: int, subject: str, text: str, **given: Any) -> int:
        """Somebody of that organisation opens a ticket, and an agent takes it; its number."""
        person = self.zendesk.add_customer(
            "Kim", f"kim{len(self.zendesk.tickets)}@x.example", customer
        )
        ticket = self.zendesk.customer_creates_ticket(subject, text, person, **given)
        agent = self.zendesk.agent_id
        self.zendesk.person_edits_ticket(ticket, assignee_id=agent, status="open")
        return ticket

    def sets(self, ticket: int, said: Mapping[str, Any] | None = None, **own: Any) -> None:
        """Support sets fields by their titles, and others by their names, in one save."""
        self.clock.seconds += 2
        values = {self.fields[title]: value for title, value in (said or {}).items()}
        self.zendesk.person_edits_ticket(ticket, custom_fields=values, **own)

    async def says(self, ticket: int, said: Mapping[str, Any] | None = None, **own: Any) -> None:
        """The same, and everything settles."""
        self.sets(ticket, said, **own)
        await self.settle()

    async def settle(self) -> None:
        """Everything settles; what each ticket now tells is noted."""
        await self.world.settle()
        for ticket in self.zendesk.tickets:
            stage, told = self.shown(ticket, "Work stage"), self.heard.setdefault(ticket, [])
            if stage and told[-1:] != [stage]:
                told.append(stage)

    async def edits(self, issue: Issue, **fields: Any) -> None:
        """An engineer sets fields of the issue, and everything settles."""
        self.clock.seconds += 2
        self.jira.person_edits(issue.id, fields)
        await self.settle()

    async def moves(self, issue: Issue, status: str) -> None:
        """An engineer moves the issue into that status, and everything settles."""
        self.clock.seconds += 2
        named = {each.id for each in self.jira.site.statuses if each.name == status}
        board = self.jira.jira.board
        move = next(m for m in board.moves(self.jira.ana, issue) if m.target in named)
        needs: dict[str, Any] = {n: {"name": "Done"} for n, must in move.screen.items() if must}
        self.jira.person_moves_status(issue.id, move.name, **needs)
        await self.settle()

    async def remarks(self, issue: Issue, *lines: str) -> None:
        """An engineer comments on the issue, and everything settles."""
        self.clock.seconds += 2
        self.jira.person_comments(issue.id, adf.document(*map(adf.paragraph, lines)))
        await self.settle()

    def shown(self, ticket: int, title: str) -> Any:
        """What the ticket's field holds."""
        return self.zendesk.tickets[ticket].custom.get(self.fields[title])

    @property
    def issues(self) -> list[Issue]:
        """The issues there are, oldest first."""
        return [*self.jira.site.issues.values()]

    def issue_of(self, ticket: int) -> Issue:
        """The one issue that the ticket names."""
        found = self.jira.site.find(str(self.shown(ticket, "Work items")))
        assert found is not None, self.shown(ticket, "Work items")
        return found

    def priority(self, issue: Issue) -> str:
        """The issue's priority by its name."""
        names = {each.id: each.name for each in self.jira.site.priorities}
        return names[str(issue.fields["priority"])]

    def notes(self, ticket: int) -> list[str]:
        """The internal notes that the hub left."""
        hub = self.zendesk.admin_id
        said = [each for each in self.zendesk.tickets[ticket].comments if each.author_id == hub]
        assert not [each for each in said if each.public], "the hub wrote to the customer"
        return [each.body for each in said]

    def box(self, address: str) -> list[Mail]:
        """What lies in a mailbox."""
        return self.mail.box(address)

    async def lacking(self) -> str:
        """What the one ticket whose intake is incomplete lacks, as its finding names it."""
        answer = await self.world.client.get(
            "/api/v1/findings?state=open", headers=self.world.admin
        )
        [one] = [each for each in answer.json()["items"] if each["code"] == "INTAKE_INCOMPLETE"]
        return str(one["sentence"])

    async def seen(self, ticket: int) -> dict[str, Any]:
        """The ticket as the list of the hub shows it."""
        path = f"/api/v1/tickets/zendesk/{ticket}"
        answer = await self.world.client.get(path, headers=self.world.admin)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def verdict(self, ticket: int) -> str:
        """Why the ticket is as it is."""
        path = f"/api/v1/tickets/zendesk/{ticket}/explain"
        answer = await self.world.client.get(path, headers=self.world.admin)
        return str(answer.json()["verdict"])


def make_jira(*keys: str, statuses: Sequence[tuple[str, str]] = ()) -> JiraSimulator:
    """A site with these projects, each with these statuses beside those it has anyway."""
    sim = JiraSimulator(clock=SystemClock().now, email=HUB)
    for key in keys:
        sim.add_project(key, key.capitalize())
        for name, group in statuses:
            sim.add_status(name, group, key)
    sim.add_webhook("http://bridge.test/webhooks/jira", str(DOORS["jira"]["webhook_secret"]))
    return sim


def make_zendesk(
    clock: Ahead, fields: Mapping[str, Field]
) -> tuple[ZendeskSimulator, dict[str, int]]:
    """An account with the fields of docs/connect-zendesk.md and of the mapping's head."""
    door = DOORS["zendesk"]
    sim = ZendeskSimulator(
        base_url=door["base_url"], api_token=door["token"], email=HUB, clock=clock
    )
    own: dict[str, Field] = {
        "Work stage": ("text", ()), "Work ETA": ("date", ()), "Work items": ("text", ()),
    }  # fmt: skip
    made = {t: sim.add_field(kind, t, options) for t, (kind, options) in {**own, **fields}.items()}
    sim.subscribe("http://bridge.test/webhooks/zendesk").secret = door["webhook_secret"]
    return sim, made


@asynccontextmanager
async def open_desk(
    folder: Path, name: str, fields: Mapping[str, Field], jira: JiraSimulator, more: str = ""
) -> AsyncIterator[Desk]:
    """The process of that mapping, with a hub that has run for a while; `more` ends its file.

    Zendesk's clock is a minute behind, so that a ticket has had the time to be filled in.
    """
    clock = Ahead()
    clock.seconds = -60
    zendesk, made = make_zendesk(clock, fields)
    now = SystemClock().now
    rocketlane = RocketlaneSimulator(clock=now, base_url="http://rocketlane.test", email=HUB)
    rocketlane.add_webhook("http://bridge.test/webhooks/rocketlane?token=hook-1")
    sentry = SentrySimulator(base_url="http://sentry.test", clock=now)
    sentry.canaries = True
    sentry.subscribe("http://bridge.test/webhooks/sentry")
    mail = EmailSimulator()
    async with (
        mail.running(),
        open_world(
            folder,
            bridge_yaml=connected(name, email={"port": mail.port}),
            others={
                "zendesk.test": zendesk, "jira.test": jira, "rocketlane.test": rocketlane,
                "sentry.test": sentry,
            },
            more_mappings={f"{name}.yaml": ready_made.text(name) + more},
        ) as world,
    ):  # fmt: skip
        await has_run_for_a_while(world, "zendesk")
        yield Desk(world, zendesk, jira, rocketlane, sentry, mail, clock, made)
