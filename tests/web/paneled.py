"""A hub with panels in two helpdesks, and their people who open them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from bridge.web.panel import Panels
from connectors.zendesk.simulator import ZendeskSimulator
from connectors.zendesk.simulator.sidebar import SidebarApp
from tests.api.doors import Doors, open_doors
from tests.scenarios.world import BRIDGE_YAML

ZENDESK, HUBSPOT = "/panel/zendesk", "/panel/hubspot"
_DESK = """
  {name}:
    vendor: zendesk
    subdomain: {name}
    email: hub@vendor.example
    token: token-of-{name}
    panel_installation: 987
    panel_key: |
{key}
"""


@dataclass
class Paneled:
    """The hub, the apps installed in its two Zendesk accounts, and a browser without cookies."""

    doors: Doors
    acme: SidebarApp
    other: SidebarApp
    browser: httpx.AsyncClient

    async def opened(self, app: SidebarApp | None = None, **claims: Any) -> httpx.Response:
        """Somebody opens a ticket's page in Zendesk."""
        return await (app or self.acme).open(self.browser, ZENDESK, 501, **claims)

    def forgive(self) -> None:
        """Nobody has been wrong yet."""
        self.doors.app.state.panels = Panels()

    async def session(self, app: SidebarApp | None = None) -> str:
        """What a panel that was just opened may go on with."""
        return session_in(await self.opened(app))

    async def chosen(self, ticket: str, session: str | None = None) -> httpx.Response:
        """The panel of that ticket."""
        given = await self.session() if session is None else session
        return await self.browser.post(
            f"{ZENDESK}/ticket", data={"session": given, "ticket": ticket}
        )

    async def card(self, path: str = HUBSPOT, body: Any = None) -> httpx.Response:
        """HubSpot's card asks."""
        said = {"ticket": "812"} if body is None else body
        hubspot = self.doors.hubspot
        answer = await hubspot.open_card(
            self.doors.client, f"http://bridge.test{path}", user_id=9001, body=said
        )
        assert isinstance(answer, httpx.Response)
        return answer


def session_in(answer: httpx.Response) -> str:
    """The session in a panel's form."""
    found = re.search(r'name="session" value="([^"]+)"', answer.text)
    assert found is not None, answer.text
    return found[1]


def yaml_of(*apps: tuple[str, SidebarApp]) -> str:
    """bridge.yaml with a panel for HubSpot and for each of these Zendesk accounts."""
    desks = [
        _DESK.format(name=name, key="\n".join(f"      {e}" for e in app.public_key.splitlines()))
        for name, app in apps
    ]
    hubspot = BRIDGE_YAML.replace("    app_id:", "    panel: true\n    app_id:")
    return hubspot.rstrip() + "".join(desks)


@cache
def _apps() -> tuple[SidebarApp, SidebarApp]:
    """Two installations; to make their keys takes long."""
    account = ZendeskSimulator()
    return account.install_app("acme"), account.install_app("other")


@asynccontextmanager
async def open_panels(folder: Path) -> AsyncIterator[Paneled]:
    """The hub, until the end of the block."""
    acme, other = (copy(each) for each in _apps())
    yaml = yaml_of(("acme", acme), ("other", other))
    async with open_doors(folder, bridge_yaml=yaml) as doors:
        transport = httpx.ASGITransport(app=doors.app)
        async with httpx.AsyncClient(transport=transport, base_url="https://bridge.test") as it:
            yield Paneled(doors, acme, other, it)
