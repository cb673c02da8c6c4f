"""Who may be responsible for a ticket, with the address by which they are told."""

from __future__ import annotations

from bridge.domain.errors import ScopeMissing
from connectors.hubspot.client import Client
from connectors.hubspot.payloads import Owners
from connectors.hubspot.render import Renderer

MOST_PAGES = 20


async def owners_of(client: Client, render: Renderer) -> dict[str, str]:
    """Owner's id → e-mail address; none where the token lacks crm.objects.owners.read."""
    found: dict[str, str] = {}
    after: str | None = None
    for _ in range(MOST_PAGES):
        try:
            page = await client.ask(render.owners(after), Owners)
        except ScopeMissing:
            return found
        found |= {each.id: each.email for each in page.results if each.email}
        after = page.after
        if after is None:
            break
    return found
