"""The list begins with what is open, and a search with what it names."""

from __future__ import annotations

import re

import httpx

from bridge.domain.escalations import EscalationRequest, EscalationState
from bridge.engine import linking
from bridge.store import escalations
from bridge.web.listing import SHOWN
from tests.api.doors import Doors
from tests.scenarios.world import PORTAL
from tests.web.people import signed_in

DESK = f"https://app.hubspot.com/contacts/{PORTAL}/record/0-5"


def shown(answer: httpx.Response) -> list[str]:
    """The ids of the tickets on the page, in their order, `-` where a group begins."""
    assert answer.status_code == 200
    found = re.findall(r'<td data-label="Ticket"><a href="[^"]*/(\d+)"|rowgroup', answer.text)
    return [each or "-" for each in found]


async def _filled(doors: Doors) -> None:
    for id, closed in (("1", True), ("2", False), ("3", True), ("4", False)):
        needs = () if closed else ("with_engineering",)
        await doors.add_ticket(id, closed=closed, needs=needs, subject=f"Export {id} stops")
    await doors.add_link(await doors.add_ticket("5", customer="Beta", closed=True), "991")


async def test_closed_tickets_are_shown_and_counted_by_choice_alone(doors: Doors) -> None:
    await _filled(doors)
    browser = await signed_in(doors)
    for query, ids, all_said in (
        ("", ["2", "4"], "All open 2"),
        ("?closed=too", ["1", "2", "3", "4", "5"], "All 5"),
        ("?closed=only", ["1", "3", "5"], "All closed 3"),
        ("?closed=bogus", ["2", "4"], "All open 2"),
        ("?closed=too&q=stops", ["1", "2", "3", "4"], "All 4"),
        ("?closed=only&customer=Acme", ["1", "3"], "All closed 2"),
        ("?closed=too&group=customer", ["-", "2", "4", "1", "3", "-", "5"], "All 5"),
    ):
        answer = await browser.get(f"/{query}")
        assert shown(answer) == ids, query
        number = re.search(r'>(All[\w ]*) <span class="count">(\d+)<', answer.text)
        assert number is not None
        assert " ".join(number.groups()) == all_said
    # The file holds what the list does, and each way on keeps the choice.
    text = (await browser.get("/?closed=only&customer=Acme")).text
    assert 'href="/tickets.csv?customer=Acme&amp;closed=only"' in text
    assert (await browser.get("/tickets.csv")).text.count("\r\n") == 3
    assert (await browser.get("/tickets.csv?closed=too")).text.count("\r\n") == 6


async def test_list_without_open_tickets_says_so_and_leads_to_the_closed(doors: Doors) -> None:
    browser = await signed_in(doors)
    assert "There is no ticket yet." in (await browser.get("/")).text
    await doors.add_ticket("1", closed=True, needs=())
    text = (await browser.get("/")).text
    assert "No ticket is open." in text
    assert 'href="/?closed=too"' in text
    assert 'href="/?q=stops&amp;closed=too"' in (await browser.get("/?q=stops")).text


async def test_ticket_that_is_named_comes_first_though_it_is_closed(doors: Doors) -> None:
    await _filled(doors)
    await doors.add_ticket("6", subject="As in ticket 5")
    browser = await signed_in(doors)
    for said in ("5", "#5", " 5 ", f"{DESK}/5", "hubspot:5"):
        found = shown(await browser.get("/", params={"q": said, "customer": "Acme"}))
        assert found == ["-", "5", *(["-", "6"] if said.strip() == "5" else [])], said


async def test_work_item_that_is_named_leads_to_it_and_to_its_tickets(doors: Doors) -> None:
    await _filled(doors)
    await doors.add_ticket("7", subject="Look into 991 some day")
    answer = await (await signed_in(doors)).get("/?q=991")
    assert shown(answer) == ["-", "5", "-", "7"]
    assert '<a href="/work-items/boards/991"><strong>991</strong></a>' in answer.text
    assert "is on 1 ticket." in answer.text
    # Several words name nothing.
    assert shown(await (await signed_in(doors)).get("/?q=export+2")) == ["2"]


async def test_work_item_of_a_connection_that_was_taken_away_is_named_all_the_same(
    doors: Doors,
) -> None:
    await doors.add_link(await doors.add_ticket("5"), "991")
    browser = await signed_in(doors)
    held = doors.hub.connections
    doors.hub.connections = {name: port for name, port in held.items() if name != "boards"}
    try:
        answer = await browser.get("/?q=boards:991")
    finally:
        doors.hub.connections = held
    assert shown(answer) == ["-", "5"]
    assert "<strong>991</strong></a> in boards is on 1 ticket." in answer.text


async def test_later_page_that_holds_only_what_is_named_shows_it_in_its_place(doors: Doors) -> None:
    await doors.add_link(await doors.add_ticket("999", subject="About 991"), "991")
    for number in range(SHOWN):
        await doors.add_ticket(str(100 + number), subject="About 991")
    browser = await signed_in(doors)
    first = (await browser.get("/?q=991")).text
    [further] = re.findall(r'rel="next" href="([^"]+)"', first)
    answer = await browser.get(further.replace("&amp;", "&"))
    assert "No open ticket is like that" not in answer.text
    assert shown(answer) == ["999"]


async def test_ticket_tells_of_links_that_have_ended_but_not_of_those_made_again(
    doors: Doors,
) -> None:
    ticket = await doors.add_ticket("1")
    for item in ("991", "992"):
        await linking.unlink(doors.hub, await doors.add_link(ticket, item), by="Grace")
    browser = await signed_in(doors, "viewer")
    said = re.search(
        r"<summary>(\d links? ha\w+ ended)", (await browser.get("/tickets/hubspot/1")).text
    )
    assert said is not None
    assert said[1] == "2 links have ended"
    await doors.add_link(ticket, "992")
    text = (await browser.get("/tickets/hubspot/1")).text
    ended = text[
        text.index("1 link has ended") : text.index("</details>", text.index("1 link has"))
    ]
    assert re.findall(r'/work-items/boards/(\d+)"', ended) == ["991"]
    assert "by Grace" in ended


async def test_list_says_who_carries_an_escalated_ticket(doors: Doors) -> None:
    ticket, now = await doors.add_ticket("1"), doors.hub.now()
    asked = EscalationRequest("es-1", str(ticket), EscalationState.OPEN, "It burns", "", "Ada", now)
    async with doors.hub.db.write() as store:
        await escalations.add(doors.hub.db, store, [asked])
    browser = await signed_in(doors)
    assert "carried by" not in (await browser.get("/")).text
    async with doors.hub.db.write() as store:
        await escalations.decide(
            store, "es-1", EscalationState.ACCEPTED, by="Mia", now=now, note="Yes", owner="Kim Roe"
        )
    assert "<small>carried by Kim Roe</small>" in (await browser.get("/")).text
