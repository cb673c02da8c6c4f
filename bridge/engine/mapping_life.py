"""Where each mapping stands, and what became of its versions: for whoever edits them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from bridge.core import reasons
from bridge.core.mapping_told import Flow
from bridge.core.values import canonical
from bridge.engine import campaigns
from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms
from bridge.store import jobs, mappings
from bridge.store.database import Row
from bridge.store.jobs import Job
from bridge.store.mappings import ACTIVATED, MappingVersion
from bridge.store.seen_values import newest_values


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody did with a version, and why if they said so."""

    at: datetime
    by: str
    note: str
    activated: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a mapping, without its text. `acts`: by people, oldest first."""

    hash: str
    helpdesk: str
    state: str
    created_at: datetime
    created_by: str
    activated_at: datetime | None
    acts: tuple[Act, ...] = ()

    @property
    def put_in_force(self) -> Act | None:
        """The last time that a person put it in force; None where a file did."""
        return next((each for each in reversed(self.acts) if each.activated), None)

    @property
    def drafted(self) -> Act | None:
        """The last time that a person kept it as a draft."""
        return next((each for each in reversed(self.acts) if not each.activated), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """A mapping with all its versions, newest first, and the campaign that is not over."""

    name: str
    versions: tuple[Version, ...]
    campaign: Job | None

    @property
    def active(self) -> Version | None:
        """What is in force."""
        return next((each for each in self.versions if each.state == "active"), None)

    @property
    def drafts(self) -> tuple[Version, ...]:
        """What waits, newest first."""
        return tuple(each for each in self.versions if each.state == "draft")

    @property
    def helpdesk(self) -> str:
        """Whose tickets it is for."""
        return (self.active or self.versions[0]).helpdesk

    def version(self, digest: str) -> Version | None:
        """The version of that hash."""
        return next((each for each in self.versions if each.hash == digest), None)


async def standings(hub: Hub, name: str | None = None) -> list[Standing]:
    """Every mapping by name, or the one of that name if there is one."""
    async with hub.db.read() as connection:
        found = await mappings.versions(connection, name)
        under_way = {each.target: each for each in await jobs.live(connection, campaigns.KIND)}
        acts = await mappings.acts(connection, name)
    done: dict[tuple[str, str], list[Act]] = {}
    for each in acts:
        key = (each["target"], each["detail"].get("version", ""))
        done.setdefault(key, []).append(_act(each))
    return [
        _standing(each, list(versions), under_way, done)
        for each, versions in groupby(found, key=itemgetter("name"))
    ]


def _standing(
    name: str,
    versions: Sequence[Row],
    under_way: dict[str, Job],
    done: dict[tuple[str, str], list[Act]],
) -> Standing:
    active = next((each for each in versions if each["state"] == "active"), None)
    return Standing(
        name,
        tuple(
            Version(
                hash=each["hash"],
                helpdesk=each["helpdesk"],
                state=each["state"],
                created_at=from_ms(each["created_at"]),
                created_by=each["created_by"],
                activated_at=_time(each["activated_at"]),
                acts=tuple(done.get((mappings.target_of(name), each["hash"]), ())),
            )
            for each in versions
        ),
        None if active is None else under_way.get(active["helpdesk"]),
    )


def _time(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


def _act(row: Row) -> Act:
    note = row["detail"].get("note", "")
    return Act(from_ms(row["at"]), row["actor"], str(note), row["action"] == ACTIVATED)


ASKS_FOR_CHANGE = frozenset(
    {
        "STATUS_UNMAPPED", "VALUE_UNMAPPED", "FIELD_INVALID", "AUDIENCE_BLOCK",
        "PROJECT_NOT_FOUND", "PHASE_NOT_FOUND", "LAUNCH_REJECTED", "CUSTOMER_UNREADABLE",
    }
)  # fmt: skip
"""Findings on records that a change of the mapping can end."""
FINDINGS = 1000
"""Open findings of a helpdesk that are counted."""
SHOWN = 60
"""Characters of a value that is shown as an example."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something on records that asks for a change of the mapping, and on how many."""

    code: str
    sentence: str
    records: int
    at_least: bool = False
    """Whether there are so many findings that not all were counted."""


async def troubles(hub: Hub, helpdesk: str) -> list[Trouble]:
    """What asks for a change of the helpdesk's mapping, the most frequent first."""
    async with hub.db.read() as connection:
        found = await mappings.open_findings(
            connection, helpdesk, ASKS_FOR_CHANGE, limit=FINDINGS + 1
        )
    more = len(found) > FINDINGS
    said = Counter((e["code"], reasons.sentence(e["code"], e["data"])) for e in found[:FINDINGS])
    return [Trouble(code, words, count, more) for (code, words), count in said.most_common()]


async def last_seen(hub: Hub, told: Sequence[Flow]) -> dict[tuple[str, str], str]:
    """Connection and field → its newest value among the records read last, cut."""
    places = {place for each in told for place in each.places}
    found: dict[tuple[str, str], str] = {}
    async with hub.db.read() as connection:
        for name in sorted({name for name, _ in places}):
            newest = await newest_values(connection, name)
            for place in places:
                if place[0] == name and place[1] in newest:
                    text = canonical(newest[place[1]])
                    found[place] = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
    return found


async def stored(hub: Hub, name: str, digest: str) -> MappingVersion | None:
    """One version with its text."""
    async with hub.db.read() as connection:
        return await mappings.load(connection, name, digest)


async def to_edit(hub: Hub, name: str) -> MappingVersion | None:
    """What whoever edits the mapping begins with: its newest draft, else what is in force."""
    async with hub.db.read() as connection:
        draft = await mappings.newest_draft(connection, name)
        in_force = await mappings.active(connection)
        if draft is not None:
            return await mappings.load(connection, name, draft["hash"])
    return next((each for each in in_force if each.name == name), None)
