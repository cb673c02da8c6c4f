"""A Zendesk shop with an escalation team, as an admin has prepared it for the hub."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bridge.kit.clock import Clock, SystemClock
from bridge.store import connections
from connectors.zendesk.simulator import ZendeskSimulator
from tests.scenarios.world import BRIDGE_YAML, ROOT, World, open_world

HUB, TOKEN, SECRET = "bridge@acme.example", "zendesk-token", "zendesk-signing-secret"
MAPPING = (ROOT / "mappings" / "more" / "zendesk-escalation.yaml").read_text()
YAML = f"""{BRIDGE_YAML}
  zendesk:
    vendor: zendesk
    base_url: http://zendesk.test
    subdomain: acme
    email: {HUB}
    token: {TOKEN}
    webhook_secret: {SECRET}
    debounce_ms: 100
    sweep_s: 3600
"""


@dataclass
class Shop:
    """The world with a Zendesk account as an admin has prepared it for the hub."""

    world: World
    zendesk: ZendeskSimulator
    clock: Ahead
    fields: dict[str, int]
    acme: int

    def files(self, subject: str = "Export fails", **given: Any) -> int:
        """A customer of Acme asks; the ticket's number."""
        kim = self.zendesk.add_customer(
            "Kim", f"kim{len(self.zendesk.tickets)}@x.example", self.acme
        )
        return self.zendesk.customer_creates_ticket(
            subject, "Press Export: error 500", kim, **given
        )

    def decides(self, ticket: int, *, reproduced: bool = True) -> None:
        """Support escalates: two fields in one save, of which Zendesk makes several events."""
        values = {self.fields["Escalation"]: "bug", self.fields["Reproduced"]: reproduced}
        self.zendesk.person_edits_ticket(ticket, custom_fields=values, priority="high")

    def shown(self, ticket: int, title: str) -> Any:
        """What the ticket's field holds."""
        return self.zendesk.tickets[ticket].custom.get(self.fields[title])

    def notes(self, ticket: int) -> list[str]:
        """The internal notes by the hub."""
        hub = self.zendesk.admin_id
        return [c.body for c in self.zendesk.tickets[ticket].comments if c.author_id == hub]

    async def bug(self) -> tuple[int, str]:
        """A ticket whose bug is there: both numbers."""
        before = {each.id for each in self.world.items()}
        ticket = self.files()
        self.decides(ticket)
        await self.world.settle()
        [item] = [each for each in self.world.items() if each.id not in before]
        return ticket, str(item.id)


class Ahead:
    """Zendesk's clock. Its times are whole seconds, so a scenario moves it on between two saves."""

    seconds = 0.0
    base: Clock = SystemClock()

    def __call__(self) -> datetime:
        return self.base.now() + timedelta(seconds=self.seconds)


def make_zendesk(clock: Ahead) -> tuple[ZendeskSimulator, dict[str, int]]:
    """An account with the fields and the webhook of docs/connect-zendesk.md."""
    sim = ZendeskSimulator(base_url="http://zendesk.test", api_token=TOKEN, email=HUB, clock=clock)
    fields = {
        "Escalation": sim.add_field("tagger", "Escalation", ["bug", "resolved_in_support"]),
        "Reproduced": sim.add_field("checkbox", "Reproduced"),
        "Work stage": sim.add_field("text", "Work stage"),
        "Work ETA": sim.add_field("date", "Work ETA"),
        "Work items": sim.add_field("text", "Work items"),
    }
    sim.subscribe("http://bridge.test/webhooks/zendesk").secret = SECRET
    return sim, fields


@asynccontextmanager
async def open_shop(
    folder: Path,
    *,
    mapping: str = MAPPING,
    more_yaml: str = "",
    others: Mapping[str, Any] | None = None,
) -> AsyncIterator[Shop]:
    """The shop, with a hub that has run for a while."""
    clock = Ahead()
    sim, fields = make_zendesk(clock)
    async with open_world(
        folder,
        bridge_yaml=YAML + more_yaml,
        others={"zendesk.test": sim, **(others or {})},
        more_mappings={"zendesk.yaml": mapping},
    ) as world:
        async with world.hub.db.write() as connection:
            # In the very second of the hub's start tickets would count as old.
            start = SystemClock().now() - timedelta(minutes=1)
            await connections.change(connection, "zendesk", start_mark=start)
        acme = sim.add_organization("Acme", organization_fields={"plan": "Elite"})
        yield Shop(world, sim, clock, fields, acme)
