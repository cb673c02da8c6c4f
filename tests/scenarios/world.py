"""A whole world in one process: the hub and its vendors, joined by ASGI transports.

HubSpot and Azure DevOps are always there; a scenario may bring further vendors.

Scenarios act as people at the vendors' own screens and look at the vendors' state; they never
look into the hub to decide whether it did right.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx
import sqlalchemy as sa

from bridge.api.access import Access
from bridge.config.settings import Settings
from bridge.engine.hub import Hub
from bridge.engine.service import Service
from bridge.engine.sweep import sweep
from bridge.engine.worker import LEASE_MS
from bridge.kit.clock import Clock, SystemClock, to_ms
from bridge.kit.faults import ConnectionLost
from bridge.kit.http import CallMade, Wire
from bridge.main import create_app, open_hub
from bridge.store import connections, jobs
from bridge.store.tables import deliveries, findings, records
from connectors.azure_devops.simulator import AzureDevOpsSimulator
from connectors.hubspot.simulator import HubSpotSimulator
from connectors.hubspot.simulator.signing import webhook_headers
from tests.migrated import put_sqlite
from tests.shipped import SHIPPED

ROOT = Path(__file__).resolve().parents[2]
HOOK_USER, HOOK_PASSWORD = "bridge", "hook-password"
PORTAL = 24680135
ADMIN_TOKEN = "scenario-admin-token"
SOON_MS = 6000
"""A record that wakes by itself this soon is waited for."""


_r = records.c
_DUE = sa.select(_r.key, _r.not_before, _r.attempts, _r.last_error, _r.woken_by).where(
    sa.or_(
        _r.dirty_generation > _r.done_generation,
        _r.lease_until > 0,
        sa.and_(_r.kind != "timer", _r.due_at <= sa.bindparam("soon", type_=sa.BigInteger)),
    ),
    sa.not_(_r.dead),
)
# Asked forty times a scenario, so it is built once.
_BUSY = sa.select(
    sa.or_(
        sa.exists(sa.select(deliveries.c.id).where(deliveries.c.state == "received")),
        sa.exists(_DUE),
    )
)


class VendorTransport(httpx.AsyncBaseTransport):
    """Calls out reach the simulator of their host; a lost connection looks like one."""

    def __init__(self, apps: Mapping[str, Any]) -> None:
        self._inner = {host: httpx.ASGITransport(app=app) for host, app in apps.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner[request.url.host].handle_async_request(request)
        except ConnectionLost as error:
            raise httpx.ReadError(str(error), request=request) from error


class Vendor(Protocol):
    """A simulator that a scenario brings: its door, and the webhooks it has to send."""

    app: Any

    async def deliver(self, client: httpx.AsyncClient) -> int:
        """Make the webhook requests that are due; how many."""
        ...


@dataclass
class World:
    """The hub and its surroundings."""

    hubspot: HubSpotSimulator
    boards: AzureDevOpsSimulator
    service: Service
    client: httpx.AsyncClient
    app: Any
    calls: list[CallMade] = field(default_factory=list)
    acme: str = ""
    others: tuple[Vendor, ...] = ()
    admin: Mapping[str, str] = field(
        default_factory=lambda: {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    )

    @property
    def hub(self) -> Hub:
        """The hub, for asking it what it noticed."""
        return self.service.hub

    async def deliver(self) -> int:
        """Let every vendor post the webhooks it has; how many posts were made."""
        vendors: tuple[Vendor, ...] = (self.hubspot, self.boards, *self.others)
        return sum([await each.deliver(self.client) for each in vendors])

    async def settle(self, *, seconds: float = 20.0) -> None:
        """Let everything run until nothing is waiting anywhere; AssertionError if it never ends."""
        calm = 0
        end = asyncio.get_running_loop().time() + seconds
        while calm < 3:
            posted = await self.deliver()
            calm = 0 if posted or await self._busy() else calm + 1
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"the world did not come to rest: {await self._due()}")
            await asyncio.sleep(0.02)

    async def _busy(self) -> bool:
        async with self.hub.db.read() as connection:
            return bool(await connection.scalar(_BUSY, self._soon))

    async def _due(self) -> list[Any]:
        async with self.hub.db.read() as connection:
            return [tuple(each) for each in await connection.execute(_DUE, self._soon)]

    @property
    def _soon(self) -> dict[str, int]:
        return {"soon": to_ms(self.hub.now()) + SOON_MS}

    async def settle_campaign(self) -> None:
        """Let the campaigns of changed mappings run to their end, then everything else."""
        for _ in range(400):
            async with self.hub.db.read() as connection:
                if not await jobs.live(connection, "campaign"):
                    break
            await asyncio.sleep(0.05)
        await self.settle()

    async def settle_job(self, id: str, *, seconds: float = 20.0) -> dict[str, Any]:
        """The job once it takes no more steps; AssertionError if it goes on too long."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            answer = await self.client.get(f"/api/v1/jobs/{id}", headers=self.admin)
            assert answer.status_code == 200, answer.text
            job: dict[str, Any] = answer.json()
            if job["state"] not in ("waiting", "running"):
                return job
            assert asyncio.get_running_loop().time() < end, f"the job goes on and on: {job}"
            await asyncio.sleep(0.02)

    async def post_signed(self, body: bytes) -> httpx.Response:
        """Post a body to HubSpot's door under a good signature."""
        url = "http://bridge.test/webhooks/hubspot"
        headers = webhook_headers("hubspot-client-secret", url, body, to_ms(self.hub.now()))
        headers["content-type"] = "application/json"
        return await self.client.post("/webhooks/hubspot", content=body, headers=headers)

    async def sweep(self, name: str) -> None:
        """Run the connection's sweep now, and let what it found happen."""
        await sweep(self.hub, name)
        await self.settle()

    async def deliver_until_paused(self, name: str, *, seconds: float = 10.0) -> None:
        """Let webhooks come in until the connection is paused; AssertionError if it never is."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            await self.deliver()
            async with self.hub.db.read() as connection:
                state = await connections.load(connection, name)
            if state is not None and state.paused_by is not None:
                return
            assert asyncio.get_running_loop().time() < end, f"{name} was never paused"
            await asyncio.sleep(0.02)

    async def findings(self, state: str = "open") -> set[str]:
        """The codes of the findings in that state."""
        async with self.hub.db.read() as connection:
            found = await connection.execute(
                sa.select(findings.c.code).where(findings.c.state == state)
            )
            return {code for (code,) in found}

    def ticket(self, id: str) -> dict[str, Any]:
        """The ticket's properties as HubSpot has them."""
        return dict(self.hubspot.tickets[id].properties)

    def items(self) -> list[Any]:
        """The work items that are not deleted, oldest first."""
        return [each for _, each in sorted(self.boards.items.items()) if not each.deleted]

    def writes(self, connection: str) -> list[CallMade]:
        """The calls so far that change something at the vendor."""
        reading = ("/search", "/batch/read", "/wiql", "workitemsbatch", "/search/jql", "/bulkfetch")
        return [
            each
            for each in self.calls
            if each.connection == connection
            and each.method != "GET"
            and not each.path.endswith(reading)
        ]


BRIDGE_YAML = f"""
public_url: http://bridge.test
connections:
  hubspot:
    vendor: hubspot
    base_url: http://hubspot.test
    token: pat-test
    webhook_secret: hubspot-client-secret
    portal_id: {PORTAL}
    app_id: 1357911
    debounce_ms: 0
    sweep_s: 3600
    search_lag_s: 0
  boards:
    vendor: azure_devops
    base_url: http://boards.test
    organization: acme
    project: Platform
    token: pat-test
    webhook_user: {HOOK_USER}
    webhook_password: {HOOK_PASSWORD}
    debounce_ms: 0
    sweep_s: 3600
    probe_grace_s: 0.2
"""


def make_hubspot(clock: Clock) -> HubSpotSimulator:
    """A HubSpot account as an admin has prepared it for the hub."""
    sim = HubSpotSimulator(
        portal_id=PORTAL,
        token="pat-test",
        client_secret="hubspot-client-secret",
        app_id=1357911,
        clock=clock.now,
    )
    for name in ("work_stage", "work_eta", "work_items", "engineering_priority"):
        sim.add_property("tickets", name)
    sim.add_property("companies", "success_plan")
    sim.subscribe_all()
    sim.webhook_url = "http://bridge.test/webhooks/hubspot"
    return sim


def make_boards(clock: Clock) -> AzureDevOpsSimulator:
    """An Azure DevOps organization with its service hooks."""
    sim = AzureDevOpsSimulator(
        organization="acme",
        projects=("Platform", "Mobile"),
        pat="pat-test",
        process="Agile",
        clock=clock.now,
    )
    sim.base_url = "http://boards.test"
    sim.subscribe("http://bridge.test/webhooks/boards", HOOK_USER, HOOK_PASSWORD)
    return sim


@asynccontextmanager
async def open_world(
    folder: Path,
    *,
    database_url: str | None = None,
    mapping: str | None = None,
    bridge_yaml: str = BRIDGE_YAML,
    vendors: tuple[HubSpotSimulator, AzureDevOpsSimulator] | None = None,
    autoactivate: bool = False,
    lease_ms: int = LEASE_MS,
    others: Mapping[str, Vendor] | None = None,
    apps: Mapping[str, Any] | None = None,
    more_mappings: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[World]:
    """A world; the hub's service runs until the end of the block. Given `vendors` go on living.

    `others` are further vendors by their hosts, `apps` those that only answer, `more_mappings`
    further files by their names.
    """
    further = others or {}
    time = clock or SystemClock()
    hubspot, boards = vendors or (make_hubspot(time), make_boards(time))
    (folder / "bridge.yaml").write_text(bridge_yaml)
    (folder / "mappings").mkdir(exist_ok=True)
    (folder / "mappings" / "hubspot-success.yaml").write_text(mapping or SHIPPED)
    for name, text in (more_mappings or {}).items():
        (folder / "mappings" / name).write_text(text)
    extra: dict[str, Any] = {"BRIDGE_DATABASE_URL": database_url} if database_url else {}
    settings = Settings(
        config=folder / "bridge.yaml",
        mappings=folder / "mappings",
        data_dir=folder / "data",
        mappings_autoactivate=autoactivate,
        **extra,
    )
    calls: list[CallMade] = []
    hosts = {host: each.app for host, each in further.items()} | dict(apps or {})
    transport = VendorTransport({"hubspot.test": hubspot.app, "boards.test": boards.app, **hosts})
    if database_url is None:
        put_sqlite(settings.data_dir)
    wire = Wire(transport=transport, on_call=calls.append, clock=time)
    hub = await open_hub(settings, wire=wire, clock=clock)
    service = Service(hub, lease_ms=lease_ms)
    app = create_app(service, Access(admin_token=ADMIN_TOKEN))
    await service.start()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://bridge.test"
    ) as client:
        world = World(hubspot, boards, service, client, app, calls, others=tuple(further.values()))
        world.acme = hubspot.add_company("Acme", success_plan="Elite")
        try:
            yield world
        finally:
            await service.stop()
            await hub.aclose()
