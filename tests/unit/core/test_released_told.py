"""What is done is told, closed and called late only once its release is with the customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.core.closing import work_of
from bridge.core.drafting import plan_drafts
from bridge.core.facts import Facts
from bridge.core.hygiene import ITEM_DONE, hygiene_of
from bridge.core.plan import plan_ticket
from bridge.core.releases import without_release
from bridge.core.situation import Earlier, Telling, TicketSituation
from bridge.core.timelines import folded
from bridge.domain.drafts import Reached
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_hygiene import Hygiene
from bridge.domain.records import COMMENTS, CREATED_AT, Comment
from bridge.domain.releases import KnownRelease, ReleasesAround
from tests.unit.core.examples import (
    CREATED,
    MAPPING,
    NOW,
    START,
    TICKET,
    mapping,
    observation,
    ticket_facts,
)
from tests.unit.core.test_releases import DAY, GROUPS, ID, done, known, situation, version

RELEASES: dict[str, Any] = {"until_then": "in_testing", "groups": GROUPS}
OUT = datetime(2026, 3, 10, tzinfo=UTC)
"""When the day of the release begins."""
LATER = OUT + timedelta(hours=9)


def telling(tell: str = "draft", **more: Any) -> Mapping:
    """The example mapping with releases, which tells that work is available."""
    stages = [
        {**each, "tell": tell if each["id"] == "available" else "no"} for each in MAPPING["stages"]
    ]
    return mapping(**{"stages": stages, "releases": RELEASES, **more})


def wrote(at: datetime) -> Any:
    """A ticket on which a person wrote to the customer then."""
    comment = Comment("c1", "<p>Fixed, in our next release.</p>", "u1", "Kim", at.isoformat())
    said = replace(comment, internal=False)
    facts = {COMMENTS: [said.as_value()], CREATED_AT: CREATED.isoformat()}
    return observation(TICKET, ticket_facts(**facts), at=NOW)


def released(**changes: Any) -> TicketSituation:
    """Work done on the 2nd of March, in a release that reached the customer on the 10th."""
    given: dict[str, Any] = {
        "made": telling(),
        "releases": known({"elite": DAY}),
        "reached": Reached("in_testing", NOW),
        "start_mark": START,
        **changes,
    }
    return situation(done(version(released=True)), **given)


def test_message_written_while_the_release_was_awaited_does_not_tell_that_it_is_out() -> None:
    s = released(observation=wrote(CREATED + timedelta(minutes=30)))
    assert not plan_ticket(s, NOW).drafts.new
    [draft] = plan_ticket(s, LATER).drafts.new
    assert draft.stage == "available"
    # What a person wrote since it is out tells it.
    told = replace(s, observation=wrote(OUT + timedelta(hours=1)))
    assert not plan_ticket(told, LATER).drafts.new


def test_mapping_activated_between_done_and_released_tells_that_it_is_out() -> None:
    before = Earlier(mapping())
    s = released(telling=Telling(since=OUT - timedelta(days=2), earlier=(before,)))
    assert plan_ticket(s, LATER).drafts.new
    late = released(telling=Telling(since=OUT + timedelta(hours=3), earlier=(before,)))
    assert not plan_ticket(late, LATER).drafts.new


def test_earlier_mapping_is_asked_with_its_own_releases() -> None:
    other = {**RELEASES, "groups": {"everyone": {"after": "90d"}}}
    waited = Earlier(telling(releases=other))
    s = released(telling=Telling(since=OUT + timedelta(hours=3), earlier=(waited,)))
    assert not plan_ticket(s, LATER).drafts.new
    same = replace(s, telling=replace(s.telling, earlier=(Earlier(telling()),)))
    assert plan_ticket(same, LATER).drafts.new


@pytest.mark.parametrize(("linked_days_ago", "news"), [(0, False), (9, True)])
def test_release_without_a_day_is_news_only_where_the_work_hung_on_the_ticket_before(
    linked_days_ago: int, *, news: bool
) -> None:
    """An old release is seen for the first time when old links are adopted."""
    seen = datetime(2026, 3, 10, 8, tzinfo=UTC)
    made = telling(releases={"until_then": "in_testing"})
    around = ReleasesAround({ID: KnownRelease("5.5", None, seen)})
    item = done(version(released=True, day=None))
    link = replace(item.link, created_at=seen - timedelta(days=linked_days_ago))
    s = situation(replace(item, link=link), made=made, releases=around)
    s = replace(s, start_mark=CREATED + timedelta(hours=1), reached=Reached("in_testing", NOW))
    assert bool(plan_drafts(s, "available", None, LATER).plan.new) is news


def test_work_whose_release_is_awaited_is_not_done() -> None:
    s = released()
    assert (work_of(s, NOW).done, work_of(s, LATER).done) == (False, True)
    declined = replace(s, items=(done(version(), status="Removed"),))
    assert without_release(declined, NOW) == frozenset()
    assert work_of(declined, NOW).done


def test_ticket_waiting_for_a_release_is_not_closed_by_the_hub_nor_called_done() -> None:
    spec = {
        "pending": ["1"],
        "pending_after": "1d",
        "to": {"property": "hs_pipeline_stage", "value": "Closed"},
    }
    s = released(made=telling(closing=spec), observation=wrote(CREATED + timedelta(minutes=30)))
    waiting = plan_ticket(s, OUT - timedelta(hours=1))
    assert waiting.closure is not None
    assert waiting.closure.done_since is None
    assert "DONE_NOT_CLOSED" not in [each.code for each in waiting.findings]
    assert "hs_pipeline_stage" not in str(waiting.operations)
    # And once it is out, it counts as done since then: they have not been told.
    out = plan_ticket(replace(s, closure=waiting.closure), LATER)
    assert out.closure is not None
    assert out.closure.done_since == OUT
    assert "hs_pipeline_stage" not in str(out.operations)


def test_hygiene_counts_from_the_release_and_not_from_the_work() -> None:
    def codes(now: datetime) -> list[str]:
        return [each.code for each in hygiene_of(released(), Hygiene(), now)]

    assert ITEM_DONE not in codes(OUT - timedelta(minutes=1))
    assert ITEM_DONE not in codes(OUT + timedelta(days=2))
    assert ITEM_DONE in codes(OUT + timedelta(days=3))


def test_stage_is_reached_with_the_release_and_not_before() -> None:
    s = released()
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company)
    line = folded(s, facts, stage="available", eta=None, now=LATER)
    assert line.reached["stage:available"] == OUT
    assert line.reached["stage:in_testing"] < NOW
    plain = replace(s, mapping=mapping())
    line = folded(plain, facts, stage="available", eta=None, now=LATER)
    assert line.reached["stage:available"] < NOW
