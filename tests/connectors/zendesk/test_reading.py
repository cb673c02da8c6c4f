"""Reading: times, merges, files and the export, with the vendor's oddities."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from bridge.domain.errors import CredentialProblem, RecordMissing, Rejected
from bridge.domain.records import (
    ALIASES,
    BODY,
    CONTACTS,
    STATUS,
    SUBJECT,
    THREADS,
    attachments_of,
    comments_of,
)
from bridge.ports.roles import Want
from bridge.store.codec import reference_from_json, reference_to_json
from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import NOON, HandClock
from tests.connectors.zendesk.connector_kit import TALK, Desk, answered_by, connected

CATEGORY = Want(frozenset({"Category"}), frozenset({"Category"}))


async def _listed(desk: Desk, cursor: str | None = None) -> tuple[dict[str, int | None], str]:
    """The revisions of a whole sweep, and its cursor."""
    found: dict[str, int | None] = {}
    while True:
        page = await desk.helpdesk.list_changed(cursor, NOON, Want())
        found |= {each.ref.id: each.revision for each in page.observations}
        cursor = page.cursor
        if not page.more:
            return found, cursor


async def test_time_of_the_category_is_that_of_its_last_change_and_of_no_other(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock
) -> None:
    category = sim.add_field("tagger", "Category", ["bug", "question"])
    id = sim.customer_creates_ticket()
    made = clock.now
    seen = await desk.helpdesk.fetch_ticket(str(id), CATEGORY)
    assert (seen.value("Category"), seen.at("Category")) == (None, made)
    # A ticket that never changed has no history worth a call.
    assert not any("audits" in each.url.path for each in desk.requests)
    clock.move(hours=1)
    sim.person_edits_ticket(id, custom_fields={category: "question"})
    set_at = clock.move(hours=1)
    sim.person_edits_ticket(id, custom_fields={category: "bug"})
    clock.move(hours=1)
    sim.person_edits_ticket(id, subject="Something else")
    seen = await desk.helpdesk.fetch_ticket(str(id), CATEGORY)
    assert (seen.value("Category"), seen.at("Category")) == ("bug", set_at)


async def test_category_of_a_listed_ticket_is_left_to_a_read(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock
) -> None:
    category = sim.add_field("tagger", "Category", ["bug"])
    id = sim.customer_creates_ticket(custom_fields=[{"id": category, "value": "bug"}])
    clock.move(minutes=5)
    page = await desk.helpdesk.list_changed(None, NOON, CATEGORY)
    [seen] = page.observations
    assert (seen.ref.id, seen.whole, seen.knows("Category")) == (str(id), False, False)


async def test_custom_status_is_the_status_and_closed_is_one_of_its_own(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    waiting = sim.add_status("pending", "Waiting for the customer")
    id = sim.customer_creates_ticket()
    sim.person_edits_ticket(id, custom_status_id=waiting)
    reference = await desk.helpdesk.fetch_reference()
    seen = await desk.helpdesk.fetch_ticket(str(id), Want())
    assert reference.statuses[seen.text(STATUS)].label == "Waiting for the customer"
    assert not reference.statuses[seen.text(STATUS)].closed
    sim.person_edits_ticket(id, status="solved", assignee_id=sim.agent_id)
    solved = (await desk.helpdesk.fetch_ticket(str(id), Want())).text(STATUS)
    assert reference.statuses[solved].closed
    sim.automation_closes(id)
    assert (await desk.helpdesk.fetch_ticket(str(id), Want())).text(STATUS) == "closed"
    assert reference.statuses["closed"].closed


async def test_a_field_that_customers_fill_in_the_portal_is_known_as_such_and_kept_so(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    theirs = sim.add_field("text", "What you see")
    sim.account.fields.by_id[theirs].editable_in_portal = True
    ours = sim.add_field("text", "Notes")
    reference = await desk.helpdesk.fetch_reference()
    kept = reference_from_json(reference_to_json(reference))
    for name, filled in ((str(theirs), True), ("What you see", True), (str(ours), False)):
        assert kept.fields[name].customers_fill is filled
    # What an earlier version stored is read as well.
    old = reference_to_json(reference)
    old["fields"] = [each[:5] for each in old["fields"]]
    assert not reference_from_json(old).fields["What you see"].customers_fill


async def test_owners_are_the_agents_and_admins_with_their_addresses(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    agents = {
        str(sim.add_agent(f"Agent {n}", f"agent{n}@acme.example", admin=n == 0)): (
            f"agent{n}@acme.example"
        )
        for n in range(120)
    }
    sim.add_customer("Kim", "kim@x.example")
    owners = (await desk.helpdesk.fetch_reference()).owners
    assert owners.items() >= agents.items()
    assert "kim@x.example" not in owners.values()


async def test_description_is_no_comment_and_its_files_count(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    id = sim.customer_creates_ticket(
        text="It fails:\n\nsee <b>below</b>", files=[("a.png", b"PNG", "image/png")]
    )
    sim.customer_writes(id, "And here", files=[("b.txt", b"log", "text/plain")])
    seen = await desk.helpdesk.fetch_ticket(str(id), TALK)
    assert seen.value(BODY) == "<p>It fails:</p><p>see &lt;b&gt;below&lt;/b&gt;</p>"
    assert [each.html for each in comments_of(seen)] == ["<p>And here</p>"]
    assert [each.name for each in attachments_of(seen)] == ["a.png", "b.txt"]
    assert [each.author for each in comments_of(seen)] == ["Kim Customer"]


async def test_more_comments_than_a_page_holds_are_all_read(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    id = sim.customer_creates_ticket()
    for number in range(205):
        sim.agent_writes(id, f"#{number}", public=False)
    seen = comments_of(await desk.helpdesk.fetch_ticket(str(id), TALK))
    assert [each.html for each in seen] == [f"<p>#{number}</p>" for number in range(205)]
    assert len([each for each in desk.requests if each.url.path.endswith("/comments")]) == 3


async def test_history_without_cursors_is_read_page_by_page(clock: HandClock) -> None:
    """The vendor's description tells of `next_page` for audits; its pages speak of cursors."""

    def audit(hour: int, name: str) -> dict[str, object]:
        event = {"id": hour, "type": "Change", "field_name": name}
        return {"created_at": f"2026-11-22T{hour:02}:00:00Z", "events": [event]}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/audits"):
            number = int(request.url.params.get("page", "1"))
            more = "https://acme.zendesk.com/next" if number < 3 else None
            return httpx.Response(200, json={"audits": [audit(number, "360")], "next_page": more})
        ticket = {"id": 7, "status": "open", "created_at": "2026-11-21T00:00:00Z",
                  "updated_at": "2026-11-22T10:00:00Z", "custom_fields": []}  # fmt: skip
        return httpx.Response(200, json={"ticket": ticket})

    want = Want(timed=frozenset({"360"}))
    async with answered_by(answer, clock) as desk:
        seen = await desk.helpdesk.fetch_ticket("7", want)
    at = seen.at("360")
    assert at is not None
    assert at.hour == 3
    assert len(desk.requests) == 4


async def test_comment_made_private_is_internal_from_then_on(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    id = sim.customer_creates_ticket()
    comment = sim.agent_writes(id, "Oops", public=True)
    assert [e.internal for e in comments_of(await desk.helpdesk.fetch_ticket(str(id), TALK))] == [
        False
    ]
    sim.person_hides_comment(id, comment)
    assert [e.internal for e in comments_of(await desk.helpdesk.fetch_ticket(str(id), TALK))] == [
        True
    ]


async def test_follow_up_names_the_ticket_that_it_continues(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    id = sim.customer_creates_ticket()
    sim.person_edits_ticket(id, status="solved", assignee_id=sim.agent_id)
    sim.automation_closes(id)
    again = sim.customer_creates_ticket(via_followup_source_id=id)
    seen = await desk.helpdesk.fetch_ticket(str(again), Want())
    assert seen.texts(ALIASES) == [str(id)]
    assert (await desk.helpdesk.fetch_ticket(str(id), Want())).texts(ALIASES) == []
    assert seen.texts(THREADS) == [f"thread:{again}"]
    assert seen.texts(CONTACTS) == [str(sim.customer_id)]


async def test_credential_is_not_handed_on_to_the_host_of_the_files(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    sim.file_host, sim.private_attachments = "https://p7.zdusercontent.com", True
    id = sim.customer_creates_ticket(files=[("a.png", b"PNG bytes", "image/png")])
    [file] = attachments_of(await desk.helpdesk.fetch_ticket(str(id), TALK))
    async with desk.helpdesk.open_attachment(str(id), file) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == b"PNG bytes"
    assert sim.account.files.leaked == []


@pytest.mark.parametrize(
    "place", ["https://evil.example", "http://zdusercontent.com", "https://zdusercontent.com.evil.test"]
)  # fmt: skip
async def test_file_that_lies_elsewhere_is_not_fetched(
    sim: ZendeskSimulator, desk: Desk, place: str
) -> None:
    sim.file_host = place
    id = sim.customer_creates_ticket(files=[("a.png", b"PNG", "image/png")])
    [file] = attachments_of(await desk.helpdesk.fetch_ticket(str(id), TALK))
    with pytest.raises(Rejected, match="not kept by Zendesk"):
        async with desk.helpdesk.open_attachment(str(id), file):
            raise AssertionError("it was opened")
    assert all(each.url.host == "acme.zendesk.test" for each in desk.requests)


async def test_row_that_is_told_again_without_a_change_has_the_revision_of_before(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock
) -> None:
    id = sim.customer_creates_ticket()
    clock.move(minutes=5)
    first, cursor = await _listed(desk)
    sim.vendor_touches(id)
    clock.move(minutes=5)
    again, cursor = await _listed(desk, cursor)
    assert again == first
    sim.person_edits_ticket(id, subject="Changed")
    clock.move(minutes=5)
    changed, _ = await _listed(desk, cursor)
    assert changed[str(id)] != first[str(id)]


async def test_deleted_and_scrubbed_rows_are_to_be_looked_at_and_say_nothing(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock
) -> None:
    gone, scrubbed = sim.customer_creates_ticket(), sim.customer_creates_ticket()
    for each in (gone, scrubbed):
        sim.person_deletes(each)
    sim.person_purges(scrubbed)
    clock.move(minutes=5)
    page = await desk.helpdesk.list_changed(None, NOON, Want())
    assert page.observations == ()
    assert sorted(page.changed_ids) == [str(gone), str(scrubbed)]
    with pytest.raises(RecordMissing):
        await desk.helpdesk.fetch_ticket(str(gone), Want())


async def test_sweep_goes_on_from_the_cursor_and_not_from_the_time(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock
) -> None:
    sim.export_page = 3
    ids = [str(sim.customer_creates_ticket()) for _ in range(10)]
    clock.move(minutes=5)
    found, cursor = await _listed(desk)
    assert [*found] == ids
    late = sim.customer_creates_ticket()
    # The last minute is withheld; then what happened in it comes, and nothing else.
    found, cursor = await _listed(desk, cursor)
    assert found == {}
    clock.move(minutes=2)
    found, _ = await _listed(desk, cursor)
    assert [*found] == [str(late)]


async def test_sweep_right_after_the_start_is_not_refused(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock
) -> None:
    page = await desk.helpdesk.list_changed(None, clock.now, Want())
    assert (page.observations, page.more) == ((), False)
    id = sim.customer_creates_ticket()
    clock.move(minutes=2)
    page = await desk.helpdesk.list_changed(page.cursor, NOON, Want())
    assert [each.ref.id for each in page.observations] == [str(id)]


async def test_agent_who_is_no_admin_lacks_a_right(sim: ZendeskSimulator, clock: HandClock) -> None:
    async with connected(sim, clock, email="ana@vendor.example") as desk:
        with pytest.raises(CredentialProblem, match="admin"):
            await desk.helpdesk.list_changed(None, NOON - timedelta(hours=1), Want())


@pytest.mark.parametrize("as_object", [False, True])
async def test_refusal_in_either_shape_is_understood(
    sim: ZendeskSimulator, clock: HandClock, as_object: bool
) -> None:
    sim.forbidden_as_object = as_object
    async with connected(sim, clock, email="ana@vendor.example") as desk:
        with pytest.raises(CredentialProblem) as refused:
            await desk.helpdesk.list_changed(None, NOON - timedelta(hours=1), Want())
    assert refused.value.detail == "403 Forbidden"


async def test_satisfaction_is_read_as_data(sim: ZendeskSimulator, clock: HandClock) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        ticket = {
            "id": 7, "status": "solved", "subject": "s", "created_at": "2026-11-22T09:00:00Z",
            "updated_at": "2026-11-22T10:00:00Z",
            "satisfaction_rating": {"score": "good", "comment": "Thanks", "id": 1},
        }  # fmt: skip
        return httpx.Response(200, json={"ticket": ticket})

    async with answered_by(answer, clock) as desk:
        seen = await desk.helpdesk.fetch_ticket("7", Want(frozenset({"satisfaction_rating"})))
    assert seen.value("satisfaction_rating") == "good"
    # Custom statuses are not switched on in every account.
    assert seen.value(STATUS) == "solved"


async def test_credential_that_was_dropped_on_the_way_is_told(clock: HandClock) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        user = {"id": None, "name": "Anonymous user", "role": "end-user"}
        return httpx.Response(200, json={"user": user})

    async with answered_by(answer, clock) as desk:
        with pytest.raises(CredentialProblem):
            await desk.helpdesk.probe()


async def test_organisation_has_its_plan_by_the_key_of_its_field(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    company = sim.add_organization(
        "Acme", organization_fields={"plan": "gold"}, domain_names=["acme.example", "acme.test"]
    )
    found = await desk.helpdesk.fetch_company(
        str(company), frozenset({"plan", "domain_names", "nothing"})
    )
    assert dict(found.properties) == {
        "plan": "gold",
        "domain_names": "acme.example;acme.test",
        "nothing": None,
    }


async def test_people_are_found_by_their_address(sim: ZendeskSimulator, desk: Desk) -> None:
    assert await desk.helpdesk.find_people("kim@customer.example") == [str(sim.customer_id)]
    assert await desk.helpdesk.find_people("nobody@customer.example") == []


async def test_subject_of_a_private_ticket_and_of_a_public_one_are_read_alike(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    id = sim.customer_creates_ticket("Grüße, 你好")
    assert (await desk.helpdesk.fetch_ticket(str(id), Want())).value(SUBJECT) == "Grüße, 你好"
