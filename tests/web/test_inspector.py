"""The inspector: what became of each delivery, told from what the store knows, and acted on."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bridge.core.verdicts import LABELS, Verdict
from bridge.domain.operations import OutcomeKind
from bridge.domain.refs import SignalRef
from bridge.kit.clock import to_ms
from bridge.store import inspector, queue
from bridge.store.tables import deliveries, notices, records
from bridge.web.deliveries import SHOWN
from tests.api.doors import Doors, events
from tests.scenarios.test_mirror import bug
from tests.scenarios.world import open_world
from tests.web.people import form_token, signed_in
from tests.web.test_tickets import HOSTILE, Parts
from tests.web.traced import audited, knocked, pending, ran, settled

NOTHING_NEW = "DUPLICATE_EVENT: The notification told nothing that was not known already."
OLD = "STALE_EVENT: The notification was older than what was known already."


async def one_of_each(doors: Doors) -> dict[Verdict, str]:
    """A delivery of each kind of end, by what became of it."""
    made = {each: await knocked(doors) for each in Verdict}
    tickets: dict[Verdict, str] = {}
    for each, id in made.items():
        ref = await doors.add_ticket(str(900 + len(tickets)), subject=f"About {each}")
        tickets[each] = str(ref)
        await settled(doors, id, str(ref))
    async with doors.hub.db.write() as connection:
        await connection.execute(sa.update(records).values(done_generation=9))
        await connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id == made[Verdict.WAITING])
            .values(state="received", records=None)
        )
    await ran(doors, made[Verdict.APPLIED], tickets[Verdict.APPLIED])
    held = [f"{tickets[Verdict.HELD]}#comment/9"]
    await ran(doors, made[Verdict.HELD], tickets[Verdict.HELD], outcome=None, held=held)
    await settled(doors, made[Verdict.IGNORED], state="ignored", reason="work item 9 is not ours")
    for each, reason in ((Verdict.DUPLICATE, NOTHING_NEW), (Verdict.SUPERSEDED, OLD)):
        await settled(doors, made[each], tickets[each], reason=reason)
    late = {"dirty_generation": 10, "done_generation": 9, "last_error": "HubSpot is away"}
    for each, more in ((Verdict.RETRYING, {"attempts": 3}), (Verdict.PARKED, {"dead": True})):
        await pending(doors, tickets[each], made[each], **late, **more)
    return made


def rows(text: str) -> dict[str, str]:
    """By the id of each delivery of the list, the word in its pill."""
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL):
        id = re.search(r'href="/deliveries/([0-9a-f]+)"', row)
        pill = re.search(r'class="pill verdict [a-z]*">([^<]+)<', row)
        if id is not None and pill is not None:
            found[id[1]] = pill[1]
    return found


async def test_every_end_has_its_word_and_is_found_by_it(doors: Doors) -> None:
    made = await one_of_each(doors)
    browser = await signed_in(doors, "operator")
    everything = rows((await browser.get("/deliveries")).text)
    assert everything == {id: LABELS[each] for each, id in made.items()}
    for each, id in made.items():
        found = rows((await browser.get(f"/deliveries?state={each.value}")).text)
        assert found == {id: LABELS[each]}, each


async def test_refused_write_is_parked_until_another_one_succeeds(doors: Doors) -> None:
    id = await knocked(doors)
    await settled(doors, id, "hubspot:812")
    await ran(doors, id, outcome=OutcomeKind.REJECTED, detail="HubSpot has no such option")
    browser = await signed_in(doors, "operator")
    assert "(HubSpot has no such option)" in (await browser.get(f"/deliveries/{id}")).text
    told = (await (await signed_in(doors, "csm", name="Bo")).get(f"/deliveries/{id}")).text
    assert "Write what the ticket shows: refused." in told
    assert rows((await browser.get("/deliveries?state=parked")).text) == {id: "Parked"}
    await ran(doors, id)
    assert rows((await browser.get("/deliveries?state=parked")).text) == {}
    assert rows((await browser.get("/deliveries")).text) == {id: "Applied"}


async def test_what_a_later_press_took_over_is_never_said_to_need_no_change(doors: Doors) -> None:
    id = await knocked(doors)
    await settled(doors, id, "hubspot:812")
    await ran(doors, id, outcome=OutcomeKind.DEFERRED, detail="HubSpot is away")
    browser = await signed_in(doors, "operator")
    assert rows((await browser.get("/deliveries")).text) == {id: "Superseded"}
    assert "carries on what it began" in (await browser.get(f"/deliveries/{id}")).text


async def test_list_says_what_changed_who_is_tried_and_when_again(doors: Doors) -> None:
    id = await knocked(doors)
    ref = await doors.add_ticket("812", subject="Export fails")
    await settled(doors, id, str(ref))
    later = doors.hub.now() + timedelta(minutes=4)
    await pending(
        doors, str(ref), id, attempts=3, not_before=int(later.timestamp() * 1000),
        last_error="HubSpot is away",
    )  # fmt: skip
    text = (await (await signed_in(doors, "operator")).get("/deliveries")).text
    for said in ("Ticket #812 changed.", "Export fails", "HubSpot is away", "3 times", "in 4 min"):
        assert said in text
    assert 'href="/tickets/hubspot/812"' in text
    # Support is told the same without the vendor's words.
    told = (await (await signed_in(doors, "csm")).get("/deliveries")).text
    assert "The hub tries again by itself." in told
    assert "HubSpot is away" not in told


async def test_strip_counts_what_is_there(doors: Doors) -> None:
    await one_of_each(doors)
    text = (await (await signed_in(doors, "admin")).get("/deliveries")).text
    strip = re.search(r'<ul class="strip".*?</ul>', text, re.DOTALL)
    assert strip is not None
    assert re.findall(r"<strong>(\d+)</strong>", strip[0]) == [str(len(Verdict)), "1", "1"]


async def test_search_finds_by_record_by_reason_and_by_what_a_neighbour_did(doors: Doors) -> None:
    by_record, by_reason, by_run = [await knocked(doors) for _ in range(3)]
    await doors.add_ticket("812")
    await settled(doors, by_record, "hubspot:812")
    await settled(doors, by_reason, state="ignored", reason="no connection for account 77")
    await settled(doors, by_run, "boards:991")
    await ran(doors, by_run, "hubspot:812")
    browser = await signed_in(doors, "operator")

    async def found(**query: str) -> set[str]:
        answer = await browser.get("/deliveries", params=query)
        assert answer.status_code == 200
        return set(rows(answer.text))

    assert await found(q="hubspot:812") == {by_record, by_run}
    assert await found(q="account 77") == {by_reason}
    assert await found(q="100%") == set()
    assert await found(connection="boards") == set()
    now = doors.hub.now()
    assert len(await found(since=f"{now - timedelta(minutes=1):%Y-%m-%dT%H:%M}")) == 3
    assert await found(until=f"{now - timedelta(minutes=1):%Y-%m-%dT%H:%M}") == set()


@pytest.mark.parametrize("wrong", ["yesterday", "2026-13-40T99:00", "0001-01-01T00:00", "\u202e"])
async def test_time_that_is_none_is_said_beside_its_field_and_kept(
    doors: Doors, wrong: str
) -> None:
    await knocked(doors)
    browser = await signed_in(doors, "operator")
    answer = await browser.get("/deliveries", params={"since": wrong})
    assert answer.status_code == 422
    assert "Not a time" in answer.text
    assert f'value="{wrong}"' in answer.text
    assert rows(answer.text) == {}


async def test_list_goes_on_where_a_page_ends_or_where_it_stopped_looking(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [await knocked(doors) for _ in range(SHOWN + 2)]
    browser = await signed_in(doors, "operator")
    first = (await browser.get("/deliveries")).text
    assert list(rows(first)) == made[:1:-1]
    assert list(rows((await browser.get(onward(first))).text)) == made[1::-1]
    monkeypatch.setattr(inspector, "REACH", 20)
    text = (await browser.get("/deliveries?state=ignored")).text
    for _ in range(2):
        assert rows(text) == {}
        assert "Look further back" in text
        text = (await browser.get(onward(text))).text
    assert "Look further back" not in text


def onward(text: str) -> str:
    """The address of the next page."""
    found = re.search(r'rel="next" href="([^"]+)"', text)
    assert found is not None
    return found[1].replace("&amp;", "&")


async def test_page_of_a_delivery_tells_its_way_step_by_step(doors: Doors) -> None:
    id = await knocked(doors)
    ref = await doors.add_ticket("812", subject="Export fails")
    await settled(doors, id, str(ref))
    run = await ran(doors, id, stage="in_testing")
    text = (await (await signed_in(doors, "operator")).get(f"/deliveries/{id}")).text
    steps = re.findall(r"<strong>(\w+)</strong>\s*<div>", text)
    assert steps == ["Received", "Resolved", "Read", "Decided", "Guarded", "Wrote", "Told"]
    assert "Write what the ticket shows: done. 210 ms." in text
    assert "hubspot answered 200 to PATCH /tickets/{}." in text
    assert "because this delivery came" in text
    assert f'href="/runs/{run}"' in text
    told = (await (await signed_in(doors, "csm")).get(f"/deliveries/{id}")).text
    assert "Write what the ticket shows: done." in told
    assert "PATCH" not in told
    assert "payload" not in told.lower()


async def test_pass_says_who_was_told_by_it_and_names_no_other_notice(doors: Doors) -> None:
    id = await knocked(doors)
    ref = await doors.add_ticket("812")
    await settled(doors, id, str(ref))
    before = doors.hub.now() - timedelta(minutes=5)
    run = await ran(doors, id)
    async with doors.hub.db.write() as store:
        for number, (state, at) in enumerate(
            [("sent", doors.hub.now()), ("refused", doors.hub.now()), ("unheard", before)]
        ):
            values = {
                "id": str(number), "ticket_key": str(ref), "route": "bug", "channel": "internal",
                "recipient": "jo@acme.test", "whom": "hash", "state": state,
                "until_acknowledged": False, "resend_ms": 1, "created_at": to_ms(at),
            }  # fmt: skip
            await store.execute(sa.insert(notices).values(values))
    text = (await (await signed_in(doors)).get(f"/runs/{run}")).text
    assert "internal was told." in text
    assert "internal could not be told: the channel refused the notice." in text
    assert "nobody answered" not in text
    assert "jo@acme.test" not in text


async def test_page_of_a_run_can_decide_again_without_writing(doors: Doors) -> None:
    await doors.add_ticket("812")
    run = await ran(doors, await knocked(doors))
    browser = await signed_in(doors, "operator")
    before = await doors.stored()
    text = (await browser.get(f"/runs/{run}?again=yes")).text
    assert "By the mapping of then:" in text
    assert await doors.stored() == before
    for path in ("/runs/none", "/deliveries/none", "/runs/%00", "/deliveries/%00"):
        assert (await browser.get(path, headers={"Accept": "text/html"})).status_code == 404


async def test_support_learns_of_a_signal_only_that_there_is_an_internal_task(
    doors: Doors,
) -> None:
    id = await knocked(doors)
    async with doors.hub.db.write() as store:
        await queue.mark(doors.hub.db, store, [queue.Mark(SignalRef("sentry", "4711"), "test")])
    await settled(doors, id, "sentry:4711", "boards:77", reason="signal 4711 has no work item")
    await ran(doors, id, "sentry:4711", woken_by="launched for sentry:4711")
    csm, operator = await signed_in(doors), await signed_in(doors, "operator", name="Bo")
    for path in ("/deliveries", f"/deliveries/{id}"):
        told = (await csm.get(path)).text
        assert "nternal technical task" in told
        assert "4711" not in told
        assert "Signal 4711" in (await operator.get(path)).text


async def press(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """A press of a button of the hub's own form."""
    return await browser.post(path, data={"form_token": await form_token(browser), **fields})


async def test_payload_is_shown_to_an_admin_by_a_press_that_is_audited(doors: Doors) -> None:
    id = await knocked(doors)
    browser = await signed_in(doors, "admin", name="Ada")
    assert "Export fails" not in (await browser.get(f"/deliveries/{id}")).text
    assert await audited(doors) == []
    shown = await press(browser, f"/deliveries/{id}/payload")
    assert shown.status_code == 200
    assert "&#34;propertyValue&#34;: &#34;Export fails&#34;" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert await audited(doors) == [("Ada", "delivery.payload_read", f"delivery {id}")]


@pytest.mark.parametrize("body", [b"\xff\x00", b'"\\ud800"', b'{"a": 1e999}', b"[" * 5000])
async def test_payload_of_any_shape_is_shown(doors: Doors, body: bytes) -> None:
    answer = await doors.knock(body)
    browser = await signed_in(doors, "admin")
    shown = await press(browser, f"/deliveries/{answer.json()['delivery']}/payload")
    assert shown.status_code == 200


@pytest.mark.parametrize("body", HOSTILE)
async def test_payload_of_others_never_becomes_part_of_the_page(doors: Doors, body: str) -> None:
    answer = await doors.knock(body.encode())
    id = answer.json()["delivery"]
    await settled(doors, id, state="ignored", reason=body)
    browser = await signed_in(doors, "admin", name=body)
    pages = [await press(browser, f"/deliveries/{id}/payload")]
    pages += [await browser.get(path) for path in ("/deliveries", f"/deliveries?q={body}")]
    for each in pages:
        assert each.status_code == 200
        parts = Parts()
        parts.feed(each.text)
        assert all(script.startswith("/static/") for script in parts.scripts)
        assert [a for a in parts.attributes if a.startswith("on")] == []
        assert [a for a in parts.addresses if ":" in a.partition("?")[0]] == []


async def test_removing_a_payload_needs_a_tick_and_is_audited(doors: Doors) -> None:
    id = await knocked(doors)
    browser = await signed_in(doors, "admin", name="Ada")
    refused = await press(browser, f"/deliveries/{id}/expunge")
    assert refused.status_code == 422
    assert "Tick that it can" in refused.text
    assert await audited(doors) == []
    answer = await press(browser, f"/deliveries/{id}/expunge", sure="yes")
    assert answer.status_code == 303
    assert "removed for good" in (await browser.get(answer.headers["location"])).text
    assert [action for _, action, _ in await audited(doors)] == ["delivery.payload_removed"]
    gone = await press(browser, f"/deliveries/{id}/replay")
    assert gone.status_code == 409
    assert "Check the record itself" in gone.text


async def test_delivery_is_read_again_by_an_operator_and_that_is_audited(doors: Doors) -> None:
    id = await knocked(doors)
    await settled(doors, id, state="ignored", reason="not ours")
    doors.hub.intake_wake.clear()
    browser = await signed_in(doors, "operator", name="Ada")
    answer = await press(browser, f"/deliveries/{id}/replay")
    assert answer.headers["location"] == f"/deliveries/{id}?said=replayed"
    assert doors.hub.intake_wake.is_set()
    assert await audited(doors) == [("Ada", "delivery.replayed", f"delivery {id}")]


async def test_only_a_record_of_the_delivery_is_checked_from_its_page(doors: Doors) -> None:
    id = await knocked(doors)
    await doors.add_ticket("812")
    await settled(doors, id, "boards:991", "hubspot:813")
    browser = await signed_in(doors, "csm")
    assert (
        await press(browser, f"/deliveries/{id}/check", record="hubspot:812")
    ).status_code == 422
    assert (await press(browser, f"/deliveries/{id}/check")).status_code == 422
    assert (await press(browser, f"/deliveries/{id}/check", record="boards:991")).status_code == 404


async def test_way_of_a_real_change_is_told_and_its_record_is_checked_by_a_press(
    tmp_path: Path,
) -> None:
    async with open_world(tmp_path) as world:
        ticket, item = await bug(world)
        world.boards.person_moves_state(item, "Active")
        await world.settle()
        browser = await signed_in(world, "csm")
        applied = rows((await browser.get("/deliveries?connection=boards&state=applied")).text)
        there = f"/deliveries/{next(iter(applied))}"
        text = (await browser.get(there)).text
        for said in (
            f"Work item #{item} changed.",
            "A ticket was updated.",
            "What the customer shall see: In development.",
            "All that left for the ticket had passed the gate.",
            f"because work item #{item} had changed",
            "By the mapping hubspot-success, version ",
        ):
            assert said in text
        pressed = await press(browser, f"{there}/check", record=f"boards:{item}")
        assert pressed.headers["location"] == f"{there}?said=converged"
        assert "Checked just now" in (await browser.get(f"{there}?said=converged")).text
        found = rows((await browser.get(f"/deliveries?q=hubspot:{ticket}")).text)
        assert next(iter(applied)) in found


@pytest.mark.parametrize(
    ("path", "role"),
    [("payload", "operator"), ("expunge", "operator"), ("replay", "csm"), ("check", "viewer")],
)
async def test_deed_is_refused_to_lower_roles_and_to_forms_of_others(
    doors: Doors, path: str, role: str
) -> None:
    id = await knocked(doors)
    browser, admin = await signed_in(doors, role), await signed_in(doors, "admin", name="Bo")
    token = await form_token(browser)
    before = await doors.stored()
    answer = await browser.post(
        f"/deliveries/{id}/{path}", data={"form_token": token, "sure": "yes"}
    )
    assert answer.status_code == 403
    assert "It needs the role" in answer.text
    assert (await admin.post(f"/deliveries/{id}/{path}", data={"sure": "yes"})).status_code == 403
    assert await doors.stored() == before


@pytest.mark.parametrize("path", ["/deliveries", "/findings", "/runs/1", "/deliveries/1"])
async def test_viewers_have_no_inspector(doors: Doors, path: str) -> None:
    assert (await (await signed_in(doors, "viewer")).get(path)).status_code == 403


def test_delivery_of_the_tests_says_what_the_payload_test_looks_for() -> None:
    assert b'"propertyValue": "Export fails"' in events("812")
