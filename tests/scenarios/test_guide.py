"""A ticket that names an error is guided: the error gets a work item of its own, related."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.engine.guiding import ASK_ANEW
from bridge.kit.faults import Fault, FaultKind
from bridge.store import connections
from bridge.store.tables import ledger, links, records, relations, runs, wishes
from connectors.azure_devops.simulator import Field
from connectors.sentry.simulator.records import Issue
from tests.scenarios.test_findings import found
from tests.scenarios.test_signals import RELATED, Scene, _relations, signals_world
from tests.shipped import SHIPPED

DAY = int(ASK_ANEW.total_seconds() * 1000)
FIELD_GOES = SHIPPED.replace(
    "\nfields:\n",
    "\nfields:\n  - {ticket: work_notes, work_item: Custom.Notes, owner: ticket}\n",
)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with signals_world(tmp_path) as scene:
        yield scene


def page(scene: Scene, issue: Issue) -> str:
    return scene.sentry.organization.write.page(issue)


async def note(scene: Scene, ticket: str, html: str) -> str:
    """An agent writes an internal note, and the hub comes to see it."""
    id = scene.world.hubspot.person_adds_note(ticket, html)
    await scene.world.sweep("hubspot")
    return str(id)


def answers(scene: Scene) -> list[str]:
    """The hub's own notes."""
    bodies = [n.properties["hs_note_body"] or "" for n in scene.world.hubspot.notes.values()]
    return [each for each in bodies if "Ticketbridge" in each]


async def rows_of(scene: Scene, table: sa.Table) -> list[Any]:
    async with scene.world.hub.db.read() as connection:
        return list((await connection.execute(sa.select(table))).mappings())


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_an_issue_named_in_an_internal_note_is_launched_once_and_related(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("migrated_postgres") if database == "postgres" else None
    async with signals_world(tmp_path, database_url=url) as scene:
        ticket, item = await scene.bug()
        issue = scene.sentry.error_occurs()
        await note(scene, ticket, f'<p>See <a href="{page(scene, issue)}">the error</a></p>')
        own, made = scene.world.items()
        assert own.id == item.id
        assert made.fields["System.Title"].startswith(f"{issue.short_id}: ")
        assert [each.target for each in made.relations if each.rel == RELATED] == [item.id]
        shown = await scene.get(f"/tickets/hubspot/{ticket}")
        assert shown["internal_tasks"] == 1
        assert [each["work_item"]["id"] for each in shown["links"]] == [str(item.id)]
        for one, other, born in ((item, made, False), (made, item, True)):
            said = await scene.get(f"/work-items/boards/{one.id}")
            assert [each["id"] for each in said["relations"]] == [str(other.id)]
            assert said["internal"] is born
        [answer] = answers(scene)
        assert f"related to #{item.id}" in answer
        [told] = await found(scene.world, "SENTRY_REFERENCE")
        assert "internal technical task" in told["sentence"]
        for text in (answer, json.dumps(told)):
            assert str(issue.id) not in text
            assert issue.short_id not in text
        # Looking again, and a second note that names the same, makes nothing more.
        await note(scene, ticket, f"<p>still {page(scene, issue)}?project=1</p>")
        assert len(scene.world.items()) == 2
        assert len(answers(scene)) == 2
        assert await scene.leaks(ticket) == {}


async def test_a_ticket_without_a_work_item_gets_its_own_first(scene: Scene) -> None:
    world = scene.world
    issue = scene.sentry.error_occurs()
    # One from before the hub's time: nothing would be launched for it by itself.
    await world.sweep("hubspot")
    async with world.hub.db.write() as connection:
        ahead = world.hub.now() + timedelta(days=1)
        await connections.change(connection, "hubspot", start_mark=ahead)
    world.hub.start_marks.clear()
    ticket = world.hubspot.person_creates_ticket(
        subject="Old", category="Bug", company_id=world.acme
    )
    await world.settle()
    assert world.items() == []
    await note(scene, ticket, f"<p>{issue.short_id}</p>")
    own, made = sorted(world.items(), key=lambda each: issue.short_id in str(each.fields))
    assert "Old" in own.fields["System.Title"]
    assert [each.target for each in made.relations if each.rel == RELATED] == [own.id]
    assert (await scene.get(f"/tickets/hubspot/{ticket}"))["internal_tasks"] == 1


async def test_a_ticket_whose_route_stays_gets_no_link_and_the_issue_its_item(scene: Scene) -> None:
    world, issue = scene.world, scene.sentry.error_occurs()
    ticket = world.hubspot.person_creates_ticket(
        subject="How to", category="Customer Success Ticket", company_id=world.acme
    )
    await world.settle()
    await note(scene, ticket, f"<p>{page(scene, issue)}</p>")
    [made] = world.items()
    assert issue.short_id in made.fields["System.Title"]
    assert await rows_of(scene, links) == []
    assert await rows_of(scene, relations) == []
    [answer] = answers(scene)
    assert "no work item by its route" in answer


async def test_what_a_customer_writes_leads_to_nothing(scene: Scene) -> None:
    ticket, _ = await scene.bug()
    issue = scene.sentry.error_occurs()
    scene.world.hubspot.customer_writes(ticket, f"I got {page(scene, issue)} from a friend")
    scene.world.hubspot.person_edits_ticket(ticket, content=f"As said: {page(scene, issue)}")
    await scene.world.sweep("hubspot")
    assert len(scene.world.items()) == 1
    assert answers(scene) == []
    assert {"SENTRY_TOLD", "SENTRY_REFERENCE"} & await scene.world.findings() == set()


async def test_a_field_or_a_marked_note_that_names_an_issue_leads_to_it_and_is_not_mirrored(
    tmp_path: Path,
) -> None:
    async with signals_world(tmp_path, mapping=FIELD_GOES) as scene:
        scene.world.hubspot.add_property("tickets", "work_notes", in_forms=False)
        scene.world.boards.add_field(Field("Custom.Notes", "Notes", "string"))
        ticket, item = await scene.bug()
        issue, other = scene.sentry.error_occurs(), scene.sentry.error_occurs()
        address = page(scene, issue)
        scene.world.hubspot.person_edits_ticket(ticket, work_notes=address)
        await note(scene, ticket, f"<p>#dev</p><p>On Safari.</p><p>{page(scene, other)}</p>")
        assert len(scene.world.items()) == 3
        assert len(_relations(item, RELATED)) == 2
        [copied] = [each.text for each in item.comments]
        assert "On Safari." in copied
        assert "left out" in copied
        assert "sentry" not in repr([item.fields, copied])
        assert "SENTRY_REFERENCE" in await scene.world.findings()


async def test_a_field_that_may_stand_on_a_form_leads_to_nothing_and_is_not_mirrored(
    tmp_path: Path,
) -> None:
    async with signals_world(tmp_path, mapping=FIELD_GOES) as scene:
        scene.world.hubspot.add_property("tickets", "work_notes")
        scene.world.boards.add_field(Field("Custom.Notes", "Notes", "string"))
        ticket, item = await scene.bug()
        address = page(scene, scene.sentry.error_occurs())
        scene.world.hubspot.person_edits_ticket(ticket, work_notes=address)
        await scene.world.settle()
        assert scene.world.items() == [item]
        assert answers(scene) == []
        assert "sentry" not in repr(item.fields)
        assert {"SENTRY_TOLD", "SENTRY_REFERENCE"} & await scene.world.findings() == set()


async def test_what_no_sentry_of_ours_shows_is_told_and_asked_about_once(scene: Scene) -> None:
    ticket, _ = await scene.bug()
    gone = scene.sentry.error_occurs()
    address = page(scene, gone)
    scene.sentry.person_deletes(gone)
    await note(scene, ticket, f"<p>{address} and UTF-8, ABC-1Z9</p>")
    asked = len([each for each in scene.world.calls if each.connection == "sentry"])
    scene.world.hubspot.person_edits_ticket(ticket, subject="Again")
    await scene.world.settle()
    assert len([each for each in scene.world.calls if each.connection == "sentry"]) == asked
    [left] = await found(scene.world, "SENTRY_REFERENCE_OPEN")
    assert "no issue that the hub's Sentry shows" in left["sentence"]
    assert len(scene.world.items()) == 1
    assert answers(scene) == []


async def test_what_sentry_did_not_show_is_asked_about_anew_when_projects_change_and_after_a_day(
    scene: Scene,
) -> None:
    world = scene.world
    ticket, item = await scene.bug()
    shown, later = scene.sentry.error_occurs(), scene.sentry.error_occurs()
    hidden = Fault(r"GET .*/issues/", FaultKind.ANSWER, status=404, times=99)
    scene.sentry.faults.add(hidden)
    await note(scene, ticket, f"<p>{page(scene, shown)}</p>")
    [left] = await found(scene.world, "SENTRY_REFERENCE_OPEN")
    assert "no issue that the hub's Sentry shows" in left["sentence"]
    hidden.times = 0
    world.hubspot.person_edits_ticket(ticket, subject="Again")
    await world.settle()
    assert world.items() == [item]
    # The hub's token is let into a project more.
    world.hub.sentry = replace(world.hub.sentry, projects=world.hub.sentry.projects | {"till"})
    world.hubspot.person_edits_ticket(ticket, subject="And again")
    await world.settle()
    assert len(world.items()) == 2
    assert "SENTRY_REFERENCE_OPEN" not in await world.findings()
    # Of one that is known as nothing for a day it is asked without anything else happening.
    hidden.times = 99
    await note(scene, ticket, f"<p>{page(scene, later)}</p>")
    assert "SENTRY_REFERENCE_OPEN" in await world.findings()
    hidden.times = 0
    async with world.hub.db.write() as connection:
        await connection.execute(
            sa.update(ledger)
            .where(ledger.c.source.like("guide:%"))
            .values(intended_at=ledger.c.intended_at - DAY)
        )
        # Its own time has come: a ticket that nobody touches is looked at then.
        woken = await connection.execute(
            sa.update(records)
            .where(records.c.key == f"hubspot:{ticket}", records.c.due_at.is_not(None))
            .values(due_at=records.c.due_at - DAY)
        )
    assert woken.rowcount == 1
    world.hub.work_wake.set()
    await world.settle()
    assert len(world.items()) == 3


async def test_a_sentry_that_is_away_holds_up_nothing_and_is_asked_again(scene: Scene) -> None:
    ticket, item = await scene.bug()
    issue = scene.sentry.error_occurs()
    away = Fault(r"GET .*/issues/", FaultKind.RESET, times=99)
    scene.sentry.faults.add(away)
    scene.world.hubspot.person_adds_note(ticket, f"<p>{page(scene, issue)}</p>")
    scene.world.boards.person_moves_state(item.id, "Active")
    await scene.world.sweep("hubspot")
    assert scene.world.ticket(ticket)["work_stage"] == "In development"
    [left] = await found(scene.world, "SENTRY_REFERENCE_OPEN")
    assert "could not be asked" in left["sentence"]
    assert len(scene.world.items()) == 1
    away.times = 0
    scene.world.hubspot.person_edits_ticket(ticket, subject="Again")
    await scene.world.settle()
    assert len(scene.world.items()) == 2
    assert "SENTRY_REFERENCE_OPEN" not in await scene.world.findings()


async def test_a_note_from_before_there_was_a_sentry_leads_to_nothing(scene: Scene) -> None:
    world = scene.world
    ticket, _ = await scene.bug()
    issue = scene.sentry.error_occurs()
    async with world.hub.db.write() as connection:
        ahead = world.hub.now() + timedelta(hours=1)
        await connections.change(connection, "sentry", start_mark=ahead)
    world.hub.start_marks.clear()
    await note(scene, ticket, f"<p>{page(scene, issue)}</p>")
    assert len(world.items()) == 1
    assert answers(scene) == []
    assert "SENTRY_REFERENCE_OPEN" not in await world.findings()


async def test_where_one_question_fails_no_other_is_asked_in_that_pass(scene: Scene) -> None:
    ticket, _ = await scene.bug()
    issues = [scene.sentry.error_occurs() for _ in range(3)]
    scene.sentry.faults.add(Fault(r"GET .*/issues/", FaultKind.RESET, times=99))
    asked = len(scene.sentry.calls)
    text = "".join(f"<p>{page(scene, each)}</p>" for each in issues)
    scene.world.hubspot.person_adds_note(ticket, text)
    await scene.world.sweep("hubspot")
    tried = [each for each in scene.sentry.calls[asked:] if "/issues/" in str(each)]
    passes = [each for each in await rows_of(scene, runs) if each["record_key"].endswith(ticket)]
    assert 1 <= len(tried) <= len(passes) + 2


async def test_a_reference_that_is_taken_out_again_unlinks_nothing(scene: Scene) -> None:
    ticket, item = await scene.bug()
    issue = scene.sentry.error_occurs()
    id = await note(scene, ticket, f"<p>{page(scene, issue)}</p>")
    scene.world.hubspot.person_edits_note(id, "<p>never mind</p>")
    await scene.world.sweep("hubspot")
    assert len(_relations(item, RELATED)) == 1
    assert (await scene.get(f"/tickets/hubspot/{ticket}"))["internal_tasks"] == 1
    assert "SENTRY_REFERENCE" not in await scene.world.findings()
    assert len(answers(scene)) == 1


async def test_several_issues_in_one_note_get_an_item_each_and_one_answer(scene: Scene) -> None:
    ticket, item = await scene.bug()
    issues = [scene.sentry.error_occurs() for _ in range(3)]
    await note(scene, ticket, "".join(f"<p>{page(scene, each)}</p>" for each in issues))
    assert len(scene.world.items()) == 4
    assert len(_relations(item, RELATED)) == 3
    assert (await scene.get(f"/tickets/hubspot/{ticket}"))["internal_tasks"] == 3
    assert len(answers(scene)) == 1
    assert [each["ticket_key"] for each in await rows_of(scene, wishes)] == [
        f"sentry:{each.id}" for each in issues
    ]
    assert await scene.leaks(ticket) == {}


async def test_where_the_guide_only_says_so_nothing_is_made_and_people_are_told_how(
    tmp_path: Path,
) -> None:
    async with signals_world(tmp_path, guide="note") as scene:
        ticket, item = await scene.bug()
        await note(scene, ticket, f"<p>{page(scene, scene.sentry.error_occurs())}</p>")
        assert len(scene.world.items()) == 1
        [answer] = answers(scene)
        assert f"relate that to #{item.id}: bridge launch" in answer
        assert (
            "nothing was made of it"
            in (await found(scene.world, "SENTRY_REFERENCE"))[0]["sentence"]
        )


async def test_a_ticket_that_nobody_has_categorised_waits_for_its_route(scene: Scene) -> None:
    world, issue = scene.world, scene.sentry.error_occurs()
    ticket = world.hubspot.person_creates_ticket(subject="Odd", category="", company_id=world.acme)
    await note(scene, ticket, f"<p>{page(scene, issue)}</p>")
    assert (world.items(), answers(scene)) == ([], [])
    assert "category" in (await found(world, "SENTRY_REFERENCE_OPEN"))[0]["sentence"]
    world.hubspot.person_edits_ticket(ticket, hs_ticket_category="Bug")
    await world.settle()
    assert len(world.items()) == 2
    assert len(answers(scene)) == 1
    assert "SENTRY_REFERENCE_OPEN" not in await world.findings()


async def test_a_note_of_very_many_addresses_makes_no_more_items_than_are_right(
    scene: Scene,
) -> None:
    ticket, _ = await scene.bug()
    issues = [scene.sentry.error_occurs() for _ in range(30)]
    await note(scene, ticket, " ".join(page(scene, each) for each in issues))
    assert len(scene.world.items()) == 1 + 20


async def test_where_the_tickets_own_item_is_the_errors_another_one_is_made(scene: Scene) -> None:
    ticket, item = await scene.bug()
    issue = scene.sentry.error_occurs()
    vsts = scene.sentry.add_integration("vsts", "boards.test")
    url = f"http://boards.test/acme/Platform/_workitems/edit/{item.id}"
    scene.sentry.organization.link_tracker(issue, vsts.id, str(item.id), url)
    await scene.world.sweep("sentry")
    await note(scene, ticket, f"<p>{issue.short_id}</p>")
    own, made = scene.world.items()
    assert [each.target for each in made.relations if each.rel == RELATED] == [own.id]
    assert "SENTRY_ON_TICKET" in await scene.world.findings()
    assert (await scene.get(f"/tickets/hubspot/{ticket}"))["internal_tasks"] == 1
    assert await scene.leaks(ticket) == {}


async def test_a_run_that_answered_a_note_is_decided_alike_once_more(scene: Scene) -> None:
    ticket, _ = await scene.bug()
    await note(scene, ticket, f"<p>{page(scene, scene.sentry.error_occurs())}</p>")
    async with scene.world.hub.db.read() as connection:
        query = sa.select(runs.c.id).where(runs.c.record_key == f"hubspot:{ticket}")
        ids = (await connection.execute(query.order_by(runs.c.id.desc()))).scalars().all()
    kept = [await scene.get(f"/runs/{id}") for id in ids]
    [answered] = [e for e in kept if any(o["kind"] == "AddTicketNote" for o in e["operations"])]
    assert answered["rerun"]["then"] in ([], None), answered["rerun"]


async def test_a_ticket_whose_item_is_gone_gets_no_other_by_a_note(scene: Scene) -> None:
    world, issue = scene.world, scene.sentry.error_occurs()
    ticket = world.hubspot.person_creates_ticket(
        subject="How to", category="Customer Success Ticket", company_id=world.acme
    )
    native = world.boards.person_creates("Bug", "linked by hand")
    await world.settle()
    body = {
        "ticket": {"connection": "hubspot", "id": ticket},
        "work_item": {"connection": "boards", "id": str(native)},
    }
    linked = await world.client.post("/api/v1/links", json=body, headers=world.admin)
    assert linked.status_code == 201
    world.boards.person_deletes(str(native))
    await world.settle()
    before = len(world.items())
    await note(scene, ticket, f"<p>{page(scene, issue)}</p>")
    assert len(world.items()) == before
    assert "can't be seen" in (await found(world, "SENTRY_REFERENCE_OPEN"))[0]["sentence"]
