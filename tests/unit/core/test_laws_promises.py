"""Laws of promises: how often the hub looks changes nothing, and looking twice adds nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.promise_desk import DAILY, STATUS_ETA, TRIAGE, desk
from tests.unit.core.test_promises import NIGHT, minutes

MINUTES = st.integers(1, 6 * 24 * 60)


@given(st.lists(MINUTES, max_size=6), st.lists(MINUTES, max_size=12), MINUTES)
def test_law_however_often_the_hub_looked_the_last_look_says_the_same(
    words: list[int], looks: list[int], end: int
) -> None:
    often, once = desk(NIGHT, DAILY, STATUS_ETA), desk(NIGHT, DAILY, STATUS_ETA)
    for told in (often, once):
        told.set(NIGHT, hs_ticket_priority="HIGH")
    end += max([*words, *looks], default=0)
    for at in sorted({*looks, *words}):
        for told in (often, once) if at in words else ():
            told.says(minutes(at), "Still looking.")
        if at in looks:
            often.look(minutes(at))
    assert often.look(minutes(end)).promises == once.look(minutes(end)).promises
    ids = [each.id for each in often.notices]
    assert len(ids) == len(set(ids))


@given(st.lists(st.tuples(MINUTES, st.sampled_from(["open", "pending", "solved"])), max_size=6))
def test_law_looking_twice_adds_nothing(changes: list[tuple[int, str]]) -> None:
    told = desk(NIGHT, DAILY, TRIAGE)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    for at, status in sorted(changes):
        told.status(minutes(at), status)
        first = told.look(minutes(at))
        again = told.look(minutes(at))
        assert (again.timeline, again.promises) == (first.timeline, first.promises)
        assert again.notices.new == ()
        assert first.wake_at is None or first.wake_at > minutes(at)
