"""Telling the customer on the pages: drafts read, reworded, approved once, one or many."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bridge.store.tables import drafts as stored
from tests.api.doors import Doors
from tests.scenarios.test_drafts import available, drafts
from tests.scenarios.world import World, open_world
from tests.web.people import form_token, signed_in
from tests.web.traced import audited


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """What the pages do does not depend on the database."""
    async with open_world(tmp_path) as opened:
        yield opened


async def post(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    return await browser.post(path, data={"form_token": await form_token(browser), **fields})


def shown(page: str) -> dict[str, str]:
    """What the form of a draft on that page would send back."""
    text = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.DOTALL)
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    there = re.search(r'action="(/drafts/[^"]+)"', page)
    assert text
    assert seen
    assert there
    return {"text": unescape(text[1]), "seen": seen[1], "there": there[1]}


async def decide(
    browser: httpx.AsyncClient, form: dict[str, str], deed: str, **fields: str
) -> httpx.Response:
    given = {"text": form["text"].replace("\n", "\r\n"), "seen": form["seen"], **fields}
    return await post(browser, form["there"], deed=deed, **given)


async def test_draft_on_the_tickets_page_is_approved_as_it_stands_once(world: World) -> None:
    ticket, _ = await available(world)
    for each in ("cora", "dan"):
        contact = world.hubspot.add_contact(f"{each}@acme.example")
        world.hubspot.person_names_contact(ticket, contact)
    await world.settle()
    browser = await signed_in(world, name="Ana")
    listed = (await browser.get("/?needs=to_tell")).text
    assert 'To tell <span class="count">1</span>' in listed
    assert "draft ready" in listed
    there = f"/tickets/hubspot/{ticket}"
    open_page = (await browser.get(there)).text
    # HubSpot answers the last to write, and nobody else of those who are on the ticket.
    assert "Goes to <strong>whoever wrote last of 2 people on the ticket" in open_page
    form = shown(open_page)
    assert form["text"].startswith("Hello,\n\nThe work on")
    answer = await decide(browser, form, "approve")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{there}?done=approved")
    page = (await browser.get(answer.headers["location"])).text
    assert "Approved. It goes to the customer exactly as you saw it, once." in page
    assert "Approved, on its way" in page or "Sent" in page or "Refused" in page
    [draft] = await drafts(world, state="all")
    assert draft["approved_by"] == "Ana"
    assert ("Ana", "draft.approved", f"draft {draft['id']}") in await audited(world)
    late = await decide(browser, form, "discard")
    assert (late.status_code, "It was approved by Ana" in late.text) == (409, True)


async def test_words_that_give_error_tracking_away_come_back_with_the_sentence(
    world: World,
) -> None:
    ticket, _ = await available(world)
    browser = await signed_in(world)
    form = shown((await browser.get(f"/tickets/hubspot/{ticket}")).text)
    words = 'See https://acme.sentry.io/issues/42/ & "more" <b>'
    answer = await decide(browser, form, "approve", text=words)
    assert answer.status_code == 422
    assert "Say it so that a customer could have written it." in answer.text
    assert 'role="alert"' in answer.text
    assert shown(answer.text)["text"] == words
    for text in (" ", "x" * 10_001):
        assert (await decide(browser, form, "approve", text=text)).status_code == 422
    stale = await decide(browser, form, "approve", seen="0" * 64, text="It works again.")
    assert (stale.status_code, "look at it again" in stale.text) == (409, True)
    assert shown(stale.text)["text"] == "It works again."
    assert [each["state"] for each in await drafts(world)] == ["open"]
    answer = await decide(browser, form, "approve", text="It works <again>.\r\n\r\nAna")
    assert answer.status_code == 303
    [draft] = await drafts(world, state="all")
    assert draft["text"] == "It works <again>.\n\nAna"


async def test_message_by_hand_is_kept_first_and_discarded_with_its_reason(world: World) -> None:
    ticket, _ = await available(world)
    browser = await signed_in(world, name="Ana")
    there = f"/tickets/hubspot/{ticket}/tell"
    assert "Hello,\n\n…\n\nYour support team" in (await browser.get(there)).text
    refused = await post(browser, there, text="Sentry says so")
    assert (refused.status_code, "It speaks of Sentry." in refused.text) == (422, True)
    assert "Sentry says so</textarea>" in refused.text
    answer = await post(browser, there, text="We are still at it.")
    assert answer.status_code == 303
    page = (await browser.get(answer.headers["location"])).text
    assert "Nothing has gone yet" in page
    form = shown(page)
    answer = await decide(browser, form, "discard", reason="By phone")
    assert answer.headers["location"].endswith("?done=discarded")
    log = await signed_in(world, "admin")
    assert "By phone" in (await log.get("/audit")).text


async def test_many_are_read_in_full_and_what_is_left_out_stays(world: World) -> None:
    ones = [await available(world) for _ in range(2)]
    browser = await signed_in(world, name="Ana")
    ticks = {f"ticket-hubspot:{id}": f"hubspot:{id}" for id, _ in ones}
    look = await post(browser, "/chosen/tell", back="/?needs=to_tell", **ticks)
    assert look.text.count("and you can use it now") == 2
    ready = dict(re.findall(r'name="draft-([^"]+)" value="([0-9a-f]+)"', look.text))
    [first, second] = ready
    given = {f"draft-{first}": ready[first]}
    answer = await post(browser, "/chosen/tell/approve", back="/?needs=to_tell", **given)
    assert answer.status_code == 303
    page = (await browser.get(answer.headers["location"])).text
    assert "1 of 1 approved" in page
    assert [each["id"] for each in await drafts(world)] == [second]
    stale = await post(browser, "/chosen/tell/approve", **{f"draft-{second}": "0" * 64})
    page = (await browser.get(stale.headers["location"])).text
    assert "it says something else by now" in page
    nothing = await post(browser, "/chosen/tell", back="/?needs=to_tell")
    assert (nothing.status_code, "Tick at least one" in nothing.text) == (422, True)


async def test_viewer_reads_the_draft_and_can_do_nothing_about_it(world: World) -> None:
    ticket, _ = await available(world)
    [draft] = await drafts(world)
    browser = await signed_in(world, "viewer")
    page = (await browser.get(f"/tickets/hubspot/{ticket}")).text
    assert "and you can use it now" in page
    assert "Approve and send" not in page
    for path in (f"/drafts/{draft['id']}", "/chosen/tell", f"/tickets/hubspot/{ticket}/tell"):
        assert (await browser.post(path, data={"form_token": "x"})).status_code == 403


async def test_form_of_another_session_changes_nothing(world: World) -> None:
    await available(world)
    [draft] = await drafts(world)
    browser = await signed_in(world)
    fields: dict[str, Any] = {"form_token": "x", "deed": "approve", "seen": draft["digest"]}
    answer = await browser.post(f"/drafts/{draft['id']}", data={**fields, "text": draft["text"]})
    assert answer.status_code == 403
    assert await drafts(world) == [draft]


async def test_draft_that_there_is_none_of_is_said_so(doors: Doors) -> None:
    browser = await signed_in(doors)
    assert (await browser.get("/drafts/nothing")).status_code == 404
    assert "Nobody is waiting for news from you." in (await browser.get("/?needs=to_tell")).text


async def test_people_are_chosen_and_each_gets_the_words_that_are_for_them(world: World) -> None:
    ticket, _ = await available(world)
    world.hubspot.customer_writes(ticket, "Any news?")
    [thread] = world.hubspot.threads.values()
    world.hubspot.portal.threads.assign(thread, "A-9001")
    dan = world.hubspot.add_contact("dan@acme.example", "Dan")
    world.hubspot.person_names_contact(ticket, dan)
    await world.settle()
    browser = await signed_in(world, name="Ana")
    [draft] = await drafts(world)
    page = (await browser.get(f"/drafts/{draft['id']}")).text
    assert f"contact {dan}, who has not written here" in page
    assert "gets the words for a power user" in page
    other = unescape(re.findall(r'name="other"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)[0])
    # It is for others than who wrote last, and calls nobody by their name.
    assert other.startswith("Hello,\n")
    assert "Reference " in other
    form = shown(page)
    chosen = {f"to-{thread.contact_id}": "same", f"to-{dan}": "other"}
    refused = await decide(browser, form, "approve", other="Sentry says so", **chosen)
    assert (refused.status_code, "It speaks of Sentry." in refused.text) == (422, True)
    empty = await decide(browser, form, "approve", other=" ", **chosen)
    assert (empty.status_code, "It says nothing." in empty.text) == (422, True)
    assert re.search(rf'name="to-{dan}">.*?value="other" selected', empty.text, re.DOTALL)
    assert [each["state"] for each in await drafts(world)] == ["open"]
    for _ in range(2):
        await decide(browser, form, "approve", other=other, **chosen)
    await world.settle()
    told = [each for each in thread.messages if each.direction == "OUTGOING"]
    assert [
        ("Reference " in each.text, [to["deliveryIdentifier"]["value"] for to in each.recipients])
        for each in told
    ] == [(False, [f"customer-{ticket}@client.example"]), (True, ["dan@acme.example"])]
    assert [each["state"] for each in await drafts(world, state="all")] == ["sent", "sent"]
    approved = [each for each in await audited(world) if each[1] == "draft.approved"]
    assert len(approved) == 2


async def test_message_that_names_somebody_it_cannot_reach_goes_once_it_names_nobody(
    world: World,
) -> None:
    ticket, _ = await available(world)
    other, _ = await available(world)
    async with world.hub.db.write() as store:
        change = sa.update(stored).where(stored.c.ticket_key == f"hubspot:{ticket}")
        await store.execute(change.values(recipients=["999"]))
    browser = await signed_in(world, name="Ana")
    ids = {each["ticket"]["id"]: (each["id"], each["digest"]) for each in await drafts(world)}
    # Among many it keeps none of the others from being approved.
    fields = {f"draft-{id}": seen for id, seen in (ids[ticket], ids[other])}
    many = await post(browser, "/chosen/tell/approve", back="/", **fields)
    page = (await browser.get(many.headers["location"])).text
    assert unescape(page).count("it can't go to whom it names") == 1
    assert [each["ticket"]["id"] for each in await drafts(world)] == [ticket]
    form = shown((await browser.get(f"/drafts/{ids[ticket][0]}")).text)
    assert (await decide(browser, form, "approve")).status_code == 409
    page = (await browser.get(form["there"])).text
    assert "Send it to whoever is on the ticket instead" in page
    assert (await decide(browser, form, "approve", all="on")).status_code == 303
    assert await drafts(world) == []
