"""People who sign in to the pages, as a browser would."""

from __future__ import annotations

import re
from typing import Any, Protocol

import httpx

from bridge.domain.access import AccessRole, Actor
from bridge.engine import signing_in
from bridge.engine.hub import Hub


class Pages(Protocol):
    """A hub and its application, as browsers reach it."""

    app: Any

    @property
    def hub(self) -> Hub:
        """The hub."""
        ...


async def link(doors: Pages, role: str = "csm", name: str = "Ada") -> str:
    """The path of a link that signs somebody in."""
    secret = await signing_in.invite(doors.hub, Actor(name, AccessRole(role)), by="a test")
    return f"/sign-in/{secret}"


async def signed_in(doors: Pages, role: str = "csm", name: str = "Ada") -> httpx.AsyncClient:
    """A browser in which somebody of that role has signed in."""
    browser = browser_of(doors)
    answer = await browser.post(await link(doors, role, name))
    assert answer.status_code == 303, answer.text
    return browser


def browser_of(doors: Pages) -> httpx.AsyncClient:
    """A browser that nobody has signed in with."""
    transport = httpx.ASGITransport(app=doors.app)
    return httpx.AsyncClient(transport=transport, base_url="https://bridge.test")


async def form_token(browser: httpx.AsyncClient) -> str:
    """The token that the hub puts into this person's forms."""
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', (await browser.get("/")).text)
    assert found is not None
    return found[1]
