"""The page of a customer, and the picture of whom a work item matters to."""

from __future__ import annotations

import re
from datetime import timedelta

from bridge.domain.refs import TicketRef
from bridge.store import history
from tests.api.doors import Doors
from tests.web.people import signed_in
from tests.web.test_tickets import HOSTILE


async def _told(doors: Doors, ticket: TicketRef, before: str, after: str, ago: int = 0) -> None:
    async with doors.hub.db.write() as store:
        await history.add_transition(
            store, str(ticket), "stage", before=before, after=after,
            cause="work item boards:991", now=doors.hub.now() - timedelta(minutes=ago),
        )  # fmt: skip


async def test_customer_has_open_tickets_under_their_first_tab_with_work_and_changes(
    doors: Doors,
) -> None:
    both = ("needs_decision", "with_engineering")
    first = await doors.add_ticket("1", subject="Decide me", needs=both, customer="Acme & Co")
    await doors.add_ticket("2", subject="Leave me", needs=(), customer="Acme & Co")
    await doors.add_ticket("3", subject="Closed one", closed=True, needs=(), customer="Acme & Co")
    await doors.add_ticket("4", subject="Others", customer="Beta")
    await doors.add_link(first, "991")
    await _told(doors, first, "Scheduled", "In testing")
    text = (await (await signed_in(doors, "viewer")).get("/customers?name=Acme%20%26%20Co")).text
    heads = re.findall(r'<h2 id="tab-\d">([\w ]+) <span class="count">(\d+)', text)
    assert heads == [("Needs decision", "1"), ("Nothing to do", "1")]
    assert "Plan Elite" in text
    assert "2 open tickets" in text
    assert "Closed one" not in text
    assert "Others" not in text
    assert "991" in text
    assert "Scheduled → In testing" in text


async def test_customer_is_led_to_from_the_list_the_ticket_and_the_work_item(doors: Doors) -> None:
    await doors.add_link(await doors.add_ticket("1", customer="A/B #1?"), "991")
    browser = await signed_in(doors)
    for path in ("/", "/tickets/hubspot/1", "/work-items/boards/991"):
        found = re.search(r'href="(/customers\?name=[^"]+)"', (await browser.get(path)).text)
        assert found is not None, path
        assert "<h1>A/B #1?</h1>" in (await browser.get(found[1])).text


async def test_customer_whose_tickets_are_all_closed_is_known(doors: Doors) -> None:
    await doors.add_ticket("1", closed=True, needs=(), customer="Acme")
    assert (
        "Nothing is open for Acme."
        in (await (await signed_in(doors)).get("/customers?name=Acme")).text
    )


async def test_unknown_customer_is_a_page_that_says_so(doors: Doors) -> None:
    await doors.add_ticket("1", customer=None)
    browser = await signed_in(doors)
    answer = await browser.get("/customers?name=Nobody")
    assert answer.status_code == 404
    assert "The hub knows no such customer" in answer.text


async def test_name_of_a_customer_never_becomes_part_of_a_page(doors: Doors) -> None:
    browser = await signed_in(doors)
    for number, text in enumerate(HOSTILE):
        await doors.add_link(await doors.add_ticket(f"{number}", customer=text, plan=text), "991")
        answer = await browser.get("/customers", params={"name": text})
        assert answer.status_code == 200
        _harmless(answer.text)
    for path in ("/work-items/boards/991", "/?group=customer"):
        _harmless((await browser.get(path)).text)


def _harmless(text: str) -> None:
    for each in ("<script>alert", "<img src=x", "<svg onload", "' onmouseover='"):
        assert each not in text


async def test_work_item_shows_each_customer_the_plans_and_what_its_moves_changed(
    doors: Doors,
) -> None:
    for number, customer in enumerate(("Acme", "Acme", "Beta", None)):
        plan = "Premium" if customer == "Beta" else "Elite" if customer else None
        ticket = await doors.add_ticket(str(number), customer=customer, plan=plan)
        await doors.add_link(ticket, "991")
        await _told(doors, ticket, "Scheduled", "In testing", ago=90)
    await _told(doors, TicketRef("hubspot", "0"), "In testing", "Available")
    text = (await (await signed_in(doors)).get("/work-items/boards/991")).text
    assert "4 tickets, 2 customers" in text
    bars = re.findall(r'<rect width="(\d+)" height="10"/></svg> <span>(\d+) ', text)
    assert bars == [("100", "2"), ("50", "1"), ("50", "1")]
    assert text.index(">Acme</a>") < text.index(">Beta</a>") < text.index("customer unknown<")
    assert re.search(r"Elite: 2 tickets · Premium: 1 ticket\b", text)
    moves = re.findall(r"<strong>([^<]+)</strong><small>(\d+) tickets? followed", text)
    assert moves == [("In testing → Available", "1"), ("Scheduled → In testing", "4")]


async def test_ticket_tells_first_what_its_customer_could_see(doors: Doors) -> None:
    ticket = await doors.add_ticket("1")
    await _told(doors, ticket, "Scheduled", "In testing")
    async with doors.hub.db.write() as store:
        await history.add_transition(
            store, str(ticket), "linked", before=None, after="boards:991", cause="Ada",
            now=doors.hub.now(),
        )  # fmt: skip
    text = (await (await signed_in(doors)).get("/tickets/hubspot/1")).text
    outside, _, inside = text.partition("What happened behind it")
    assert "Scheduled → In testing" in outside
    # The item is called by what people call it, where the hub knows that.
    assert "<strong>Linked</strong>: 991 in " in inside
    assert "Linked</strong>" not in outside
    await doors.add_link(ticket, "991")
    known = (await (await signed_in(doors)).get("/tickets/hubspot/1")).text
    assert "<strong>Linked</strong>: 991" in known
