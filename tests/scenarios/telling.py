"""A world that tells people: with a Teams channel and a mail server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bridge.domain.notices import NoticeState
from bridge.engine import notices
from bridge.store.tables import notices as table
from connectors.email.simulator import EmailSimulator, Mail
from connectors.teams.simulator import Run, TeamsSimulator, Workflow
from tests.scenarios.world import BRIDGE_YAML, World, open_world
from tests.shipped import WITH_NOTICES

LEADS = ("lead.one@acme.com", "lead.two@acme.com")
CHANNELS = """
  internal: {{vendor: teams, webhook_url: "{teams}", base_url: "http://teams.test", sweep_s: 3600}}
  mail: {{vendor: email, host: 127.0.0.1, port: {port}, sender: "Support <support@acme.com>"}}
people:
  development_leads: [lead.one@acme.com, lead.two@acme.com]
"""


@dataclass
class Telling:
    """The world, and what stands in its channel and its mailboxes."""

    world: World
    teams: TeamsSimulator
    channel: Workflow
    mail: EmailSimulator

    def cards(self) -> list[Run]:
        """The cards that people see in the channel."""
        return self.channel.shown

    def box(self, address: str) -> list[Mail]:
        """What lies in a mailbox."""
        return self.mail.box(address)

    def new_ticket(self, subject: str = "Dispatch board blank", priority: str = "HIGH") -> str:
        """A CSM files a bug; its id."""
        return self.world.hubspot.person_creates_ticket(
            subject, "It is blank.", "Bug", priority, self.world.acme
        )

    def ack_path(self, address: str) -> str:
        """The newest link by which that lead acknowledges, as the mail shows it."""
        found = re.findall(r"http://bridge.test(/ack/[\w-]+)", self.box(address)[-1].part("plain"))
        return str(found[-1])

    async def acknowledge(self, address: str, name: str = "Ana") -> str:
        """Somebody presses the button; the page that follows."""
        answer = await self.world.client.post(self.ack_path(address), data={"name": name})
        assert answer.status_code == 200, answer.text
        return answer.text

    async def rows(self) -> list[dict[str, Any]]:
        """The stored notices."""
        async with self.world.hub.db.read() as connection:
            found = await connection.execute(sa.select(table).order_by(table.c.id))
            return [dict(each) for each in found.mappings()]

    async def states(self) -> list[NoticeState]:
        """How far each is."""
        return [NoticeState(each["state"]) for each in await self.rows()]

    async def pass_time(self) -> None:
        """Let the time of whatever waits to be told again come, and be told."""
        async with self.world.hub.db.write() as connection:
            await connection.execute(
                sa.update(table).where(table.c.due_at.is_not(None)).values(due_at=0)
            )
        await notices.wake(self.world.hub, ["internal", "mail"])
        await self.world.settle()


@asynccontextmanager
async def telling(
    folder: Path,
    *,
    teams: TeamsSimulator | None = None,
    mail: EmailSimulator | None = None,
    mapping: str = WITH_NOTICES,
    **more: Any,
) -> AsyncIterator[Telling]:
    """A world with both channels. Given ones go on living, as after a restart."""
    sim = teams or TeamsSimulator("http://teams.test")
    channel = next(iter(sim.workflows.values()), None) or sim.add_workflow()
    server = mail or EmailSimulator()
    async with server.running():
        yaml = BRIDGE_YAML + CHANNELS.format(teams=sim.url_of(channel), port=server.port)
        async with open_world(
            folder, mapping=mapping, bridge_yaml=yaml, apps={"teams.test": sim.app}, **more
        ) as world:
            yield Telling(world, sim, channel, server)
