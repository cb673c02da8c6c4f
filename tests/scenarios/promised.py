"""A shipped process whose hours pass as a test says: one clock for the hub and its vendors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bridge.engine import notices
from bridge.kit.clock import SystemClock
from connectors.email.simulator import EmailSimulator
from connectors.jira.simulator import JiraSimulator
from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.sentry.simulator import SentrySimulator
from connectors.zendesk.simulator import ZendeskSimulator
from tests import ready_made
from tests.scenarios.process import DOORS, HUB, Field, connected, make_zendesk
from tests.scenarios.world import World, open_world
from tests.scenarios.zendesk_shop import Ahead


class Moved:
    """A clock that goes on as clocks do, from a moment that the test chose, and can be moved."""

    def __init__(self, start: datetime) -> None:
        self._ahead = start - SystemClock().now()

    def now(self) -> datetime:
        """The time it is in the story."""
        return SystemClock().now() + self._ahead

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return SystemClock().monotonic()

    def move_to(self, moment: datetime) -> None:
        """It is this time now; back as well as forth."""
        self._ahead = moment - SystemClock().now()


@dataclass
class Firm:
    """The helpdesk, the tracker and the mail server of a firm, which outlive the hub."""

    clock: Moved
    fields: dict[str, Field]
    projects: tuple[str, ...]
    statuses: tuple[tuple[str, str], ...] = ()
    mail: EmailSimulator = field(default_factory=EmailSimulator)

    def __post_init__(self) -> None:
        ahead = Ahead()
        ahead.base = self.clock
        self.zendesk, self.made = make_zendesk(ahead, self.fields)
        self.jira = JiraSimulator(clock=self.clock.now, email=HUB)
        for key in self.projects:
            self.jira.add_project(key, key.capitalize())
            for name, group in self.statuses:
                self.jira.add_status(name, group, key)
        self.jira.add_webhook(
            "http://bridge.test/webhooks/jira", str(DOORS["jira"]["webhook_secret"])
        )
        self.rocketlane = RocketlaneSimulator(
            clock=self.clock.now, base_url="http://rocketlane.test", email=HUB
        )
        self.sentry = SentrySimulator(base_url="http://sentry.test", clock=self.clock.now)

    @property
    def others(self) -> Mapping[str, Any]:
        """The vendors by their hosts."""
        return {
            "zendesk.test": self.zendesk, "jira.test": self.jira,
            "rocketlane.test": self.rocketlane, "sentry.test": self.sentry,
        }  # fmt: skip


@dataclass
class Story:
    """A firm with its hub, from one moment to the next."""

    firm: Firm
    world: World

    @property
    def zendesk(self) -> ZendeskSimulator:
        """The helpdesk."""
        return self.firm.zendesk

    async def at(self, moment: datetime) -> None:
        """The time comes, and what it brings happens."""
        self.firm.clock.move_to(moment)
        await self.settle()

    async def settle(self) -> None:
        """Everything settles, the mails too."""
        self.world.hub.work_wake.set()
        await self.world.settle()
        await notices.wake(self.world.hub, ["mail"])
        await self.world.settle()

    def asks(self, subject: str, **said: str) -> int:
        """A customer opens a ticket by the form; its number."""
        customer = self.zendesk.add_organization(f"Client {len(self.zendesk.tickets)}")
        person = self.zendesk.add_customer(
            "Kim", f"kim{len(self.zendesk.tickets)}@x.example", customer
        )
        values = [{"id": self.firm.made[title], "value": value} for title, value in said.items()]
        return int(
            self.zendesk.customer_creates_ticket(subject, "It fails", person, custom_fields=values)
        )

    async def promises(self, **wanted: str) -> list[dict[str, Any]]:
        """The promises as the API lists them."""
        answer = await self.world.client.get(
            "/api/v1/promises", params=wanted, headers=self.world.admin
        )
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def states(self, ticket: int) -> dict[str, str]:
        """How each promise of a ticket stands."""
        return {
            each["promise"]: each["state"]
            for each in await self.promises()
            if each["ticket"]["id"] == str(ticket)
        }

    def told(self, address: str) -> list[str]:
        """What the mails about promises in a mailbox are headed, without the ticket's subject."""
        said = [str(each.message["Subject"]) for each in self.firm.mail.box(address)]
        about = [each for each in said if each.startswith(("At risk: ", "Broken: "))]
        return [each.partition(" - ")[0] for each in about]


@asynccontextmanager
async def story(
    folder: Path, name: str, firm: Firm, *, database_url: str | None = None
) -> AsyncIterator[Story]:
    """The hub of that process, running; the firm goes on living after it."""
    yaml = connected(name, email={"port": firm.mail.port})
    async with open_world(
        folder,
        bridge_yaml=yaml,
        others=firm.others,
        more_mappings={f"{name}.yaml": ready_made.text(name)},
        clock=firm.clock,
        database_url=database_url,
    ) as world:
        yield Story(firm, world)


def minutes(number: float) -> timedelta:
    """That many minutes."""
    return timedelta(minutes=number)
