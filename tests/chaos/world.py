"""Both vendors in the test's process, so that their state outlives the hub's; the hub in its own.

People act at the vendors; what is right is computed from the vendors' state alone. The hub's
database is asked one thing only: whether anything is still waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from asyncpg import PostgresError
from sqlalchemy.exc import SQLAlchemyError

from bridge.cli.demo.servers import DropsConnections, address_of, listening_socket, serving
from bridge.kit.clock import SystemClock
from bridge.kit.faults import Fault, FaultKind
from bridge.store.database import Database
from bridge.store.tables import findings
from connectors.azure_devops.simulator import AzureDevOpsSimulator
from connectors.hubspot.simulator import HubSpotSimulator
from tests.chaos.replica import Replica, SharedClock
from tests.chaos.waiting import look
from tests.migrated import put_sqlite
from tests.scenarios.world import HOOK_PASSWORD, HOOK_USER, PORTAL
from tests.shipped import SHIPPED

LONG = os.environ.get("BRIDGE_CHAOS") == "long"
LEASE_MS = 1500
PROBE_GRACE_S = 0.3
SETTLE_S = 120.0 if LONG else 90.0
"""Nobody waits so long where all is well. A frozen process may hold its rows for a minute."""
SWEEP_S = 1800.0
"""Between two sweeps: nothing is found by a sweep unless the test lets that time pass."""

STAGES = {
    "New": "Reported to engineering",
    "Active": "In development",
    "Resolved": "In testing",
    "Closed": "Available to you",
    "Removed": "Not planned",
}
"""State of a work item → what the ticket shows, by the shipped mapping."""
ORDER = ("New", "Active", "Resolved", "Closed")

BRIDGE_YAML = """
public_url: {public}
connections:
  hubspot:
    vendor: hubspot
    base_url: {hubspot}
    token: pat-test
    webhook_secret: hubspot-client-secret
    portal_id: {portal}
    app_id: 1357911
    debounce_ms: 0
    sweep_s: {sweep_s}
    search_lag_s: 0
    timeout_s: 5
  boards:
    vendor: azure_devops
    base_url: {boards}
    organization: acme
    project: Platform
    token: pat-test
    webhook_user: {user}
    webhook_password: {password}
    debounce_ms: 0
    sweep_s: {sweep_s}
    timeout_s: 5
    probe_grace_s: {grace}
"""


class Post(httpx.AsyncHTTPTransport):
    """How webhooks travel, and how long each is on its way; counts those that are."""

    under_way = 0
    delay_s: Callable[[], float] | None = None
    answered: Callable[[httpx.Response], object] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.under_way += 1
        try:
            if self.delay_s is not None:
                await asyncio.sleep(self.delay_s())
            answer = await super().handle_async_request(request)
            if self.answered is not None:
                self.answered(answer)
            return answer
        finally:
            self.under_way -= 1


@dataclass
class Chaos:
    """The vendors, the replicas, and what the test asks of them."""

    hubspot: HubSpotSimulator
    boards: AzureDevOpsSimulator
    replicas: list[Replica]
    database_url: str
    post: Post
    clock: SharedClock | None
    acme: str = ""
    swept: bool = True
    """False once the sweeps are blocked: nobody waits for them any more."""
    watched: list[Replica] = field(default_factory=list)
    """Replicas that are started again when they have died."""
    others: list[Callable[[], int]] = field(default_factory=list)
    """How many webhooks further vendors still have to send."""

    @property
    def hub(self) -> Replica:
        return self.replicas[0]

    # --- people ------------------------------------------------------------------------------

    def new_ticket(self, subject: str = "Export fails", category: str | None = "Bug") -> str:
        """A person opens a ticket for Acme."""
        return self.hubspot.person_creates_ticket(
            subject=subject, category=category, priority="HIGH", company_id=self.acme
        )

    def attach(self, ticket: str, content: bytes, name: str = "screen.png") -> None:
        """The customer sends a picture."""
        file = self.hubspot.person_uploads(name, content, "image/png")
        self.hubspot.customer_writes(ticket, "see picture", [file])

    def block_sweeps(self) -> None:
        """Both vendors refuse their lists for ever: what no webhook told stays untold."""
        for simulator, line in ((self.hubspot, r"/search"), (self.boards, r"(?i)/reporting/")):
            simulator.faults.add(Fault(line, FaultKind.ANSWER, times=10**9, status=503))
        self.swept = False

    # --- waiting -----------------------------------------------------------------------------

    async def until(self, true: Callable[[], object], *, seconds: float = SETTLE_S) -> None:
        """Wait for something that the vendors' state or a process shows."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"waited in vain\n{self.story()}"
            await self.revive()
            await asyncio.sleep(0.02)

    async def settle(self, *, seconds: float = SETTLE_S) -> None:
        """Wait until nothing is waiting anywhere."""
        end, calm = time.monotonic() + seconds, 0
        db = Database(self.database_url, clock=self.clock)
        try:
            while calm < 4:
                await self.revive()
                waiting = self._undelivered() or await self._at_hub(db)
                calm = 0 if waiting else calm + 1
                assert time.monotonic() < end, f"no rest: {waiting}\n{self.story()}"
                await asyncio.sleep(0.04)
        finally:
            await db.aclose()

    async def recovered(self) -> None:
        """Let the next sweeps come, and wait until what they found has happened."""
        await self.settle()
        assert self.clock is not None
        before = self._sweeps()
        self.clock.later(SWEEP_S)
        await self.until(lambda: self._swept_since(before))
        await self.settle()

    def _sweeps(self) -> tuple[int, int]:
        """How many sweeps each vendor has answered."""
        found = [
            sum(c.path.lower().endswith(tail) and c.status == 200 for c in simulator.calls)
            for simulator, tail in (
                (self.hubspot, "/tickets/search"),
                (self.boards, "/reporting/workitemrevisions"),
            )
        ]
        return found[0], found[1]

    def _swept_since(self, before: tuple[int, int]) -> bool:
        return all(now > then for now, then in zip(self._sweeps(), before, strict=True))

    async def _at_hub(self, db: Database) -> str:
        try:
            found = await look(db, timers=self.swept)
        except (SQLAlchemyError, OSError, PostgresError) as error:
            return f"the database: {type(error).__name__}"
        if self.clock is not None and found.only_later:
            self.clock.later(found.seconds + 0.01)
        return found.text

    async def revive(self) -> None:
        """Start the watched replicas that have died again."""
        for each in self.watched:
            if not each.alive:
                each.bury()
                await each.start()

    def _undelivered(self) -> str:
        events = len(self.hubspot.pending_events)
        notifications = len(self.boards.pending_notifications)
        further = sum(each() for each in self.others)
        waiting = events + notifications + further + self.post.under_way
        return f"{waiting} webhooks" if waiting else ""

    def story(self) -> str:
        """What to read when a test has failed."""
        return "\n".join(f"--- {each.url}\n{each.tail()}" for each in self.replicas)

    async def findings(self) -> set[str]:
        """The codes of the open findings."""
        db = Database(self.database_url)
        async with db.read() as connection:
            found = await connection.execute(
                sa.select(findings.c.code).where(findings.c.state == "open")
            )
            codes = {code for (code,) in found}
        await db.aclose()
        return codes

    # --- what is right -----------------------------------------------------------------------

    def items(self) -> list[Any]:
        """The work items that are not deleted, oldest first."""
        return [each for _, each in sorted(self.boards.items.items()) if not each.deleted]

    def items_of(self, ticket: str) -> list[Any]:
        """The items that carry a hyperlink to the ticket or to one that was merged into it."""
        former = (self.shown(ticket, "hs_merged_object_ids") or "").split(";")
        tails = tuple(f"/{each}" for each in (ticket, *former) if each)
        return [
            each
            for each in self.items()
            if any(r.rel == "Hyperlink" and r.url.endswith(tails) for r in each.relations)
        ]

    def shown(self, ticket: str, name: str) -> str:
        """What the ticket shows in a property."""
        return str(self.hubspot.tickets[ticket].properties.get(name) or "")

    def files_on(self, item: Any) -> Counter[bytes]:
        """The contents of the files on an item."""
        stored = self.boards.attachments
        ids = [
            r.url.split("/")[-1].split("?")[0] for r in item.relations if r.rel == "AttachedFile"
        ]
        return Counter(stored[each].content for each in ids)

    def comments_on(self, item: Any) -> str:
        """What the comments of an item say."""
        return unescape("\n".join(each.text for each in item.comments if not each.deleted))

    def notes_on(self, ticket: str) -> str:
        """What the notes of a ticket say."""
        notes = self.hubspot.tickets[ticket].notes
        return unescape("\n".join(each.properties.get("hs_note_body") or "" for each in notes))

    def markers(self) -> Counter[str]:
        """Every launch marker on a living item."""
        return Counter(
            r.comment
            for each in self.items()
            for r in each.relations
            if r.rel == "Hyperlink" and (r.comment or "").startswith("ticketbridge:tb-")
        )

    def wrong(self, ticket: str) -> str:
        """What is wrong with a launched ticket and its items; empty if nothing is."""
        items = self.items_of(ticket)
        if not items:
            return f"ticket {ticket} has no item"
        keys = {f"#{each.id}" for each in items}
        if set(self.shown(ticket, "work_items").split(", ")) != keys:
            return f"ticket {ticket} shows {self.shown(ticket, 'work_items')!r}, not {keys}"
        wanted = STAGES[least_advanced([each.state for each in items])]
        if self.shown(ticket, "work_stage") != wanted:
            return f"ticket {ticket} shows {self.shown(ticket, 'work_stage')!r}, not {wanted!r}"
        return ""

    def created_twice(self) -> list[str]:
        """Markers that more than one living item carries."""
        return [marker for marker, count in self.markers().items() if count > 1]


def least_advanced(states: Sequence[str]) -> str:
    """The roll-up of the shipped mapping: side states count only where there are no others."""
    ahead = [each for each in states if each in ORDER]
    return min(ahead, key=ORDER.index) if ahead else "Removed"


def _accounts(now: Callable[[], datetime]) -> tuple[HubSpotSimulator, AzureDevOpsSimulator]:
    hubspot = HubSpotSimulator(
        portal_id=PORTAL, client_secret="hubspot-client-secret", app_id=1357911, clock=now
    )
    for name in ("work_stage", "work_eta", "work_items", "engineering_priority"):
        hubspot.add_property("tickets", name)
    hubspot.add_property("companies", "success_plan")
    hubspot.subscribe_all()
    boards = AzureDevOpsSimulator("acme", ("Platform",), clock=now)
    # Seconds, so that a refused webhook comes again while the test waits; never given up.
    hubspot.retry_delays = (timedelta(seconds=0.3),) * 1000
    boards.retry_delays = (0.3,) * 1000
    return hubspot, boards


def _write_mapping(folder: Path, text: str) -> None:
    (folder / "mappings").mkdir()
    (folder / "mappings" / "hubspot-success.yaml").write_text(text)


@asynccontextmanager
async def open_chaos(
    folder: Path,
    *,
    database_url: str | None = None,
    replicas: int = 1,
    sweep_s: float = SWEEP_S,
    shared_clock: bool = True,
    mapping: str = SHIPPED,
    more_yaml: str = "",
) -> AsyncIterator[Chaos]:
    """The vendors with their doors open; no replica is started yet. `more_yaml`: connections."""
    clock = SharedClock() if shared_clock else None
    hubspot, boards = _accounts(SystemClock().now if clock is None else clock.right)
    doors = [listening_socket(0), listening_socket(0)]
    ports = [listening_socket(0) for _ in range(replicas)]
    numbers = [port.getsockname()[1] for port in ports]
    for port in ports:
        port.close()
    boards.base_url = address_of(doors[1])
    (folder / "bridge.yaml").write_text(
        BRIDGE_YAML.format(
            public=f"http://127.0.0.1:{numbers[0]}",
            hubspot=address_of(doors[0]),
            boards=address_of(doors[1]),
            portal=PORTAL,
            user=HOOK_USER,
            password=HOOK_PASSWORD,
            sweep_s=sweep_s,
            grace=PROBE_GRACE_S,
        )
        + more_yaml
    )
    _write_mapping(folder, mapping)
    environment = {
        "BRIDGE_CONFIG": str(folder / "bridge.yaml"),
        "BRIDGE_MAPPINGS": str(folder / "mappings"),
        "BRIDGE_DATA_DIR": str(folder / "data"),
    }
    if database_url is not None:
        environment["BRIDGE_DATABASE_URL"] = database_url
        url = database_url.replace("postgresql:", "postgresql+asyncpg:")
    else:
        url = f"sqlite:///{put_sqlite(folder / 'data')}"
    held = [Replica(folder, number, environment, LEASE_MS, clock) for number in numbers]
    post = Post()
    chaos = Chaos(hubspot, boards, held, url, post, clock)
    hubspot.webhook_url = f"{held[0].url}/webhooks/hubspot"
    boards.subscribe(f"{held[-1].url}/webhooks/boards", HOOK_USER, HOOK_PASSWORD)
    chaos.acme = hubspot.add_company("Acme", success_plan="Elite")
    async with contextlib.AsyncExitStack() as open_doors:
        for app, door in zip((hubspot.app, boards.app), doors, strict=True):
            await open_doors.enter_async_context(serving(DropsConnections(app), door))
        client = await open_doors.enter_async_context(httpx.AsyncClient(transport=post, timeout=5))
        await open_doors.enter_async_context(hubspot.running(client))
        await open_doors.enter_async_context(boards.running(client))
        try:
            yield chaos
        finally:
            for each in held:
                each.kill()
