"""The checks of the demo: a well-kept day passes, and each kind of harm is seen by its check."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from bridge.cli.demo import cast
from bridge.cli.demo.checks import CHECKS, STAGES
from bridge.cli.demo.checks_desk import DESK_CHECKS
from bridge.cli.demo.checks_projects import PROJECT_CHECKS
from bridge.cli.demo.checks_signals import SIGNAL_CHECKS
from bridge.cli.demo.outcome import summarise
from bridge.cli.demo.systems import events_lost, own_items, stages_written
from bridge.cli.demo.vendors import CATEGORY, CLOSED_STAGE, ETA, STAGE
from bridge.cli.demo.verdicts import Verdict
from tests.unit.demo.well_kept import ASIDE, FOR_CUSTOMER, WellKept, launch, tell, well_kept


def test_well_kept_day_passes_every_check() -> None:
    assert well_kept().bad_checks() == []


def _second_item(day: WellKept) -> None:
    launch(day, day.bug)


def _item_not_linked(day: WellKept) -> None:
    boards = day.vendors.boards
    boards.person_creates("Bug", "Nobody's", by=boards.service_account.label)


def _wrong_type(day: WellKept) -> None:
    day.item(day.bug).type = "User Story"


def _customer_not_named(day: WellKept) -> None:
    day.item(day.bug).revisions[0].fields["System.Title"] = "Board is blank"


def _wrong_first_priority(day: WellKept) -> None:
    day.item(day.bug).revisions[0].fields["Microsoft.VSTS.Common.Priority"] = 3


def _stage_not_followed(day: WellKept) -> None:
    day.vendors.boards.person_moves_state(day.item(day.bug).id, "Resolved", cast.SAM)


def _date_not_followed(day: WellKept) -> None:
    day.hub_writes(day.bug, **{ETA: "2026-09-01"})


def _priority_not_followed(day: WellKept) -> None:
    day.hub_writes(day.wish, engineering_priority="1")


def _picture_twice(day: WellKept) -> None:
    item = day.item(day.bug)
    item.relations += [r.copy() for r in item.relations if r.rel == "AttachedFile"]


def _picture_damaged(day: WellKept) -> None:
    file = next(iter(day.vendors.boards.attachments.values()))
    file.content = file.content[:-1]


def _question_launched(day: WellKept) -> None:
    day.question.work = "Bug"
    launch(day, day.question)
    day.question.work = ""


def _marked_comment_lost(day: WellKept) -> None:
    for note in day.vendors.ticket(day.bug.ticket_id).notes:
        day.vendors.helpdesk.person_deletes_note(note.id)


def _marked_comment_twice(day: WellKept) -> None:
    day.vendors.helpdesk.person_adds_note(day.bug.ticket_id, FOR_CUSTOMER)


def _aside_leaked(day: WellKept) -> None:
    day.vendors.helpdesk.person_adds_note(day.wish.ticket_id, f"<p>{ASIDE}</p>")


def _aside_shown_for_a_moment(day: WellKept) -> None:
    stage = STAGES["New"]
    day.hub_writes(day.wish, **{STAGE: ASIDE})
    day.hub_writes(day.wish, **{STAGE: stage})


def _ticket_closed_by_hub(day: WellKept) -> None:
    day.hub_writes(day.wish, hs_pipeline_stage=CLOSED_STAGE)


def _item_moved_by_hub(day: WellKept) -> None:
    boards = day.vendors.boards
    item = day.item(day.bug)
    boards.person_edits(item.id, {"System.Title": "Better title"}, boards.service_account.label)


def _closed_ticket_touched(day: WellKept) -> None:
    day.vendors.helpdesk.person_edits_ticket(day.bug.ticket_id, hs_pipeline_stage=CLOSED_STAGE)
    day.bug.closed_with = STAGES["Closed"]


def _waited_in_vain(day: WellKept) -> None:
    day.scene.book.missed.append("after 20 s still not: a bug")


def _merged_not_relinked(day: WellKept) -> None:
    other = day.scene.file_ticket(cast.SECOND_FACTOR)
    other.merged_into = day.bug
    day.vendors.helpdesk.person_merges(day.bug.ticket_id, other.ticket_id)


def _lead_not_told(day: WellKept) -> None:
    day.vendors.mail.mails.pop()


def _lead_told_twice(day: WellKept) -> None:
    tell(day, day.bug, cast.LEADS[0])


def _wish_told(day: WellKept) -> None:
    tell(day, day.wish, cast.LEADS[0])


def _answer_of_a_lead_not_taken(day: WellKept) -> None:
    day.bug.acknowledged = [True, False]


_HARMS = [
    (_second_item, "Each bug and each wish has one work item"),
    (_second_item, "Nothing was created twice"),
    (_item_not_linked, "Nothing was created twice"),
    (_wrong_type, "Each bug and each wish has one work item"),
    (_customer_not_named, "Each bug and each wish has one work item"),
    (_wrong_first_priority, "Each bug and each wish has one work item"),
    (_merged_not_relinked, "Links in Boards lead to the tickets"),
    (_stage_not_followed, "Every open ticket shows the stage"),
    (_date_not_followed, "Dates, keys"),
    (_priority_not_followed, "Dates, keys"),
    (_picture_twice, "Screenshots arrived"),
    (_picture_damaged, "Screenshots arrived"),
    (_question_launched, "What support can settle itself"),
    (_marked_comment_lost, "Marked comments crossed"),
    (_marked_comment_twice, "Marked comments crossed"),
    (_aside_leaked, "No word that was to stay inside"),
    (_aside_shown_for_a_moment, "No word that was to stay inside"),
    (_ticket_closed_by_hub, "Only people wrote to customers"),
    (_item_moved_by_hub, "Only engineers changed"),
    (_closed_ticket_touched, "Closed tickets were left alone"),
    (_lead_not_told, "Both leads were told"),
    (_lead_told_twice, "Both leads were told"),
    (_wish_told, "Both leads were told"),
    (_answer_of_a_lead_not_taken, "Both leads were told"),
    (_waited_in_vain, "Everything happened"),
]


@pytest.mark.parametrize(("harm", "words"), _HARMS)
def test_harm_is_seen_by_its_check(harm: Callable[[WellKept], None], words: str) -> None:
    day = well_kept()
    harm(day)
    assert [title for title in day.bad_checks() if title.startswith(words)]


def test_message_of_the_hub_to_a_customer_is_seen() -> None:
    day = well_kept()
    thread = next(iter(day.vendors.helpdesk.threads.values()))
    thread.messages[0].client["integrationAppId"] = 1
    assert day.bad_checks() == ["Only people wrote to customers and closed tickets"]


def test_closed_ticket_need_not_follow() -> None:
    day = well_kept()
    helpdesk = day.vendors.helpdesk
    helpdesk.person_edits_ticket(day.bug.ticket_id, hs_pipeline_stage=CLOSED_STAGE)
    day.bug.closed_with = day.vendors.shown(day.bug.ticket_id, STAGE)
    _stage_not_followed(day)
    assert day.bad_checks() == []


def test_ticket_categorised_later_has_the_work_it_had() -> None:
    day = well_kept()
    day.scene.categorise(day.bug, cast.DEVELOPMENT, cast.MAYA)
    assert day.vendors.shown(day.bug.ticket_id, CATEGORY) == cast.DEVELOPMENT
    assert day.bad_checks() == []


async def test_events_that_nobody_takes_are_lost() -> None:
    day = well_kept()
    helpdesk, boards = day.vendors.helpdesk, day.vendors.boards
    helpdesk.webhook_url = "https://hub.example.test/webhooks/hubspot"
    helpdesk.subscribe("ticket.creation")
    boards.subscribe("https://hub.example.test/webhooks/boards", "bridge", "pw")
    day.scene.file_ticket(cast.SECOND_FACTOR)
    _stage_not_followed(day)
    waiting = len(helpdesk.pending_events) + len(boards.pending_notifications)
    assert events_lost(day.vendors) == waiting == 2
    refusing = httpx.MockTransport(lambda _: httpx.Response(403))
    async with httpx.AsyncClient(transport=refusing) as client:
        await helpdesk.deliver(client)
        await boards.deliver(client)
    assert not helpdesk.pending_events
    assert events_lost(day.vendors) == 2
    assert "Every event that was sent was taken" in day.bad_checks()


async def test_events_that_are_taken_are_not_lost() -> None:
    day = well_kept()
    boards = day.vendors.boards
    boards.subscribe("https://hub.example.test/webhooks/boards", "bridge", "pw")
    boards.person_comments(day.item(day.bug).id, "Done", cast.SAM)
    taking = httpx.MockTransport(lambda _: httpx.Response(200))
    async with httpx.AsyncClient(transport=taking) as client:
        assert await boards.deliver(client)
    assert events_lost(day.vendors) == 0


def test_summary_counts_what_the_vendors_saw() -> None:
    day = well_kept()
    summary = summarise(day.vendors, day.scene.book, [], ["RECATEGORISED"], 1.26)
    assert summary.ok
    assert (summary.tickets, summary.launched, summary.findings) == (3, 2, 1)
    assert summary.stages_mirrored == stages_written(day.vendors) == 3
    assert summary.launched == len(own_items(day.vendors))
    boards, helpdesk = summary.systems["boards"], summary.systems["hubspot"]
    # A link for each, a file, a comment; the aside stayed inside.
    assert (boards.created, boards.mirrored, boards.withheld) == (2, 4, 1)
    # Three stages, two keys, two priorities and a date.
    assert (helpdesk.created, helpdesk.mirrored, helpdesk.calls) == (0, 8, 0)
    assert (summary.systems["mail"].told, summary.systems["internal"].told) == (2, 2)
    assert summary.as_dict()["seconds"] == 1.3


def test_summary_of_a_day_that_ended_badly_says_what_did_not_come_true() -> None:
    day = well_kept()
    verdicts = [Verdict("good", ()), Verdict("bad", ("#2 is gone", "so is #3"))]
    summary = summarise(day.vendors, day.scene.book, verdicts, None, 1.0)
    assert not summary.ok
    assert summary.problems == ["#2 is gone", "so is #3"]
    assert summary.findings is None


def test_every_check_is_harmed_above() -> None:
    elsewhere = "Every event that was sent was taken"
    words = [each for _, each in _HARMS] + [elsewhere]
    here = CHECKS.keys() - DESK_CHECKS.keys() - PROJECT_CHECKS.keys() - SIGNAL_CHECKS.keys()
    assert [title for title in here if not any(map(title.startswith, words))] == []
