"""What a browser does at the provider, and how tests tell the provider to behave."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def serving() -> Iterator[str]:
    """The address of a provider in a process of its own, until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.oidc.provider"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


class Journeys:
    """A client of the provider's process."""

    def __init__(self, issuer: str) -> None:
        self._client = httpx.AsyncClient(base_url=issuer, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def behave(self, lie: str = "", **said: Any) -> dict[str, int]:
        """Lie in that way from now on, or not at all; how often each address was asked before."""
        answer = await self._client.post("/test/behave", json={"lie": lie, **said})
        asked: dict[str, int] = answer.raise_for_status().json()
        return asked

    async def there(self, address: str) -> str:
        """Go to the provider and be let in; where it sends the browser back to."""
        answer = await self._client.get(address)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def through(self, browser: httpx.AsyncClient) -> httpx.Response:
        """The whole way of somebody who presses the button: what the hub says at its end."""
        return await browser.get(await self.there(await begun(browser)))


async def begun(browser: httpx.AsyncClient) -> str:
    """Press the button: where the hub sends the browser."""
    answer = await browser.get("/oidc/start")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def said_in(address: str) -> dict[str, str]:
    """What an address says behind its question mark."""
    return dict(parse_qsl(urlsplit(address).query))
