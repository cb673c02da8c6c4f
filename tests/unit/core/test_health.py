"""The word for a connection's health: what is in the way counts in the order of who must act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.core.health import (
    LATE,
    Health,
    Standing,
    Touched,
    health_of,
    waits_for,
    what_goes_on,
    what_stops,
    worst_first,
)

NOW = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
SOON = NOW + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("known", "word", "says"),
    [
        ({}, Health.HEALTHY, "nothing is in the way"),
        ({"used": False}, Health.NOT_YET_USED, "nothing has come"),
        ({"started": False}, Health.NOT_YET_USED, "not started"),
        ({"down": True}, Health.DELAYED, "does not answer"),
        ({"throttled_until": SOON}, Health.DELAYED, "08:33 UTC, in 3 min"),
        ({"throttled_until": NOW}, Health.HEALTHY, "nothing"),
        ({"waiting_since": NOW - LATE}, Health.HEALTHY, "nothing"),
        ({"waiting_since": NOW - 2 * LATE}, Health.DELAYED, "since 08:20 UTC, 10 min ago"),
        ({"wrong": ["Webhooks are silent."], "down": True}, Health.NEEDS_YOU, "are silent"),
        (
            {"paused_by": "person", "paused_reason": "we move", "paused_who": "token ada"},
            Health.PAUSED,
            "Paused by a person (token ada): we move. Webhooks are taken",
        ),
        ({"paused_by": "person", "wrong": ["x"]}, Health.PAUSED, "by a person. Webhooks"),
        (
            {"paused_by": "credential", "paused_reason": "The token is gone."},
            Health.NEEDS_YOU,
            "Needs you: The token is gone. Put it right",
        ),
    ],
)
def test_standing_is_told_in_a_word_and_a_sentence(
    known: dict[str, Any], word: Health, says: str
) -> None:
    health, sentence = health_of(Standing(**known), NOW)
    assert health is word
    assert says in sentence


@pytest.mark.parametrize(
    ("known", "who"),
    [
        ({}, ""),
        ({"used": False}, ""),
        ({"wrong": ["x"], "down": True}, "an admin of the hub"),
        ({"paused_by": "credential"}, "an admin of the hub"),
        ({"paused_by": "person", "paused_who": "Ada"}, "a person to resume it (Ada paused it)"),
        ({"paused_by": "person"}, "a person to resume it"),
        ({"down": True, "throttled_until": SOON}, "the vendor, to answer again"),
        ({"throttled_until": SOON}, "the end of the vendor's rate limit"),
        ({"waiting_since": NOW - 2 * LATE}, "the hub, which is behind with its work"),
    ],
)
def test_who_acts_next_is_named_where_somebody_must(known: dict[str, Any], who: str) -> None:
    assert waits_for(Standing(**known), NOW) == who


def test_what_somebody_must_see_to_comes_first() -> None:
    assert sorted(Health, key=worst_first)[0] is Health.NEEDS_YOU
    assert sorted(Health, key=worst_first)[-1] is Health.HEALTHY


@pytest.mark.parametrize("role", ["helpdesk", "tracker", "signals", "notifier"])
def test_pause_of_each_kind_says_what_stops(role: str) -> None:
    few = what_stops("Boards", {role}, Touched())
    more = what_stops("Boards", {role}, Touched(tickets=1, links=2, waiting=1))
    assert few
    assert len(more) == len(few) + 1
    assert "1 change that is due now must wait." in more


def test_pause_takes_webhooks_where_there_are_any() -> None:
    assert "Webhooks are still taken" in what_goes_on(True)
    assert "Webhooks" not in what_goes_on(False)
    assert "Nothing is lost" in what_goes_on(False)
