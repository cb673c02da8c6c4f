"""A hub with its doors open and nobody at work, so that only the doors can change the store."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from bridge.api.access import Access
from bridge.config.settings import Settings
from bridge.domain.findings import Finding
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.hub import Hub
from bridge.engine.service import Service
from bridge.kit.clock import SystemClock, to_ms
from bridge.kit.http import Wire
from bridge.main import create_app, open_hub
from bridge.store import history, queue, tokens, views, work
from bridge.store.queue import Mark
from bridge.store.tables import metadata
from bridge.store.views import TicketView
from connectors.hubspot.simulator.signing import webhook_headers
from tests.migrated import put_sqlite
from tests.scenarios.world import BRIDGE_YAML, PORTAL, VendorTransport, make_boards, make_hubspot

ADMIN = "admin-token-of-the-tests"
SECRET = "hubspot-client-secret"
DOOR = "/webhooks/hubspot"


@dataclass
class Doors:
    """The doors, a client without a token, and the store behind them."""

    hub: Hub
    service: Service
    client: httpx.AsyncClient
    app: Any
    boards: Any = None
    """The tracker behind them."""
    hubspot: Any = None
    """The helpdesk behind them."""
    _tokens: dict[str, str] = field(default_factory=dict)

    async def headers(self, role: str) -> dict[str, str]:
        """The headers of a caller of that role."""
        if role not in self._tokens:
            self._tokens[role] = (await self.make_token(role))[1]
        return {"Authorization": f"Bearer {self._tokens[role]}"}

    async def make_token(self, role: str, expires: timedelta | None = None) -> tuple[str, str]:
        """A stored token of that role: its id and secret."""
        now = self.hub.now()
        async with self.hub.db.write() as connection:
            return await tokens.create(
                connection,
                name=f"the {role}",
                role=role,
                by="test",
                now=now,
                expires_at=None if expires is None else now + expires,
            )

    async def ask(
        self, method: str, path: str, *, role: str = "viewer", **options: Any
    ) -> httpx.Response:
        """A call of the API by a caller of that role."""
        headers = {**await self.headers(role), **options.pop("headers", {})}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **options)

    async def stored(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the database."""
        async with self.hub.db.read() as connection:
            found = {}
            for table in metadata.sorted_tables:
                rows = await connection.execute(sa.select(table))
                found[table.name] = sorted((tuple(row) for row in rows), key=repr)
            return found

    async def knock(self, body: bytes, **headers: str) -> httpx.Response:
        """A delivery at HubSpot's door, signed as HubSpot signs; `headers` are put over it."""
        return await self.client.post(DOOR, content=body, headers=self.signed(body) | headers)

    def signed(self, body: bytes, *, secret: str = SECRET, age: timedelta | None = None) -> Any:
        """HubSpot's headers for a body."""
        at = to_ms(self.hub.now() - (age or timedelta(0)))
        return webhook_headers(secret, f"http://bridge.test{DOOR}", body, at)

    async def add_ticket(self, id: str, **said: Any) -> TicketRef:
        """A ticket that the hub knows and shows in its list; of HubSpot unless said otherwise."""
        ref = TicketRef(said.pop("connection", "hubspot"), id)
        values: dict[str, Any] = {
            "key": f"#{id}", "url": f"http://hubspot.test/tickets/{id}", "subject": "Export fails",
            "customer": "Acme", "plan": "Elite", "category": "Bug", "severity": "high",
            "stage_id": "in_testing", "stage_label": "In testing", "eta": "2026-12-24",
            "route": "bug", "verdict": "IN_SYNC", "needs": ("with_engineering",), "closed": False,
        } | said  # fmt: skip
        async with self.hub.db.write() as store:
            await queue.mark(self.hub.db, store, [Mark(ref, "test")])
            await views.store(self.hub.db, store, TicketView(ref, **values), self.hub.now())
        return ref

    async def add_link(self, ticket: TicketRef, item: str) -> str:
        """A link of the ticket to a work item of the tracker; its id."""
        ref = WorkItemRef("boards", item)
        async with self.hub.db.write() as connection:
            await queue.mark(self.hub.db, connection, [Mark(ref, "test")])
            made = await work.add_link(
                self.hub.db, connection, ticket=ticket, item=ref, route="bug", by="route bug",
                now=self.hub.now(),
            )  # fmt: skip
        assert made is not None
        return made.id

    async def add_finding(self, code: str, connection: str, ref: str | None = None) -> None:
        """An open finding."""
        found = Finding(code, connection, ref, data={"status": "Triaged"})
        async with self.hub.db.write() as store:
            await history.raise_findings(self.hub.db, store, [found], self.hub.now())


def events(*tickets: str, portal: int = PORTAL) -> bytes:
    """A body as HubSpot sends it: these tickets' subjects have changed."""
    said = [
        {
            "eventId": number,
            "subscriptionId": 1,
            "portalId": portal,
            "appId": 1357911,
            "occurredAt": 1_790_000_000_000 + number,
            "subscriptionType": "ticket.propertyChange",
            "attemptNumber": 0,
            "objectId": int(id),
            "propertyName": "subject",
            "propertyValue": "Export fails",
            "changeSource": "CRM_UI",
        }
        for number, id in enumerate(tickets, 100)
    ]
    return json.dumps(said).encode()


@asynccontextmanager
async def open_doors(
    folder: Path, *, database_url: str | None = None, bridge_yaml: str = BRIDGE_YAML
) -> AsyncIterator[Doors]:
    """A hub whose doors are open until the end of the block; nobody works behind them."""
    clock = SystemClock()
    hubspot, boards = make_hubspot(clock), make_boards(clock)
    (folder / "bridge.yaml").write_text(bridge_yaml)
    (folder / "mappings").mkdir(exist_ok=True)
    given: dict[str, Any] = {"BRIDGE_DATABASE_URL": database_url} if database_url else {}
    settings = Settings(
        config=folder / "bridge.yaml",
        mappings=folder / "mappings",
        data_dir=folder / "data",
        **given,
    )
    transport = VendorTransport({"hubspot.test": hubspot.app, "boards.test": boards.app})
    if database_url is None:
        put_sqlite(settings.data_dir)
    hub = await open_hub(settings, wire=Wire(transport=transport))
    service = Service(hub, work=False)
    app = create_app(service, Access(admin_token=ADMIN))
    await service.start()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://anything.test"
    ) as client:
        try:
            yield Doors(hub, service, client, app, boards, hubspot)
        finally:
            await service.stop()
            await hub.aclose()


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, which must be of this status and code."""
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    ), answer.text
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["title"]
    assert body["detail"]
    return body


def ids(answer: httpx.Response, name: str = "id") -> list[str]:
    """The ids of a list's items."""
    assert answer.status_code == 200, answer.text
    return [each[name] for each in answer.json()["items"]]
