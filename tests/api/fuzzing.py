"""A hub at work on a thread of its own, for tools that make requests without an event loop."""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from bridge.kit.clock import SystemClock, to_ms
from bridge.store import jobs
from connectors.hubspot.simulator.signing import webhook_headers
from tests.scenarios.world import World, open_world
from tests.shipped import SHIPPED

T = TypeVar("T")
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SECRET = "hubspot-client-secret"
_DOOR = "/webhooks/hubspot"
DRAFT = SHIPPED.replace("label: Scheduled", "label: Planned")


class Doorway:
    """An ASGI application in front of the one that is open; that one lives on another loop.

    Every second body at HubSpot's door is signed on its way in, as HubSpot would.
    """

    def __init__(self) -> None:
        self._open: tuple[asyncio.AbstractEventLoop, Any] | None = None

    @contextmanager
    def leads_to(self, outpost: Outpost) -> Iterator[None]:
        """Let requests reach that hub until the end of the block."""
        self._open = outpost.loop, outpost.world.app
        try:
            yield
        finally:
            self._open = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request; there is no lifespan here."""
        if scope["type"] != "http" or self._open is None:
            raise RuntimeError(f"nobody answers {scope['type']} here")
        body = await _whole_body(receive)
        if scope["path"] == _DOOR and zlib.crc32(body) % 2:
            scope = {**scope, "headers": _signed(scope["headers"], body)}
        loop, app = self._open
        answering = asyncio.run_coroutine_threadsafe(_answer(app, scope, body), loop)
        for message in await asyncio.wrap_future(answering):
            await send(message)


async def _whole_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _answer(app: Any, scope: Message, body: bytes) -> list[Message]:
    asked, answered = 0, []

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        if asked == 1:
            return {"type": "http.request", "body": body, "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answered.append(message)

    await app(scope, receive, send)
    return answered


def _signed(headers: list[tuple[bytes, bytes]], body: bytes) -> list[tuple[bytes, bytes]]:
    now = to_ms(SystemClock().now())
    made = webhook_headers(SECRET, f"http://bridge.test{_DOOR}", body, now)
    added = [(name.lower().encode(), value.encode()) for name, value in made.items()]
    names = {name for name, _ in added}
    return [*(each for each in headers if each[0] not in names), *added]


@dataclass
class Outpost:
    """The thread with the hub; `known` are ids that exist, by what they are ids of."""

    world: World
    loop: asyncio.AbstractEventLoop
    known: Mapping[str, list[str]] = field(default_factory=dict)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the coroutine, run beside the hub."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


@contextmanager
def open_outpost(folder: Path, *, database_url: str | None = None) -> Iterator[Outpost]:
    """A hub between simulated vendors with something of everything in it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="outpost")
    thread.start()
    opened = open_world(folder, database_url=database_url)
    try:
        world = asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result()
        try:
            here = Outpost(world, loop)
            here.known = here.run(_filled(world))
            yield here
        finally:
            asyncio.run_coroutine_threadsafe(opened.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _filled(world: World) -> dict[str, list[str]]:
    """Fill the world with something of everything; the ids, by what they are ids of."""
    ana = world.hubspot.add_contact("ana@client.example", "Ana")
    for number, category in enumerate(("Bug", "Bug", "Development Request", "Additional Scope")):
        ticket = world.hubspot.person_creates_ticket(
            subject=f"Export {number} fails", category=category, company_id=world.acme
        )
        world.hubspot.person_names_contact(ticket, ana)
    await world.settle()
    world.boards.person_moves_state(world.items()[0].id, "Resolved")
    # Findings: a category that changes after the launch, and a signed body that is no JSON.
    world.hubspot.person_edits_ticket(
        min(world.hubspot.tickets), hs_ticket_category="Development Request"
    )
    await world.post_signed(b"no JSON at all")
    await world.settle()
    await _ask(world, "POST", "/tokens", json={"name": "ada", "role": "viewer"})
    await _ask(world, "POST", "/tokens", json={"name": "bob", "role": "operator"})
    await _ask(world, "POST", "/backfill", json={"dry_run": True})
    await _ask(
        world, "PUT", "/mappings/hubspot-success/draft", content=DRAFT,
        headers={"Content-Type": "application/yaml", "If-Match": "*"},
    )  # fmt: skip
    for kind in ("campaign", "backfill", "adoption"):
        # Far enough away to be paused, resumed and cancelled meanwhile.
        async with world.hub.db.write() as connection:
            now = world.hub.now()
            await jobs.add(
                world.hub.db, connection, kind=kind, target="hubspot", params={}, by="test",
                now=now, begins=now + timedelta(hours=1),
            )  # fmt: skip
    return await _ids(world)


async def _ids(world: World) -> dict[str, list[str]]:
    found = {"connections": ["hubspot", "boards"]}
    for kind in ("tokens", "jobs", "links", "findings", "deliveries"):
        found[kind] = [each["id"] for each in (await _ask(world, "GET", f"/{kind}"))["items"]]
    tickets = (await _ask(world, "GET", "/tickets"))["items"]
    found["tickets"] = [each["ticket"]["id"] for each in tickets]
    links = (await _ask(world, "GET", "/links"))["items"]
    found["work-items"] = [each["work_item"]["id"] for each in links]
    found["mappings"] = [each["name"] for each in (await _ask(world, "GET", "/mappings"))["items"]]
    found["runs"] = [
        run["id"]
        for each in found["deliveries"]
        for run in (await _ask(world, "GET", f"/deliveries/{each}/trace"))["items"]
    ]
    empty = [kind for kind, ids in found.items() if not ids]
    assert not empty, f"the world has none of these: {empty}"
    return found


async def _ask(world: World, method: str, path: str, **options: Any) -> Any:
    headers = {**world.admin, **options.pop("headers", {})}
    answer = await world.client.request(method, f"/api/v1{path}", headers=headers, **options)
    assert answer.is_success, f"{method} {path}: {answer.text}"
    return answer.json()
