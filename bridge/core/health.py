"""The health of a connection in a word, and the sentence that says who acts next. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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


def waits_for(standing: Standing, now: datetime) -> str:
    """Who or what acts next, as somebody who may do nothing about it is told; "": nobody."""
    health, _ = health_of(standing, now)
    if health is Health.NEEDS_YOU:
        return "an admin of the hub"
    if health is Health.PAUSED:
        who = f" ({standing.paused_who} paused it)" if standing.paused_who else ""
        return f"a person to resume it{who}"
    if health is Health.DELAYED and standing.down:
        return "the vendor, to answer again"
    if health is Health.DELAYED and standing.throttled_until and standing.throttled_until > now:
        return "the end of the vendor's rate limit"
    if health is Health.DELAYED:
        return "the hub, which is behind with its work"
    return ""


def worst_first(health: Health) -> int:
    """The place of a connection in a list that begins with what somebody must see to."""
    return _ORDER.index(health)


_ORDER = (Health.NEEDS_YOU, Health.DELAYED, Health.PAUSED, Health.NOT_YET_USED, Health.HEALTHY)


@dataclass(frozen=True, slots=True)
class Touched:
    """What a pause would hold up. `waiting`: changes that are due at the connection now."""

    tickets: int = 0
    links: int = 0
    waiting: int = 0


def what_stops(title: str, roles: Collection[str], touched: Touched) -> list[str]:
    """What a pause of the connection means, a sentence each, the gravest first."""
    said = []
    if "helpdesk" in roles:
        tickets = _counted(touched.tickets, "ticket")
        said.append(f"What {tickets} in {title} show of the work behind them stays as it is now.")
        said.append(f"New tickets in {title} get no work item.")
    if "tracker" in roles:
        said.append(f"No work item is created or changed in {title}.")
        links = _counted(touched.links, "link")
        said.append(f"{links}: their tickets go by the last known state, and say how old it is.")
    if "signals" in roles:
        said.append(f"No error in {title} is made into a work item, and none is related.")
    if "notifier" in roles:
        said.append(f"Notices by {title} wait, those that must be acknowledged too.")
    if touched.waiting:
        changes = _counted(touched.waiting, "change")
        said.append(f"{changes} that {'is' if touched.waiting == 1 else 'are'} due now must wait.")
    return said


def what_goes_on(receives: bool) -> str:
    """What a pause does not stop."""
    taken = "Webhooks are still taken and kept. " if receives else ""
    return f"{taken}Nothing is lost: after the pause the hub looks at all that has changed."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
