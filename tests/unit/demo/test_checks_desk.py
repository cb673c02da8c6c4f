"""The checks of the desk, of projects and of signals: each kind of harm is seen by its check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from bridge.cli.demo import cast
from bridge.cli.demo.cast_desk import YUSUF
from bridge.cli.demo.checks_desk import DESK_CHECKS
from bridge.cli.demo.checks_projects import PROJECT_CHECKS
from bridge.cli.demo.checks_signals import SIGNAL_CHECKS
from bridge.cli.demo.deeds_desk import moves
from bridge.cli.demo.desk import ETA, KEYS, STAGE, STAGES
from bridge.cli.demo.hub_api import Answer
from bridge.cli.demo.outcome import summarise
from bridge.cli.demo.systems import events_lost
from tests.unit.demo.well_kept_desk import (
    SECRET,
    DeskDay,
    card,
    csm_hears,
    hub_makes_task,
    hub_opens_bug,
    hub_writes,
    well_kept_desk,
)


def test_well_kept_day_passes_every_check() -> None:
    assert well_kept_desk().bad_checks() == []


def _second_bug(day: DeskDay) -> None:
    hub_opens_bug(day.scene, day.bug)


def _nobodys_bug(day: DeskDay) -> None:
    day.desk.jira.person_creates("Nobody's", "RD", by=day.desk.jira.account)


def _other_priority(day: DeskDay) -> None:
    day.desk.jira.person_edits(day.issue.id, {"priority": {"name": "Low"}})


def _customer_not_named(day: DeskDay) -> None:
    day.desk.jira.person_edits(day.issue.id, {"summary": "Photos are gone"})


def _picture_damaged(day: DeskDay) -> None:
    day.issue.attachments[0].content = b"?"


def _step_not_followed(day: DeskDay) -> None:
    moves(day.scene, day.bug, "In QA", YUSUF[0])


def _date_not_followed(day: DeskDay) -> None:
    hub_writes(day.scene, day.bug, **{ETA: "2027-01-01"})


def _csm_not_told(day: DeskDay) -> None:
    day.vendors.mail.mails.clear()


def _csm_told_twice(day: DeskDay) -> None:
    csm_hears(day.scene, day.bug, day.issue.key)


def _question_launched(day: DeskDay) -> None:
    hub_opens_bug(day.scene, day.question)


def _question_shows_a_stage(day: DeskDay) -> None:
    hub_writes(day.scene, day.question, **{STAGE: STAGES["To Do"]})


def _hub_answers_the_customer(day: DeskDay) -> None:
    zendesk = day.desk.zendesk
    zendesk.agent_writes(day.bug.ticket_id, "Soon!", by=zendesk.admin_id)


def _hub_sets_a_status(day: DeskDay) -> None:
    zendesk = day.desk.zendesk
    zendesk.person_edits_ticket(day.bug.ticket_id, by=zendesk.admin_id, status="pending")


def _solved_is_open_again(day: DeskDay) -> None:
    day.desk.zendesk.person_edits_ticket(day.question.ticket_id, status="open")


def _second_task(day: DeskDay) -> None:
    hub_makes_task(day.scene, day.after)


def _task_of_nobody(day: DeskDay) -> None:
    day.task.assignees.clear()


def _no_questions(day: DeskDay) -> None:
    [below] = day.vendors.projects.below(day.task)
    day.vendors.projects.rocketlane.person_deletes(str(below.id))


def _other_phase(day: DeskDay) -> None:
    rocketlane = day.vendors.projects.rocketlane
    day.task.phase = rocketlane.add_phase(day.task.project, "Go-live")


def _words_shown_to_the_customer(day: DeskDay) -> None:
    day.task.description = day.after.request.text


def _words_lost(day: DeskDay) -> None:
    day.task.private_note = day.task.private_note.replace(day.after.request.text, "")


def _task_not_followed(day: DeskDay) -> None:
    day.vendors.projects.rocketlane.person_moves_status(str(day.task.id), "Completed")


def _no_card(day: DeskDay) -> None:
    day.vendors.channel.runs.clear()


def _card_without_screenshot(day: DeskDay) -> None:
    day.vendors.channel.runs.clear()
    card(day.scene, day.after, day.task, screenshot=False)


def _link_taken(day: DeskDay) -> None:
    day.signal.refused = Answer(201, {})


def _launch_failed(day: DeskDay) -> None:
    day.signal.launched = Answer(202, {})


def _not_related(day: DeskDay) -> None:
    day.desk.jira.site.links.clear()


def _support_sees_nothing(day: DeskDay) -> None:
    day.signal.internal_tasks = 0


def _ticket_shows_the_signals_bug(day: DeskDay) -> None:
    hub_writes(day.scene, day.bug, **{KEYS: f"{day.issue.key}, RD-2"})


def _leaks_into_a_note(day: DeskDay) -> None:
    day.desk.zendesk.agent_writes(day.bug.ticket_id, f"Look: {SECRET}", public=False)


def _leaks_into_a_field_for_a_moment(day: DeskDay) -> None:
    hub_writes(day.scene, day.bug, **{STAGE: SECRET})
    hub_writes(day.scene, day.bug, **{STAGE: STAGES["To Do"]})


def _leaks_into_a_mail(day: DeskDay) -> None:
    csm_hears(day.scene, day.question, SECRET)


def _leaks_into_the_channel(day: DeskDay) -> None:
    [run] = day.vendors.channel.runs
    run.card["body"].append({"type": "TextBlock", "text": SECRET})


_BUG = "Each escalated ticket has one bug"
_STEP = "Every ticket of the desk shows"
_TASK = "Each request after an implementation"
_SIGNAL = "A Sentry issue was kept off"
_INSIDE = "No word that was to stay inside"
_HARMS = [
    (_second_bug, _BUG),
    (_nobodys_bug, _BUG),
    (_other_priority, _BUG),
    (_customer_not_named, _BUG),
    (_picture_damaged, _BUG),
    (_step_not_followed, _STEP),
    (_date_not_followed, _STEP),
    (_csm_not_told, "Success managers were told"),
    (_csm_told_twice, "Success managers were told"),
    (_question_launched, "What the desk settled itself"),
    (_question_shows_a_stage, "What the desk settled itself"),
    (_hub_answers_the_customer, "Only people answered and solved"),
    (_hub_sets_a_status, "Only people answered and solved"),
    (_solved_is_open_again, "Only people answered and solved"),
    (_second_task, _TASK),
    (_task_of_nobody, _TASK),
    (_no_questions, _TASK),
    (_other_phase, _TASK),
    (_words_shown_to_the_customer, "The words of a request"),
    (_words_lost, "The words of a request"),
    (_task_not_followed, "Tickets show what became"),
    (_no_card, "The internal channel has one card"),
    (_card_without_screenshot, "The internal channel has one card"),
    (_link_taken, _SIGNAL),
    (_launch_failed, _SIGNAL),
    (_not_related, _SIGNAL),
    (_support_sees_nothing, _SIGNAL),
    (_ticket_shows_the_signals_bug, _SIGNAL),
    (_leaks_into_a_note, _INSIDE),
    (_leaks_into_a_field_for_a_moment, _INSIDE),
    (_leaks_into_a_mail, _INSIDE),
    (_leaks_into_the_channel, _INSIDE),
]


@pytest.mark.parametrize(("harm", "words"), _HARMS)
def test_harm_is_seen_by_its_check(harm: Callable[[DeskDay], None], words: str) -> None:
    day = well_kept_desk()
    harm(day)
    assert [title for title in day.bad_checks() if title.startswith(words)]


def test_every_check_is_harmed_above() -> None:
    titles = [*DESK_CHECKS, *PROJECT_CHECKS, *SIGNAL_CHECKS]
    words = tuple(each for _, each in _HARMS)
    assert [title for title in titles if not title.startswith(words)] == []


def test_additional_scope_has_a_third_owner() -> None:
    day = well_kept_desk()
    day.after.request = replace(day.after.request, category=cast.ADDITIONAL_SCOPE)
    assert day.bad_checks() == [
        "Each request after an implementation is a task with its owners and questions"
    ]
    day.task.assignees.append(day.vendors.projects.person(cast.GRETA))
    assert day.bad_checks() == []


def test_summary_tells_each_systems_part() -> None:
    day = well_kept_desk()
    systems = summarise(day.vendors, day.scene.book, [], [], 1.0).systems
    jira, rocketlane, zendesk = (systems[each] for each in ("jira", "rocketlane", "zendesk"))
    # Of the bug its link and its picture, of the signal's that the two are related.
    assert (jira.created, jira.mirrored) == (2, 3)
    assert (rocketlane.created, rocketlane.mirrored) == (2, 1)
    # Stage, key and date.
    assert (zendesk.created, zendesk.mirrored, zendesk.told) == (0, 3, 0)
    assert systems["sentry"].withheld == 1
    assert (systems["mail"].told, systems["internal"].told) == (1, 1)


def test_what_leaked_is_not_counted_as_withheld() -> None:
    day = well_kept_desk()
    _leaks_into_a_note(day)
    assert summarise(day.vendors, day.scene.book, [], [], 1.0).systems["sentry"].withheld == 0


async def test_events_that_the_hub_refuses_are_lost_wherever_they_come_from() -> None:
    day = well_kept_desk()
    sentry, rocketlane, desk = day.desk.sentry, day.vendors.projects.rocketlane, day.desk
    desk.zendesk.subscribe("http://hub.test/webhooks/zendesk")
    desk.jira.add_webhook("http://hub.test/webhooks/jira", "s")
    sentry.subscribe("http://hub.test/webhooks/sentry")
    rocketlane.add_webhook("http://hub.test/webhooks/rocketlane")
    assert events_lost(day.vendors) == 0
    desk.zendesk.agent_writes(day.bug.ticket_id, "Hello")
    moves(day.scene, day.bug, "In QA", YUSUF[0])
    sentry.error_occurs("field-app")
    _task_not_followed(day)
    refusing = httpx.MockTransport(lambda _: httpx.Response(401))
    async with httpx.AsyncClient(transport=refusing) as client:
        for each in (desk.zendesk, desk.jira, sentry, rocketlane):
            assert await each.deliver(client)
    assert events_lost(day.vendors) >= 4
    assert "Every event that was sent was taken" in day.bad_checks()
