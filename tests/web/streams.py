"""A browser that keeps an answer open: httpx would wait for its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.api.doors import Doors

PATIENCE_S = 10.0


class Stream:
    """One open stream of events. `lines` are what came so far."""

    def __init__(self, doors: Doors, path: str, cookies: dict[str, str]) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.lines: list[str] = []
        self._news = asyncio.Event()
        self._gone = asyncio.Event()
        self._asked = False
        way, _, query = path.partition("?")
        said = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1", "method": "GET", "scheme": "https", "path": way,
            "raw_path": way.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(b"host", b"bridge.test"), (b"cookie", said.encode())],
            "client": ("127.0.0.1", 1), "server": ("bridge.test", 443),
        }  # fmt: skip
        self.serving = asyncio.create_task(doors.app(self._scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.lines += message.get("body", b"").decode().splitlines()
        self._news.set()

    async def until(self, *lines: str) -> None:
        """Wait until all these lines came."""
        async with asyncio.timeout(PATIENCE_S):
            while not set(lines) <= set(self.lines):
                await self._news.wait()
                self._news.clear()

    async def figures(self, count: int) -> list[dict[str, str]]:
        """Wait until so many figures came; all of them."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.told()) < count:
                await self._news.wait()
                self._news.clear()
        return self.told()

    def told(self) -> list[dict[str, str]]:
        """The figures that came so far."""
        begin = 'data: {"topic"'
        return [json.loads(e.removeprefix("data: ")) for e in self.lines if e.startswith(begin)]

    async def ended(self) -> None:
        """Wait until the hub has ended it."""
        await asyncio.wait_for(asyncio.shield(self.serving), PATIENCE_S)

    async def leave(self) -> None:
        """Close the page."""
        self._gone.set()
        await self.ended()


@asynccontextmanager
async def stream(doors: Doors, browser: httpx.AsyncClient, path: str) -> AsyncIterator[Stream]:
    """A stream that this browser opens, until the end of the block."""
    opened = Stream(doors, path, dict(browser.cookies))
    try:
        yield opened
    finally:
        await opened.leave()
