"""Released is not done: what a ticket's items are planned for, and what has reached its customer.

A mapping without `releases` has none of this: every function says so and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from bridge.core.facts import Facts
from bridge.core.guard import tells_nothing
from bridge.core.instants import earliest, latest, read_date
from bridge.core.rollout import (
    EVERYONE,
    Customer,
    Reach,
    apart,
    astray,
    customer_of,
    group_of,
    is_released,
    is_rollout_day,
    reach,
    start_of,
    today,
)
from bridge.core.situation import ItemSituation, LinkedItem, TicketSituation
from bridge.core.stages import Step, holder_data, step_of, told_name
from bridge.core.values import sha256
from bridge.domain.findings import Finding
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_releases import Releases, ReleaseSource
from bridge.domain.records import (
    ITERATION,
    PLANNED,
    RELEASES,
    STATUS,
    Observation,
    Presence,
    Reference,
)
from bridge.domain.releases import InRelease, KnownRelease, Release, ReleasesAround

PENDING, GONE = "RELEASE_PENDING", "RELEASE_GONE"
CUSTOMER_CHANGED = "RELEASE_CUSTOMER_CHANGED"


def release_id(connection: str, vendor_id: str) -> str:
    """The hub's id of a release: the same whatever it is called meanwhile."""
    return sha256(f"{connection}\n{vendor_id}")[:20]


def planned_for(
    mapping: Mapping, connection: str, seen: Observation, reference: Reference
) -> tuple[Release, ...]:
    """The releases that a work item is planned for, by what the mapping calls one."""
    source = mapping.releases.sources.get(connection) if mapping.releases is not None else None
    if source is None:
        return _of_tracker(connection, seen)
    names: list[tuple[str, str, date | None]] = []
    if isinstance(source, ReleaseSource):
        text = seen.text(source.field)
        words = [text] if source.begins is None else text.split(";")
        named = (each.strip() for each in words)
        names = [(e, e, None) for e in named if e and e.startswith(source.begins or "")]
    elif path := seen.text(ITERATION):
        # https://learn.microsoft.com/azure/devops/organizations/settings/set-iteration-paths-sprints
        names = [(path, path.rsplit("\\", 1)[-1], reference.iteration_ends.get(path))]
    return tuple(_release(connection, id, name, day, None) for id, name, day in names)


def _of_tracker(connection: str, seen: Observation) -> tuple[Release, ...]:
    value = seen.value(PLANNED)
    if not isinstance(value, list):
        # Seen before releases were kept in full: which ones is known, and no more.
        ids = seen.texts(RELEASES)
        return tuple(_release(connection, each, each, None, False) for each in ids)
    said = [each for each in value if isinstance(each, dict)]
    return tuple(
        _release(
            connection,
            str(each.get("id")),
            str(each.get("name")),
            read_date(str(each.get("day") or "")),
            bool(each.get("released")),
        )
        for each in said
    )


def _release(
    connection: str, vendor_id: str, name: str, day: date | None, released: bool | None
) -> Release:
    return Release(release_id(connection, vendor_id), connection, vendor_id, name, day, released)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one work item stands with the ticket's customer.

    `release` is the one that reaches them first. `gone`: it was deleted, and no other took its
    place.
    """

    release: Release
    group: str
    reach: Reach
    gone: bool = False
    alone: bool = False
    """The customer does not go with the group: a person said so."""

    @property
    def waits(self) -> bool:
        """Whether the customer does not have it yet."""
        return not self.reach.reached


def standings(s: TicketSituation, now: datetime) -> dict[str, Standing]:
    """By work item, for those that are in a release; empty for a mapping without releases."""
    spec = s.mapping.releases
    if spec is None:
        return {}
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company, s.sentry)
    group, on, customer = group_of(spec, facts), today(spec, now), customer_of(facts)
    found = {}
    for item in s.items:
        standing = _standing(s, spec, item, group, on, customer)
        if standing is not None:
            found[str(item.link.work_item)] = standing
    return found


def _standing(
    s: TicketSituation, spec: Releases, item: LinkedItem, group: str, on: date, customer: Customer
) -> Standing | None:
    planned, gone = _planned(s, item)
    known = s.releases.known
    ways = []
    for each in planned:
        kept = known.get(each.id)
        own = apart(kept, customer, on) or astray(s.releases.strays.get(each.id), customer, on)
        reached = own or reach(spec, group, each, kept, on)
        ways.append(Standing(each, group, reached, gone, own is not None))
    return min(ways, key=_first, default=None)


def _planned(s: TicketSituation, item: LinkedItem) -> tuple[tuple[Release, ...], bool]:
    """What the item is planned for, or was until that was deleted: then it says so."""
    if item.observation is None:
        return (), False
    ref, known = item.link.work_item, s.releases.known
    planned = planned_for(s.mapping, ref.connection, item.observation, item.tracker.reference)
    if planned:
        return planned, False
    left = s.releases.left.get(str(ref), ())
    gone = (
        Release(e, ref.connection, "", known[e].name, known[e].day, False)
        for e in left
        if e in known
    )
    return tuple(gone), True


def _first(standing: Standing) -> tuple[bool, date, str]:
    return standing.waits, standing.reach.day or date.max, standing.release.id


def steps_of(s: TicketSituation, now: datetime) -> list[Step]:
    """Where each item stands; one that is done and has not reached the customer waits."""
    return [step for step, _ in arrivals(s, now)]


def arrivals(s: TicketSituation, now: datetime) -> list[tuple[Step, datetime | None]]:
    """Where each item stands, as `steps_of`, and since when: available not before its release."""
    around = standings(s, now)
    return [_arrived(s, item, around.get(str(item.link.work_item))) for item in s.items]


def _arrived(
    s: TicketSituation, item: LinkedItem, standing: Standing | None
) -> tuple[Step, datetime | None]:
    step, spec = step_of(s.mapping, item), s.mapping.releases
    at = None if item.observation is None else item.observation.at(STATUS)
    if standing is None or spec is None or step.stage is None or step.stage.id != spec.available:
        return step, at
    if standing.waits:
        return _held_back(s.mapping, step, standing), at
    return step, at and latest(at, _came_on(s, spec, item, standing))


def _came_on(
    s: TicketSituation, spec: Releases, item: LinkedItem, standing: Standing
) -> datetime | None:
    """When the day began on which the release came to the customer; None: nobody knows it."""
    day, release = standing.reach.day, standing.release
    if day is None:
        return None
    begins = start_of(spec, day)
    known = s.releases.known.get(release.id)
    said = known is not None and (standing.alone or standing.group in known.reached)
    dated = release.day is not None or said
    # Where no day is known it is that of the first look, which tells of what came to be later.
    return begins if dated or begins > item.link.created_at else None


def without_release(s: TicketSituation, now: datetime) -> frozenset[str]:
    """The work items whose release has not reached the customer: nothing of them is done yet.

    One that is not planned any more waits for none.
    """
    around = standings(s, now)
    stages = {str(e.link.work_item): step_of(s.mapping, e).stage for e in s.items}
    return frozenset(
        ref
        for ref, standing in around.items()
        if standing.waits and not ((stage := stages.get(ref)) and stage.side)
    )


def _held_back(mapping: Mapping, step: Step, standing: Standing) -> Step:
    spec = mapping.releases
    stage = None if spec is None else mapping.stage(spec.until_then)
    code = GONE if standing.gone else PENDING
    return replace(step, stage=stage, waits=code, waits_for=_told(standing))


def _told(standing: Standing) -> dict[str, str]:
    day = standing.reach.day
    told = {
        "release": said_name(standing.release.name),
        "release_id": standing.release.id,
    }
    if standing.alone:
        until = "until somebody says otherwise" if day is None else "with a day of their own"
        told["apart"] = until
    else:
        told["group"] = standing.group.replace("_", " ")
    return told | ({"day": day.isoformat()} if day is not None and not standing.gone else {})


def said_name(name: str) -> str:
    """What those outside engineering may read of what a release is called."""
    return name if tells_nothing(name) else "a release"


def waiting_data(step: Step) -> dict[str, str]:
    """What fills the sentence that a release has not reached the customer yet."""
    return {**holder_data(step), **step.waits_for, "item": told_name(step.item) or "The work item"}


def as_reached(s: TicketSituation, id: str, now: datetime) -> ReleasesAround:
    """What would be kept if that release had reached every group today."""
    spec, held = s.mapping.releases, s.releases.known.get(id, KnownRelease(""))
    on = today(spec, now)
    names = [EVERYONE, *(spec.groups if spec is not None else ())]
    reached = replace(held, reached=dict.fromkeys(names, on), exceptions={}, namesakes={})
    return replace(s.releases, known={**s.releases.known, id: reached})


def gone_findings(s: TicketSituation, steps: Iterable[Step]) -> tuple[Finding, ...]:
    """A finding for each item that waits for a release which nobody will ever make."""
    return tuple(
        Finding(GONE, s.ref.connection, str(s.ref), str(e.item.link.work_item), waiting_data(e))
        for e in steps
        if e.waits == GONE
    )


def stray_findings(s: TicketSituation, now: datetime) -> tuple[Finding, ...]:
    """A finding for each release at which nobody knows any more whether the customer is apart.

    Raised for as long as it must hold the ticket back: of a closed ticket too, and where no item
    is planned for the release any more. Either may come back, and nobody is told by that.
    """
    spec = s.mapping.releases
    if spec is None or not s.releases.strays:
        return ()
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company, s.sentry)
    group, on, customer = group_of(spec, facts), today(spec, now), customer_of(facts)
    planned = {each.id: each for item in s.items for each in _planned(s, item)[0]}
    found = []
    for id, stray in s.releases.strays.items():
        kept, release = s.releases.known.get(id), planned.get(id)
        if customer.name == stray.name or apart(kept, customer, on):
            continue
        if astray(stray, customer, on) is None and (
            release is None or reach(spec, group, release, kept, on).reached
        ):
            continue
        called = release or kept
        data = {
            "was": stray.name,
            "release": said_name("" if called is None else called.name),
            "release_id": id,
            **({"customer": customer.name} if customer.name else {}),
        }
        found.append(Finding(CUSTOMER_CHANGED, s.ref.connection, str(s.ref), id, data))
    return tuple(found)


def weighs_stray(s: TicketSituation, id: str) -> bool:
    """Whether a plan of the ticket says if it is held back at that release, as one astray.

    Not where the ticket can't be seen for now, nor where none of its items has to do with it.
    """
    if s.observation.presence is Presence.MERGED:
        return True
    return s.observation.presence is Presence.PRESENT and id in s.releases.known


def in_release(s: TicketSituation, now: datetime) -> InRelease | None:
    """The ticket's release: of several the one that its customer gets last."""
    found = sorted(standings(s, now).values(), key=_first)
    if not found:
        return None
    last = found[-1]
    return InRelease(last.release.id, said_name(last.release.name), last.group, last.reach.reached)


def next_day(s: TicketSituation, now: datetime) -> datetime | None:
    """When the next release reaches the customer by the day alone; None: that takes somebody."""
    spec, on = s.mapping.releases, today(s.mapping.releases, now)
    if spec is None:
        return None
    return earliest(
        *(
            start_of(spec, each.reach.day)
            for each in standings(s, now).values()
            if each.waits and each.reach.day is not None and each.reach.day > on
        )
    )


def off_day_findings(s: ItemSituation, now: datetime) -> tuple[Finding, ...]:
    """A finding for each coming release of the item whose own date is no roll-out day (O12)."""
    found: dict[str, Finding] = {}
    for ticket in s.tickets:
        mapping = ticket.mapping
        if mapping is None or mapping.releases is None or ticket.closed:
            continue
        spec, on = mapping.releases, today(mapping.releases, now)
        planned = planned_for(mapping, s.ref.connection, s.observation, s.tracker.reference)
        for each in planned:
            if each.day is None or each.day < on or is_released(each, on):
                continue
            if not is_rollout_day(spec, each.day):
                data = {"release": said_name(each.name), "day": each.day.isoformat()}
                finding = Finding("RELEASE_OFF_DAY", s.ref.connection, str(s.ref), each.id, data)
                found.setdefault(each.id, finding)
    return tuple(found.values())
