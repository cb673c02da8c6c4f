"""Situations with one thing otherwise, for asking the plan what would come of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bridge.core.outlook import Outlook
from bridge.core.situation import LinkedItem, TicketSituation
from bridge.domain.mapping import Mapping
from bridge.domain.records import Fact, Observation, Value

PLACEHOLDER = "…"
"""Stands for a value that somebody would have to fill in."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """One input changed: its kind, what it is in words, and the outlook with it."""

    kind: str
    change: str
    outlook: Outlook
    now: datetime


def with_fact(seen: Observation, name: str, value: Value, at: datetime) -> Observation:
    """The observation with one fact that somebody has just set."""
    return replace(seen, facts={**seen.facts, name: Fact(value, at)})


def with_situation(o: Outlook, **changes: Any) -> Outlook:
    """The outlook with parts of its situation exchanged."""
    return replace(o, situation=replace(o.situation, **changes))


def with_ticket_fact(o: Outlook, name: str, value: Value, now: datetime) -> Outlook:
    """The outlook with one fact of the ticket set just now."""
    return with_situation(o, observation=with_fact(o.situation.observation, name, value, now))


def with_mapping(o: Outlook, **changes: Any) -> Outlook:
    """The outlook under a mapping with parts exchanged."""
    mapping: Mapping = o.situation.mapping.model_copy(update=changes)
    return with_situation(o, mapping=mapping)


def with_item(s: TicketSituation, old: LinkedItem, new: LinkedItem) -> tuple[LinkedItem, ...]:
    """The ticket's items with one of them exchanged."""
    return tuple(new if each is old else each for each in s.items)


def without_item(o: Outlook, item: LinkedItem) -> Outlook:
    """The outlook after the link to that item has ended."""
    items = tuple(each for each in o.situation.items if each is not item)
    return with_situation(o, items=items)
