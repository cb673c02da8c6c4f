"""A closed ticket that rests though its work has changed would have found nothing to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.closing import CLOSED_BEFORE_FIXED
from bridge.core.plan import plan_ticket
from bridge.core.resting import NOBODY, Remembered, resting
from bridge.core.situation import Plan, TicketSituation
from bridge.domain.mapping import Mapping
from bridge.domain.records import Presence
from tests.unit.core.examples import BOARDS, NOW, linked, mapping, present
from tests.unit.core.test_closing import BEFORE, CLOSING, ending, said

ITEMS = ("New", "Active", "Resolved", "Closed", "Removed", "Unheard of", "")
MAPPINGS: list[dict[str, Any]] = [
    {},
    {"on_reply": "no"},
    {"closing": CLOSING},
    {"closing": {"solved": ["solved", "closed"]}},
    {"closing": CLOSING, "releases": {"until_then": "in_testing"}},
]


def made(spec: dict[str, Any]) -> Mapping:
    return mapping(**spec)


def kept(s: TicketSituation, plan: Plan) -> Remembered:
    """What the store has of the ticket after that pass."""
    done = None if plan.closure is None else plan.closure.done_since is not None
    named = any(each.code == CLOSED_BEFORE_FIXED for each in plan.findings)
    return Remembered(done, named, len(s.items))


def decided(plan: Plan) -> tuple[object, ...]:
    """All of a closed ticket's plan that is kept."""
    shown = (plan.operations, plan.findings, plan.closure, plan.drafts, plan.notices, plan.held)
    return (*shown, plan.unsaid, plan.wake_at, plan.look_first, plan.read_self, plan.verdict)


@given(
    spec=st.sampled_from(MAPPINGS),
    others=st.lists(st.sampled_from(ITEMS), max_size=1),
    before=st.sampled_from(ITEMS),
    after=st.sampled_from(ITEMS),
    told=st.booleans(),
)
def test_ticket_that_rests_would_have_found_nothing(
    spec: dict[str, Any], others: list[str], before: str, after: str, told: bool
) -> None:
    comments = [said(4)] if told else []
    first = ending("4", before, *comments, closure=None, start_mark=BEFORE)
    further = tuple(linked(f"7{n}", each) for n, each in enumerate(others))
    own = linked("99", before)
    first = replace(first, mapping=made(spec), items=(own, *further))
    plan = plan_ticket(first, NOW)
    changed = linked("99", after)
    assert changed.observation is not None
    rests = resting([first.mapping], "boards", changed.observation, BOARDS.reference)
    then = replace(first, closure=plan.closure, items=(changed, *further))
    if rests.holds("hubspot", kept(first, plan)):
        # As it is planned again with nothing changed, so that only the change tells.
        same = replace(first, closure=plan.closure)
        assert decided(plan_ticket(then, NOW)) == decided(plan_ticket(same, NOW))


def test_whoever_would_find_something_is_woken() -> None:
    open_, done = linked("99", "Active").observation, linked("99", "Closed").observation
    assert open_ is not None
    assert done is not None
    closing, plain = made({"closing": CLOSING}), made({"on_reply": "no"})
    reopened = resting([closing], "boards", open_, BOARDS.reference)
    assert not reopened.holds("hubspot", Remembered(done=True))
    # Closed before it was fixed, and a finding says so: it rests until the work is done.
    named = Remembered(done=False, named=True)
    assert reopened.holds("hubspot", named)
    assert not reopened.holds("hubspot", replace(named, items=2))
    assert not reopened.holds("hubspot", replace(named, named=False))
    fixed = resting([closing], "boards", done, BOARDS.reference)
    assert not fixed.holds("hubspot", named)
    assert fixed.holds("hubspot", Remembered(done=True, items=3))
    assert not fixed.holds("hubspot", Remembered(done=None))
    # Nobody asks how the work of a closed ticket stands.
    assert resting([plain], "boards", open_, BOARDS.reference).holds("hubspot", Remembered(None))
    # A reply on it is told to the item's people, if its work was done by then.
    told = resting([made({})], "boards", open_, BOARDS.reference)
    assert told.holds("hubspot", Remembered(done=False, items=2))
    assert not told.holds("hubspot", Remembered(done=True))
    # What can't be seen, or is not with the customer by being done, concerns everybody.
    gone = present(open_, Presence.MISSING)
    assert resting([plain], "boards", gone, BOARDS.reference) == NOBODY
    released = made(MAPPINGS[-1])
    assert resting([released], "boards", done, BOARDS.reference) == NOBODY
