"""The expected date as a fact of its own: what is known now, what was told, and whether it holds.

What is known stands on the ticket for support. What was told moves only with a message that the
customer could read: the hub's own, or a person's that names a day which was known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bridge.core.dates import Eta, eta_of, is_open
from bridge.core.dates_said import names_day
from bridge.core.instants import read_instant
from bridge.core.known_to_customer import is_told
from bridge.core.plain_text import text_of
from bridge.core.releases import said_name, standings
from bridge.core.rollout import rollout_day, start_of, today
from bridge.core.situation import Slip, TicketSituation
from bridge.core.stages import is_broken
from bridge.core.wanted import follows_dates
from bridge.domain.records import comments_of

GRACE = timedelta(days=1)
"""A date that moved by no more than this is not worth a message."""
REASON = "eta"
"""The reason of a draft that tells a date which moved."""


@dataclass(frozen=True, slots=True)
class Told:
    """A date that the customer could read, and since when."""

    day: date
    at: datetime


def eta_now(s: TicketSituation, now: datetime) -> Eta:
    """The date that is known now: the latest of the open items, and of what waits to be rolled out.

    By the mapping's calendar of releases it is never a day without a roll-out.
    """
    eta, spec = eta_of(s.mapping, s.items), s.mapping.releases
    if spec is None or eta.unknown is not None:
        return eta
    around = standings(s, now)
    days = [] if eta.day is None else [rollout_day(spec, eta.day)]
    for item in s.items:
        standing = around.get(str(item.link.work_item))
        if standing is None or not standing.waits:
            continue
        if standing.gone and eta.day is None:
            # Nothing took the place of its release: that is no news of the date.
            return Eta(None, item, said_name(standing.release.name))
        if standing.reach.day is not None and not standing.gone:
            days.append(rollout_day(spec, standing.reach.day))
    return Eta(max(days, default=None))


def told_of(s: TicketSituation, now: datetime) -> Told | None:
    """The date that the customer was last told; None where nobody told one that is known."""
    said = [Told(each.eta, each.at) for each in s.said if each.eta is not None]
    if follows_dates(s.mapping):
        said += _told_by_people(s, now)
    return max(said, key=lambda each: each.at, default=None)


def _told_by_people(s: TicketSituation, now: datetime) -> Iterator[Told]:
    """The dates that people's public messages name, of those that were ever known."""
    known = list(s.expected)
    current = eta_now(s, now).day if s.items else None
    if current is not None and (not known or known[-1][1] != current):
        known.append((now, current))
    if not known:
        return
    for each in comments_of(s.observation):
        at = read_instant(each.at)
        if at is None or not is_told(each):
            continue
        text = text_of(each.html)
        named = next((day for day in _nearest(known, at) if names_day(text, day)), None)
        if named is not None:
            yield Told(named, at)


def _nearest(known: list[tuple[datetime, date]], at: datetime) -> list[date]:
    """The dates in the order in which a message of that time may mean them: the one that held then,
    those before it, those that came to be known later."""
    before = [day for since, day in known if since <= at]
    after = [day for since, day in known if since > at]
    return [*reversed(before), *after]


def slip(told: date | None, now: date | None, on: date, *, delivered: bool) -> Slip | None:
    """What was told and does not hold, on that day; None where it holds or is delivered.

    It moved by more than a day, or its day is gone and the work is not with the customer.
    """
    if told is None or delivered:
        return None
    moved = now is not None and now > told and now - told > GRACE
    return Slip(told, now) if moved or on > told else None


def slip_of(s: TicketSituation, told: date | None, eta: Eta, now: datetime) -> Slip | None:
    """The slip of a ticket as it stands."""
    if told is None:
        return None
    on = today(s.mapping.releases, now)
    # A date that can't be seen now is no news.
    day = told if eta.unknown is not None else eta.day
    return slip(told, day, on, delivered=is_delivered(s, now))


def is_delivered(s: TicketSituation, now: datetime) -> bool:
    """Whether all that was done for the ticket is done, and with its customer."""
    waiting = any(each.waits for each in standings(s, now).values())
    opened = (
        each.observation is None or is_broken(each) or is_open(each.tracker, each.observation)
        for each in s.items
    )
    return not waiting and not any(opened)


def gone_at(s: TicketSituation, told: date | None, now: datetime) -> datetime | None:
    """When the told day is gone, if it is not yet: then it is looked at again."""
    if told is None or told == date.max:
        return None
    end = start_of(s.mapping.releases, told + timedelta(days=1))
    return end if end > now else None
