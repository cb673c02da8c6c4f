"""The health of a connection in a word, and the sentence that says who acts next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.core.spoken import said_time

LATE = timedelta(minutes=5)
"""Records that have been due for so long are late."""


class Health(StrEnum):
    """How a connection is."""

    HEALTHY = "healthy"
    DELAYED = "delayed"
    NEEDS_YOU = "needs_you"
    PAUSED = "paused"
    NOT_YET_USED = "not_yet_used"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a connection. `wrong` are the sentences of its open findings."""

    started: bool = True
    """The hub has started with it."""
    used: bool = True
    """Something came from it, went to it, or was read there."""
    paused_by: str | None = None
    paused_reason: str = ""
    paused_who: str = ""
    down: bool = False
    throttled_until: datetime | None = None
    waiting_since: datetime | None = None
    wrong: Sequence[str] = ()


def health_of(standing: Standing, now: datetime) -> tuple[Health, str]:
    """The word and the sentence."""
    if standing.paused_by == "credential":
        why = (standing.paused_reason or "the vendor refuses the credential").rstrip(".")
        return Health.NEEDS_YOU, (
            f"Needs you: {why}. "
            "Put it right in bridge.yaml or at the vendor; the hub looks again by itself."
        )
    if standing.paused_by is not None:
        who = f" ({standing.paused_who})" if standing.paused_who else ""
        why = f": {standing.paused_reason.rstrip('.')}" if standing.paused_reason else ""
        return Health.PAUSED, (
            f"Paused by a person{who}{why}. Webhooks are taken, nothing is read or written."
        )
    if standing.wrong:
        return Health.NEEDS_YOU, f"Needs you: {standing.wrong[0]}"
    return _flow(standing, now)


def _flow(standing: Standing, now: datetime) -> tuple[Health, str]:
    if not standing.started:
        return Health.NOT_YET_USED, "Not yet used: the hub has not started with this connection."
    if standing.down:
        return Health.DELAYED, "Delayed: the vendor does not answer; the hub keeps trying."
    if standing.throttled_until is not None and standing.throttled_until > now:
        until = said_time(standing.throttled_until, now)
        return Health.DELAYED, f"Delayed: the vendor's rate limit is reached, until {until}."
    if standing.waiting_since is not None and now - standing.waiting_since > LATE:
        since = said_time(standing.waiting_since, now)
        return Health.DELAYED, f"Delayed: the oldest change has been waiting since {since}."
    if not standing.used:
        return Health.NOT_YET_USED, "Not yet used: nothing has come from it or gone to it yet."
    return Health.HEALTHY, "Healthy: nothing is in the way."
