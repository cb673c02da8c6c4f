"""How a mapping meets the tickets that were seen: who takes which, and what they say. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.facts import Facts, Reading
from bridge.core.routing import choose_route, match
from bridge.domain.mapping import Condition, Mapping
from bridge.domain.records import Reference


@dataclass(frozen=True, slots=True)
class Met:
    """Of the tickets looked at: how many take the route, and how many match its condition."""

    takes: int = 0
    matches: int = 0

    @property
    def lost(self) -> int:
        """Those that match it, and go to a route above or to a person."""
        return self.matches - self.takes


def routes_met(mapping: Mapping, tickets: Sequence[Facts]) -> tuple[dict[str, Met], int]:
    """By route what it meets, and how many tickets no route takes."""
    chosen = [choose_route(each).route for each in tickets]
    takes = Counter(each.id for each in chosen if each is not None)
    met = {
        route.id: Met(takes[route.id], matching(route.when, tickets)) for route in mapping.routes
    }
    return met, sum(each is None for each in chosen)


def matching(condition: Condition, tickets: Sequence[Facts]) -> int:
    """How many of the tickets match the condition."""
    return sum(match(condition, each) for each in tickets)


@dataclass(frozen=True, slots=True)
class SeenValue:
    """A value of a fact: what people see of it, and how many tickets have it."""

    value: str
    label: str
    tickets: int = 0


def values_of(
    fact: str, mapping: Mapping, reference: Reference, tickets: Sequence[Facts]
) -> list[SeenValue]:
    """What the fact can be: what tickets say, the most frequent first, then what else there is."""
    counts: Counter[str] = Counter()
    labels = dict(_offered(fact, mapping, reference))
    for each in tickets:
        reading = each.read(fact)
        labels |= _labelled(reading)
        counts.update(reading.words)
    names = dict.fromkeys([*(value for value, _ in counts.most_common()), *labels])
    return [SeenValue(each, labels.get(each, each), counts[each]) for each in names]


def pairs_seen(first: str, second: str, tickets: Sequence[Facts]) -> dict[tuple[str, str], int]:
    """On how many tickets the two facts say what together; those that lack one are left out."""
    counts: Counter[tuple[str, str]] = Counter()
    for each in tickets:
        left, right = _one(each.read(first)), _one(each.read(second))
        if left is not None and right is not None:
            counts[left, right] += 1
    return dict(counts.most_common())


def _one(reading: Reading) -> str | None:
    """What a table is asked for: the one word, or several as one text."""
    return reading.word if reading.word is not None else ", ".join(reading.words) or None


def _labelled(reading: Reading) -> dict[str, str]:
    if len(reading.values) != len(reading.labels):
        return {}
    return dict(zip(reading.values, reading.labels, strict=True))


def _offered(fact: str, mapping: Mapping, reference: Reference) -> Sequence[tuple[str, str]]:
    words = prescribed(fact, mapping)
    if words:
        return words
    source = {"category": mapping.ticket.category, "severity": mapping.ticket.severity}.get(fact)
    name = source.property if source is not None else fact.removeprefix("property:")
    info = reference.fields.get(name)
    return () if info is None else info.options


def prescribed(fact: str, mapping: Mapping) -> list[tuple[str, str]]:
    """The words that the file itself gives the fact, with what people read; else it may be any."""
    source = {"category": mapping.ticket.category, "severity": mapping.ticket.severity}.get(fact)
    if source is not None and source.values:
        words = [*source.values.values(), *([source.default] if source.default else [])]
        return [(each, each) for each in dict.fromkeys(words)]
    if fact == "severity":
        return [(each.id, each.id) for each in mapping.severities]
    if fact == "plan":
        return [(each.id, each.label or each.id) for each in mapping.plans]
    return []
