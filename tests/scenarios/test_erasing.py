"""A person's words go from everywhere: tables, payloads, answers, logs, the file, the copies."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from structlog.testing import capture_logs

from bridge.core.detector import suspicion
from bridge.engine import erasing
from bridge.engine.remembered import Remembered
from bridge.kit.faults import Fault, FaultKind
from bridge.store import jobs
from bridge.store.database import rows
from bridge.store.jobs import Job, JobState
from bridge.store.tables import audit_log, deliveries, reference_data, runs
from bridge.store.tables import jobs as job_table
from tests.scenarios.test_operating import everything_stored
from tests.scenarios.world import World

EMAIL = "quillanthe@morrowby.example"
SUBJECT, BODY = "Zanthorpe cannot print", "Vexillary words of the description"
NOTE, FILE = "Umbrageous words of a note", "gallimaufry.png"
NAME, SECOND = "Quillanthe", "Perspicua words of another note"
PLANTED = (EMAIL, SUBJECT, BODY, NOTE, FILE, NAME, SECOND)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
SOON = timedelta(seconds=1)


async def plant(world: World) -> tuple[str, str]:
    """A person's ticket through the whole line, and another customer's on the same item."""
    hubspot = world.hubspot
    contact = hubspot.add_contact(EMAIL, NAME)
    file = hubspot.person_uploads(FILE, PICTURE, "image/png")
    id = hubspot.person_creates_ticket(
        subject=SUBJECT, content=f"{BODY} {NAME} {EMAIL}", category="Bug", company_id=world.acme
    )
    hubspot.person_names_contact(id, contact)
    await world.settle()
    hubspot.person_adds_note(id, f"<p>#dev</p><p>{NOTE}</p>", [file])
    await world.sweep("hubspot")
    hubspot.person_adds_note(id, f"<p>#dev</p><p>{SECOND}</p>")
    await world.sweep("hubspot")
    [item] = world.items()
    other = hubspot.person_creates_ticket(
        subject="Other", category="Customer Success Ticket", company_id=world.acme
    )
    await world.settle()
    body = {
        "ticket": {"connection": "hubspot", "id": other},
        "work_item": {"connection": "boards", "id": str(item.id)},
    }
    answer = await world.client.post("/api/v1/links", headers=world.admin, json=body)
    assert answer.status_code == 201
    await world.settle()
    world.boards.person_moves_state(str(item.id), "Active")
    await world.settle()
    return id, contact


async def clear_at_vendors(world: World, id: str) -> None:
    """What people do by hand at their own screens before they erase."""
    world.hubspot.person_edits_ticket(id, subject="(removed)", content="(removed)")
    for note in list(world.hubspot.notes.values()):
        if not note.archived:
            world.hubspot.person_deletes_note(note.id)
    [item] = world.items()
    world.boards.person_edits(
        str(item.id),
        {"System.Title": "(removed)", "Microsoft.VSTS.TCM.ReproSteps": "(removed)"},
    )
    await world.settle()


async def finished(world: World, id: str) -> dict[str, Any]:
    """The erasure's result once it is done; webhooks come in meanwhile."""
    for _ in range(1500):
        await world.deliver()
        async with world.hub.db.read() as connection:
            job = await jobs.load(connection, id)
        assert job is not None
        if job.state not in jobs.ACTIVE:
            assert job.state is JobState.DONE, job.error
            await world.settle()
            return dict(job.result)
        await asyncio.sleep(0.02)
    raise AssertionError("the erasure does not end")


async def erase(world: World, **whom: Any) -> dict[str, Any]:
    async with world.hub.db.write() as connection:
        job = await erasing.start(world.hub, connection, by="ada", echo=SOON, **whom)
    world.hub.work_wake.set()
    return await finished(world, job.id)


async def told(world: World) -> str:
    """Everything that the API tells an admin."""
    paths = ["/tickets", "/deliveries", "/findings", "/jobs", "/links", "/connections", "/mappings"]
    async with world.hub.db.read() as connection:
        paths += [f"/deliveries/{e['id']}" for e in await rows(connection, sa.select(deliveries))]
        paths += [f"/runs/{each['id']}" for each in await rows(connection, sa.select(runs))]
        paths += [f"/jobs/{each['id']}" for each in await rows(connection, sa.select(job_table))]
    for id in world.hubspot.tickets:
        paths += [f"/tickets/hubspot/{id}{what}" for what in ("", "/timeline", "/explain")]
    paths += [f"/work-items/boards/{each.id}" for each in world.items()]
    texts = []
    for path in paths:
        answer = await world.client.get(f"/api/v1{path}", headers=world.admin)
        texts.append(answer.text)
    texts.append((await world.client.get("/metrics")).text)
    return "\n".join(texts)


def found_in(text: str, planted: Sequence[str] = PLANTED) -> set[str]:
    return {each for each in planted if each in text}


async def test_person_is_found_nowhere_after_an_erasure(world: World, tmp_path: Path) -> None:
    name = "".join(["Quill", "anthe"])
    others = Remembered(world.hub)
    await others.look()
    with capture_logs() as entries:
        id, contact = await plant(world)
        stored = await everything_stored(world)
        assert found_in(stored) >= {SUBJECT, BODY, NOTE, FILE, EMAIL}
        await clear_at_vendors(world, id)
        # What was cleared is still in payloads, runs and the vendor's own history.
        assert found_in(await everything_stored(world)) >= {SUBJECT, BODY, NOTE, FILE}
        suspicion(name)
        remembered = sys.getrefcount(name)
        result = await erase(world, email=EMAIL)
    assert sys.getrefcount(name) < remembered
    # Another process hears of it from the store.
    suspicion(name)
    await others.look()
    assert sys.getrefcount(name) < remembered
    assert found_in(await everything_stored(world)) == set()
    assert found_in(await told(world)) == set()
    assert found_in(str(entries)) == set()
    assert result["records"] == [f"hubspot:{id}"]
    assert contact not in str(result)
    if world.hub.db.is_sqlite:
        for file in (tmp_path / "data").glob("bridge.sqlite3*"):
            held = file.read_bytes().decode("latin-1")
            assert found_in(held) == set(), file.name


async def test_copies_are_deleted_and_what_people_must_clear_is_listed(world: World) -> None:
    id, _ = await plant(world)
    [item] = world.items()
    assert [each.rel for each in item.relations].count("AttachedFile") == 1
    assert len([each for each in item.comments if not each.deleted]) == 2
    result = await erase(world, refs=[f"hubspot:{id}"])
    assert [each.rel for each in item.relations].count("AttachedFile") == 0
    assert [each for each in item.comments if not each.deleted] == []
    key = f"boards:{item.id}"
    assert sorted(each["what"] for each in result["deleted"]) == ["comment", "comment", "file"]
    left = {(each["ref"], each["what"].partition(" ")[0]) for each in result["left"]}
    assert left == {(key, "title"), ("boards:", "deleted"), (f"hubspot:{id}", "the")}


async def test_erased_ticket_stays_usable_and_nothing_is_done_twice(world: World) -> None:
    id, _ = await plant(world)
    await clear_at_vendors(world, id)
    await erase(world, refs=[f"hubspot:{id}"])
    [item] = world.items()
    shown = world.ticket(id)
    world.boards.person_moves_state(str(item.id), "Resolved")
    await world.settle()
    world.hubspot.person_edits_ticket(id, hs_ticket_priority="LOW")
    await world.sweep("hubspot")
    after = world.ticket(id)
    assert (after["work_stage"], after["work_items"]) != (None, None)
    assert after["work_stage"] != shown["work_stage"]
    assert after["work_items"] == shown["work_items"] == f"#{item.id}"
    assert len(world.items()) == 1
    assert [each for each in item.comments if not each.deleted] == []
    assert [each.rel for each in item.relations].count("AttachedFile") == 0


async def test_person_erased_by_the_vendor_loses_the_copies_too(world: World) -> None:
    id, contact = await plant(world)
    await clear_at_vendors(world, id)
    async with world.hub.db.write() as connection:
        role = {"connection": "hubspot", "kind": "contact", "id": contact, "read_at": 1}
        await connection.execute(sa.insert(reference_data).values(**role, data={"role": "PU"}))
    world.hubspot.privacy_delete(contact)
    await world.deliver()
    live: list[Job] = []
    for _ in range(500):
        async with world.hub.db.read() as connection:
            live = await jobs.live(connection, erasing.KIND)
        if live:
            break
        await asyncio.sleep(0.02)
    [job] = live
    async with world.hub.db.write() as connection:
        # A minute is long for a test: the second round begins sooner.
        await connection.execute(
            sa.update(job_table)
            .where(job_table.c.id == job.id)
            .values(params={**job.params, "echo_s": 1})
        )
    await finished(world, job.id)
    [item] = world.items()
    assert [each for each in item.comments if not each.deleted] == []
    assert found_in(await everything_stored(world)) == set()
    async with world.hub.db.read() as connection:
        people = sa.select(reference_data.c.id).where(reference_data.c.kind == "contact")
        assert contact not in [*await connection.scalars(people)]


async def test_audit_says_who_erased_and_not_whom(world: World) -> None:
    await plant(world)
    await erase(world, email=EMAIL)
    async with world.hub.db.read() as connection:
        kept = await rows(connection, sa.select(audit_log).where(audit_log.c.action == "erase"))
    [entry] = kept
    assert entry["actor"] == "ada"
    assert entry["target"] == "a person"
    salt, _, digest = entry["detail"]["address"].partition(":")
    assert (len(salt), len(digest)) == (32, 32)


async def test_helpdesk_that_refuses_to_say_who_it_is_is_listed_and_the_rest_goes_on(
    world: World,
) -> None:
    id, _ = await plant(world)
    await clear_at_vendors(world, id)
    refusal = {"status": "error", "message": "no such property", "category": "VALIDATION_ERROR"}
    world.hubspot.faults.add(
        Fault(
            r"^POST /crm/objects/.*/contacts/search",
            FaultKind.ANSWER,
            times=1,
            status=400,
            headers={"content-type": "application/json"},
            body=json.dumps(refusal).encode(),
        )
    )
    result = await erase(world, email=EMAIL)
    assert [each["ref"] for each in result["left"] if "could not be asked" in each["what"]] == [
        "hubspot:"
    ]
    assert result["deleted"] == []
    assert EMAIL not in await everything_stored(world)


async def test_tracker_that_is_away_holds_nothing_of_the_hub_back(world: World) -> None:
    id, _ = await plant(world)
    world.boards.faults.add(Fault(r"^DELETE .*/comments/", FaultKind.RESET_AFTER, times=2))
    result = await erase(world, refs=[f"hubspot:{id}"])
    assert sorted(each["what"] for each in result["deleted"]) == ["comment", "comment", "file"]
    [item] = world.items()
    assert [each for each in item.comments if not each.deleted] == []
