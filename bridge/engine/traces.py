"""The steps of the line, said to whoever watches: log lines, spans, and the calls of a run.

The trace of a delivery is its id, which is carried from the record it woke to that one's
neighbours. Who reads it again: `GET /deliveries/{id}/trace`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from bridge.domain.operations import Outcome
from bridge.engine.hub import Hub
from bridge.kit.clock import to_ms
from bridge.kit.context import Work, calls_of, present, working
from bridge.kit.ids import new_id
from bridge.kit.traces import Span, span
from bridge.store.leases import Claim
from bridge.store.queue import ClaimClass

READ, LIST, PATROL = "read", "list", "patrol"
FAMILIES: Mapping[str, str] = {
    "LaunchItem": "create",
    "ProbeLaunch": "look",
    "SetTicketFields": "fields",
    "SetItemFields": "fields",
    "SetItemLinks": "links",
    "CopyAttachment": "file",
    "AddItemComment": "comment",
    "AddSubtask": "create",
    "AddTicketNote": "comment",
    "SayToCustomer": "comment",
    "FindSaid": "look",
    "ShowLetter": "comment",
}
"""What the calls of an operation are made for; calls of a pass outside of any are reading."""
_TIMERS: Mapping[str, str] = {"sweep": LIST, "patrol": PATROL}
WELL = frozenset({"done", "paused", "throttled", "lease_lost", "stale"})
"""Ends of a pass with nothing wrong in it: it is put off, or somebody else's."""


class Passing:
    """A pass under way, as it is shown."""

    def __init__(self, shown: Span) -> None:
        self._shown = shown

    def ended(self, end: str) -> None:
        """Say how it ended."""
        self._shown.say("end", end)
        if end not in WELL:
            self._shown.fail(end)


@contextmanager
def passing(hub: Hub, claim: Claim) -> Iterator[Passing]:
    """The block is a pass: its log lines name record, run and delivery, its calls are kept."""
    waited = max(0, to_ms(hub.now()) - claim.due_at) / 1000
    hub.metrics.queue_wait.labels(ClaimClass(claim.claim_class).name.lower()).observe(waited)
    work = Work(new_id(), claim.attempts + 1)
    what, _, name = claim.vendor_id.partition(":")
    timer = claim.kind == "timer"
    said = {"record": claim.key, "run": work.id}
    connection = name if timer else claim.connection
    if connection:
        said["connection"] = connection
    if claim.trace:
        said["delivery"] = claim.trace
    family = _TIMERS.get(what, READ) if timer else READ
    seen: dict[str, str | int | float | bool] = {
        **said,
        "kind": claim.kind,
        "attempt": work.attempt,
        "waited_s": waited,
    }
    with (
        working(work, family, **said),
        span(what if timer else "pass", seen, trace=claim.trace) as shown,
    ):
        yield Passing(shown)


def run_id() -> str:
    """The id of the pass under way, for the run that it keeps; a new one for any other run."""
    work = present()
    if work is None or work.given:
        return new_id()
    work.given = True
    return work.id


def calls_made() -> list[dict[str, Any]]:
    """The calls to vendors that the pass under way has made, oldest first."""
    work = present()
    return [] if work is None else list(work.calls)


async def operating(kind: str, name: str, call: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """The outcome of an operation's call to the connection `name`, shown as one step."""
    with (
        calls_of(FAMILIES.get(kind, READ)),
        span("operation", {"operation": kind, "connection": name}) as shown,
    ):
        outcome = await call()
        shown.say("outcome", outcome.kind.value)
        return outcome


def receiving(name: str, delivery: str) -> AbstractContextManager[Span]:
    """The block stores a delivery; its span is the first of the delivery's trace."""
    return span("receive", {"connection": name, "delivery": delivery}, root=delivery)


@contextmanager
def reading(name: str, delivery: str) -> Iterator[None]:
    """The block reads a stored delivery; its log lines name it."""
    said = {"connection": name, "delivery": delivery}
    with working(Work(delivery), READ, **said), span("intake", said, trace=delivery):
        yield
