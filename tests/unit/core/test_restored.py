"""After a restore: what may have been forgotten is looked for, what is newer is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.core.launching import launch_marker
from bridge.core.plan import plan_item, plan_ticket
from bridge.core.situation import Plan, TicketSituation
from bridge.domain.operations import AddItemComment, LaunchItem
from bridge.domain.records import ALIASES, COMMENTS, CREATED_AT, Comment
from bridge.domain.refs import TicketRef
from bridge.domain.restores import Restored
from tests.unit.core.examples import (
    BOARDS,
    NOW,
    TICKET,
    item,
    item_facts,
    linked_ticket,
    ticket,
    ticket_facts,
)

RESTORED = Restored(at=NOW - timedelta(hours=1), known_until=NOW - timedelta(days=1))
LATER = (RESTORED.at + timedelta(minutes=6)).isoformat()
NOTE = Comment("5", "<p>#dev</p><p>Please look.</p>", author="Ann")


def launches(plan: Plan) -> list[LaunchItem]:
    return [each for each in plan.operations if isinstance(each, LaunchItem)]


def comments(plan: Plan) -> list[AddItemComment]:
    return [each for each in plan.operations if isinstance(each, AddItemComment)]


def situation(**facts: Any) -> TicketSituation:
    return ticket(ticket_facts(**facts), restored=RESTORED)


def test_launch_that_may_be_forgotten_is_looked_for_under_every_route_and_merged_id() -> None:
    (operation,) = launches(plan_ticket(situation(**{ALIASES: ["700"]}), NOW))
    assert operation.look_since == RESTORED.known_until
    refs = (TICKET, TicketRef("hubspot", "700"))
    assert operation.look_for == tuple(
        launch_marker(r, w) for r in refs for w in ("bug", "feature")
    )


def test_launch_is_not_looked_for_without_a_restore_or_for_a_newer_ticket() -> None:
    for s in (ticket(), situation(**{CREATED_AT: LATER})):
        (operation,) = launches(plan_ticket(s, NOW))
        assert (operation.look_since, operation.look_for) == (None, ())


def test_ticket_of_unknown_age_counts_as_older_than_the_restore() -> None:
    s = replace(situation(**{CREATED_AT: ""}), launch_by_hand=frozenset({"bug"}))
    (operation,) = launches(plan_ticket(s, NOW))
    assert operation.look_since == RESTORED.known_until


@pytest.mark.parametrize(("seconds", "waits"), [(-1, True), (0, False)])
def test_launch_waits_until_the_search_shows_what_was_made_before_the_restore(
    seconds: int, waits: bool
) -> None:
    due = RESTORED.at + BOARDS.probe_grace
    plan = plan_ticket(situation(), due + timedelta(seconds=seconds))
    assert bool(launches(plan)) is not waits
    assert plan.wake_at == (due if waits else None)


def test_copy_that_may_be_forgotten_is_looked_for_and_found_by_its_marker() -> None:
    tickets = (linked_ticket(**{COMMENTS: [NOTE.as_value()]}),)
    (sent,) = comments(plan_item(item(*tickets), None, NOW))
    unread = plan_item(item(*tickets, restored=RESTORED), None, NOW)
    assert (comments(unread), unread.read_self) == ([], True)
    there = Comment("77", sent.html, own=True)
    facts = item_facts("99", **{COMMENTS: [there.as_value()]})
    found = plan_item(item(*tickets, facts=facts, restored=RESTORED), None, NOW)
    assert comments(found) == []
    assert [(each.source, each.target_id) for each in found.ledger] == [(sent.source, "77")]


def test_copy_that_a_look_after_the_restore_does_not_show_is_made() -> None:
    tickets = (linked_ticket(**{COMMENTS: [NOTE.as_value()]}),)
    facts = item_facts("99", **{COMMENTS: []})
    plan = plan_item(item(*tickets, facts=facts, restored=RESTORED), None, NOW)
    assert len(comments(plan)) == 1


def test_comment_written_after_the_restore_is_copied_without_a_look() -> None:
    tickets = (linked_ticket(**{COMMENTS: [replace(NOTE, at=LATER).as_value()]}),)
    plan = plan_item(item(*tickets, restored=RESTORED), None, NOW)
    assert (len(comments(plan)), plan.read_self) == (1, False)
