"""What every helpdesk must do for the hub."""

from __future__ import annotations

from typing import cast

import pytest

from bridge.domain.errors import RecordMissing, Rejected, UnknownOutcome
from bridge.domain.records import (
    ATTACHMENTS,
    CUSTOMER,
    STATUS,
    SUBJECT,
    URL,
    Source,
    attachments_of,
    comments_of,
)
from bridge.kit.faults import Fault, FaultKind
from bridge.ports.roles import AppLinkedHelpdesk, Want
from connectors.registry import CONNECTORS
from tests.conformance.rig import HelpdeskRig
from tests.conformance.stand import Stand

Desk = Stand[HelpdeskRig]

MARKER = "tb-0123456789abcdef0123"
NOTE = f"<p>In development</p><p>From Bug #7 · {MARKER}</p>"


async def test_every_wanted_field_is_known_though_it_be_empty(desk: Desk) -> None:
    rig, id = desk.rig, desk.rig.person_creates()
    want = Want(frozenset({rig.text_field, rig.own_field}))
    for seen in (
        await desk.helpdesk.fetch_ticket(id, want),
        *await desk.helpdesk.fetch_tickets([id], want),
    ):
        assert [name for name in want.fields if not seen.knows(name)] == []
        assert (seen.value(rig.text_field), seen.value(rig.own_field)) == ("Export fails", None)


async def test_timed_field_has_the_time_of_its_own_change(desk: Desk) -> None:
    rig, id = desk.rig, desk.rig.person_creates()
    made = rig.clock.now()
    rig.clock.advance(hours=3)
    rig.person_edits(id, "Something else changed")
    want = Want(timed=frozenset({rig.timed_field}))
    for seen in (
        await desk.helpdesk.fetch_ticket(id, want),
        *await desk.helpdesk.fetch_tickets([id], want),
    ):
        assert seen.at(rig.timed_field) == made


async def test_times_of_more_tickets_than_one_call_takes_are_all_brought(desk: Desk) -> None:
    size = desk.manifest.batch_read
    ids = [desk.rig.person_creates(f"T{number}") for number in range(size + 1)]
    want = Want(timed=frozenset({desk.rig.timed_field}))
    seen = await desk.helpdesk.fetch_tickets(ids, want)
    assert sorted(each.ref.id for each in seen) == sorted(ids)
    assert {each.at(desk.rig.timed_field) for each in seen} == {desk.rig.clock.now()}


async def test_comments_and_files_come_where_they_are_wanted(desk: Desk) -> None:
    id = desk.rig.person_creates()
    desk.rig.person_attaches(id, "shot.png", b"\x89PNG bytes")
    desk.rig.customer_writes(id, "It still fails.")
    desk.rig.person_comments(id, "<p>#dev on Mondays</p>")
    seen = await desk.helpdesk.fetch_ticket(id, Want(attachments=True, comments=True))
    (file,) = attachments_of(seen)
    assert (file.name, file.size, file.content_type) == ("shot.png", 10, "image/png")
    said = {comment.html: comment.internal for comment in comments_of(seen)}
    assert [internal for html, internal in said.items() if "still fails" in html] == [False]
    assert [internal for html, internal in said.items() if "Mondays" in html] == [True]
    assert not (await desk.helpdesk.fetch_ticket(id, Want())).knows(ATTACHMENTS)


async def test_what_the_vendors_own_apps_link_is_told_where_the_manifest_says_so(
    desk: Desk,
) -> None:
    id, other = desk.rig.person_creates(), desk.rig.person_creates("Another one")
    keys = desk.rig.app_links(id)
    assert bool(keys) is desk.manifest.app_links
    if desk.manifest.app_links:
        linked = cast(AppLinkedHelpdesk, desk.helpdesk)
        found = await linked.fetch_app_links(id)
        assert sorted(each.key for each in found) == sorted(keys)
        assert all(each.app and each.vendor in CONNECTORS for each in found)
        assert await linked.fetch_app_links(other) == ()


async def test_file_is_read_byte_for_byte(desk: Desk) -> None:
    id, content = desk.rig.person_creates(), bytes(range(256)) * 300
    desk.rig.person_attaches(id, "screen shot.png", content)
    seen = await desk.helpdesk.fetch_ticket(id, Want(attachments=True))
    (file,) = attachments_of(seen)
    async with desk.helpdesk.open_attachment(id, file) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == content


async def test_customer_of_a_ticket_is_a_company_that_can_be_read(desk: Desk) -> None:
    id, company = desk.rig.person_creates(), desk.rig.add_company("Globex", success_plan="Elite")
    assert (await desk.helpdesk.fetch_ticket(id, Want())).value(CUSTOMER) is None
    desk.rig.person_assigns(id, company)
    assert (await desk.helpdesk.fetch_ticket(id, Want())).value(CUSTOMER) == company
    found = await desk.helpdesk.fetch_company(company, frozenset({"success_plan", "domain"}))
    assert (found.id, found.name) == (company, "Globex")
    assert dict(found.properties) == {"success_plan": "Elite", "domain": None}


async def test_choice_of_a_customer_comes_with_the_word_that_people_see(desk: Desk) -> None:
    desk.rig.add_company_choice("success_plan", {"plan_1": "Elite", "plan_2": "Standard Plus"})
    company = desk.rig.add_company("Globex", success_plan="plan_2")
    found = await desk.helpdesk.fetch_company(company, frozenset({"success_plan"}))
    assert dict(found.properties) == {"success_plan": "plan_2"}
    assert dict(found.labels) == {"success_plan": "Standard Plus"}


async def test_company_that_is_not_there_is_missing(desk: Desk) -> None:
    for unknown in desk.rig.unknown_ids:
        with pytest.raises(RecordMissing):
            await desk.helpdesk.fetch_company(unknown, frozenset())


async def test_answer_of_a_write_says_what_the_vendor_kept(desk: Desk) -> None:
    rig, id = desk.rig, desk.rig.person_creates()
    rig.clock.advance(minutes=1)
    fields = {rig.own_field: "In development", rig.text_field: "Renamed"}
    answer = await desk.helpdesk.set_fields(id, fields)
    assert (answer.ref.id, answer.source) == (id, Source.WRITE)
    seen = await desk.helpdesk.fetch_ticket(id, Want(frozenset(fields)))
    assert {name: answer.value(name) for name in fields} == fields
    assert {name: seen.value(name) for name in answer.facts} == {
        name: answer.value(name) for name in answer.facts
    }
    assert seen.value(SUBJECT) == "Renamed"


async def test_empty_text_clears_a_field(desk: Desk) -> None:
    rig, id = desk.rig, desk.rig.person_creates()
    await desk.helpdesk.set_fields(id, {rig.own_field: "In development"})
    answer = await desk.helpdesk.set_fields(id, {rig.own_field: ""})
    assert answer.knows(rig.own_field)
    assert not answer.value(rig.own_field)
    seen = await desk.helpdesk.fetch_ticket(id, Want(frozenset({rig.own_field})))
    assert not seen.value(rig.own_field)


async def test_refused_value_names_its_field_and_nothing_is_written(desk: Desk) -> None:
    id = desk.rig.person_creates()
    before = desk.rig.state(id)
    for field, value in desk.rig.wrong_values:
        fields = {desk.rig.own_field: "In development", field: value}
        with pytest.raises(Rejected) as refused:
            await desk.helpdesk.set_fields(id, fields)
        assert refused.value.field == field
        assert field in str(refused.value)
        assert desk.rig.state(id) == before


async def test_same_write_twice_leaves_the_same_state(desk: Desk) -> None:
    id, fields = desk.rig.person_creates(), {desk.rig.own_field: "In testing"}
    first = await desk.helpdesk.set_fields(id, fields)
    once = desk.rig.state(id)
    again = await desk.helpdesk.set_fields(id, fields)
    assert desk.rig.state(id) == once
    assert {n: f.value for n, f in again.facts.items()} == {
        n: f.value for n, f in first.facts.items()
    }


async def test_write_is_one_call(desk: Desk) -> None:
    id = desk.rig.person_creates()
    await desk.helpdesk.fetch_ticket(id, Want(frozenset({desk.rig.own_field})))
    calls = len(desk.rig.line.requests)
    await desk.helpdesk.set_fields(id, {desk.rig.own_field: "a", desk.rig.text_field: "b"})
    assert len(desk.rig.line.requests) == calls + 1


async def test_write_to_what_is_not_there_is_missing(desk: Desk) -> None:
    gone = desk.rig.person_creates()
    desk.rig.person_deletes(gone)
    for id in (gone, *desk.rig.unknown_ids):
        with pytest.raises(RecordMissing):
            await desk.helpdesk.set_fields(id, {desk.rig.own_field: "x"})
        with pytest.raises((RecordMissing, Rejected)):
            await desk.helpdesk.add_note(id, NOTE)


@pytest.mark.parametrize("rewritten", [False, True], ids=["kept", "rewritten"])
async def test_note_is_found_again_by_id_account_and_marker(desk: Desk, rewritten: bool) -> None:
    id = desk.rig.person_creates()
    desk.rig.person_comments(id, "<p>a colleague's</p>")
    if rewritten:
        desk.rig.rewrite_html()
    made = await desk.helpdesk.add_note(id, NOTE)
    desk.restart()
    seen = comments_of(await desk.helpdesk.fetch_ticket(id, Want(comments=True)))
    assert [comment.id for comment in seen if comment.own] == [made]
    (note,) = (comment for comment in seen if comment.id == made)
    assert MARKER in note.html
    assert note.internal


async def test_note_is_never_shown_to_the_customer(desk: Desk) -> None:
    id = desk.rig.person_creates()
    desk.rig.customer_writes(id, "It still fails.")
    before = desk.rig.shown_to_customer(id)
    assert "still fails" in before
    await desk.helpdesk.add_note(id, NOTE)
    assert desk.rig.shown_to_customer(id) == before


async def test_note_whose_reply_was_lost_is_unknown_and_found_by_its_marker(desk: Desk) -> None:
    id = desk.rig.person_creates()
    desk.rig.line.strike(Fault("", FaultKind.RESET_AFTER))
    with pytest.raises(UnknownOutcome):
        await desk.helpdesk.add_note(id, NOTE)
    seen = comments_of(await desk.helpdesk.fetch_ticket(id, Want(comments=True)))
    assert [MARKER in comment.html for comment in seen if comment.own] == [True]


async def test_quoting_person_is_not_taken_for_the_hub(desk: Desk) -> None:
    id = desk.rig.person_creates()
    desk.rig.person_comments(id, NOTE)
    (comment,) = comments_of(await desk.helpdesk.fetch_ticket(id, Want(comments=True)))
    assert not comment.own


async def test_reference_knows_statuses_fields_and_the_own_account(desk: Desk) -> None:
    reference = await desk.helpdesk.fetch_reference()
    assert {each.closed for each in reference.statuses.values()} == {True, False}
    assert [key for key, each in reference.statuses.items() if key != each.id] == []
    assert all(each.label for each in reference.statuses.values())
    assert reference.account_ids
    assert reference.account_name
    seen = await desk.helpdesk.fetch_ticket(desk.rig.person_creates(), Want())
    assert seen.text(STATUS) in reference.statuses
    assert not reference.fields[desk.rig.own_field].read_only
    (wrong, _), *_ = desk.rig.wrong_values
    assert reference.fields[wrong].options


async def test_address_of_a_tickets_page_leads_back_to_the_ticket(desk: Desk) -> None:
    id = desk.rig.person_creates()
    url = (await desk.helpdesk.fetch_ticket(id, Want())).text(URL)
    assert desk.helpdesk.ticket_id(url) == id
    assert desk.helpdesk.ticket_id(f"{url}/?from=mail#top") == id


@pytest.mark.parametrize(
    "other", ["", "812", "https://example.com/812", "http://[", "https://example.com.evil.test/"]
)
async def test_any_other_address_is_no_tickets_page(desk: Desk, other: str) -> None:
    id = desk.rig.person_creates()
    path = (await desk.helpdesk.fetch_ticket(id, Want())).text(URL).partition("://")[2]
    assert desk.helpdesk.ticket_id(other) is None
    assert desk.helpdesk.ticket_id(f"https://evil.test/{path}") is None
