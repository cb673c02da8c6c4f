"""Reading tickets, companies and reference data from a simulated account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bridge.domain.errors import CredentialProblem, RecordMissing, Rejected
from bridge.domain.records import (
    ALIASES,
    ATTACHMENTS,
    BODY,
    CHANGED_AT,
    COMMENTS,
    CONTACTS,
    CREATED_AT,
    CUSTOMER,
    KEY,
    STATUS,
    SUBJECT,
    THREADS,
    URL,
    Attachment,
    Presence,
    attachments_of,
    comments_of,
)
from bridge.kit.faults import Fault, FaultKind
from bridge.ports.roles import Want
from connectors.hubspot.comments import note_comment
from connectors.hubspot.payloads import Record
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.connector_world import APP, PORTAL, World, connected
from tests.connectors.hubspot.hub_world import NOON, HandClock

_ALL = Want(attachments=True, comments=True)


@pytest.fixture
async def world(sim: HubSpotSimulator, clock: HandClock) -> AsyncIterator[World]:
    async with connected(sim, clock) as world:
        yield world


@pytest.mark.parametrize("version", ["2026-03", "2026-09", "v3"])
async def test_ticket_is_read_whole_in_every_version(
    sim: HubSpotSimulator, clock: HandClock, version: str
) -> None:
    company = sim.add_company("Acme")
    id = sim.person_creates_ticket("Export fails", "a < b\n\nsecond", "Bug", company_id=company)
    clock.move(minutes=3)
    sim.person_edits_ticket(id, hs_pipeline_stage="3")
    async with connected(sim, clock, api_version=version) as world:
        seen = await world.helpdesk.fetch_ticket(id, Want(frozenset({"source_type"})))
    assert seen.whole
    assert seen.presence is Presence.PRESENT
    assert {name: seen.value(name) for name in (SUBJECT, BODY, STATUS, KEY, CUSTOMER)} == {
        SUBJECT: "Export fails",
        BODY: "<p>a &lt; b</p><p>second</p>",
        STATUS: "3",
        KEY: id,
        CUSTOMER: company,
    }
    assert seen.value(URL) == f"https://app.hubspot.com/contacts/{PORTAL}/record/0-5/{id}"
    assert seen.value(CREATED_AT) == "2026-11-22T12:00:00.000Z"
    assert seen.value(CHANGED_AT) == "2026-11-22T12:03:00.000Z"
    assert seen.at("hs_ticket_priority") == NOON + timedelta(minutes=3)
    assert seen.value("hs_ticket_category") == "Bug"
    assert not seen.knows("content")  # people's words stand in one place
    assert seen.knows("source_type")
    assert seen.value("source_type") is None
    assert (seen.texts(CONTACTS), seen.texts(ALIASES), seen.texts(THREADS)) == ([], [], [])


async def test_timed_field_has_the_time_of_its_own_change(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    id = sim.person_creates_ticket(category="Bug")
    clock.move(hours=1)
    sim.person_edits_ticket(id, hs_ticket_category="Development Request")
    clock.move(hours=1)
    sim.person_edits_ticket(id, subject="Later")
    timed = Want(frozenset({"hs_ticket_category"}), frozenset({"hs_ticket_category"}))
    one = await world.helpdesk.fetch_ticket(id, timed)
    (many,) = await world.helpdesk.fetch_tickets([id], timed)
    for seen in (one, many):
        assert seen.value("hs_ticket_category") == "Development Request"
        assert seen.at("hs_ticket_category") == NOON + timedelta(hours=1)
        assert seen.at(SUBJECT) == NOON + timedelta(hours=2)


async def test_timed_field_that_was_never_set_dates_from_the_creation(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    id = sim.person_creates_ticket()
    clock.move(hours=1)
    sim.person_edits_ticket(id, subject="Later")
    seen = await world.helpdesk.fetch_ticket(id, Want(timed=frozenset({"hs_ticket_category"})))
    assert seen.value("hs_ticket_category") is None
    assert seen.at("hs_ticket_category") == NOON


async def test_primary_company_is_the_customer_among_several(
    sim: HubSpotSimulator, world: World
) -> None:
    first, second = sim.add_company("Reseller"), sim.add_company("Acme")
    id = sim.person_creates_ticket()
    sim.person_associates(id, first, primary=False)
    sim.person_associates(id, second, primary=True)
    one = await world.helpdesk.fetch_ticket(id, Want())
    (many,) = await world.helpdesk.fetch_tickets([id], Want())
    assert (one.value(CUSTOMER), many.value(CUSTOMER)) == (second, second)


async def test_single_company_costs_no_further_call(sim: HubSpotSimulator, world: World) -> None:
    id = sim.person_creates_ticket(company_id=sim.add_company("Acme"))
    await world.helpdesk.fetch_ticket(id, Want())
    assert world.paths() == [
        f"GET /crm/objects/2026-03/tickets/{id}",
        "GET /conversations/conversations/2026-03/threads",
    ]


async def test_several_categories_are_a_list_and_other_texts_stay_texts(
    sim: HubSpotSimulator, world: World
) -> None:
    sim.add_property("tickets", "modules", "enumeration", "checkbox", ["Export", "Import"])
    sim.add_property("tickets", "remark")
    id = sim.person_creates_ticket(
        category="Bug;Additional Scope", modules="Export;Import", remark="a;b"
    )
    want = Want(frozenset({"modules", "remark"}))
    for _ in range(2):
        seen = await world.helpdesk.fetch_ticket(id, want)
        assert seen.texts("hs_ticket_category") == ["Bug", "Additional Scope"]
        assert (seen.texts("modules"), seen.value("remark")) == (["Export", "Import"], "a;b")
    # What properties hold is asked once, before the first value would be read wrongly.
    assert world.paths().count("GET /crm/properties/2026-03/tickets") == 1


async def test_notes_messages_and_their_files_are_read_in_order(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    id = sim.person_creates_ticket()
    shot = sim.person_uploads("screen shot.png", b"png", "image/png")
    log = sim.person_uploads("app.log", b"log!", "text/plain")
    sim.customer_writes(id, "It <b>fails</b>", [shot])
    clock.move(minutes=1)
    note = sim.person_adds_note(id, "<p onclick='x()'>look</p><img src='x'>", [log, shot])
    clock.move(minutes=1)
    sim.agent_comments(id, "known")
    gone = sim.person_adds_note(id, "<p>gone</p>")
    sim.person_deletes_note(gone)
    one = await world.helpdesk.fetch_ticket(id, _ALL)
    (many,) = await world.helpdesk.fetch_tickets([id], _ALL)
    for seen in (one, many):
        said = [(c.html, c.internal, c.own) for c in comments_of(seen)]
        assert said == [
            ("<p>It &lt;b&gt;fails&lt;/b&gt;</p>", False, False),
            ("<p>look</p><p>[image]</p>", True, False),
            ("<p>known</p>", True, False),
        ]
        assert comments_of(seen)[1].id == note
        assert [each.inbound for each in comments_of(seen)] == [True, False, False]
        files = {a.name: (a.id, a.size, a.content_type) for a in attachments_of(seen)}
        assert files["screen shot.png"] == (shot, 3, "image/png")
        assert files["app.log"][:2] == (log, 4)
        assert len(files) == 2
        (thread,) = sim.threads
        assert seen.texts(THREADS) == [f"thread:{thread}"]


async def test_own_notes_and_messages_are_known_as_own(sim: HubSpotSimulator, world: World) -> None:
    id = sim.person_creates_ticket()
    sim.rewrite_rich_text = True
    marker = '<a href="https://bridge.example.com/ticketbridge/7f3a">In development</a>'
    await world.helpdesk.add_note(id, f"<p>{marker}</p>")
    await world.helpdesk.add_note(
        id, "<p>In testing</p><p>From ABC-12 · tb-0123456789abcdef0123</p>"
    )
    sim.person_adds_note(id, "<p>ticketbridge is a word, not a link; so is tb-12</p>")
    seen = await world.helpdesk.fetch_ticket(id, _ALL)
    assert sorted(comment.own for comment in comments_of(seen)) == [False, True, True]


async def test_message_of_the_own_app_is_own_and_a_cut_one_is_read_whole(
    sim: HubSpotSimulator, world: World
) -> None:
    id = sim.person_creates_ticket()
    sim.customer_writes(id, "a long story " * 20)
    (thread,) = sim.threads.values()
    thread.messages[0].client["integrationAppId"] = APP
    sim.truncate_messages_at = 10
    (comment,) = comments_of(await world.helpdesk.fetch_ticket(id, _ALL))
    assert comment.own
    assert comment.html.count("a long story") == 20


@pytest.mark.parametrize(
    ("source", "source_id", "own"),
    [("INTEGRATION", str(APP), True), ("INTEGRATION", "777", False), ("CRM_UI", str(APP), False)],
)
def test_note_made_by_the_own_app_is_own(source: str, source_id: str, own: bool) -> None:
    properties = {"hs_object_source": source, "hs_object_source_id": source_id}
    note = Record(id="1", properties={"hs_note_body": "<p>x</p>", **properties})
    assert note_comment(note, str(APP)).own is own
    assert not note_comment(note, None).own


def test_note_in_which_a_person_quotes_the_hub_is_the_person_s() -> None:
    body = "<p>#dev look</p><blockquote>tb-0123456789abcdef0123</blockquote>"
    note = Record(id="1", properties={"hs_note_body": body, "hs_object_source": "CRM_UI"})
    assert not note_comment(note, str(APP)).own


async def test_read_counts_as_of_the_vendor_s_time_though_the_hub_s_clock_is_ahead(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    id = sim.person_creates_ticket(company_id=sim.add_company("Acme"))
    clock.move(minutes=3)
    for seen in (
        await world.helpdesk.fetch_ticket(id, _ALL),
        *await world.helpdesk.fetch_tickets([id], _ALL),
    ):
        assert {fact.at for fact in seen.facts.values()} == {NOON}
        assert seen.seen_at == NOON + timedelta(minutes=3)


async def test_conversation_deleted_meanwhile_is_no_missing_ticket(
    sim: HubSpotSimulator, world: World
) -> None:
    id = sim.person_creates_ticket()
    sim.customer_writes(id, "hello")
    sim.faults.add(Fault("/messages", FaultKind.ANSWER, status=404, body=b'{"status":"error"}'))
    seen = await world.helpdesk.fetch_ticket(id, _ALL)
    assert (seen.presence, seen.value(COMMENTS)) == (Presence.PRESENT, [])


async def test_ticket_without_the_conversations_scope_is_read_without_them(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    id = sim.person_creates_ticket()
    sim.customer_writes(id, "hello")
    sim.withheld_scopes = {"conversations.read"}
    seen = await world.helpdesk.fetch_ticket(id, _ALL)
    assert not seen.knows(THREADS)
    assert (seen.value(COMMENTS), seen.value(ATTACHMENTS)) == ([], [])
    assert list(world.connection.missing_scopes) == ["conversations.read"]

    asked = len(world.calls)
    await world.helpdesk.fetch_ticket(id, Want())
    assert len(world.calls) == asked + 1  # remembered: not asked again

    sim.withheld_scopes = set()
    clock.move(hours=2)
    assert (await world.helpdesk.fetch_ticket(id, Want())).knows(THREADS)
    assert list(world.connection.missing_scopes) == []


async def test_expired_token_is_not_taken_for_a_missing_scope(
    sim: HubSpotSimulator, clock: HandClock
) -> None:
    id = sim.person_creates_ticket()
    async with connected(sim, clock, token="pat-other") as world:
        with pytest.raises(CredentialProblem):
            await world.helpdesk.fetch_ticket(id, Want())
        assert world.connection.missing_scopes == ()


async def test_deleted_ticket_is_seen_as_deleted(sim: HubSpotSimulator, world: World) -> None:
    id = sim.person_creates_ticket("Export fails")
    sim.person_deletes(id)
    seen = await world.helpdesk.fetch_ticket(id, _ALL)
    assert (seen.presence, seen.whole) == (Presence.DELETED, True)
    assert seen.value(SUBJECT) == "Export fails"
    sim.person_restores(id)
    assert (await world.helpdesk.fetch_ticket(id, Want())).presence is Presence.PRESENT


@pytest.mark.parametrize("new_id", [True, False])
@pytest.mark.parametrize("resolves", [True, False])
async def test_merged_ticket_is_answered_by_the_one_it_lives_on_in(
    sim: HubSpotSimulator, world: World, new_id: bool, resolves: bool
) -> None:
    sim.merge_creates_new_id, sim.merged_ids_resolve = new_id, resolves
    first, second = sim.person_creates_ticket("A"), sim.person_creates_ticket("B")
    survivor = sim.person_merges(first, second)
    seen = await world.helpdesk.fetch_ticket(second, Want())
    assert (seen.ref.id, seen.presence, seen.whole) == (survivor, Presence.PRESENT, True)
    assert second in seen.texts(ALIASES)
    assert survivor not in seen.texts(ALIASES)


@pytest.mark.parametrize("id", ["404", "abc", "1/../2", "¹", ""])
async def test_unknown_ticket_is_missing(world: World, id: str) -> None:
    with pytest.raises(RecordMissing):
        await world.helpdesk.fetch_ticket(id, Want())


async def test_tickets_are_read_in_batches_and_the_missing_left_out(
    sim: HubSpotSimulator, world: World
) -> None:
    company = sim.add_company("Acme")
    ids = [sim.person_creates_ticket(f"T{n}", company_id=company) for n in range(120)]
    sim.person_deletes(ids[7])
    seen = await world.helpdesk.fetch_tickets([*ids, "404", "no id", ids[0]], Want())
    assert [each.ref.id for each in seen] == [id for id in ids if id != ids[7]]
    assert {each.value(CUSTOMER) for each in seen} == {company}
    assert all(each.whole and each.value(SUBJECT) for each in seen)
    assert len(world.calls) == 6  # tickets, companies and contacts, twice


async def test_batch_that_asks_for_histories_takes_half_as_many(
    sim: HubSpotSimulator, world: World
) -> None:
    ids = [sim.person_creates_ticket(category="Bug") for _ in range(70)]
    timed = Want(timed=frozenset({"hs_ticket_category"}))
    assert len(await world.helpdesk.fetch_tickets(ids, timed)) == 70
    assert world.paths().count("POST /crm/objects/2026-03/tickets/batch/read") == 2


async def test_company_is_read_with_the_named_properties(
    sim: HubSpotSimulator, world: World
) -> None:
    id = sim.add_company("Acme", "acme.example", success_plan="Elite", region="")
    company = await world.helpdesk.fetch_company(id, frozenset({"success_plan", "unheard_of"}))
    assert (company.id, company.name) == (id, "Acme")
    assert company.properties == {"success_plan": "Elite", "unheard_of": None}
    with pytest.raises(RecordMissing):
        await world.helpdesk.fetch_company("404", frozenset())


async def test_reference_tells_the_owners_addresses_as_far_as_the_token_may(
    sim: HubSpotSimulator, world: World
) -> None:
    ids = [sim.add_owner(f"owner{n}@acme.com", "O", str(n)) for n in range(501)]
    owners = (await world.helpdesk.fetch_reference()).owners
    assert {id: owners[id] for id in ids} == {id: f"owner{n}@acme.com" for n, id in enumerate(ids)}
    sim.withheld_scopes.add("crm.objects.owners.read")
    assert (await world.helpdesk.fetch_reference()).owners == {}


async def test_a_property_that_may_stand_on_a_form_is_known_as_such(
    sim: HubSpotSimulator, world: World
) -> None:
    sim.add_property("tickets", "what_you_see")
    sim.add_property("tickets", "work_notes", in_forms=False)
    fields = (await world.helpdesk.fetch_reference()).fields
    assert fields["what_you_see"].customers_fill
    assert not fields["work_notes"].customers_fill


async def test_reference_tells_stages_fields_and_account(
    sim: HubSpotSimulator, world: World
) -> None:
    reference = await world.helpdesk.fetch_reference()
    assert {id: (s.label, s.closed) for id, s in reference.statuses.items()} == {
        "1": ("New", False),
        "2": ("Waiting on contact", False),
        "3": ("Waiting on us", False),
        "4": ("Closed", True),
    }
    priority = reference.fields["hs_ticket_priority"]
    assert (priority.type, priority.read_only) == ("enumeration", False)
    assert ("HIGH", "High") in priority.options
    assert reference.fields["hs_ticket_category"].type == "multiple choice"
    assert reference.fields["hs_lastmodifieddate"].read_only
    assert reference.account_ids == {str(APP)}
    assert str(PORTAL) in reference.account_name


async def test_stage_without_a_state_is_open_and_named_after_its_pipeline(
    sim: HubSpotSimulator, world: World
) -> None:
    sim.add_pipeline("Onboarding", [("New", None), ("Done", "CLOSED")])
    statuses = (await world.helpdesk.fetch_reference()).statuses.values()
    added = {s.label: s.closed for s in statuses if s.label.startswith("Onboarding")}
    assert added == {"Onboarding: New": False, "Onboarding: Done": True}


async def test_token_of_another_account_is_a_credential_problem(
    sim: HubSpotSimulator, clock: HandClock
) -> None:
    async with connected(sim, clock, portal_id=99) as world:
        with pytest.raises(CredentialProblem, match=f"account {PORTAL}.*portal_id is 99"):
            await world.helpdesk.fetch_reference()


async def test_attachment_is_streamed_without_the_token(
    sim: HubSpotSimulator, world: World
) -> None:
    content = b"\x89png" * 50_000
    id = sim.person_uploads("shot.png", content, "image/png")
    async with world.helpdesk.open_attachment("1", Attachment(id, "shot.png")) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == content
    signed, download = world.requests
    assert signed.headers["authorization"] == "Bearer pat-test"
    assert download.url.path.startswith("/filemanager/signed/")
    assert "authorization" not in download.headers


async def test_attachment_that_is_gone_is_no_missing_ticket(world: World) -> None:
    with pytest.raises(Rejected, match="no longer"):
        async with world.helpdesk.open_attachment("1", Attachment("404", "x")):
            pass
