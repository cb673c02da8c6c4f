"""What a draft would do, to one ticket and to all, and putting it in force."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from bridge.domain.refs import TicketRef
from bridge.engine import activation, preview
from bridge.engine.preview import read_draft
from bridge.store import jobs
from bridge.store.jobs import JobState, Moved
from bridge.store.tables import records
from tests.api.doors import Doors
from tests.web.editing import (
    PAGE,
    TEXT,
    acts,
    drafted,
    fields_of,
    in_force,
    see,
    seen_bug,
    sent_by,
)
from tests.web.people import form_token, signed_in

REWORDED = TEXT.replace("label: Reported}", "label: With our engineers}")


async def test_try_shows_what_the_draft_would_do_to_a_ticket_and_changes_nothing(
    doors: Doors,
) -> None:
    await in_force(doors)
    await seen_bug(doors, "812", "New")
    await drafted(doors, REWORDED)
    browser = await signed_in(doors, "admin")
    before = await doors.stored()
    for asked in ("812", "#812", "hubspot:812", " 812 "):
        answer = await browser.get(f"{PAGE}/try", params={"ticket": asked})
        assert answer.status_code == 200, asked
        for said in (
            "<strong>1</strong> value changes",
            "With our engineers",
            "work_stage",
            "#9812",
        ):
            assert said in answer.text, asked
    assert await doors.stored() == before


async def test_ticket_that_was_never_read_is_told_in_words(doors: Doors) -> None:
    await in_force(doors)
    await seen_bug(doors, "812", "New")
    browser = await signed_in(doors, "admin")
    for asked in ("999", "boards:9812", "x" * 300, "'; --"):
        answer = await browser.get(f"{PAGE}/try", params={"ticket": asked})
        assert (answer.status_code, "The hub has read no ticket" in answer.text) == (422, True)


async def test_try_without_a_draft_shows_what_is_in_force(doors: Doors) -> None:
    await in_force(doors)
    await seen_bug(doors, "812", "New")
    answer = await (await signed_in(doors, "admin")).get(f"{PAGE}/try?ticket=812")
    assert "under what is in force" in answer.text
    assert "<strong>0</strong> values change" in answer.text


async def test_preview_counts_changes_with_tickets_to_look_at(doors: Doors) -> None:
    await in_force(doors)
    for id in ("812", "813"):
        await seen_bug(doors, id, "New")
    await see(doors, TicketRef("hubspot", "814"), kind="Odd", how_bad="HIGH", subject="New one")
    await drafted(doors, REWORDED.replace("[Bug, Crash]", "[Bug, Crash, Odd]"))
    browser = await signed_in(doors, "admin")
    before = await doors.stored()
    text = (await browser.get(f"{PAGE}/preview")).text
    for said in (
        "<strong>2</strong> values change", "<strong>0</strong> writes are refused",
        'href="/tickets/hubspot/812"', "<td data-label=\"Becomes\">With our engineers</td>",
        "notices go out", "customers must be told",
    ):  # fmt: skip
        assert said in text
    assert await doors.stored() == before


async def test_preview_of_many_tickets_is_a_job_with_progress(doors: Doors) -> None:
    await in_force(doors)
    await seen_bug(doors, "812", "New")
    version = await drafted(doors, REWORDED)
    browser = await signed_in(doors, "admin")
    draft = await read_draft(doors.hub, "small", None)
    job = await preview.preview(doors.hub, draft, by="Ada", at_once=0)
    assert isinstance(job, jobs.Job)
    assert await preview.preview_so_far(doors.hub, draft, at_once=0) == job
    async with doors.hub.db.write() as connection:
        await jobs.move(connection, job.id, Moved("hubspot:8", 400, 1200), doors.hub.now())
    found = await preview.preview_so_far(doors.hub, draft, at_once=0)
    assert isinstance(found, jobs.Job)
    assert (found.done, found.total) == (400, 1200)
    # Another draft is another matter, and so is one of a job that was ended.
    await drafted(doors, TEXT.replace("label: Available", "label: Yours now"))
    other = await read_draft(doors.hub, "small", None)
    assert other.loaded.hash != version
    assert await preview.preview_so_far(doors.hub, other, at_once=0) is None
    async with doors.hub.db.write() as connection:
        done = frozenset({JobState.RUNNING})
        await jobs.switch(connection, job.id, JobState.CANCELLED, doors.hub.now(), among=done)
    assert await preview.preview_so_far(doors.hub, draft, at_once=0) is None
    answer = await browser.post(f"{PAGE}/preview", data={"form_token": await form_token(browser)})
    assert answer.headers["location"] == f"{PAGE}/preview"


async def test_page_of_many_tickets_begins_the_preview_and_shows_how_far_it_is(
    doors: Doors,
) -> None:
    await in_force(doors)
    many = [
        {"key": f"hubspot:{n}", "kind": "ticket", "connection": "hubspot", "vendor_id": str(n)}
        for n in range(preview.AT_ONCE + 1)
    ]
    async with doors.hub.db.write() as connection:
        await connection.execute(sa.insert(records), many)
    await drafted(doors, REWORDED)
    browser = await signed_in(doors, "admin")
    before = await doors.stored()
    assert "There are more than 1,000 tickets" in (await browser.get(f"{PAGE}/preview")).text
    assert await doors.stored() == before
    answer = await browser.post(f"{PAGE}/preview", data={"form_token": await form_token(browser)})
    assert answer.status_code == 303
    [job] = await _jobs(doors)
    assert (job.created_by, job.total) == ("Ada", preview.AT_ONCE + 1)
    assert f"0 of {preview.AT_ONCE + 1}" in (await browser.get(f"{PAGE}/preview")).text
    step = await preview.prepare(doors.hub, job)
    async with doors.hub.db.write() as connection:
        moved = await step.store(connection)
        await jobs.move(connection, job.id, moved, doors.hub.now())
    assert (
        f"{preview.CHUNK} of {preview.AT_ONCE + 1}" in (await browser.get(f"{PAGE}/preview")).text
    )
    async with doors.hub.db.write() as connection:
        await jobs.move(connection, job.id, replace(moved, finished=True), doors.hub.now())
    assert "<strong>0</strong> values change" in (await browser.get(f"{PAGE}/preview")).text


async def _jobs(doors: Doors) -> list[jobs.Job]:
    async with doors.hub.db.read() as connection:
        return await jobs.live(connection, preview.KIND)


async def test_draft_is_activated_with_a_note_as_a_campaign(doors: Doors) -> None:
    await in_force(doors)
    await seen_bug(doors, "812", "New")
    version = await drafted(doors, REWORDED)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/preview")
    answer = await browser.post(f"{PAGE}/activate", data={**form, "note": "clearer words"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?done=activated")
    assert doors.hub.mappings["hubspot"].hash == version
    assert (await acts(doors))[-1] == ("Ada", "mapping.activated", "clearer words")
    text = (await browser.get(f"{PAGE}?done=activated")).text
    for said in ("It is in force.", "activated by Ada: “clearer words”", "0 of 1"):
        assert said in text
    assert "“clearer words”" in (await browser.get(f"{PAGE}/history")).text


async def test_activation_without_a_note_asks_for_it(doors: Doors) -> None:
    active = await in_force(doors)
    await drafted(doors, REWORDED)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/preview")
    before = await doors.stored()
    answer = await browser.post(f"{PAGE}/activate", data={**form, "note": " "})
    assert answer.status_code == 422
    assert 'aria-describedby="w-note"' in answer.text
    assert "Say in a few words why" in answer.text
    assert await doors.stored() == before
    assert doors.hub.mappings["hubspot"].hash == active


async def test_newer_draft_of_somebody_else_is_not_activated_unseen(doors: Doors) -> None:
    active = await in_force(doors)
    await drafted(doors, REWORDED)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/preview")
    newer = await drafted(doors, REWORDED.replace("Available", "Yours now"), by="Bob")
    answer = await browser.post(f"{PAGE}/activate", data={**form, "note": "my reason"})
    assert answer.status_code == 409
    assert "Bob has kept a newer draft since you looked" in answer.text
    assert "<ins>Yours now</ins>" in answer.text
    assert doors.hub.mappings["hubspot"].hash == active
    again = sent_by(answer.text)
    assert (again["note"], again["version"]) == ("my reason", newer)
    assert (await browser.post(f"{PAGE}/activate", data=again)).status_code == 303
    assert doors.hub.mappings["hubspot"].hash == newer


async def test_version_activated_meanwhile_is_not_replaced_unseen(doors: Doors) -> None:
    first = await in_force(doors)
    other = await drafted(doors, TEXT.replace("Available", "Yours now"), by="Bob")
    mine = await drafted(doors, REWORDED)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/preview")
    assert (form["version"], form["over"]) == (mine, first)
    await activation.activate(doors.hub, "small", other, "Bob", note="urgent")
    answer = await browser.post(f"{PAGE}/activate", data={**form, "note": "my reason"})
    assert answer.status_code == 409
    assert "Bob has put another version in force since you looked" in answer.text
    assert doors.hub.mappings["hubspot"].hash == other
    again = sent_by(answer.text)
    assert (again["note"], again["over"]) == ("my reason", other)


async def test_form_of_an_activation_that_was_made_already_activates_nothing(doors: Doors) -> None:
    await in_force(doors)
    version = await drafted(doors, REWORDED)
    browser = await signed_in(doors, "admin")
    form = {**await fields_of(browser, f"{PAGE}/preview"), "note": "once"}
    assert (await browser.post(f"{PAGE}/activate", data=form)).status_code == 303
    twice = await browser.post(f"{PAGE}/activate", data=form)
    assert (twice.status_code, "Nothing was activated" in twice.text) == (409, True)
    assert doors.hub.mappings["hubspot"].hash == version
    assert [each[1] for each in await acts(doors)].count("mapping.activated") == 2
