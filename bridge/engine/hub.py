"""The hub's parts, put together once and handed to every stage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast
from weakref import WeakValueDictionary

from bridge.config.bridge_yaml import Retention
from bridge.core.detector import NOTHING_KNOWN, KnownSentry
from bridge.core.merge import mirror_digest
from bridge.core.situation import Earlier, Telling, TrackerView, Voice
from bridge.core.values import digest
from bridge.core.wanted import item_shows
from bridge.domain import records as facts
from bridge.domain.errors import BridgeError, ConfigProblem
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.notices import Channel, People
from bridge.domain.records import Observation, Reference
from bridge.domain.refs import WorkItemRef
from bridge.domain.restores import Restored
from bridge.engine.metrics import Metrics
from bridge.kit.ids import new_id
from bridge.ports.assigning import AssigningTracker
from bridge.ports.contacts import KnowingHelpdesk
from bridge.ports.mailing import Mailer
from bridge.ports.manifest import Role
from bridge.ports.notifier import Notifier
from bridge.ports.roles import (
    AppLinkedHelpdesk,
    Connection,
    PhasedTracker,
    ReadableHelpdesk,
    RedactingHelpdesk,
    RelatingTracker,
    Tracker,
)
from bridge.ports.signals import SignalSource
from bridge.ports.speaking import MailedHelpdesk, SpeakingHelpdesk
from bridge.store.database import Database

if TYPE_CHECKING:
    from bridge.engine.provider_sign_in import SignInBy


@dataclass(frozen=True, slots=True)
class ActiveMapping:
    """A mapping in force, with the hash of its content."""

    data: MappingData
    hash: str
    since: datetime | None = None
    """Since when it has been in force."""
    earlier: tuple[Earlier, ...] = ()
    """What was in force before it for the same helpdesk, newest first."""


class CallFailed(Exception):
    """A vendor call of a run failed with `cause`, on `connection`: the shell decides what next."""

    def __init__(self, connection: str, cause: BridgeError) -> None:
        super().__init__(str(cause))
        self.connection = connection
        self.cause = cause


@dataclass(slots=True)
class Hub:
    """Database, connections and what is in force. One per process."""

    db: Database
    connections: Mapping[str, Connection]
    public_url: str
    launch_limit: int = 200
    people: People = field(default_factory=dict)
    """The named groups of bridge.yaml."""
    metrics: Metrics = field(default_factory=Metrics)
    worker_id: str = field(default_factory=new_id)
    mappings: dict[str, ActiveMapping] = field(default_factory=dict)
    """The active mapping of each helpdesk connection."""
    mappings_load: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while they are read, so that an older reading never replaces a newer one."""
    references: dict[str, tuple[Reference, datetime]] = field(default_factory=dict)
    """Reference data of connections as last loaded, with its read time."""
    sentry: KnownSentry = NOTHING_KNOWN
    """What of Sentry is known here, as last learnt: `engine/known_sentry.py`."""
    start_marks: dict[str, datetime] = field(default_factory=dict)
    """When each connection was first started with, once it was asked for."""
    restored: Restored | None = None
    """Set at the start if the store is, or ever was, an older state put back."""
    last_writes: dict[str, datetime] = field(default_factory=dict)
    """When each connection last took a write; stored now and then, not with every write."""
    retention: Retention = field(default_factory=Retention)
    """How long what was seen is kept."""
    sign_in_by: SignInBy | None = None
    """The provider by which people sign in; None: by links alone."""
    pruned: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """Where retention is in each table, and when it goes on there; known to this process only."""
    gaps: dict[str, tuple[timedelta | None, datetime]] = field(default_factory=dict)
    """The usual gap between each connection's deliveries, with when it was worked out."""
    list_seen: tuple[str, str, float] | None = None
    """The list of tickets as last looked at: its newest change, its figure and when (monotonic)."""
    turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """Who reads what several passes want at once; see `turn`."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the loops are to end by themselves, between two steps."""
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, before the loops are to end, when the process was told to stop: pages that are told of
    changes must not hold it up."""
    pressed_until: float = 0.0
    """Till when (monotonic) the door has so much to do that the line behind it stands back."""
    intake_wake: asyncio.Event = field(default_factory=asyncio.Event)
    work_wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def stops_within(self, seconds: float) -> bool:
        """Sleep that long, or until the loops are to end; whether they are."""
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True

    @asynccontextmanager
    async def turn(self, what: str) -> AsyncIterator[None]:
        """The block runs alone in this process among those with the same `what`."""
        lock = self.turns.get(what)
        if lock is None:
            lock = self.turns[what] = asyncio.Lock()
        async with lock:
            yield

    def now(self) -> datetime:
        """The hub's wall-clock time."""
        return self.db.clock.now()

    def helpdesk(self, name: str) -> ReadableHelpdesk:
        """The helpdesk of that connection, to read; ConfigProblem if it is none.

        Whoever writes there goes through `engine.egress`.
        """
        role = self.connections[name].helpdesk if name in self.connections else None
        if role is None:
            raise ConfigProblem(f"connection {name!r} is not a helpdesk in bridge.yaml")
        return role

    def redacting(self, name: str) -> RedactingHelpdesk:
        """The helpdesk of that connection, whose manifest says that it can blot out comments."""
        helpdesk = self.helpdesk(name)
        if not self.connections[name].manifest.redacts:
            raise ConfigProblem(f"{name} can't blot out what was said")
        return cast("RedactingHelpdesk", helpdesk)

    def tracker(self, name: str) -> Tracker:
        """The tracker of that connection; ConfigProblem if it is none."""
        role = self.connections[name].tracker if name in self.connections else None
        if role is None:
            raise ConfigProblem(f"connection {name!r} is not a tracker in bridge.yaml")
        return role

    def signals(self, name: str) -> SignalSource:
        """The source of signals of that connection; ConfigProblem if it is none."""
        role = self.connections[name].signals if name in self.connections else None
        if role is None:
            raise ConfigProblem(f"connection {name!r} is no source of signals in bridge.yaml")
        return role

    def app_linked(self, name: str) -> AppLinkedHelpdesk | None:
        """The helpdesk of that connection if its own apps link tickets to trackers' items."""
        helpdesk = self.helpdesk(name)
        # The manifest says so: this is the one place that takes it at its word.
        apps = self.connections[name].manifest.app_links
        return cast(AppLinkedHelpdesk, helpdesk) if apps else None

    def relating(self, name: str) -> RelatingTracker:
        """The tracker of that connection, which can relate items; ConfigProblem if it can't."""
        tracker = self.tracker(name)
        if not self.connections[name].manifest.relates:
            raise ConfigProblem(f"{name} can't relate work items")
        # The manifest says so: this is the one place that takes it at its word.
        return cast("RelatingTracker", tracker)

    def assigning(self, name: str) -> AssigningTracker:
        """The tracker of that connection, whose manifest says that it takes several people."""
        if not self.connections[name].manifest.assigns:
            raise ConfigProblem(f"the hub can't put people on the work items of {name}")
        return cast("AssigningTracker", self.tracker(name))

    def phased(self, name: str) -> PhasedTracker:
        """The tracker of that connection, whose manifest says that it has phases."""
        if not self.connections[name].manifest.phases:
            raise ConfigProblem(f"connection {name!r} has no phases")
        return cast(PhasedTracker, self.tracker(name))

    def notifier(self, name: str) -> Notifier:
        """The notifier of that connection; ConfigProblem if it is none."""
        role = self.connections[name].notifier if name in self.connections else None
        if role is None:
            raise ConfigProblem(f"connection {name!r} is not a notifier in bridge.yaml")
        return role

    def channels(self) -> dict[str, Channel]:
        """The notifiers as planning sees them."""
        return {
            name: Channel(port.notifier.audience, port.manifest.addressed)
            for name, port in self.connections.items()
            if port.notifier is not None
        }

    def telling(self, name: str) -> Telling:
        """What plans of that helpdesk's tickets need to know of telling people."""
        active = self.mappings.get(name)
        if active is None:
            return Telling()
        return Telling(self.people, self.channels(), self.public_url, active.since, active.earlier)

    def promising(self, names: Iterable[str]) -> bool:
        """Whether the mapping of any of these helpdesks makes promises."""
        active = (self.mappings.get(name) for name in names)
        return any(each is not None and each.data.promises for each in active)

    def tracker_view(self, name: str, reference: Reference) -> TrackerView:
        """The tracker connection as planning sees it."""
        manifest, settings = self.connections[name].manifest, self.connections[name].settings
        own = settings.probe_grace_s
        return TrackerView(
            name=name,
            reference=reference,
            eta=manifest.eta,
            probe_grace=manifest.create_probe_grace if own is None else timedelta(seconds=own),
            max_attachment_bytes=manifest.max_attachment_bytes,
            max_links=manifest.max_links,
            relates=manifest.relates,
            assigns=manifest.assigns,
            status_field=manifest.status_field,
        )

    def speaking(self, name: str) -> SpeakingHelpdesk:
        """The helpdesk of that connection, in which the hub can speak; ConfigProblem if not."""
        helpdesk = self.helpdesk(name)
        if not self.connections[name].manifest.speaks:
            raise ConfigProblem(f"nothing can be said to customers in {name}")
        return cast("SpeakingHelpdesk", helpdesk)

    def knowing(self, name: str) -> KnowingHelpdesk:
        """The helpdesk of that connection, asked about people."""
        return cast("KnowingHelpdesk", self.helpdesk(name))

    def mailed(self, name: str) -> MailedHelpdesk:
        """The helpdesk of that connection, whose customers may have to be written to by mail."""
        if not self.connections[name].manifest.shows_mail:
            raise ConfigProblem(f"customers of {name} are answered in their conversations")
        return cast("MailedHelpdesk", self.helpdesk(name))

    def mailer(self, name: str) -> Mailer:
        """The mail server of that connection; ConfigProblem if it takes no letters."""
        port = self.connections.get(name)
        if port is None or not port.manifest.mails:
            raise ConfigProblem(f"connection {name!r} takes no letters to customers")
        return cast("Mailer", port.notifier)

    def voice(self, name: str) -> Voice | None:
        """How the hub speaks there, as planning sees it; None where it can't."""
        port = self.connections.get(name)
        if port is None or not port.manifest.speaks:
            return None
        own = port.settings.probe_grace_s
        grace = port.manifest.create_probe_grace if own is None else timedelta(seconds=own)
        manifest = port.manifest
        return Voice(manifest.follows_up, grace, manifest.shows_mail, manifest.answers_last)

    def page_of(self, item: WorkItemRef) -> str:
        """The hub's own page of a work item, for people."""
        return f"{self.public_url}/work-items/{item.connection}/{item.id}"

    def shown(self, name: str) -> Callable[[Observation], str]:
        """The digest of what the other ends of links take from a record of that connection."""
        port = self.connections.get(name)
        if port is None or port.helpdesk is None:
            eta = () if port is None else port.manifest.eta
            mappings = [each.data for each in self.mappings.values()]
            fields = item_shows(mappings, name, eta)
            return lambda seen: mirror_digest(seen, fields)
        active = self.mappings.get(name)
        owned = () if active is None else active.data.fields
        names = [
            *(facts.URL, facts.STATUS, facts.ATTACHMENTS, facts.COMMENTS),
            *(each.ticket for each in owned if each.owner == "ticket"),
        ]
        return lambda seen: digest([seen.presence.value, *(seen.value(each) for each in names)])

    def comment_count(self, name: str) -> str | None:
        """The field by which a connection's records count their comments, if there is one."""
        port = self.connections.get(name)
        return None if port is None else port.manifest.comment_count

    def names(self, role: Role) -> list[str]:
        """The connections that play a role."""
        return [n for n, c in self.connections.items() if role in c.manifest.roles]

    def by_account(self, vendor: str, account: str) -> str | None:
        """The connection of that vendor's account, where several share one address."""
        for name, connection in self.connections.items():
            if connection.manifest.vendor == vendor and connection.account == account:
                return name
        return None

    @asynccontextmanager
    async def calling(self, name: str) -> AsyncIterator[None]:
        """Wrap vendor calls of one connection, so that a failure is known to be its."""
        try:
            yield
        except BridgeError as error:
            raise CallFailed(name, error) from error

    async def aclose(self) -> None:
        """Close every connection and the database."""
        for connection in self.connections.values():
            await connection.aclose()
        if self.sign_in_by is not None:
            await self.sign_in_by.provider.aclose()
        await self.db.aclose()
