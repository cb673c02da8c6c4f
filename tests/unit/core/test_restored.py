"""After a restore: what may have been forgotten is looked for, what is newer is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bridge.core.launching import launch_marker
from bridge.core.plan import plan_item, plan_ticket
from bridge.core.situation import Plan, TicketSituation, Voice
from bridge.domain.drafts import Draft, DraftState, Reached, Said
from bridge.domain.operations import AddItemComment, FindSaid, LaunchItem, SayToCustomer
from bridge.domain.records import ALIASES, COMMENTS, CREATED_AT, STATUS, Comment, Fact
from bridge.domain.refs import TicketRef
from bridge.domain.restores import Restored
from tests.unit.core.examples import (
    BOARDS,
    MAPPING,
    NOW,
    TICKET,
    item,
    item_facts,
    linked,
    linked_ticket,
    mapping,
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


# ---------------------------------------------------------------- what the customer was told


OLD, NEW = RESTORED.at - timedelta(hours=2), RESTORED.at + timedelta(minutes=30)


def approved(**more: Any) -> Draft:
    given: dict[str, Any] = {
        "id": "d-1",
        "ticket": str(TICKET),
        "reason": "by_hand",
        "html": "<p>It works again.</p>",
        "digest": "x",
        "state": DraftState.APPROVED,
        "made_at": OLD,
        "approved_by": "kim",
        **more,
    }
    return Draft(**given)


def speaking(*drafts: Draft, moved: datetime = OLD, **more: Any) -> TicketSituation:
    done = linked("99", "Closed")
    assert done.observation is not None
    facts = {**done.observation.facts, STATUS: Fact("Closed", moved)}
    item = replace(
        done,
        link=replace(done.link, created_at=OLD - timedelta(days=1)),
        observation=replace(done.observation, facts=facts),
    )
    stages = [
        {**each, "tell": "send" if each["id"] == "available" else "no"}
        for each in MAPPING["stages"]
    ]
    given: dict[str, Any] = {
        "restored": RESTORED,
        "items": (item,),
        "mapping": mapping(stages=stages),
        "voice": Voice(grace=timedelta(seconds=30)),
        "start_mark": OLD - timedelta(days=1),
        **more,
    }
    return ticket(
        ticket_facts(**{CREATED_AT: (OLD - timedelta(days=2)).isoformat()}), **given, drafts=drafts
    )


def spoken(s: TicketSituation, now: datetime = NOW) -> list[FindSaid | SayToCustomer]:
    plan = plan_ticket(s, now)
    return [each for each in plan.operations if isinstance(each, FindSaid | SayToCustomer)]


def test_message_approved_in_the_backup_is_looked_for_before_it_is_said() -> None:
    (look,) = spoken(speaking(approved()))
    assert isinstance(look, FindSaid)
    assert (look.intended_at, look.forgotten) == (RESTORED.known_until, True)
    # Not found after the restore, it was never said.
    (said,) = spoken(speaking(approved(probes=1)))
    assert isinstance(said, SayToCustomer)
    (said,) = spoken(speaking(approved(), restored=None))
    assert isinstance(said, SayToCustomer)
    # And not before the helpdesk must show what was said last.
    assert spoken(speaking(approved()), RESTORED.at + timedelta(seconds=29)) == []


def test_stage_that_may_have_been_told_before_the_restore_is_drafted_and_looked_for_first() -> None:
    s = speaking()
    [made] = plan_ticket(s, NOW).drafts.new
    assert made.state is DraftState.APPROVED
    (look,) = spoken(replace(s, drafts=(made,), reached=Reached("available", NOW)))
    assert isinstance(look, FindSaid)
    assert (look.marker, look.forgotten) == (made.marker, True)
    # What came about since was told by nobody.
    late = speaking(replace(made, made_at=NEW), moved=NEW, reached=Reached("available", NEW))
    (said,) = spoken(late)
    assert isinstance(said, SayToCustomer)


def test_what_a_person_wrote_after_the_restore_is_said_at_once() -> None:
    (said,) = spoken(speaking(approved(made_at=NEW)))
    assert isinstance(said, SayToCustomer)


def test_date_is_looked_for_by_the_same_name_whatever_the_store_has_forgotten() -> None:
    item = linked("99", "Active", TargetDate="2026-05-20")
    told = Said("m1", OLD, "ada", "d1", None, date(2026, 5, 12))
    earlier = approved(id="d-0", reason="eta", state=DraftState.SENT, eta=date(2026, 5, 12))
    known, forgot = (
        plan_ticket(speaking(*drafts, items=(item,), said=(told,)), NOW).drafts.new
        for drafts in ((earlier,), ())
    )
    assert [each.id for each in known] == [each.id for each in forgot]
    going = replace(forgot[0], state=DraftState.APPROVED)
    (look,) = spoken(speaking(going, items=(item,), said=(told,)))
    assert isinstance(look, FindSaid)
    # A person made another date of it: the next draft of this one has a name of its own.
    edited = replace(forgot[0], state=DraftState.SENT, eta=None)
    [anew] = plan_ticket(speaking(edited, items=(item,), said=(told,)), NOW).drafts.new
    assert anew.id != edited.id
