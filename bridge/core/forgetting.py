"""What is kept of a record when people's words are removed from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bridge.core.merge import MERGED
from bridge.domain.records import CREATED_AT, KEY, STATUS, TYPE, URL, Observation

IDENTIFYING = frozenset({KEY, URL, STATUS, TYPE, CREATED_AT, MERGED})
"""Facts that are kept: every other field may hold a person's words."""

PLAIN_DATA = frozenset(
    {
        "connection", "ref", "item", "delivery", "account", "route", "since", "count", "field",
        "source", "size", "limit",
    }
)  # fmt: skip
"""What a finding says by ids, names of the configuration and numbers."""


def forgotten(observation: Observation) -> Observation:
    """The observation without people's words.

    It is no longer whole: what was removed is unknown, not empty, and so blanks nothing.
    """
    kept = {name: fact for name, fact in observation.facts.items() if name in IDENTIFYING}
    return replace(observation, facts=kept, whole=False)


def has_words(observation: Observation) -> bool:
    """Whether there is anything to forget."""
    return not observation.facts.keys() <= IDENTIFYING


def plain_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """A finding's data without what may be somebody's words."""
    return {name: value for name, value in data.items() if name in PLAIN_DATA}
