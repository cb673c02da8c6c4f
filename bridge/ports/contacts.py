"""The people on tickets, as the helpdesk knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bridge.domain.records import Contact
from bridge.ports.roles import ReadableHelpdesk

MOST = 100
"""People who are asked for at once."""


class KnowingHelpdesk(ReadableHelpdesk, Protocol):
    """A helpdesk that tells properties of the people on its tickets: every one does."""

    async def fetch_contacts(self, ids: Sequence[str], properties: frozenset[str]) -> list[Contact]:
        """Those of these people whom the helpdesk shows, with the named properties alone.

        At most `MOST` ids. Several choices are one text, parted by semicolons.
        """
        ...
