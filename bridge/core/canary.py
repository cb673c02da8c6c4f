"""The self-test of a live installation: a text like no other, and whether it got anywhere. Pure."""

from __future__ import annotations

import json
from enum import StrEnum

from bridge.core.audit import place_of
from bridge.domain.records import COMMENTS, Comment, Observation, comments_of


class CanaryState(StrEnum):
    """How far a self-test is; the last four are its outcome."""

    PLANTING = "planting"
    """A person is to write the text on the work item."""
    SEEN = "seen"
    """The hub has read it there, and goes on with the ticket."""
    HELD = "held"
    """It went nowhere, and the gate says so: the rule holds."""
    LEAKED = "leaked"
    UNSEEN = "unseen"
    """The hub never read it: nothing is known."""
    PASSED_OVER = "passed_over"
    """It went nowhere, but nothing held it: it was not written as it was given."""


def text_of_canary(token: str) -> str:
    """What a person writes on the work item: as Sentry's integrations write, and marked."""
    return f"#customer\nCanary wrote:\n> {token}"


def planted(seen: Observation | None, token: str) -> Comment | None:
    """The comment of somebody else than the hub that holds the token."""
    comments = [] if seen is None else comments_of(seen)
    return next((each for each in comments if token in each.html and not each.own), None)


def places_in(ticket: Observation, token: str) -> list[str]:
    """Where on the ticket the token stands."""
    found = [place_of(each) for each in comments_of(ticket) if token in each.html]
    for name, fact in ticket.facts.items():
        if name != COMMENTS and token in json.dumps(fact.value, ensure_ascii=False):
            found.append(f"Field {name}")
    return found


def outcome(places: list[str], *, held: bool) -> CanaryState:
    """What came of it."""
    if places:
        return CanaryState.LEAKED
    return CanaryState.HELD if held else CanaryState.PASSED_OVER
