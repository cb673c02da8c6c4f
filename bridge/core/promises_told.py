"""Promises of a mapping in words: who hears or acts by when, and what a plan gives. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.core.mapping_told import condition_told
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_base import render_span
from bridge.domain.mapping_conditions import Condition
from bridge.domain.mapping_promises import (
    ALWAYS,
    NONE,
    Promise,
    PromiseTell,
    SpanCase,
    SpanTable,
)

_SPAN = re.compile(r"([0-9]+)(s|m|h|d|bh|bd)")
_UNITS = {
    "s": "second", "m": "minute", "h": "hour", "d": "day", "bh": "business hour",
    "bd": "business day",
}  # fmt: skip
_KEPT = {
    "triaged": "somebody has set its severity and taken it",
    "told_customer": "the customer has heard from us",
    "linked": "work is linked to it",
    "eta_set": "it has an expected date",
    "acknowledged": "somebody has said that they know",
}


def span_told(span: str) -> str:
    """`4bh` as `4 business hours`; what is no span stays as it is."""
    found = _SPAN.fullmatch(span)
    if found is None:
        return span
    number, unit = found[1], _UNITS[found[2]]
    return f"{number} {unit}" if number == "1" else f"{number} {unit}s"


def promise_told(promise: Promise, mapping: Mapping) -> str:
    """The promise as one sentence: for whom, by when, what keeps it, who is warned and acts."""
    whom = "Every ticket" if promise.when is None else f"Where {condition_told(promise.when)}"
    again = promise.every is not None
    spans = _spans(promise, "at least every " if again else "within ")
    if again and promise.kept_by == "told_customer":
        body = f"the customer hears from us {spans}, until the ticket is solved"
    else:
        body = f"{_kept(promise, mapping)} {spans}"
    parts = [f"{whom}: {body}{_hours(promise)}."]
    if promise.must_say == "eta":
        parts.append("The message must name the expected date.")
    if promise.pause_while == "waiting_on_customer":
        parts.append("The clock rests while it is the customer's turn.")
    elif isinstance(promise.pause_while, Condition):
        parts.append(f"The clock rests while {condition_told(promise.pause_while)}.")
    parts += _warned(promise)
    return " ".join(parts)


def _kept(promise: Promise, mapping: Mapping) -> str:
    name = promise.kept_by
    if name.startswith("stage:"):
        stage = mapping.stage(name.removeprefix("stage:"))
        return f"the ticket shows “{name if stage is None else stage.label}”"
    return _KEPT.get(name, name)


def _spans(promise: Promise, before: str) -> str:
    span = promise.span
    if isinstance(span, str):
        return before + span_told(span)
    if isinstance(span, SpanTable):
        return "by this table: " + "; ".join(
            f"{label}: {_span_or_none(each, before)}" for label, each in _cells(span)
        )
    cases = [
        _span_or_none(each.use, before)
        + (" otherwise" if each.when is None else f" where {condition_told(each.when)}")
        for each in span
    ]
    return ", ".join(cases)


def _cells(table: SpanTable) -> Iterator[tuple[str, str]]:
    for word, row in table.values.items():
        if isinstance(row, str):
            yield word, row
        else:
            yield from ((f"{word}, {by}", each) for by, each in row.items())


def _span_or_none(span: str, before: str) -> str:
    return "nothing is promised" if span == NONE else before + span_told(span)


def _hours(promise: Promise) -> str:
    calendar = promise.calendar
    if isinstance(calendar, str):
        return ", at any hour" if calendar == ALWAYS else f", by the hours of {calendar}"
    named = [
        f"{each.use}"
        + (" otherwise" if each.when is None else f" where {condition_told(each.when)}")
        for each in calendar
    ]
    return f", by the hours of {', '.join(named)}"


def _warned(promise: Promise) -> Iterator[str]:
    warns = ""
    if promise.warn_before is not None:
        warns = f"{span_told(promise.warn_before)} before it is due"
    elif promise.warn_after is not None:
        warns = f"{span_told(promise.warn_after)} after it begins"
    for each in promise.tell:
        yield _telling(each, warns)
    if warns and not promise.tell:
        yield f"It is at risk {warns}; nobody is told but by the pages."
    elif not promise.tell:
        yield "Nobody is told when it is broken; the pages show it."


def _telling(tell: PromiseTell, warns: str) -> str:
    whom = " and ".join(each.replace("_", " ") for each in tell.to or ("The channel as a whole",))
    by = " and ".join(tell.via)
    if tell.after is not None:
        when = f"{span_told(render_span(tell.after))} after it broke, if nobody has said they know"
    elif tell.at == "breach" or not warns:
        when = "when it breaks"
    elif tell.at == "warning":
        when = warns
    else:
        when = f"{warns} and when it breaks"
    whom = whom[:1].upper() + whom[1:]
    said = f"{whom} {'is' if not tell.to or len(tell.to) == 1 else 'are'} told by {by} {when}"
    if tell.during is not None:
        said += f", in the hours of {tell.during}"
    elif tell.outside is not None:
        said += f", outside the hours of {tell.outside}"
    if tell.until_acknowledged:
        said += f", again every {span_told(render_span(tell.resend))} until they say they know"
    return f"{said}."


# ----------------------------------------------------------------------- what a plan gives


@dataclass(frozen=True, slots=True)
class Policy:
    """One thing that customers of a plan may expect."""

    title: str
    says: str


def policies(
    mapping: Mapping,
    plan: str | None,
    severity: str | None = None,
    category: str | None = None,
) -> list[Policy]:
    """What customers of that plan may expect; of a severity and category only, where given."""
    known = {"plan": plan, "severity": severity, "category": category}
    found = []
    for each in mapping.promises:
        if each.when is not None and _holds(each.when, known) is False:
            continue
        says = _given(each, known)
        if says:
            found.append(Policy(each.title, says))
    return found


def _given(promise: Promise, known: dict[str, str | None]) -> str:
    open_still = promise.when is not None and _holds(promise.when, known) is None
    known = {**_forced(promise.when), **{k: v for k, v in known.items() if v is not None}}
    cases = list(dict.fromkeys(_left(promise, known)))
    spans = [(f"{where}: " if where else "") + _promised(promise, span) for where, span in cases]
    if not spans:
        return ""
    said = "; ".join(spans)
    if open_still and promise.when is not None:
        said = f"where {condition_told(promise.when)}: {said}"
    return said + (_hours(promise) if isinstance(promise.calendar, str) else "")


def _forced(condition: Condition | None) -> dict[str, str | None]:
    """What a ticket must say for the condition to hold."""
    if condition is None:
        return {}
    if condition.all is not None:
        return {key: value for each in condition.all for key, value in _forced(each).items()}
    known = condition.field is not None and condition.is_ is not None
    return {str(condition.field): str(condition.is_)} if known else {}


def _promised(promise: Promise, span: str) -> str:
    if promise.every is not None:
        return f"at least every {span_told(span)}"
    return f"within {span_told(span)}"


def _left(promise: Promise, known: dict[str, str | None]) -> Iterator[tuple[str, str]]:
    """The spans that are left of a promise, each with what it still depends on."""
    span = promise.span
    if isinstance(span, str):
        yield "", span
    elif isinstance(span, SpanTable):
        yield from _left_of_table(span, known)
    else:
        yield from _left_of_cases(span, known)


def _left_of_table(table: SpanTable, known: dict[str, str | None]) -> Iterator[tuple[str, str]]:
    first, second = known.get(table.from_), None if table.by is None else known.get(table.by)
    for word, row in table.values.items():
        if first is not None and not _same(word, first):
            continue
        label = "" if first is not None else word
        cells = {"": row} if isinstance(row, str) else row
        for by, span in cells.items():
            if span == NONE or (by and second is not None and not _same(by, second)):
                continue
            yield ", ".join(e for e in (label, "" if second is not None else by) if e), span


def _left_of_cases(
    cases: list[SpanCase], known: dict[str, str | None]
) -> Iterator[tuple[str, str]]:
    open_still = False
    for each in cases:
        holds = True if each.when is None else _holds(each.when, known)
        if holds is False:
            continue
        if each.use != NONE:
            asked = "otherwise" if open_still else ""
            if not holds and each.when is not None:
                asked = f"where {condition_told(each.when)}"
            yield asked, each.use
        open_still = open_still or not holds
        if holds:
            return


def _same(left: object, right: str) -> bool:
    return str(left).casefold() == right.casefold()


def _holds(condition: Condition, known: dict[str, str | None]) -> bool | None:
    """Whether it holds by what is known; None where that does not decide."""
    if condition.all is not None:
        return _all([_holds(each, known) for each in condition.all])
    if condition.any is not None:
        found = [_holds(each, known) for each in condition.any]
        return True if True in found else None if None in found else False
    if condition.not_ is not None:
        inner = _holds(condition.not_, known)
        return None if inner is None else not inner
    value = known.get(condition.field or "")
    if value is None:
        return None
    if condition.in_ is not None:
        return any(_same(each, value) for each in condition.in_)
    if condition.is_ is not None:
        return _same(condition.is_, value)
    return None


def _all(found: list[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True
