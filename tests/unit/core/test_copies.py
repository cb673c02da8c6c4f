"""Files and comments: each copied at most once, looked for before it is sent again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bridge.core.detector import KnownSentry
from bridge.core.ledger import comment_content, file_content
from bridge.core.plan import plan_item, plan_ticket
from bridge.core.situation import ItemSituation, LinkedTicket, Plan
from bridge.domain.links import LedgerEntry, LedgerState
from bridge.domain.operations import AddItemComment, AddTicketNote, CopyAttachment
from bridge.domain.records import ALIASES, ATTACHMENTS, COMMENTS, Attachment, Comment, Source, Value
from tests.unit.core.examples import (
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

SHOT = Attachment("8801", "shot.png", 4_000)
NOTE = Comment("5", "<p>#dev</p><p>Please look.</p>", author="Ann")
ANSWER = Comment("9", "<p>#customer</p><p>Fixed in 4.2.</p>", author="Dev")


def with_files(*files: Attachment) -> LinkedTicket:
    return linked_ticket(**{ATTACHMENTS: [each.as_value() for each in files]})


def with_notes(*notes: Comment, aliases: list[Value] | None = None) -> LinkedTicket:
    said: list[Value] = [each.as_value() for each in notes]
    return linked_ticket(**{COMMENTS: said, ALIASES: aliases or []})


def copies(plan: Plan) -> list[CopyAttachment]:
    return [each for each in plan.operations if isinstance(each, CopyAttachment)]


def comments(plan: Plan) -> list[AddItemComment]:
    return [each for each in plan.operations if isinstance(each, AddItemComment)]


def entry(source: str, content: str, state: LedgerState, **more: Any) -> LedgerEntry:
    return LedgerEntry(source, content, state, more.pop("marker", "tb-1"), **more)


def shot_entry(state: LedgerState, source: str = "hubspot:812#file/8801", **more: Any) -> Any:
    return {source: entry(source, file_content(SHOT), state, **more)}


def test_file_of_the_ticket_is_copied_under_its_name() -> None:
    (copy,) = copies(plan_item(item(with_files(SHOT)), None, NOW))
    assert (copy.source, copy.ticket) == ("hubspot:812#file/8801", TICKET)
    assert copy.marker.startswith("tb-")


def test_copied_or_refused_file_is_not_copied_again() -> None:
    done = item(with_files(SHOT), ledger=shot_entry(LedgerState.COPIED))
    assert copies(plan_item(done, None, NOW)) == []
    refused = plan_item(item(with_files(SHOT), ledger=shot_entry(LedgerState.REJECTED)), None, NOW)
    assert copies(refused) == []
    assert [each.code for each in refused.findings] == ["COPY_REJECTED"]


def test_merged_copy_of_a_file_under_a_new_id_is_the_same_file() -> None:
    ledger = shot_entry(LedgerState.COPIED, "hubspot:700#file/1")
    assert copies(plan_item(item(with_files(SHOT), ledger=ledger), None, NOW)) == []
    twice = with_files(SHOT, replace(SHOT, id="8802"))
    assert len(copies(plan_item(item(twice), None, NOW))) == 1


def test_files_of_unknown_size_are_told_apart_by_id() -> None:
    unsized = replace(SHOT, size=None)
    plan = plan_item(item(with_files(unsized, replace(unsized, id="2"))), None, NOW)
    assert len(copies(plan)) == 2


def test_file_too_large_is_a_finding() -> None:
    plan = plan_item(item(with_files(replace(SHOT, size=2_000_000))), None, NOW)
    assert copies(plan) == []
    assert [each.code for each in plan.findings] == ["ATTACHMENT_TOO_LARGE"]


def test_route_without_attachments_copies_none() -> None:
    shy = with_files(SHOT)
    for other in (replace(shy.link, route="feature"), replace(shy.link, route=None)):
        assert copies(plan_item(item(replace(shy, link=other)), None, NOW)) == []
    assert copies(plan_item(item(replace(shy, closed=True)), None, NOW)) == []


def unclear(
    source: Source, seen_after_s: float, shown: str = "", intended_s: float = 60
) -> ItemSituation:
    """A copy intended some time ago, and the item as seen since."""
    intended = NOW - timedelta(seconds=intended_s)
    rows: list[Value] = [replace(SHOT, id="t1", comment=shown).as_value()] if shown else []
    s = item(
        with_files(SHOT),
        facts=item_facts("99", **{ATTACHMENTS: rows}),
        ledger=shot_entry(LedgerState.INTENDED, intended_at=intended),
    )
    seen_at = intended + timedelta(seconds=seen_after_s)
    return replace(s, observation=replace(s.observation, seen_at=seen_at, source=source))


def test_unclear_copy_found_by_its_marker_is_adopted() -> None:
    plan = plan_item(unclear(Source.WEBHOOK, 1, "tb-1"), None, NOW)
    (adopted,) = plan.ledger
    assert (adopted.state, adopted.target_id) == (LedgerState.COPIED, "t1")
    assert copies(plan) == []


def test_unclear_copy_waits_its_grace() -> None:
    plan = plan_item(unclear(Source.READ, 1, intended_s=10), None, NOW)
    assert (copies(plan), plan.read_self) == ([], False)
    assert plan.wake_at == NOW + timedelta(seconds=20)


def test_unclear_copy_asks_for_a_newer_look_before_it_is_sent_again() -> None:
    for s in (unclear(Source.READ, 5), unclear(Source.WEBHOOK, 60)):
        plan = plan_item(s, None, NOW)
        assert (copies(plan), plan.read_self) == ([], True)


def test_unclear_copy_that_a_newer_look_does_not_show_is_sent_with_the_same_marker() -> None:
    plan = plan_item(unclear(Source.READ, 59), None, NOW)
    assert [each.marker for each in copies(plan)] == ["tb-1"]
    assert plan.read_self is False


def test_unclear_copy_of_a_ticket_merged_away_is_taken_up_under_its_old_name() -> None:
    """Its file has a new id now; the old intent still decides, or the file would never arrive."""
    intended = NOW - timedelta(seconds=60)
    ledger = shot_entry(LedgerState.INTENDED, "hubspot:700#file/1", intended_at=intended)
    s = item(with_files(SHOT), facts=item_facts("99", **{ATTACHMENTS: []}), ledger=ledger)
    looked = replace(s.observation, seen_at=NOW, source=Source.READ)
    told = replace(s.observation, source=Source.WEBHOOK)
    assert plan_item(replace(s, observation=told), None, NOW).read_self
    (copy,) = copies(plan_item(replace(s, observation=looked), None, NOW))
    assert (copy.source, copy.marker, copy.ticket) == ("hubspot:700#file/1", "tb-1", TICKET)
    rows: list[Value] = [replace(SHOT, id="t1", comment="tb-1").as_value()]
    s = replace(s, observation=item(facts=item_facts("99", **{ATTACHMENTS: rows})).observation)
    (adopted,) = plan_item(s, None, NOW).ledger
    assert (adopted.source, adopted.state) == ("hubspot:700#file/1", LedgerState.COPIED)


def test_unclear_comment_of_a_ticket_merged_away_is_taken_up_under_its_old_name() -> None:
    intended = NOW - timedelta(seconds=60)
    moved = entry(
        "hubspot:700#comment/1", comment_content(NOTE), LedgerState.INTENDED, intended_at=intended
    )
    merged = with_notes(NOTE, aliases=["700"])
    s = item(merged, facts=item_facts("99", **{COMMENTS: []}), ledger={moved.source: moved})
    looked = replace(s.observation, seen_at=NOW, source=Source.READ)
    (comment,) = comments(plan_item(replace(s, observation=looked), None, NOW))
    assert (comment.source, comment.marker) == (moved.source, "tb-1")
    assert "ticket" in comment.html


def test_marked_note_becomes_a_comment_without_its_mark() -> None:
    (comment,) = comments(plan_item(item(with_notes(NOTE)), None, NOW))
    assert "Please look." in comment.html
    assert "#dev" not in comment.html
    assert comment.marker in comment.html
    assert comment.source == "hubspot:812#comment/5"


def test_notes_that_do_not_qualify_stay() -> None:
    for note in (
        replace(NOTE, own=True),
        replace(NOTE, internal=False),
        replace(NOTE, html="<p>Please, #dev</p>"),
        replace(NOTE, html="<p>#developers</p>"),
    ):
        assert comments(plan_item(item(with_notes(note)), None, NOW)) == []
    none = replace(with_notes(NOTE), mapping=mapping(comments={"to_work_item": "none"}))
    assert comments(plan_item(item(none), None, NOW)) == []


def test_same_words_twice_are_two_comments_but_a_merges_copy_is_one() -> None:
    twin = replace(NOTE, id="6")
    assert len(comments(plan_item(item(with_notes(NOTE, twin)), None, NOW))) == 2
    moved = entry("hubspot:700#comment/1", comment_content(NOTE), LedgerState.COPIED)
    other = plan_item(item(with_notes(NOTE), ledger={moved.source: moved}), None, NOW)
    assert len(comments(other)) == 1
    merged = with_notes(NOTE, aliases=["700"])
    plan = plan_item(item(merged, ledger={moved.source: moved}), None, NOW)
    assert comments(plan) == []


def answered(*answers: Comment, **changes: Any) -> Plan:
    hanging = linked("7", **{COMMENTS: [each.as_value() for each in answers]})
    hanging = replace(hanging, has_origin=changes.pop("has_origin", False))
    facts = ticket_facts(hs_ticket_category="Success", **{COMMENTS: []})
    return plan_ticket(ticket(facts, items=(hanging,), **changes), NOW)


def notes(plan: Plan) -> list[AddTicketNote]:
    return [each for each in plan.operations if isinstance(each, AddTicketNote)]


def test_comment_marked_for_the_customer_becomes_an_internal_note() -> None:
    (note,) = notes(answered(ANSWER))
    assert note.html.value.startswith("<p>Fixed in 4.2.</p><p>From <a href=")
    assert ">#7</a> · tb-" in note.html.value
    assert note.marker in note.html.value
    assert note.source == "boards:7#comment/9"


def test_unmarked_or_own_comment_stays_in_engineering() -> None:
    assert notes(answered(replace(ANSWER, html="<p>Fixed.</p>"), replace(ANSWER, own=True))) == []


def test_doubtful_comment_is_held_once_and_its_finding_stays() -> None:
    doubtful = replace(ANSWER, html="<p>#customer</p><p>see https://a.sentry.io/issues/1</p>")
    plan = answered(doubtful)
    (held,) = plan.ledger
    assert (notes(plan), held.state) == ([], LedgerState.HELD)
    assert "HELD_FOR_REVIEW" in [each.code for each in plan.findings]
    again = answered(doubtful, ledger={held.source: held})
    assert (notes(again), again.ledger) == ([], ())
    assert "HELD_FOR_REVIEW" in [each.code for each in again.findings]


def test_item_that_came_from_error_tracking_holds_every_comment() -> None:
    plan = answered(ANSWER, has_origin=True)
    assert notes(plan) == []
    assert [each.state for each in plan.ledger] == [LedgerState.HELD]


def test_copy_of_a_note_at_a_signal_is_held_as_proven_whatever_it_says() -> None:
    hanging = linked("7", **{COMMENTS: [ANSWER.as_value()]})
    facts = ticket_facts(hs_ticket_category="Success", **{COMMENTS: []})
    for proven in (frozenset({"9"}), frozenset({"8"})):
        item = replace(hanging, proven=proven)
        plan = plan_ticket(ticket(facts, items=(item,)), NOW)
        held = [each for each in plan.findings if each.code == "HELD_FOR_REVIEW"]
        assert bool(held) is ("9" in proven) is not bool(notes(plan))
        assert all("written by error tracking" in e.data["rule"] for e in held)


def test_what_a_programs_account_wrote_is_held() -> None:
    known = KnownSentry(accounts=frozenset({"557058:F58131CB"}))
    assert notes(answered(replace(ANSWER, app=True))) == []
    assert notes(answered(replace(ANSWER, author_id="557058:f58131cb"), sentry=known)) == []
    assert len(notes(answered(replace(ANSWER, author_id="557058:0"), sentry=known))) == 1


def test_gate_goes_by_the_projects_that_are_known() -> None:
    named = replace(ANSWER, html="<p>#customer</p><p>PUMP-STATION-1 is mended.</p>")
    known = KnownSentry(projects=frozenset({"pump-station"}))
    assert len(notes(answered(named))) == 1
    assert notes(answered(named, sentry=known)) == []


def test_unclear_note_is_adopted_when_the_ticket_shows_its_marker() -> None:
    mine = Comment("n1", "<p>Fixed in 4.2.</p><p>From #7 · tb-1</p>", own=True)
    unclear_note = entry(
        "boards:7#comment/9",
        comment_content(ANSWER),
        LedgerState.INTENDED,
        intended_at=NOW - timedelta(seconds=5),
    )
    hanging = linked("7", **{COMMENTS: [ANSWER.as_value()]})
    facts = ticket_facts(hs_ticket_category="Success", **{COMMENTS: [mine.as_value()]})
    s = ticket(facts, items=(hanging,), ledger={unclear_note.source: unclear_note})
    plan = plan_ticket(s, NOW)
    assert (notes(plan), plan.ledger[0].target_id) == ([], "n1")
