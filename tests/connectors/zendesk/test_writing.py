"""Writes that leave people's work alone, whatever the vendor makes easy to get wrong."""

from __future__ import annotations

import json

import pytest

from bridge.domain.errors import (
    OF_RECORD,
    RecordMissing,
    Rejected,
    Stale,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.domain.records import STATUS, comments_of
from bridge.kit.faults import Fault, FaultKind
from bridge.ports.roles import Want
from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HandClock
from tests.connectors.zendesk.connector_kit import TALK, Desk

NOTE = "<p>Fix is under way.</p><p>tb-0123456789abcdef0123</p>"


@pytest.fixture
def stage(sim: ZendeskSimulator) -> int:
    return sim.add_field("text", "Work stage")


@pytest.fixture
def ticket(sim: ZendeskSimulator, stage: int, clock: HandClock) -> int:
    made = sim.customer_creates_ticket(tags=["vip"])
    clock.move(minutes=1)
    return made


async def _revision(desk: Desk, ticket: int) -> int:
    revision = (await desk.helpdesk.fetch_ticket(str(ticket), Want())).revision
    assert revision is not None
    return revision


async def test_person_who_saved_first_is_not_written_over(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock, ticket: int, stage: int
) -> None:
    seen = await _revision(desk, ticket)
    sim.person_edits_ticket(ticket, custom_fields={stage: "by a person"})
    with pytest.raises(Stale):
        await desk.helpdesk.set_fields(str(ticket), {"Work stage": "In development"}, seen)
    assert sim.tickets[ticket].custom[stage] == "by a person"
    seen = await _revision(desk, ticket)
    clock.move(seconds=5)
    answer = await desk.helpdesk.set_fields(str(ticket), {"Work stage": "In development"}, seen)
    assert sim.tickets[ticket].custom[stage] == "In development"
    # From here the next write goes on, without a read between.
    clock.move(seconds=5)
    await desk.helpdesk.set_fields(str(ticket), {"Work stage": "In testing"}, answer.revision)
    assert sim.tickets[ticket].custom[stage] == "In testing"


async def test_write_without_a_revision_leaves_the_guard_out(
    sim: ZendeskSimulator, desk: Desk, ticket: int, stage: int
) -> None:
    sim.person_edits_ticket(ticket, subject="Renamed")
    await desk.helpdesk.set_fields(str(ticket), {"Work stage": "x"})
    assert (sim.tickets[ticket].custom[stage], sim.tickets[ticket].subject) == ("x", "Renamed")
    [request] = desk.sent("PUT")
    assert "safe_update" not in json.loads(request.content)["ticket"]


async def test_tags_of_people_and_of_drop_downs_stay(
    sim: ZendeskSimulator, desk: Desk, ticket: int
) -> None:
    plan = sim.add_field("tagger", "Plan", ["gold", "silver"])
    sim.add_field("tagger", "Stage", ["in_testing", "available"])
    sim.person_edits_ticket(ticket, custom_fields={plan: "gold"})
    await desk.helpdesk.set_fields(str(ticket), {"Stage": "in_testing"})
    await desk.helpdesk.set_fields(str(ticket), {"Stage": "available"})
    assert sorted(sim.tickets[ticket].tags) == ["available", "gold", "vip"]
    await desk.helpdesk.set_fields(str(ticket), {"Stage": ""})
    assert sorted(sim.tickets[ticket].tags) == ["gold", "vip"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("tags", "a b"), ("external_id", "JIRA:ABC-12"), ("requester_id", "1"), ("status", "closed"),
     ("satisfaction_rating", "good"), ("group_id", "Support"), ("Stage", "no_such_option")],
)  # fmt: skip
async def test_what_the_hub_must_not_write_is_refused_before_it_is_sent(
    sim: ZendeskSimulator, desk: Desk, ticket: int, field: str, value: str
) -> None:
    sim.add_field("tagger", "Stage", ["in_testing"])
    before = dict(sim.tickets[ticket].values)
    with pytest.raises(Rejected) as refused:
        await desk.helpdesk.set_fields(str(ticket), {field: value})
    assert refused.value.field == field
    assert desk.sent("PUT") == []
    assert sim.tickets[ticket].values == before


async def test_every_kind_of_field_takes_its_value_and_is_cleared(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock, ticket: int
) -> None:
    kinds = {
        "text": ("In testing", "In testing"),
        "date": ("2026-12-24", "2026-12-24"),
        "checkbox": ("true", True),
        "integer": ("7", "7"),
        "multiselect": ("red;blue", ["red", "blue"]),
    }
    for kind in kinds:
        sim.add_field(kind, f"A {kind}", ["red", "blue"] if kind == "multiselect" else [])
    given = {f"A {kind}": text for kind, (text, _) in kinds.items()}
    answer = await desk.helpdesk.set_fields(str(ticket), given)
    for kind, (_, held) in kinds.items():
        assert answer.value(f"A {kind}") == held
    cleared = await desk.helpdesk.set_fields(str(ticket), dict.fromkeys(given, ""))
    assert [cleared.value(each) or None for each in given] == [None] * len(kinds)


async def test_status_is_set_by_category_or_as_a_custom_status(
    sim: ZendeskSimulator, desk: Desk, ticket: int
) -> None:
    waiting = sim.add_status("hold", "Waiting for engineering")
    answer = await desk.helpdesk.set_fields(str(ticket), {"custom_status_id": str(waiting)})
    assert sim.tickets[ticket].status == "hold"
    assert answer.value(STATUS) == str(waiting)
    answer = await desk.helpdesk.set_fields(str(ticket), {"status": "open"})
    assert sim.tickets[ticket].status == "open"
    assert answer.value(STATUS) != str(waiting)


async def test_refused_custom_field_is_named_as_the_mapping_names_it(
    sim: ZendeskSimulator, desk: Desk, ticket: int
) -> None:
    sim.add_field("date", "Work ETA")
    with pytest.raises(Rejected) as refused:
        await desk.helpdesk.set_fields(str(ticket), {"Work ETA": "soon", "Work stage": "x"})
    assert refused.value.field == "Work ETA"


async def test_fields_that_share_a_title_are_known_by_their_ids_only(
    sim: ZendeskSimulator, desk: Desk, ticket: int
) -> None:
    one, two = sim.add_field("text", "Stage"), sim.add_field("text", "Stage")
    with pytest.raises(Rejected, match="no ticket field Stage"):
        await desk.helpdesk.set_fields(str(ticket), {"Stage": "x"})
    await desk.helpdesk.set_fields(str(ticket), {str(two): "x"})
    assert (sim.tickets[ticket].custom.get(one), sim.tickets[ticket].custom[two]) == (None, "x")


async def test_field_made_since_the_start_is_found(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock, ticket: int
) -> None:
    await desk.helpdesk.set_fields(str(ticket), {"Work stage": "x"})
    made = sim.add_field("text", "Work ETA")
    clock.move(minutes=2)
    await desk.helpdesk.set_fields(str(ticket), {"Work ETA": "soon"})
    assert sim.tickets[ticket].custom[made] == "soon"


async def test_note_is_private_on_a_public_ticket_and_says_so(
    sim: ZendeskSimulator, desk: Desk, ticket: int
) -> None:
    assert sim.tickets[ticket].is_public
    made = await desk.helpdesk.add_note(str(ticket), NOTE)
    comment = sim.tickets[ticket].comments[-1]
    assert (str(comment.id), comment.public) == (made, False)
    assert json.loads(desk.sent("PUT")[0].content)["ticket"]["comment"]["public"] is False


async def test_placeholder_from_a_tracker_is_not_filled_in(
    sim: ZendeskSimulator, desk: Desk, ticket: int
) -> None:
    nasty = "<p>{{ticket.title}} {{{ticket.title}}} {% if x %}secret{% endif %}</p>"
    await desk.helpdesk.add_note(str(ticket), nasty)
    body = sim.tickets[ticket].comments[-1].body.replace("\u2060", "")
    assert body == "{{ticket.title}} {{{ticket.title}}} {% if x %}secret{% endif %}"


async def test_note_that_zendesk_would_cut_is_cut_before_so_that_its_end_arrives(
    sim: ZendeskSimulator, desk: Desk, ticket: int
) -> None:
    words = "{{ticket.title}} ü " * 4_000
    await desk.helpdesk.add_note(str(ticket), f"<p>{words}</p><p>From ABC-1 · tb-1</p>")
    body = sim.tickets[ticket].comments[-1].body
    assert body.endswith("… cut here.\nFrom ABC-1 · tb-1")
    assert len(body.encode()) > 60_000


async def test_closed_ticket_is_stale_for_fields_and_notes_and_stays_as_it_is(
    sim: ZendeskSimulator, desk: Desk, ticket: int, stage: int
) -> None:
    sim.person_edits_ticket(ticket, status="solved", assignee_id=sim.agent_id)
    sim.automation_closes(ticket)
    with pytest.raises(Stale):
        await desk.helpdesk.set_fields(str(ticket), {"Work stage": "x"})
    with pytest.raises(Stale):
        await desk.helpdesk.add_note(str(ticket), NOTE)
    assert sim.tickets[ticket].custom.get(stage) is None
    assert len(sim.tickets[ticket].comments) == 1


async def test_thirty_updates_of_a_ticket_are_made_and_the_next_waits_without_a_call(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock, ticket: int, stage: int
) -> None:
    began = clock.now
    for number in range(30):
        clock.move(seconds=2)
        await desk.helpdesk.set_fields(str(ticket), {"Work stage": str(number)})
    other = sim.customer_creates_ticket()
    with pytest.raises(Throttled) as waits:
        await desk.helpdesk.set_fields(str(ticket), {"Work stage": "31"})
    assert waits.value.scope == OF_RECORD
    assert (waits.value.until - began).total_seconds() == 602
    with pytest.raises(Throttled):
        await desk.helpdesk.add_note(str(ticket), NOTE)
    assert len(desk.sent("PUT")) == 30
    await desk.helpdesk.set_fields(str(other), {"Work stage": "31"})
    clock.now = waits.value.until
    await desk.helpdesk.set_fields(str(ticket), {"Work stage": "31"})
    assert sim.tickets[ticket].custom[stage] == "31"


async def test_limit_of_a_ticket_that_other_processes_have_used_up_stops_that_ticket_alone(
    sim: ZendeskSimulator, desk: Desk, ticket: int
) -> None:
    sim.updates_per_ticket = 1
    await desk.helpdesk.set_fields(str(ticket), {"Work stage": "1"})
    with pytest.raises(Throttled) as waits:
        await desk.helpdesk.set_fields(str(ticket), {"Work stage": "2"})
    assert waits.value.scope == OF_RECORD


async def test_limit_of_the_account_stops_the_connection(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock, ticket: int
) -> None:
    sim.updates_per_minute = 1
    await desk.helpdesk.set_fields(str(ticket), {"Work stage": "1"})
    with pytest.raises(Throttled) as waits:
        await desk.helpdesk.set_fields(str(sim.customer_creates_ticket()), {"Work stage": "2"})
    assert waits.value.scope == ""
    assert 0 < (waits.value.until - clock.now).total_seconds() <= 60


_DATABASE = b'{"error": "DatabaseConflict", "description": "Database collision"}'


async def test_collision_inside_zendesk_is_tried_again_and_not_read_again(
    sim: ZendeskSimulator, desk: Desk, ticket: int
) -> None:
    json_type = {"Content-Type": "application/json"}
    for call in (
        lambda: desk.helpdesk.set_fields(str(ticket), {"Work stage": "x"}),
        lambda: desk.helpdesk.add_note(str(ticket), NOTE),
    ):
        sim.faults.add(
            Fault("^PUT", FaultKind.ANSWER, status=409, headers=json_type, body=_DATABASE)
        )
        with pytest.raises(Unavailable):
            await call()
    assert len(sim.tickets[ticket].comments) == 1


async def test_note_whose_answer_was_lost_is_there_once_and_found_as_ours(
    sim: ZendeskSimulator, desk: Desk, ticket: int
) -> None:
    sim.faults.add(Fault("^PUT", FaultKind.RESET_AFTER))
    with pytest.raises(UnknownOutcome):
        await desk.helpdesk.add_note(str(ticket), NOTE)
    [note] = comments_of(await desk.helpdesk.fetch_ticket(str(ticket), TALK))
    assert note.own
    assert "tb-0123456789abcdef0123" in note.html


async def test_deleted_ticket_is_missing_for_a_write(
    sim: ZendeskSimulator, desk: Desk, ticket: int
) -> None:
    sim.person_deletes(ticket)
    with pytest.raises(RecordMissing):
        await desk.helpdesk.set_fields(str(ticket), {"Work stage": "x"})
