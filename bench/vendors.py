"""The vendors of a measure, in a process of their own: simulators behind a fixed delay.

The helpdesk answers at its lean door, so that the machine's cores are the hub's and the load's.

Started as `python -m bench.vendors`; takes one JSON command a line on its standard input and
answers one JSON line each, so that people can act there while the hub is measured.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.lean import LeanDoor
from bridge.cli.demo.servers import address_of, listening_socket
from bridge.kit.clock import SystemClock
from connectors.azure_devops.simulator import AzureDevOpsSimulator
from connectors.hubspot.simulator import HubSpotSimulator
from tests.scenarios.world import HOOK_PASSWORD, HOOK_USER, make_boards, make_hubspot

LATE_S = 60.0
"""Stands for a write that had not come when the next change was due."""


@dataclass
class Delayed:
    """An API whose answers take `seconds` at least, and which counts what it was asked."""

    app: ASGIApp
    seconds: float = 0.0
    asked: Counter[str] = field(default_factory=Counter)

    arrived: dict[str, float] = field(default_factory=dict)
    """The last part of a path → when it was last written to."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.asked[scope["method"]] += 1
            if scope["method"] == "PATCH":
                self.arrived[scope["path"].rpartition("/")[2]] = time.perf_counter()
            await asyncio.sleep(self.seconds)
        await self.app(scope, receive, send)


@dataclass
class Post:
    """When the newest change of each work item was told to the hub."""

    told: dict[str, float] = field(default_factory=dict)

    async def __call__(self, request: httpx.Request) -> None:
        if request.url.path.endswith("/boards"):
            said = json.loads(request.content)["resource"]
            self.told.setdefault(str(said.get("workItemId") or said["id"]), time.perf_counter())


@dataclass
class Vendors:
    """Both simulators, and the commands that a measure may give."""

    hubspot: HubSpotSimulator
    boards: AzureDevOpsSimulator
    doors: dict[str, Delayed | LeanDoor]
    post: Post

    @property
    def door(self) -> LeanDoor:
        """The helpdesk's."""
        found = self.doors["hubspot"]
        assert isinstance(found, LeanDoor)
        return found

    def tickets(self, count: int) -> list[str]:
        """Open that many bugs of Acme."""
        acme = self.hubspot.add_company("Acme", success_plan="Elite")
        return [
            self.hubspot.person_creates_ticket(
                subject=f"Export {n} stops", category="Bug", company_id=acme
            )
            for n in range(count)
        ]

    def items(self, count: int) -> list[str]:
        """Create so many bugs that are worked on."""
        made = [self.boards.person_creates("Bug", f"Bug {n}") for n in range(count)]
        self.move(made, "Active")
        return made

    def move(self, items: list[str], state: str) -> None:
        """Somebody moves bugs."""
        for each in items:
            self.boards.person_moves_state(each, state)

    def launched(self) -> int:
        """How many work items there are."""
        return len(self.boards.items)

    def untold(self) -> int:
        """Webhooks that are still to be posted, by both."""
        return len(self.boards.pending_notifications) + len(self.hubspot.pending_events)

    def limit(self, calls: int | None) -> None:
        """The helpdesk takes so many calls in ten seconds."""
        self.door.limits.burst_limit = calls

    async def pace(self, a_second: float, count: int) -> list[float]:
        """Move work items one by one; seconds from each webhook to the write that it caused."""
        pairs = [
            (str(item.id), each.url.rpartition("/")[2])
            for item in self.boards.items.values()
            for each in item.relations
            if each.rel == "Hyperlink"
        ]
        took: list[float] = []
        for n in range(count):
            item, ticket = pairs[n % len(pairs)]
            if n >= len(pairs):
                took.append(self._took(item, ticket))
            state = self.boards.items[int(item)].fields["System.State"]
            self.post.told.pop(item, None)
            self.doors["hubspot"].arrived.pop(ticket, None)
            self.move([item], "Resolved" if state == "Active" else "Active")
            await asyncio.sleep(1 / a_second)
        await asyncio.sleep(len(pairs) / a_second)
        return took + [self._took(*each) for each in pairs[: min(count, len(pairs))]]

    def _took(self, item: str, ticket: str) -> float:
        """Seconds from the newest webhook of an item to the write after it; a minute if none."""
        told, written = self.post.told.get(item), self.doors["hubspot"].arrived.get(ticket)
        return LATE_S if told is None or written is None else written - told

    def delay(self, seconds: float) -> None:
        """From now on answers take so long."""
        for each in self.doors.values():
            each.seconds = seconds

    def hooks(self, hub: str | None) -> None:
        """Send webhooks to the hub at that address; to nobody if null."""
        self.hubspot.webhook_url = None if hub is None else f"{hub}/webhooks/hubspot"
        self.hubspot.service_key_mode = hub is None
        if hub is not None:
            self.boards.subscribe(f"{hub}/webhooks/boards", HOOK_USER, HOOK_PASSWORD)

    def asked(self) -> dict[str, dict[str, int]]:
        """How many requests each vendor has had, by method."""
        return {name: dict(door.asked) for name, door in self.doors.items()}

    def refused(self) -> int:
        """Calls that the helpdesk's limit did not let through."""
        return self.door.refused

    def shown(self, stage: str) -> int:
        """How many tickets show that stage."""
        tickets = self.hubspot.tickets.values()
        return sum(each.properties.get("work_stage") == stage for each in tickets)

    def ticket(self, id: str) -> dict[str, Any]:
        """One ticket's properties."""
        return dict(self.hubspot.tickets[id].properties)


async def _commands(vendors: Vendors) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        name, *given = json.loads(line)
        deed: Callable[..., Any] = getattr(vendors, name)
        answer = deed(*given)
        print(json.dumps(await answer if inspect.isawaitable(answer) else answer), flush=True)


async def _main() -> None:
    clock = SystemClock()
    hubspot, boards = make_hubspot(clock), make_boards(clock)
    door, boards_door = LeanDoor(hubspot, "pat-test"), Delayed(boards.app)
    listening = listening_socket(0)
    addresses = {"hubspot": await door.listen(), "boards": address_of(listening)}
    config = uvicorn.Config(
        boards_door, log_config=None, access_log=False, lifespan="off", server_header=False
    )
    server = asyncio.create_task(uvicorn.Server(config).serve(sockets=[listening]))
    boards.base_url = addresses["boards"]
    boards.hooks.subscriptions.clear()
    # Nobody is told of what was there before the hub, or else it would wait in the outbox.
    hubspot.webhook_url, hubspot.service_key_mode = None, True
    print(json.dumps(addresses), flush=True)
    post = Post()
    hooks: dict[str, list[Callable[..., Any]]] = {"request": [post]}
    async with (
        httpx.AsyncClient(timeout=60, trust_env=False, event_hooks=hooks) as client,
        hubspot.running(client),
        boards.running(client),
    ):
        doors: dict[str, Delayed | LeanDoor] = {"hubspot": door, "boards": boards_door}
        await _commands(Vendors(hubspot, boards, doors, post))
    server.cancel()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main())
