"""My customers: whose tickets a person sees first, and that it stands in the address."""

from __future__ import annotations

import re

import httpx

from bridge.domain.access import AccessRole, Actor
from bridge.engine import signing_in
from tests.api.doors import Doors
from tests.web.people import browser_of

ADA, GRACE = "ada@acme.com", "grace@acme.com"


async def visitor(doors: Doors, email: str, role: str = "csm") -> httpx.AsyncClient:
    """A browser of somebody whose address is known."""
    secret = await signing_in.invite(
        doors.hub, Actor(email or "Nobody", AccessRole(role)), by="a test", email=email
    )
    browser = browser_of(doors)
    assert (await browser.post(f"/sign-in/{secret}")).status_code == 303
    return browser


async def fill(doors: Doors) -> None:
    """Two tickets of Ada's customers, one of Grace's, one of nobody's."""
    for id, owner, needs in (
        ("1", ADA, ("needs_decision", "with_engineering")),
        ("2", ADA, ("with_engineering",)),
        ("3", GRACE, ("needs_decision",)),
        ("4", None, ("with_engineering",)),
    ):
        await doors.add_ticket(
            id, subject=f"Ticket of {owner or 'nobody'}", owner=owner, needs=needs, key=f"N{id}"
        )


def shown(answer: httpx.Response) -> list[str]:
    """The numbers of the tickets that the list shows."""
    assert answer.status_code == 200
    return sorted(set(re.findall(r"<small>N(\d)", answer.text)))


def counts(answer: httpx.Response) -> dict[str, int]:
    """What stands at the tabs."""
    found = re.findall(r'>([A-Z][a-z ]+) <span class="count">(\d+)</span>', answer.text)
    return {name: int(count) for name, count in found}


async def test_csm_begins_with_own_customers_and_their_counts(doors: Doors) -> None:
    await fill(doors)
    first = await (await visitor(doors, "Ada@Acme.com")).get("/")
    assert shown(first) == ["1", "2"]
    assert counts(first) == {
        "To tell": 0,
        "With engineering": 2,
        "Needs decision": 1,
        "All open": 2,
    }
    assert '<option value="yes" selected>mine' in first.text


async def test_choice_stands_in_every_address_of_the_list(doors: Doors) -> None:
    await fill(doors)
    browser = await visitor(doors, ADA)
    all_of_them = await browser.get("/?mine=no")
    assert shown(all_of_them) == ["1", "2", "3", "4"]
    assert counts(all_of_them)["All open"] == 4
    for page, word in ((all_of_them, "no"), (await browser.get("/"), "yes")):
        tabs = re.findall(r'<a href="(/[^"]*)"[^>]*>[A-Z][a-z ]+ <span class="count">', page.text)
        assert tabs
        assert all(f"mine={word}" in each for each in tabs)
    assert shown(await browser.get("/?mine=yes&needs=needs_decision")) == ["1"]
    assert shown(await browser.get("/?mine=no&needs=needs_decision")) == ["1", "3"]
    assert shown(await browser.get("/?mine=yes&q=ticket")) == ["1", "2"]
    assert shown(await browser.get("/?mine=perhaps")) == ["1", "2"]


async def test_further_pages_stay_with_own_customers(doors: Doors) -> None:
    for number in range(60):
        await doors.add_ticket(f"{number:03}", owner=ADA if number % 10 else GRACE)
    browser = await visitor(doors, ADA)
    first = await browser.get("/")
    [further] = re.findall(r'rel="next" href="([^"]+)"', first.text)
    second = await browser.get(further.replace("&amp;", "&"))
    listed = re.findall(r'href="/tickets/hubspot/(\d+)"', first.text + second.text)
    assert sorted(set(listed)) == [f"{n:03}" for n in range(60) if n % 10]


async def test_whoever_has_no_customers_or_another_role_begins_with_all(doors: Doors) -> None:
    await fill(doors)
    assert shown(await (await visitor(doors, "new@acme.com")).get("/")) == ["1", "2", "3", "4"]
    admin = await visitor(doors, ADA, "admin")
    assert shown(await admin.get("/")) == ["1", "2", "3", "4"]
    assert shown(await admin.get("/?mine=yes")) == ["1", "2"]
    mine = await (await visitor(doors, "new@acme.com")).get("/?mine=yes")
    assert shown(mine) == []
    assert "No ticket is of a customer of yours" in mine.text


async def test_whose_tickets_are_all_closed_is_not_told_of_the_mapping(doors: Doors) -> None:
    await fill(doors)
    await doors.add_ticket("5", owner="new@acme.com", needs=(), closed=True)
    text = (await (await visitor(doors, "new@acme.com")).get("/")).text
    assert "No ticket of a customer of yours is open." in text
    assert "who looks after whom" not in text
    assert 'href="/?closed=too&amp;mine=yes"' in text


async def test_whose_address_is_not_known_sees_all_and_is_told_why(doors: Doors) -> None:
    await fill(doors)
    browser = await visitor(doors, "")
    plain = await browser.get("/")
    assert shown(plain) == ["1", "2", "3", "4"]
    assert 'name="mine"' not in plain.text
    asked = await browser.get("/?mine=yes")
    assert shown(asked) == ["1", "2", "3", "4"]
    assert "no verified e-mail address of yours" in asked.text


async def test_link_by_api_takes_an_address_and_refuses_what_is_none(doors: Doors) -> None:
    await fill(doors)
    wanted = {"name": "Ada", "role": "csm", "email": "ADA@acme.com"}
    made = (await doors.ask("POST", "/sign-in-links", role="admin", json=wanted)).json()
    browser = browser_of(doors)
    await browser.post(made["url"].removeprefix(doors.hub.public_url))
    assert shown(await browser.get("/")) == ["1", "2"]
    for email in ("", "ada", "ada@", "a@b@c", "Ada <ada@acme.com>", "ad\u0430@acme.com"):
        refused = await doors.ask(
            "POST", "/sign-in-links", role="admin", json={**wanted, "email": email}
        )
        assert refused.status_code == 422, email


async def test_ticket_says_who_looks_after_its_customer(doors: Doors) -> None:
    await fill(doors)
    browser = await visitor(doors, "")
    assert f"looked after by {ADA}" in (await browser.get("/tickets/hubspot/1")).text
    assert "looked after by" not in (await browser.get("/tickets/hubspot/4")).text
