"""The tracker against the simulated account's state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from json import dumps
from typing import Literal

import pytest

from bridge.domain.errors import Rejected, Stale, Throttled
from bridge.domain.operations import ItemField, ItemLink
from bridge.domain.records import (
    ASSIGNEE,
    HYPERLINKS,
    STATUS,
    StatusCategory,
    comments_of,
)
from bridge.kit.faults import Fault, FaultKind
from bridge.ports.roles import Subtask, Want
from connectors.rocketlane.calls import pace_of_lists
from connectors.rocketlane.settings import KnownStatus
from connectors.rocketlane.simulator import PUBLISHED_LIST_CALLS
from tests.conformance.line import START
from tests.connectors.rocketlane.client_kit import BACK, desk, launch, settings


async def test_launch_sets_phase_people_reference_and_note_in_the_one_call() -> None:
    async with desk() as on:
        project = on.sim.add_project("Globex rollout", "Globex")
        phase = on.sim.add_phase(project, "Post Implementation")
        fields = {"taskName": "T", "taskDescription": "For <b>all</b>", "taskPrivateNote": "For us"}
        wanted = launch(
            project.id, phase=str(phase.id), assignees=("ana@acme.example",), fields=fields
        )
        seen = await on.tracker.create_item(wanted)
        assert len(on.line.requests) == 1
        task = on.sim.task(seen.ref.id)
        assert (task.phase, task.assignees, task.type) == (phase, [on.sim.ana], "TASK")
        assert task.reference == "ticketbridge:tb-1"
        assert task.description == "<p>For <strong>all</strong></p>"
        assert task.private_note.startswith("<p>For us</p><p><a href=")
        assert BACK not in task.description
        assert seen.text(ASSIGNEE) == "Ana Consult"
        assert seen.value(HYPERLINKS) == [{"url": BACK, "comment": "ticketbridge:tb-1"}]


async def test_person_whom_rocketlane_does_not_know_is_a_refusal_and_nothing_is_made() -> None:
    async with desk() as on:
        project = on.sim.add_project("Globex rollout", "Globex")
        with pytest.raises(Rejected, match="assignees"):
            await on.tracker.create_item(launch(project.id, assignees=("nobody@x.example",)))
        assert on.sim.workspace.tasks == {}


async def test_people_are_put_on_a_task_beside_those_on_it_unless_it_has_others_by_now() -> None:
    async with desk() as on:
        bo = on.sim.workspace.add_person("Bo@acme.example", "Bo", "B")
        id = on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        on.sim.person_assigns(id, bo)
        people = ["bo@acme.example", "ana@acme.example"]
        with pytest.raises(Stale):
            await on.tracker.assign(id, people, "")
        assert on.sim.task(id).assignees == [bo]
        assert await on.tracker.assign(id, people, "Bo B") == ("ana@acme.example",)
        assert on.sim.task(id).assignees == [bo, on.sim.ana]
        before = len(on.line.requests)
        assert await on.tracker.assign(id, people, "Bo B, Ana Consult") == ()
        assert [each.method for each in on.line.requests[before:]] == ["GET"]
        with pytest.raises(Rejected, match="assignees"):
            await on.tracker.assign(id, ["nobody@x.example"], "Bo B, Ana Consult")


async def test_comment_of_the_hub_is_private_whatever_the_default_is() -> None:
    async with desk() as on:
        id = on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        await on.tracker.add_comment(id, "<p>for us</p>")
        assert [each.private for each in on.sim.task(id).comments] == [True]


async def test_comment_that_customers_can_read_is_not_internal() -> None:
    async with desk() as on:
        id = on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        for private in (True, False):
            on.sim.person_comments(id, "c", private=private)
        seen = await on.tracker.fetch_item(id, Want(comments=True))
        assert [each.internal for each in comments_of(seen)] == [True, False]


async def test_comments_of_other_tasks_stay_out_where_the_list_does_not_heed_the_task() -> None:
    async with desk() as on:
        project = on.sim.add_project("P", "Globex")
        one, two = (on.sim.person_creates(name, project) for name in "ab")
        on.sim.person_comments(one, "of one")
        on.sim.person_comments(two, "of two")
        on.sim.comments_by_source = False
        seen = await on.tracker.fetch_item(two, Want(comments=True))
        assert [each.html for each in comments_of(seen)] == ["<p>of two</p>"]


async def test_status_is_written_by_value_or_by_label() -> None:
    async with desk() as on:
        id = on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        for value, label in ((2, "In progress"), ("3", "Completed"), ("to DO", "To do")):
            await on.tracker.set_fields(id, [ItemField("status", value)], None)
            assert on.sim.task(id).status.label == label
        with pytest.raises(Rejected) as refused:
            await on.tracker.set_fields(id, [ItemField("status", "Gone")], None)
        assert refused.value.field == "status"


async def test_field_that_an_update_would_ignore_is_refused_before_the_call() -> None:
    async with desk() as on:
        id = on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        for name in ("priority", "parent", "phase", "fields.x", "nonsense"):
            with pytest.raises(Rejected) as refused:
                await on.tracker.set_fields(id, [ItemField(name, "x")], None)
            assert refused.value.field == name
        assert on.sent("PUT") == []


async def test_custom_field_is_written_and_read_by_its_id() -> None:
    async with desk() as on:
        field = on.sim.add_field("Severity", "SINGLE_CHOICE", ["High", "Low"])
        id = on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        seen = await on.tracker.set_fields(id, [ItemField(f"fields.{field.id}", 2)], None)
        assert seen.value(f"fields.{field.id}") == 2
        info = (await on.tracker.fetch_reference()).fields[f"fields.{field.id}"]
        assert (info.label, info.options) == ("Severity", (("1", "High"), ("2", "Low")))


async def test_further_statuses_are_learnt_from_tasks_or_said_by_an_admin() -> None:
    known = KnownStatus(value=9, label="Parked", category=StatusCategory.REMOVED)
    async with desk(statuses=[known]) as on:
        on.sim.add_status(7, "Blocked", "in_progress")
        on.sim.add_status(8, "Signed off", "completed")
        project = on.sim.add_project("P", "Globex")
        for label in ("Blocked", "Signed off"):
            on.sim.person_moves_status(on.sim.person_creates("T", project), label)
        on.clock.advance(seconds=1)
        statuses = (await on.tracker.fetch_reference()).statuses
        told = {key: (each.label, each.category, each.closed) for key, each in statuses.items()}
        assert told["7"] == ("Blocked", StatusCategory.IN_PROGRESS, False)
        assert told["8"] == ("Signed off", StatusCategory.COMPLETED, True)
        assert told["9"] == ("Parked", StatusCategory.REMOVED, True)
        assert told["1"] == ("To do", StatusCategory.PROPOSED, False)


async def test_status_is_its_value_so_that_a_renamed_label_changes_nothing() -> None:
    async with desk() as on:
        id = on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        assert (await on.tracker.fetch_item(id, Want())).text(STATUS) == "1"


async def test_customers_projects_are_reference_data() -> None:
    async with desk() as on:
        one = on.sim.add_project("Globex rollout", "Globex")
        archived = on.sim.add_project("Old", "Globex")
        archived.archived = True
        projects = (await on.tracker.fetch_reference()).projects
        assert [(each.id, each.name, each.customer) for each in projects] == [
            (str(one.id), "Globex rollout", "Globex")
        ]


async def test_phases_are_found_by_name_whatever_the_case_and_are_told_when_closed() -> None:
    async with desk() as on:
        project = on.sim.add_project("P", "Globex")
        done, open_one = (on.sim.add_phase(project, "POST implementation ") for _ in "ab")
        done.status = on.sim.workspace.status_named("Completed")
        on.sim.add_phase(project, "Post Implementation 2")
        found = await on.tracker.find_phases(str(project.id), "Post Implementation")
        assert [(each.id, each.closed) for each in found] == [
            (str(done.id), True),
            (str(open_one.id), False),
        ]


async def test_subtask_is_made_below_its_item_and_found_by_its_marker() -> None:
    async with desk() as on:
        template = on.sim.add_template("Ticketing Questions")
        parent = on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        subtask = Subtask("Ticketing Questions", "<ul><li>When?</li></ul>", "tb-2", template.id)
        id = await on.tracker.add_subtask(parent, subtask)
        child = on.sim.task(id)
        assert child.parent is on.sim.task(parent)
        assert (child.form, child.description) == ("Ticketing Questions", subtask.html)
        on.clock.advance(minutes=1)
        assert [each.id for each in await on.tracker.find_marked("tb-2", START)] == [id]


async def test_without_the_account_nothing_is_taken_for_our_own_until_we_wrote() -> None:
    async with desk(account="") as on:
        project = on.sim.add_project("P", "Globex")
        reference = {"externalReferenceId": "ticketbridge:tb-1"}
        on.sim.person_creates("T", project, by=on.sim.account, **reference)
        assert [each.own for each in await on.tracker.find_marked("tb-1", START)] == [False]
        await on.tracker.create_item(launch(project.id, marker="tb-2"))
        assert [each.own for each in await on.tracker.find_marked("tb-1", START)] == [True]


async def test_pause_is_read_in_epoch_milliseconds_and_kept_without_another_call() -> None:
    async with desk() as on:
        on.sim.list_calls_per_minute = PUBLISHED_LIST_CALLS
        on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        for _ in range(PUBLISHED_LIST_CALLS):
            await on.tracker.find_marked("tb-1", START)
        for _ in range(2):
            with pytest.raises(Throttled) as asked:
                await on.tracker.find_marked("tb-1", START)
            assert asked.value.until == START + timedelta(minutes=1)
        assert len(on.line.requests) == PUBLISHED_LIST_CALLS + 1
        on.clock.advance(minutes=1)
        await on.tracker.find_marked("tb-1", START)


async def test_429_without_its_header_waits_a_minute() -> None:
    async with desk() as on:
        on.line.strike(Fault("", FaultKind.ANSWER, status=429, body=b"{}"))
        with pytest.raises(Throttled) as asked:
            await on.tracker.find_marked("tb-1", START)
        assert asked.value.until == START + timedelta(minutes=1)


async def test_people_s_words_in_the_private_note_stay_as_links_come_and_go() -> None:
    async with desk() as on:
        id = on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        words = '<p>Ask <a href="https://x.example/a?b=1&amp;c=2">Kim</a> first</p>'
        on.sim.person_edits(id, taskPrivateNote=words)
        link = ItemLink(BACK + "?a=1&b=2", "ticketbridge:tb-1")
        await on.tracker.set_links(id, [link], [], None)
        assert on.sim.task(id).private_note.startswith(words)
        seen = await on.tracker.set_links(id, [], [link], None)
        assert on.sim.task(id).private_note == words
        assert seen.value(HYPERLINKS) == [
            {"url": "https://x.example/a?b=1&c=2", "comment": "first"}
        ]


async def test_page_that_got_shorter_between_two_calls_is_begun_again() -> None:
    async with desk() as on:
        project = on.sim.add_project("P", "Globex")
        ids = [on.sim.person_creates(f"T{n}", project) for n in range(150)]
        on.clock.advance(hours=1)
        listed: set[str] = set()
        cursor, more, calls = None, True, 0
        while more:
            page = await on.tracker.list_changed(cursor, START, Want())
            cursor, more, calls = page.cursor, page.more, calls + 1
            listed |= {each.ref.id for each in page.observations}
            if calls == 2:
                # The list moves up by one while its second page is still to come.
                on.sim.person_deletes(ids[0])
        assert listed >= set(ids[1:])
        assert calls > 3


async def test_time_of_a_fact_is_the_vendors_to_the_millisecond() -> None:
    async with desk() as on:
        project = on.sim.add_project("P", "Globex")
        on.clock.advance(milliseconds=7)
        id = on.sim.person_creates("T", project)
        seen = await on.tracker.fetch_item(id, Want())
        assert seen.at(STATUS) == datetime(2026, 3, 2, 9, 0, 0, 7000, tzinfo=UTC)


@pytest.mark.parametrize("shown", ["null", "absent"])
async def test_task_without_note_or_people_is_whole_and_takes_a_link(
    shown: Literal["null", "absent"],
) -> None:
    async with desk() as on:
        on.sim.empty_note, on.sim.assignees_when_none = shown, False
        id = on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        seen = await on.tracker.fetch_item(id, Want())
        assert seen.whole
        assert (seen.value("taskPrivateNote"), seen.value(HYPERLINKS)) == ("", [])
        assert seen.value(ASSIGNEE) is None
        page = await on.tracker.list_changed(None, START - timedelta(days=1), Want())
        assert [each.whole for each in page.observations] == [True]
        linked = await on.tracker.set_links(id, [ItemLink(BACK, "tb-1")], [], None)
        assert linked.value(HYPERLINKS) == [{"url": BACK, "comment": "tb-1"}]


async def test_row_that_shows_less_than_was_asked_for_is_merged_and_its_note_is_left_alone() -> (
    None
):
    async with desk() as on:
        id = on.sim.person_creates("T", on.sim.add_project("P", "Globex"))
        task = on.sim.task(id)
        task.private_note = "<p>ours</p>"
        less = {"taskId": task.id, "taskName": "T", "status": {"value": 1, "label": "To do"}}
        less |= {"project": {"projectId": task.project.id}, "createdAt": 1, "updatedAt": 2}
        headers = {"Content-Type": "application/json"}
        row = Fault("GET .*/tasks/", FaultKind.ANSWER, 2, 200, headers, dumps(less).encode())
        on.sim.faults.add(row)
        seen = await on.tracker.fetch_item(id, Want())
        assert not seen.whole
        assert "taskPrivateNote" not in seen.facts
        with pytest.raises(Rejected):
            await on.tracker.set_links(id, [ItemLink(BACK, "tb-1")], [], None)
        assert task.private_note == "<p>ours</p>"


@pytest.mark.parametrize(("given", "pace"), [({}, 1.0), ({"rate": 10}, 1.0), ({"rate": 1}, 0.3)])
def test_lists_keep_to_the_vendors_pace_whatever_the_rate_is(
    given: dict[str, float], pace: float
) -> None:
    assert pace_of_lists(settings(**given, lists_per_minute=None)) == pytest.approx(pace)
