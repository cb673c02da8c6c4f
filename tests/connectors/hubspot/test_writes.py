"""Writing fields and notes, and what comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bridge.domain.errors import RecordMissing, Rejected, Unavailable, UnknownOutcome
from bridge.domain.records import CHANGED_AT, STATUS, Source
from bridge.kit.faults import Fault, FaultKind
from connectors.hubspot.manifest import NOTE_CHARS
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.connector_world import World, connected
from tests.connectors.hubspot.hub_world import NOON, HandClock


@pytest.fixture
async def world(sim: HubSpotSimulator, clock: HandClock) -> AsyncIterator[World]:
    async with connected(sim, clock) as world:
        yield world


async def test_write_is_one_call_whose_answer_says_what_was_kept(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    sim.add_property("tickets", "work_stage")
    id = sim.person_creates_ticket(category="Bug", work_stage="old")
    await world.helpdesk.fetch_reference()
    read = len(world.calls)
    clock.move(minutes=1)
    seen = await world.helpdesk.set_fields(id, {"hs_pipeline_stage": "4", "work_stage": ""})
    assert world.paths(read) == [f"PATCH /crm/objects/2026-03/tickets/{id}"]
    assert (seen.source, seen.whole, seen.ref.id) == (Source.WRITE, False, id)
    values = {name: fact.value for name, fact in seen.facts.items()}
    # Nothing of what was not written: its time would be taken for the time of this write.
    assert values == {
        "hs_pipeline_stage": "4",
        STATUS: "4",
        "work_stage": None,
        CHANGED_AT: "2026-11-22T12:01:00.000Z",
    }
    assert {fact.at for fact in seen.facts.values()} == {NOON + timedelta(minutes=1)}
    assert sim.tickets[id].properties["work_stage"] is None


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("no_such_property", "x", "no ticket property no_such_property"),
        ("hs_ticket_priority", "NUCLEAR", "hs_ticket_priority does not take this value"),
        ("hs_object_id", "7", "hs_object_id"),
        ("hubspot_owner_id", "999999", "an owner that HubSpot does not know"),
    ],
)
async def test_refused_value_names_its_field_in_plain_words(
    sim: HubSpotSimulator, world: World, field: str, value: str, said: str
) -> None:
    id = sim.person_creates_ticket()
    with pytest.raises(Rejected) as refused:
        await world.helpdesk.set_fields(id, {field: value})
    assert refused.value.field == field
    assert said in str(refused.value)
    assert "isValid" not in str(refused.value) + refused.value.detail


async def test_value_that_must_be_unique_is_rejected(sim: HubSpotSimulator, world: World) -> None:
    sim.add_property("tickets", "hub_key", unique=True)
    sim.person_creates_ticket(hub_key="A-1")
    id = sim.person_creates_ticket()
    with pytest.raises(Rejected, match="unique"):
        await world.helpdesk.set_fields(id, {"hub_key": "A-1"})


async def test_write_to_a_ticket_that_is_gone_is_record_missing(world: World) -> None:
    with pytest.raises(RecordMissing):
        await world.helpdesk.set_fields("404", {"subject": "x"})


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.RESET_AFTER])
async def test_lost_answer_to_a_write_is_tried_again(
    sim: HubSpotSimulator, world: World, kind: FaultKind
) -> None:
    id = sim.person_creates_ticket()
    sim.faults.add(Fault("PATCH", kind))
    with pytest.raises(Unavailable):
        await world.helpdesk.set_fields(id, {"subject": "x"})
    seen = await world.helpdesk.set_fields(id, {"subject": "x"})
    assert seen.value("subject") == "x"


async def test_note_is_added_once_and_only_for_colleagues(
    sim: HubSpotSimulator, world: World
) -> None:
    id = sim.person_creates_ticket()
    note = await world.helpdesk.add_note(id, "<p>In development</p>")
    (kept,) = sim.tickets[id].notes
    assert kept.id == note
    assert kept.properties["hs_note_body"] == "<p>In development</p>"
    assert kept.properties["hs_timestamp"] == "2026-11-22T12:00:00.000Z"
    assert sim.threads == {}


async def test_note_of_the_greatest_length_is_sent_whole_and_a_longer_one_cut(
    sim: HubSpotSimulator, world: World
) -> None:
    id = sim.person_creates_ticket()
    whole = f"<p>{'x' * (NOTE_CHARS - 7)}</p>"
    longer = f"<p>{'x' * NOTE_CHARS}</p>"
    for html in (whole, longer):
        await world.helpdesk.add_note(id, html)
    bodies = [str(each.properties["hs_note_body"]) for each in sim.tickets[id].notes]
    assert bodies[0] == whole
    assert NOTE_CHARS * 0.98 < len(bodies[1]) <= NOTE_CHARS
    assert bodies[1].endswith("<p>… cut here.</p>")


@pytest.mark.parametrize(
    ("fault", "happened"),
    [
        (Fault("notes", FaultKind.RESET), 0),
        (Fault("notes", FaultKind.RESET_AFTER), 1),
        (Fault("notes", FaultKind.ANSWER, status=500), 0),
        (Fault("notes", FaultKind.ANSWER_AFTER, status=502), 1),
        (Fault("notes", FaultKind.ANSWER_AFTER, status=201, body=b'{"id":"99'), 1),
        (Fault("notes", FaultKind.ANSWER_AFTER, status=201, body=b"<html>"), 1),
        (Fault("notes", FaultKind.ANSWER_AFTER, status=201, body=b"{}"), 1),
        (Fault("notes", FaultKind.ANSWER_AFTER, status=203, body=b"<html>"), 1),
        (Fault("notes", FaultKind.ANSWER, status=302, headers={"location": "/login"}), 0),
        (Fault("notes", FaultKind.ANSWER, status=403, body=b"<html>blocked</html>"), 0),
        (Fault("notes", FaultKind.ANSWER, status=418, body=b'{"status":"error"}'), 0),
    ],
)
async def test_note_without_a_clear_answer_is_an_unknown_outcome(
    sim: HubSpotSimulator, world: World, fault: Fault, happened: int
) -> None:
    id = sim.person_creates_ticket()
    sim.faults.add(fault)
    with pytest.raises(UnknownOutcome):
        await world.helpdesk.add_note(id, "<p>x</p>")
    assert len(sim.tickets[id].notes) == happened
    assert len(world.calls) == 1


async def test_note_on_a_ticket_that_is_gone_is_refused_and_not_unknown(world: World) -> None:
    with pytest.raises((RecordMissing, Rejected)):
        await world.helpdesk.add_note("404", "<p>x</p>")
