"""A signal's own pass: one launch for ever, then relations, and never a word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.core.item_links import plan_item_links
from bridge.core.relating import MOST_RELATED, RELATED, related_links, relations_due
from bridge.core.signals import (
    Destination,
    SignalSituation,
    item_words,
    plan_signal,
    signal_marker,
)
from bridge.core.situation import ItemSituation, RelatedItem, TrackerView
from bridge.domain.links import LaunchState, LedgerEntry, LedgerState, Relation, SignalLaunch
from bridge.domain.operations import LaunchSignal, ProbeSignal
from bridge.domain.records import HYPERLINKS, Fact, Observation, Reference, Source, Value
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.domain.texts import Audience, Text

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIGNAL = SignalRef("sentry", "4509")
MADE, OWN = WorkItemRef("boards", "2"), WorkItemRef("boards", "1")
BOARDS = TrackerView("boards", Reference(), probe_grace=timedelta(seconds=30), relates=True)
ASKED = SignalSituation(
    SIGNAL, Destination("boards", None, "Bug"), BOARDS, asked=True, related=(OWN,)
)


def _launch(state: LaunchState, probes: int = 0) -> SignalLaunch:
    return SignalLaunch(SIGNAL, "boards", signal_marker(SIGNAL), state, NOW, probes=probes)


def test_nobody_asked_and_nothing_happens() -> None:
    assert plan_signal(replace(ASKED, asked=False, related=()), NOW).operations == ()


def test_what_was_asked_for_is_launched_with_a_marker_that_is_always_the_same() -> None:
    [operation] = plan_signal(ASKED, NOW).operations
    assert operation == LaunchSignal(SIGNAL, "boards", signal_marker(SIGNAL), None, "Bug")
    assert signal_marker(SIGNAL) == signal_marker(SignalRef("sentry", "4509"))
    assert signal_marker(SIGNAL) != signal_marker(SignalRef("sentry", "4510"))


def test_an_item_that_is_there_is_related_and_none_is_launched() -> None:
    plan = plan_signal(replace(ASKED, items=(MADE,)), NOW)
    assert (plan.operations, plan.relations) == ((), (Relation(MADE, OWN),))


def test_an_item_is_never_related_to_itself_but_another_is_made() -> None:
    plan = plan_signal(replace(ASKED, items=(OWN,)), NOW)
    assert isinstance(plan.operations[0], LaunchSignal)
    assert plan.relations == ()


def test_an_item_on_a_ticket_is_not_used_and_told() -> None:
    plan = plan_signal(replace(ASKED, on_tickets=(OWN,)), NOW)
    assert isinstance(plan.operations[0], LaunchSignal)
    assert [each.code for each in plan.findings] == ["SENTRY_ON_TICKET"]


def test_a_launch_without_an_answer_is_only_probed_once_its_time_has_come() -> None:
    waiting = replace(ASKED, launch=_launch(LaunchState.INTENDED))
    early = plan_signal(waiting, NOW + timedelta(seconds=29))
    assert (early.operations, early.wake_at) == ((), NOW + timedelta(seconds=30))
    [probe] = plan_signal(waiting, NOW + timedelta(seconds=30)).operations
    assert isinstance(probe, ProbeSignal)


@pytest.mark.parametrize("state", [LaunchState.REJECTED, LaunchState.UNDECIDED])
def test_a_launch_that_failed_is_not_repeated_but_told(state: LaunchState) -> None:
    plan = plan_signal(replace(ASKED, launch=_launch(state)), NOW)
    assert plan.operations == ()
    assert [each.code for each in plan.findings] == [f"LAUNCH_{state.name}"]


def test_a_created_launch_whose_item_went_is_not_repeated() -> None:
    assert plan_signal(replace(ASKED, launch=_launch(LaunchState.CREATED)), NOW).operations == ()


def test_the_limit_and_a_missing_tracker_stop_a_launch() -> None:
    full = plan_signal(replace(ASKED, launches_last_hour=200), NOW)
    none = plan_signal(replace(ASKED, tracker=None), NOW)
    assert [each.code for each in full.findings] == ["LAUNCH_LIMIT"]
    assert [each.code for each in none.findings] == ["NO_CONNECTION"]
    assert (full.operations, none.operations) == ((), ())


def test_an_item_is_called_by_key_and_title_on_one_line_cut_to_what_fits() -> None:
    title = Text("Type\nError <b> & " + "x" * 300, Audience.ENGINEERING, ("sentry:1",))
    fields = item_words(
        title, "CHECKOUT-1", "http://s.test/?a=1&b='\"", subject_field="t", body_field="d",
        longest=250,
    )  # fmt: skip
    subject = str(fields["t"])
    assert subject.startswith("CHECKOUT-1: Type Error <b> & xxx")
    assert (len(subject), subject[-1]) == (250, "…")
    # The title stands in no description, and an address can't leave its attribute.
    assert "Error <b>" not in str(fields["d"])
    assert 'href="http://s.test/?a=1&amp;b=&#x27;&quot;"' in str(fields["d"])


def _item(*related: RelatedItem, ledger: dict[str, LedgerEntry] | None = None) -> ItemSituation:
    seen = Observation(MADE, {}, NOW, Source.READ)
    return ItemSituation(MADE, seen, BOARDS, ledger=ledger or {}, related=related)


def test_within_a_tracker_one_side_relates_once() -> None:
    writes, follows = RelatedItem(OWN, "u", True), RelatedItem(OWN, "u", False)
    [operation] = relations_due(_item(writes))
    assert (operation.item, operation.other) == (MADE, OWN)
    assert relations_due(_item(follows)) == []
    entry = LedgerEntry(operation.source, operation.content, LedgerState.COPIED, "")
    assert relations_due(_item(writes, ledger={operation.source: entry})) == []
    assert related_links(_item(writes)) == []


def test_across_trackers_both_sides_link_and_neither_relates() -> None:
    other = WorkItemRef("jira", "10001")
    for writes in (True, False):
        s = _item(RelatedItem(other, "https://j.test/browse/A-1", writes))
        assert relations_due(s) == []
        assert [each.url for each in related_links(s)] == ["https://j.test/browse/A-1"]
    assert related_links(_item(RelatedItem(other, "", True))) == []


def test_of_an_item_with_more_relations_than_are_read_no_hyperlink_to_another_is_taken_away() -> (
    None
):
    links: Value = [{"url": "https://j.test/old", "comment": f"{RELATED}0"}]
    shown = Observation(MADE, {HYPERLINKS: Fact(links, NOW)}, NOW, Source.READ, whole=True)
    for count, removed in ((1, 1), (MOST_RELATED, 0)):
        others = [RelatedItem(WorkItemRef("jira", str(n)), f"u{n}", True) for n in range(count)]
        step = plan_item_links(replace(_item(*others), observation=shown), None)
        assert step.operation is not None
        assert len(step.operation.remove) == removed
