"""Whose mail it is: a mail names an address, and the contacts of its ticket have theirs.

https://developers.hubspot.com/docs/api/crm/contacts
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from bridge.domain.errors import Rejected, ScopeMissing
from connectors.hubspot.client import Client
from connectors.hubspot.comments import INCOMING
from connectors.hubspot.manifest import BATCH
from connectors.hubspot.payloads import Record, Records
from connectors.hubspot.render import Renderer

_KEPT = 5_000
_AGE = timedelta(hours=1)


class Senders:
    """Knows contacts by their addresses, which are read once an hour and not kept in words."""

    def __init__(self, client: Client, render: Renderer) -> None:
        self._client = client
        self._render = render
        self._known: dict[str, tuple[datetime, bytes]] = {}

    async def of(self, emails: Sequence[Record], contacts: Sequence[str]) -> dict[str, str]:
        """By mail that came in, which of the ticket's contacts wrote it; a stranger's is left out.

        Costs a call where one of them was not read within the hour.
        """
        came = {
            each.id: _mark(each.properties.get("hs_email_from_email"))
            for each in emails
            if each.properties.get("hs_email_direction") == INCOMING
        }
        if not came or not contacts:
            return {}
        asked = contacts[:BATCH]
        await self._learn(asked)
        # As a letter is addressed: of two with one address the first.
        whose = {mark: id for id in reversed(asked) if (mark := self._known[id][1])}
        return {id: whose[mark] for id, mark in came.items() if mark in whose}

    async def _learn(self, contacts: Sequence[str]) -> None:
        now = self._client.now()
        old = [e for e in contacts if e not in self._known or now - self._known[e][0] >= _AGE]
        if not old:
            return
        try:
            found = await self._client.ask(
                self._render.records("contacts", old, ("email",)), Records
            )
            marks = {each.id: _mark(each.properties.get("email")) for each in found.results}
        except (ScopeMissing, Rejected):
            # Whose mail it is stays unknown; that it was said is known all the same.
            marks = {}
        if len(self._known) + len(old) > _KEPT:
            self._known = {id: self._known[id] for id in contacts if id in self._known}
        self._known |= {id: (now, marks.get(id, b"")) for id in old}


def _mark(address: str | None) -> bytes:
    folded = (address or "").strip().casefold()
    return sha256(folded.encode()).digest() if folded else b""
