"""A decision held against the one that was made: what would come out otherwise, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Table
from typing import Any

from bridge.core.situation import Plan


def differences(
    decided: Table[str, Any], verdict: str | None, plan: Plan, *, operations: bool = False
) -> tuple[str, ...]:
    """What the plan decides otherwise than a kept run did (`decided` as the run keeps it).

    `operations`: what is done is compared too. A ticket's run may take several plans (a launch,
    then what follows from it) and keeps what the last one was made from: its operations say
    nothing.
    """
    eta = None if plan.eta is None else plan.eta.isoformat()
    pairs = [
        ("the first reason", verdict, plan.verdict),
        ("the stage", decided.get("stage"), plan.stage),
        ("the date", decided.get("eta"), eta),
    ]
    pairs += _rows(decided, plan)
    found = [f"{what} was {_said(was)}, is {_said(now)}" for what, was, now in pairs if was != now]
    known = set(decided.get("findings") or ())
    new = sorted({each.code for each in plan.findings} - known)
    if operations:
        found += _done(decided, plan)
    return (*found, *(f"the finding {code} is new" for code in new))


def _done(decided: Table[str, Any], plan: Plan) -> list[str]:
    """Which operations are done more or less often now."""
    then = Counter(decided.get("operations") or ())
    now = Counter(type(each).__name__ for each in plan.operations)
    return [
        f"{kind} was done {then[kind]} times, is {now[kind]} times"
        for kind in sorted(then | now)
        if then[kind] != now[kind]
    ]


def _rows(decided: Table[str, Any], plan: Plan) -> list[tuple[str, Any, Any]]:
    """For each field what was wanted of it, and why, then and now."""
    then = {each["field"]: each for each in decided.get("verdicts") or ()}
    now = {each.field: each for each in plan.verdicts}
    pairs: list[tuple[str, Any, Any]] = []
    for field in dict.fromkeys((*then, *now)):
        old, new = then.get(field), now.get(field)
        if old is None or new is None:
            pairs.append((field, old and "the hub's", new and "the hub's"))
            continue
        pairs.append((f"what {field} should be", old.get("desired"), new.desired))
        pairs.append((f"the reason for {field}", old.get("verdict"), new.verdict))
    return pairs


def _said(value: Any) -> str:
    return "nothing" if value in (None, "") else f'"{value}"'
