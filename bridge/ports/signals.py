"""The role of a connector whose records are signals: errors that customers never see.

Nothing it hands over to be stored holds a text of the vendor's: what may be kept of a delivery is
said by `reduce`, observations carry ids, states and addresses only, and words are fetched for the
one moment in which an item for engineers is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.domain.events import InboundRequest, Refused
from bridge.domain.records import Observation, Reference
from bridge.domain.schema import Probe
from bridge.domain.texts import Text
from bridge.ports.roles import ChangedPage


@dataclass(frozen=True, slots=True)
class LaunchPlace:
    """Where the items of signals are made. `project` None: the tracker's own only one."""

    connection: str
    project: str | None
    type: str


@dataclass(frozen=True, slots=True)
class SignalWords:
    """What an item for engineers is told of its signal. `title` is for their eyes only."""

    title: Text
    url: str


@dataclass(frozen=True, slots=True)
class FormRequest:
    """What a person asked for by the form that the vendor shows beside a signal."""

    signal_id: str
    installation: str
    fields: dict[str, str]


class SignalSource(Protocol):
    """Where errors are gathered."""

    @property
    def launch_place(self) -> LaunchPlace:
        """Where its signals' items are made."""
        ...

    @property
    def accounts(self) -> frozenset[str]:
        """The ids of the accounts under which the vendor's integrations write in trackers."""
        ...

    @property
    def launches_what_is_named(self) -> bool:
        """Whether a signal named on a ticket, by its staff, is launched; else they are told how."""
        ...

    def reduce(self, body: bytes) -> bytes:
        """What may be stored of a delivery: ids, action, state, time, hash. Pure, total.

        `Receiver.normalise` reads this form, and no other.
        """
        ...

    async def fetch_signal(self, id: str) -> Observation:
        """The signal as it is now: ids, states, address; none of its texts."""
        ...

    async def fetch_signals(self, ids: Sequence[str]) -> list[Observation]:
        """The signals of these ids; those not shown are left out of the answer."""
        ...

    async def resolve(self, text: str) -> str | None:
        """The stable id for an id, short id or address; None if it is none of ours."""
        ...

    async def fetch_words(self, id: str) -> SignalWords:
        """Its texts as they are now, labelled for engineering; never to be stored."""
        ...

    async def linked_pages(self, id: str) -> tuple[str, ...]:
        """The addresses of the trackers' items that the vendor itself has linked to it."""
        ...

    async def copied_comments(self, id: str) -> frozenset[str]:
        """The ids of trackers' comments that the vendor wrote from its notes: proof, no text."""
        ...

    async def list_changed(self, cursor: str | None, since: datetime) -> ChangedPage:
        """A page of signals with news since the cursor (since `since` where there is none)."""
        ...

    async def fetch_reference(self) -> Reference:
        """The states and the slugs of the projects, read live."""
        ...

    async def probe(self) -> Probe:
        """What the credential opens, found out by calls that change nothing."""
        ...

    def verify_select(self, request: InboundRequest) -> Refused | None:
        """Whether the vendor's form asks for options; None if it is. Constant time, closed."""
        ...

    def read_form(self, request: InboundRequest) -> FormRequest | Refused:
        """What the vendor's form asks for, once its signature holds; never raises."""
        ...

    async def knows_installation(self, uuid: str) -> bool:
        """Whether the hub's own integration is installed under that id."""
        ...
