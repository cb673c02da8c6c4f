"""A customer's reply on a solved ticket: who gets it back, and what the work item hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bridge.core.closing import remembered
from bridge.core.plan import plan_ticket
from bridge.core.plan_item import plan_item
from bridge.core.replies import FOLLOW_UP
from bridge.core.situation import ItemSituation, Plan, TicketSituation
from bridge.domain.closures import Closure, Standing
from bridge.domain.links import Fingerprint, LedgerEntry, LedgerState
from bridge.domain.operations import AddItemComment, SetItemFields, SetTicketFields
from bridge.domain.records import ALIASES, COMMENTS, CREATED_AT, STATUS, Comment, Reference
from bridge.domain.refs import WorkItemRef
from tests.unit.core.examples import (
    BOARDS,
    HELPDESK,
    NOW,
    TICKET,
    item,
    item_facts,
    linked,
    linked_ticket,
    mapping,
    observation,
    ticket,
    ticket_facts,
)

SOLVED_AT, BACK_AT = NOW - timedelta(days=3), NOW - timedelta(hours=1)
SECRET = "My password is hunter2"
OWNER = "hubspot_owner_id"
BY_REPLY = Closure(Standing.OPEN, BACK_AT, None, "71", SOLVED_AT, BACK_AT, "m1")
PEOPLE = Reference(statuses=HELPDESK.statuses, owners={"71": "ana@acme.example"})


def reply(minutes: float = 0, **more: Any) -> Comment:
    """What the customer wrote, so long before the ticket came back."""
    at = BACK_AT - timedelta(minutes=minutes)
    given: dict[str, Any] = {"internal": False, "inbound": True, "at": at.isoformat(), **more}
    return Comment("m1", SECRET, **given)


def back(
    *comments: Comment, closure: Closure | None = BY_REPLY, status: str = "1", **facts: Any
) -> TicketSituation:
    """A ticket that was solved three days ago and is open since an hour."""
    said = [each.as_value() for each in comments]
    made = (SOLVED_AT - timedelta(days=9)).isoformat()
    given = {STATUS: status, COMMENTS: said, OWNER: None, CREATED_AT: made, **facts}
    own = ticket_facts(**given)
    return ticket(
        observation=observation(TICKET, own, at=BACK_AT),
        reference=PEOPLE,
        mapping=mapping(on_reply={"item": "tell", "owner": OWNER}),
        items=(linked("99", "Closed"),),
        closure=closure,
    )


SOLVED = Closure(Standing.CLOSED, SOLVED_AT, None, "71")


def test_reply_before_the_ticket_came_back_is_what_brought_it_back() -> None:
    kept = remembered(back(reply(), closure=SOLVED), NOW)
    assert kept == replace(BY_REPLY, done_since=kept.done_since if kept else None)


def test_message_from_before_the_end_or_long_after_the_return_brought_nothing_back() -> None:
    old = reply(minutes=3 * 24 * 60)
    late = reply(minutes=-20)
    for each in (old, late):
        kept = remembered(back(each, closure=SOLVED), NOW)
        assert kept is not None
        assert (kept.reopened_at, kept.reply) == (BACK_AT, "")


def test_agent_who_opens_a_ticket_again_is_no_reply() -> None:
    kept = remembered(back(closure=SOLVED), NOW)
    assert kept is not None
    assert kept.reply == ""


def test_ticket_that_goes_on_with_a_closed_one_is_a_reply() -> None:
    new: dict[str, Any] = {CREATED_AT: BACK_AT.isoformat(), ALIASES: ["700"]}
    kept = remembered(back(closure=SOLVED, **new), NOW)
    assert kept is not None
    assert kept.reply == FOLLOW_UP


def test_next_end_forgets_the_return() -> None:
    kept = remembered(back(reply(), status="4"), NOW)
    assert kept is not None
    assert (kept.reopened_at, kept.reply, kept.ended_at) == (None, "", None)


# ----------------------------------------------------------------------------- who had it


def given_back(plan: Plan) -> list[str]:
    """To whom the ticket is given."""
    fields = [f for o in plan.operations if isinstance(o, SetTicketFields) for f in o.fields]
    return [each.value.value for each in fields if each.field == OWNER]


def test_ticket_that_nobody_has_goes_back_to_whoever_had_it() -> None:
    assert given_back(plan_ticket(back(reply()), NOW)) == ["71"]


def test_ticket_that_somebody_has_is_left_with_them() -> None:
    taken: dict[str, Any] = {OWNER: "72"}
    assert given_back(plan_ticket(back(reply(), **taken), NOW)) == []


def test_ticket_that_no_reply_brought_back_is_given_to_nobody() -> None:
    by_hand = replace(BY_REPLY, reply="")
    assert given_back(plan_ticket(back(closure=by_hand), NOW)) == []


def test_owner_who_was_taken_off_again_is_not_put_back_twice() -> None:
    pair = Fingerprint(OWNER, "x", "x", BACK_AT + timedelta(minutes=1))
    s = replace(back(reply()), fingerprints={OWNER: pair})
    assert given_back(plan_ticket(s, NOW)) == []


def test_owner_who_left_is_a_finding() -> None:
    gone = replace(BY_REPLY, owner="70")
    plan = plan_ticket(back(reply(), closure=gone), NOW)
    assert given_back(plan) == []
    assert "OWNER_GONE" in {each.code for each in plan.findings}


def test_mapping_that_names_no_field_for_owners_gives_nothing_back() -> None:
    s = replace(back(reply()), mapping=mapping())
    assert given_back(plan_ticket(s, NOW)) == []


# ----------------------------------------------------------------------------- the work item


def on_item(status: str = "Closed", closure: Closure = BY_REPLY, **changes: Any) -> ItemSituation:
    """Work item 99 whose ticket a reply brought back."""
    with_reply = linked_ticket(**{COMMENTS: [reply().as_value()]})
    linked_at = changes.pop("linked_at", SOLVED_AT)
    with_reply = replace(with_reply, link=replace(with_reply.link, created_at=linked_at))
    on_reply = changes.pop("on_reply", None)
    if on_reply is not None:
        with_reply = replace(with_reply, mapping=mapping(on_reply=on_reply))
    given: dict[str, Any] = {
        "facts": item_facts("99", status),
        "closures": {str(TICKET): closure},
        "tracker": replace(BOARDS, status_field="System.State"),
    }
    return item(with_reply, **{**given, **changes})


def told(plan: Plan) -> list[AddItemComment]:
    """The comments that would be added."""
    return [each for each in plan.operations if isinstance(each, AddItemComment)]


def moved(plan: Plan) -> list[Any]:
    """The statuses that would be written."""
    fields = [f for o in plan.operations if isinstance(o, SetItemFields) for f in o.fields]
    return [each.value for each in fields if each.field == "System.State"]


def test_item_is_told_without_the_words_of_the_customer() -> None:
    [comment] = told(plan_item(on_item(), None, NOW))
    assert "hunter2" not in comment.html
    assert "Ticket 812" in comment.html
    assert "its customer has replied" in comment.html
    assert comment.marker in comment.html


def test_item_is_told_once_for_each_return() -> None:
    [comment] = told(plan_item(on_item(), None, NOW))
    entry = LedgerEntry(comment.source, comment.content, LedgerState.COPIED, comment.marker, "c1")
    again = on_item(ledger={comment.source: entry})
    assert told(plan_item(again, None, NOW)) == []
    next_time = replace(BY_REPLY, reply="m2", reopened_at=NOW)
    more = on_item(closure=next_time, ledger={comment.source: entry})
    assert len(told(plan_item(more, None, NOW))) == 1


def test_item_hears_nothing_where_no_reply_brought_the_ticket_back() -> None:
    ended = replace(BY_REPLY, standing=Standing.SOLVED)
    for closure in (replace(BY_REPLY, reply=""), ended):
        assert told(plan_item(on_item(closure=closure), None, NOW)) == []
    assert told(plan_item(on_item(on_reply="no"), None, NOW)) == []


def test_item_stays_done_unless_the_mapping_reopens_it() -> None:
    assert moved(plan_item(on_item(), None, NOW)) == []
    spec = {"item": "reopen", "reopen_to": {"boards": "Active"}}
    assert moved(plan_item(on_item(on_reply=spec), None, NOW)) == ["Active"]
    assert moved(plan_item(on_item("Active", on_reply=spec), None, NOW)) == []


def test_item_that_was_finished_again_is_not_reopened_twice() -> None:
    spec = {"item": "reopen", "reopen_to": {"boards": "Active"}}
    written: datetime = BACK_AT + timedelta(minutes=1)
    pair = Fingerprint("System.State", "x", "x", written)
    s = on_item(on_reply=spec, fingerprints={"System.State": pair})
    assert moved(plan_item(s, None, NOW)) == []


def test_item_that_was_not_done_when_the_ticket_came_back_is_left_done_later() -> None:
    spec = {"item": "reopen", "reopen_to": {"boards": "Active"}}
    seen = observation(
        WorkItemRef("boards", "99"), item_facts("99", "Closed"), at=BACK_AT + timedelta(days=20)
    )
    now = NOW + timedelta(days=21)
    assert moved(plan_item(on_item(on_reply=spec, observation=seen), None, now)) == []
    since = replace(BY_REPLY, done_since=BACK_AT + timedelta(days=20))
    finished = on_item(on_reply=spec, observation=seen, closure=since)
    assert moved(plan_item(finished, None, now)) == []
    # Edited since, but done all the time.
    before = replace(BY_REPLY, done_since=SOLVED_AT)
    edited = on_item(on_reply=spec, observation=seen, closure=before)
    assert moved(plan_item(edited, None, now)) == ["Active"]


def test_item_that_was_linked_after_the_ticket_came_back_hears_nothing_of_it() -> None:
    spec = {"item": "reopen", "reopen_to": {"boards": "Active"}}
    s = on_item(on_reply=spec, linked_at=BACK_AT + timedelta(minutes=5))
    plan = plan_item(s, None, NOW)
    assert (told(plan), moved(plan)) == ([], [])
