"""The date that is known now, the one that was told, and when the two part (O12, O25)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.eta import Told, eta_now, slip, told_of
from bridge.core.plan import plan_item, plan_ticket
from bridge.core.situation import Slip, TicketSituation
from bridge.domain.drafts import Said
from bridge.domain.mapping import Mapping
from bridge.domain.records import COMMENTS, Comment
from tests.unit.core.examples import (
    NOW,
    item,
    item_facts,
    linked,
    linked_ticket,
    mapping,
    ticket,
    ticket_facts,
)

TOLD, LATER = date(2026, 3, 12), date(2026, 3, 20)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def releasing(**more: Any) -> Mapping:
    """The example mapping with releases."""
    return mapping(releases={"until_then": "in_testing", **more})


def written(at: datetime, text: str, **more: Any) -> Comment:
    """A comment on the ticket."""
    return Comment("1", f"<p>{text}</p>", "7", "Ada", at.isoformat(), **{"internal": False, **more})


def situation(
    *comments: Comment, day: str | None = "2026-03-12", made: Mapping | None = None, **more: Any
) -> TicketSituation:
    """A ticket with one open item of that date, and these comments."""
    facts = ticket_facts(**{COMMENTS: [each.as_value() for each in comments]})
    items = (linked("1", TargetDate=day),)
    return ticket(facts, items=items, mapping=made or releasing(), **more)


def test_date_on_the_ticket_is_a_rollout_day() -> None:
    plan = plan_ticket(situation(made=releasing(rollout_days=["tue"])), NOW)
    assert plan.eta == date(2026, 3, 17)
    [shown] = [each for each in plan.verdicts if each.purpose == "eta"]
    assert shown.desired == "2026-03-17"
    assert plan_ticket(situation(made=mapping()), NOW).eta == TOLD


def test_mapping_may_name_where_dates_come_from() -> None:
    s = situation(made=mapping(eta={"boards": ["Custom.Planned", "iteration"]}))
    known = replace(s, items=(linked("1", TargetDate="2026-03-12", **{"Custom.Planned": LATER}),))
    assert eta_now(known, NOW).day == LATER
    ends = replace(s, items=(linked("1", **{"@iteration": "Platform\\S1"}),))
    assert eta_now(ends, NOW).day == date(2026, 5, 29)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, TOLD),
        ({"internal": True}, None),
        ({"inbound": True}, None),
        ({"own": True}, None),
        ({"app": True}, None),
    ],
)
def test_only_what_a_person_wrote_for_the_customer_tells_a_date(
    more: dict[str, Any], told: date | None
) -> None:
    s = situation(written(NOW, "It comes on 12 March.", **more))
    found = told_of(s, NOW)
    assert (None if found is None else found.day) == told


def test_message_that_names_another_day_tells_none_that_is_known() -> None:
    assert told_of(situation(written(NOW, "Let us talk on 13 March.")), NOW) is None
    assert told_of(situation(written(NOW, "It comes on 12 March."), made=mapping()), NOW) is None


def test_message_about_a_date_that_moved_since_still_counts() -> None:
    known = ((NOW - timedelta(days=3), TOLD), (NOW, LATER))
    first = written(NOW - timedelta(days=2), "It comes on 12 March.")
    s = situation(first, day="2026-03-20", expected=known)
    assert told_of(s, NOW) == Told(TOLD, NOW - timedelta(days=2))
    both = written(NOW + timedelta(hours=1), "It comes on 20 March, not on 12 March.")
    assert told_of(situation(first, both, day="2026-03-20", expected=known), NOW) == Told(
        LATER, NOW + timedelta(hours=1)
    )


def test_newest_message_counts_the_hubs_own_too() -> None:
    said = Said("m1", NOW, "ada", "d1", eta=LATER)
    s = situation(written(NOW - timedelta(days=1), "On 12 March."), said=(said,))
    assert told_of(s, NOW) == Told(LATER, NOW)
    earlier = replace(said, at=NOW - timedelta(days=2))
    assert told_of(replace(s, said=(earlier,)), NOW) == Told(TOLD, NOW - timedelta(days=1))


@given(DAYS, st.none() | DAYS, DAYS)
def test_slip_is_a_day_that_is_gone_or_a_date_more_than_a_day_later(
    told: date, now: date | None, on: date
) -> None:
    found = slip(told, now, on, delivered=False)
    late = on > told or (now is not None and now - told > timedelta(days=1))
    assert found == (Slip(told, now) if late else None)
    assert slip(told, now, on, delivered=True) is None
    assert slip(None, now, on, delivered=False) is None
    # Whoever tells the date that is known now, in time, has nothing left to say.
    if now is not None and on <= now:
        assert slip(now, now, on, delivered=False) is None


def test_plan_says_what_slipped_and_wakes_when_the_day_is_gone() -> None:
    comment = written(NOW, "It comes on 12 March.")
    s = situation(comment)
    plan = plan_ticket(s, NOW)
    assert (plan.told, plan.slip) == (TOLD, None)
    assert plan.wake_at == datetime(2026, 3, 13, tzinfo=UTC)
    gone = plan_ticket(s, plan.wake_at)
    assert gone.slip == Slip(TOLD, TOLD)
    finished = replace(s, items=(linked("1", "Closed", TargetDate="2026-03-12"),))
    assert plan_ticket(finished, plan.wake_at).slip is None


def test_date_that_can_not_be_seen_now_is_no_slip() -> None:
    s = situation(written(NOW, "It comes on 12 March."))
    broken = replace(s, items=(*s.items, replace(linked("2"), observation=None)))
    assert eta_now(broken, NOW).day is None
    plan = plan_ticket(s, NOW)
    assert plan.slip is None
    assert told_of(replace(broken, expected=((NOW, TOLD),)), NOW) == Told(TOLD, NOW)


def test_release_whose_own_date_is_no_rollout_day_is_a_finding_of_the_item() -> None:
    made = releasing(rollout_days=["tue"], sources={"boards": "iteration"})
    # Platform\S1 ends on a Friday.
    facts = item_facts("99", **{"@iteration": "Platform\\S1"})
    s = item(replace(linked_ticket(), mapping=made), facts=facts)
    [finding] = [e for e in plan_item(s, None, NOW).findings if e.code == "RELEASE_OFF_DAY"]
    assert finding.data == {"release": "S1", "day": "2026-05-29"}
    hushed = item(
        replace(linked_ticket(), mapping=made),
        facts=item_facts("99", **{"@iteration": "Platform\\Sentry clean-up"}),
    )
    ends = {"Platform\\Sentry clean-up": date(2026, 5, 29)}
    reference = replace(hushed.tracker.reference, iteration_ends=ends)
    hushed = replace(hushed, tracker=replace(hushed.tracker, reference=reference))
    [finding] = [e for e in plan_item(hushed, None, NOW).findings if e.code == "RELEASE_OFF_DAY"]
    assert finding.data["release"] == "a release"
    after = datetime(2026, 6, 1, tzinfo=UTC)
    assert not [e for e in plan_item(s, None, after).findings if e.code == "RELEASE_OFF_DAY"]
    plain = item(linked_ticket(), facts=facts)
    assert not [e for e in plan_item(plain, None, NOW).findings if e.code == "RELEASE_OFF_DAY"]
