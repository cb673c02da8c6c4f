"""The role of a helpdesk that shows the hub's panel beside a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.domain.events import InboundRequest, Refused


@dataclass(frozen=True, slots=True)
class PanelReader:
    """Who looks at a panel, as the helpdesk vouches for them."""

    person: str
    """What the helpdesk calls them."""


class PanelDoor(Protocol):
    """Proves that a helpdesk asks for a panel. Pure, total; closed without a key."""

    @property
    def framed_by(self) -> str:
        """The origin whose pages show ours in a frame; empty if the vendor draws it by itself."""
        ...

    @property
    def seal(self) -> bytes:
        """What the hub signs a panel's session with: no one but the hub knows it."""
        ...

    def verify(self, request: InboundRequest, now: datetime) -> PanelReader | Refused:
        """Whether the helpdesk vouches for it, for this account and now; never raises."""
        ...
