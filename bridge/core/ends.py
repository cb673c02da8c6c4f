"""What was given for a time, such as access to a customer's environment, and until when (C11)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from bridge.core.facts import PROPERTY, Facts
from bridge.core.instants import later, read_date
from bridge.core.situation import TicketSituation
from bridge.domain.mapping_hygiene import EndsOn, Hygiene

WATCHED = timedelta(days=30)
"""How long past its last day a closed ticket is looked after for it: found by then, it stays so."""


def last_days(facts: Facts, spec: Hygiene) -> list[tuple[EndsOn, date]]:
    """What the ticket says was given for a time, with the last day of each."""
    found = []
    for each in spec.ends:
        day = read_date(facts.read(f"{PROPERTY}{each.property}").word or "")
        if day is not None:
            found.append((each, day))
    return found


def forgotten_ends(s: TicketSituation, spec: Hygiene) -> list[str]:
    """The fields of which nobody knows what they hold: what was found stays found."""
    seen = s.observation
    return [e.property for e in spec.ends if not (seen.whole or seen.knows(e.property))]


def watched_until(s: TicketSituation, now: datetime) -> datetime | None:
    """Until when a closed ticket is looked after for what it was given; None: not any more."""
    spec = s.mapping.hygiene
    if spec is None or not spec.ends:
        return None
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company)
    days = [day for _, day in last_days(facts, spec)]
    if not days:
        return None
    until = later(datetime.combine(max(days), time.min, UTC), WATCHED)
    return until if until > now else None
