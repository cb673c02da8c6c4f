"""The word for a connection's health: what is in the way counts in the order of who must act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.core.health import LATE, Health, Standing, health_of

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
