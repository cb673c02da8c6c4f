"""Releases: learnt from work items' passes, marked as reached by people, deleted by trackers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bridge.core.releases import planned_for, release_id, said_name
from bridge.core.rollout import EVERYONE
from bridge.core.situation import ItemSituation, TicketSituation
from bridge.core.wanted import follows_dates
from bridge.domain.access import Actor
from bridge.domain.errors import BridgeError
from bridge.domain.mapping_releases import Releases
from bridge.domain.releases import Release
from bridge.engine.hub import Hub
from bridge.store import queue, release_strays, release_views, releases, tokens
from bridge.store.connection import AsyncConnection
from bridge.store.queue import ClaimClass

Spec = Releases | None
"""What a mapping says of releases, if anything."""


class NoSuchGroup(BridgeError):
    """The group is none of the mapping's: nothing is kept."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A release that a tracker says is gone."""

    connection: str
    id: str
    into: str | None


def follows(hub: Hub) -> bool:
    """Whether any mapping in force has to do with releases, or with the dates that were told."""
    return any(follows_dates(each.data) for each in hub.mappings.values())


async def learn(hub: Hub, connection: AsyncConnection, s: TicketSituation | ItemSituation) -> None:
    """Keep what a work item is planned for, if any mapping has releases.

    A ticket's pass only adds what nobody knew, as where a mapping has had releases for a moment.
    """
    if isinstance(s, TicketSituation):
        await _learn_first(hub, connection, s)
        return
    planned: dict[str, Release] = {}
    having = [each.data for each in hub.mappings.values() if each.data.releases is not None]
    for mapping in having:
        found = planned_for(mapping, s.ref.connection, s.observation, s.tracker.reference)
        planned |= {each.id: each for each in found}
    if having:
        await releases.learn(
            hub.db, connection, str(s.ref), planned,
            seen_at=s.observation.seen_at, now=hub.now(),
        )  # fmt: skip


async def _learn_first(hub: Hub, connection: AsyncConnection, s: TicketSituation) -> None:
    if s.mapping.releases is None:
        return
    found: dict[str, dict[str, Release]] = {}
    for item in s.items:
        if item.observation is not None:
            ref, reference = item.link.work_item, item.tracker.reference
            planned = planned_for(s.mapping, ref.connection, item.observation, reference)
            found[str(ref)] = {e.id: e for e in planned if e.id not in s.releases.known}
    if any(found.values()):
        await releases.learn_first(hub.db, connection, found, hub.now())


async def deleted(hub: Hub, connection: AsyncConnection, gone: Sequence[Deleted]) -> None:
    """Keep that these are gone, and let the tickets behind them look; after all other marks."""
    for each in sorted(gone, key=lambda e: (e.connection, e.id)):
        await queue.mark_where(
            hub.db,
            connection,
            releases.tickets_of(each.connection, each.id),
            cause=f"release {each.id} is gone",
            claim_class=ClaimClass.FAN_OUT,
        )
    for each in sorted(gone, key=lambda e: (e.connection, e.id)):
        await releases.mark_gone(connection, each.connection, each.id, each.into, hub.now())
        if each.into is not None:
            old, new = (release_id(each.connection, id) for id in (each.id, each.into))
            await release_strays.carry(hub.db, connection, old, new, hub.now())


def groups_of(hub: Hub, helpdesk: str) -> list[str]:
    """The roll-out groups of a helpdesk's mapping, in their order; none without releases."""
    active = hub.mappings.get(helpdesk)
    spec = None if active is None else active.data.releases
    return [] if spec is None else list(spec.groups) or [EVERYONE]


async def mark_reached(
    hub: Hub, id: str, helpdesk: str, group: str, day: date | None, actor: Actor
) -> int | None:
    """A person says that the release has reached the group, on that day or from it on; None: it
    has not after all.

    How many tickets look again, behind all live work; None if there is no such release. NoSuchGroup
    if the helpdesk's mapping has no such group.
    """
    known = groups_of(hub, helpdesk)
    if group not in known:
        said = ", ".join(known) or "none: it has no releases"
        raise NoSuchGroup(f"The mapping of {helpdesk} has no roll-out group {group} ({said})")
    async with hub.db.write() as connection:
        found = await releases.load(connection, id)
        if found is None:
            return None
        await releases.set_reached(
            hub.db, connection, id, helpdesk, group, day, actor.name, hub.now()
        )
        detail = {"release": said_name(found["name"]), "group": group, "helpdesk": helpdesk}
        if day is not None:
            detail["day"] = day.isoformat()
        action = "release.reached" if day is not None else "release.taken_back"
        await tokens.audit(
            connection,
            actor=actor.name,
            action=action,
            target=f"release {id}",
            detail=detail,
            now=hub.now(),
        )
        woken = await queue.mark_where(
            hub.db,
            connection,
            release_views.keys_of(id, helpdesk),
            cause=f"release {id}",
            claim_class=ClaimClass.CAMPAIGN,
        )
    hub.work_wake.set()
    return woken
