"""A pass over a record in the steps that people know: read, decided, guarded, wrote, told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.core import reasons, traced
from bridge.domain.notices import Notice, NoticeState
from bridge.engine.inspecting import Pass, Step
from bridge.engine.traces import LIST, PATROL, READ
from bridge.kit.clock import from_ms
from bridge.web.names import Named, labels

IN_SYNC = "IN_SYNC"
READING = frozenset({READ, LIST, PATROL})


@dataclass(frozen=True, slots=True)
class Part:
    """One step. `calls`: the vendors' answers, which only whoever is on call needs to see."""

    title: str
    says: tuple[str, ...]
    calls: tuple[Step, ...] = ()
    mood: str = ""
    """`good`, `wait` or `wrong`; empty where it is neither."""
    way: str = ""
    """Where to go on."""
    way_says: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """One pass."""

    id: str
    record: Named
    says: str
    started_at: datetime
    before: int
    """How often it was tried before, without coming to its end."""
    parts: tuple[Part, ...]


_TOLD = {
    NoticeState.DUE: "is being sent",
    NoticeState.SENT: "was told",
    NoticeState.ACKNOWLEDGED: "was told, and somebody sees to it",
    NoticeState.OVER: "need not be told any more",
    NoticeState.UNHEARD: "was told as often as may be; nobody answered",
    NoticeState.REFUSED: "could not be told: the channel refused the notice",
}
_MOOD = {"done": "good", "skipped": "", "rejected": "wrong"}


def flow_of(
    each: Pass,
    names: Mapping[str, Named],
    told: Sequence[Notice],
    *,
    mapping: str,
    stages: Mapping[str, str],
    inside: bool,
    hidden: Mapping[str, str],
    before: int = 0,
) -> Flow:
    """The pass in steps. `mapping` says by which version it decided, `stages` are their labels.

    `hidden`: what is said in place of refs that are not for the reader.
    """
    row = each.row
    record = names[row["record_key"]]
    decided: Mapping[str, Any] = row["decided"] or {}
    because = traced.because(row["woken_by"], labels(names))
    if not inside and because.startswith(traced.OTHERWISE):
        # The machine's own words, in which a signal may be named.
        because = "for a reason of the hub's own"
    reads = tuple(step for step in each.steps if step.family in READING)
    writes = tuple(step for step in each.steps if step.what == "call" and step not in reads)
    done = tuple(step for step in each.steps if step.what == "operation")
    ended = row["finished_at"] is not None
    parts: tuple[Part, ...] = (_wrote(done, writes, inside), _UNENDED)
    if ended:
        parts = (
            _read(reads, row.get("inputs")),
            _decided(row["verdict"], decided, mapping, stages, hidden, wrote=bool(done)),
            _guarded(record, decided, done),
            _wrote(done, writes, inside),
            _told(record, told),
        )
    started = from_ms(row["started_at"])
    return Flow(row["id"], record, f"Looked at {because}.", started, before, parts)


def _read(reads: tuple[Step, ...], inputs: Mapping[str, Any] | None) -> Part:
    seen = (inputs or {}).get("observation")
    said = []
    if seen is not None:
        how = "told by a webhook" if seen["source"] == "webhook" else "read from the vendor"
        revision = "" if seen["revision"] is None else f", revision {seen['revision']}"
        at = datetime.fromisoformat(seen["seen_at"])
        said.append(f"What the hub knows of it is of {at:%H:%M:%S} UTC{revision}, {how}.")
    count = len(reads)
    if reads:
        said.append(f"Asked the vendor {'once' if count == 1 else f'{count} times'}.")
    else:
        said.append("The vendor did not have to be asked: what the hub had was fresh enough.")
    return Part("Read", tuple(said), reads)


_UNENDED = Part(
    "Put off", ("It did not come to its end; the record is looked at again.",), mood="wait"
)


def _decided(
    verdict: str,
    decided: Mapping[str, Any],
    mapping: str,
    stages: Mapping[str, str],
    hidden: Mapping[str, str],
    *,
    wrote: bool,
) -> Part:
    fields = decided.get("verdicts") or ()
    data: Mapping[str, str] = next(
        (each["data"] for each in fields if each["verdict"] == verdict), {}
    )
    said = [reasons.sentence(verdict, data, names=hidden)]
    if verdict == IN_SYNC and wrote:
        # What is kept is what was decided last: that after it nothing is left to do.
        other = [each for each in fields if each["verdict"] != IN_SYNC]
        said = [
            f"{e['field']}: {reasons.sentence(e['verdict'], e['data'], names=hidden)}"
            for e in other
        ]
        said = said or ["After what was written, nothing is left to do."]
    if decided.get("stage"):
        stage = stages.get(decided["stage"], decided["stage"])
        said.append(f"What the customer shall see: {stage}.")
    if mapping:
        said.append(f"By the mapping {mapping}.")
    return Part("Decided", tuple(said))


def _guarded(record: Named, decided: Mapping[str, Any], done: Iterable[Step]) -> Part:
    if decided.get("held"):
        said = "A text was held: a person decides before it may reach the ticket."
        return Part("Guarded", (said,), mood="wait", way="/held", way_says="Held texts")
    if record.kind == "ticket" and any(step.state == "done" for step in done):
        return Part("Guarded", ("All that left for the ticket had passed the gate.",), mood="good")
    return Part("Guarded", ("Nothing was to leave for a ticket.",))


def _wrote(done: tuple[Step, ...], calls: tuple[Step, ...], inside: bool) -> Part:
    if not done:
        return Part("Wrote", ("Nothing: all was as it should be.",), calls)
    # A vendor's own words in it are for whoever is on call.
    told = [s.says if inside else traced.operation_told(s.kind, s.state, "") for s in done]
    said = [
        says if step.ms is None else f"{says} {step.ms:.0f} ms."
        for says, step in zip(told, done, strict=True)
    ]
    moods = {_MOOD.get(step.state, "wait") for step in done}
    mood = next((each for each in ("wrong", "wait", "good") if each in moods), "")
    return Part("Wrote", tuple(said), calls, mood)


def _told(record: Named, told: Sequence[Notice]) -> Part:
    if record.kind != "ticket" or not told:
        return Part("Told", ("Nobody was to be told.",))
    said = []
    for channel in dict.fromkeys(each.channel for each in told):
        some = [each for each in told if each.channel == channel]
        for state in dict.fromkeys(each.state for each in some):
            n = sum(each.state is state for each in some)
            people = "" if n == 1 else f" ({n} people)"
            said.append(f"{channel}{people} {_TOLD[state]}.")
    wrong = any(each.state is NoticeState.REFUSED for each in told)
    return Part("Told", tuple(said), mood="wrong" if wrong else "good")
