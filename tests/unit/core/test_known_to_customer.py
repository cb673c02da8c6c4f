"""What the customer knew at a moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.known_to_customer import (
    Shown,
    eta_told,
    known_at,
    last_told_at,
    messages_of,
)
from bridge.domain.drafts import Said
from bridge.domain.records import COMMENTS, Comment, Observation
from tests.unit.core.examples import NOW, TICKET, observation, ticket_facts

HOUR = timedelta(hours=1)
DAY = date(2026, 3, 12)


def seen(*comments: Comment) -> Observation:
    return observation(TICKET, ticket_facts(**{COMMENTS: [each.as_value() for each in comments]}))


def comment(hours: int, **more: Any) -> Comment:
    at = (NOW + hours * HOUR).isoformat()
    given: dict[str, Any] = {"id": f"c{hours}", "html": "x", "author": "Kim", "at": at}
    return Comment(**{**given, "internal": False, **more})


def by_hub(hours: int, **more: Any) -> Said:
    return Said(f"m{hours}", NOW + hours * HOUR, "kim@acme.example", f"d{hours}", **more)


def at(hours: float) -> datetime:
    return NOW + hours * HOUR


def test_stage_message_and_date_are_those_of_the_moment() -> None:
    shown = [Shown(at(1), "In development"), Shown(at(5), "In testing")]
    said = [by_hub(2, eta=DAY), by_hub(6, stage="in_testing")]
    talk = seen(comment(3))
    before = known_at(at(0.5), shown, talk, said)
    assert (before.stage, before.eta, before.last) == (None, None, None)
    then = known_at(at(4), shown, talk, said)
    assert then.stage == Shown(at(1), "In development")
    assert (then.eta and then.eta.eta, then.eta and then.eta.at) == (DAY, at(2))
    assert (then.last and then.last.by, then.last and then.last.by_hub) == ("Kim", False)
    now = known_at(at(9), shown, talk, said)
    assert now.stage == Shown(at(5), "In testing")
    assert (now.last and now.last.by_hub, now.eta and now.eta.eta) == (True, DAY)


def test_what_happens_at_the_very_moment_is_known() -> None:
    then = known_at(at(2), [Shown(at(2), "In testing")], seen(), [by_hub(2)])
    assert then.stage
    assert then.last


def test_stage_that_was_taken_back_is_none() -> None:
    shown = [Shown(at(1), "In testing"), Shown(at(2), "")]
    assert known_at(at(3), shown, seen(), []).stage is None


def test_only_what_people_said_to_the_customer_counts_and_own_messages_once() -> None:
    talk = seen(
        comment(1, internal=True),
        comment(2, inbound=True),
        comment(3, app=True),
        comment(4, own=True),
    )
    assert [each.at for each in messages_of(talk, [by_hub(4)])] == [at(4)]


def test_that_talk_was_never_seen_is_said() -> None:
    unread = observation(TICKET, ticket_facts())
    assert not known_at(NOW, [], unread, []).people_seen
    assert known_at(NOW, [], seen(), []).people_seen


def test_last_told_is_the_newest_message_and_the_date_the_newest_date() -> None:
    told = messages_of(seen(comment(5)), [by_hub(1, eta=DAY), by_hub(3)])
    assert (last_told_at(told), eta_told(told)) == (at(5), DAY)
    assert (last_told_at([]), eta_told([])) == (None, None)


@given(st.lists(st.integers(0, 20)), st.lists(st.integers(0, 20)), st.floats(0, 20))
def test_nothing_is_known_before_it_happened(
    hours: list[int], stages: list[int], moment: float
) -> None:
    said = [by_hub(each, eta=DAY) for each in hours]
    found = known_at(at(moment), [Shown(at(each), "x") for each in stages], seen(), said)
    for each in (found.stage, found.eta, found.last):
        assert each is None or each.at <= found.at
    assert (found.last is None) == (not [each for each in hours if each <= moment])
