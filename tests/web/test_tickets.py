"""The list and the pages behind it: what they say, and that no text of others runs in them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from bridge.web.listing import SHOWN
from bridge.web.rendering import HEADERS, address
from tests.api.doors import Doors
from tests.web.people import form_token, signed_in

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202eevil\u2066",
)


OWN_SCRIPT = re.compile(r"/static/[a-z]+\.js\?[0-9a-f]{12}")


class Parts(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        given = dict(attrs)
        self.attributes |= given.keys()
        self.addresses += [given[name] or "" for name in ("href", "action") if name in given]
        if tag == "script":
            self.scripts.append(given.get("src") or "")


async def test_list_shows_customer_work_stage_and_date(doors: Doors) -> None:
    ticket = await doors.add_ticket("812", subject="Export fails", customer="Acme", plan="Elite")
    await doors.add_link(ticket, "991")
    browser = await signed_in(doors, "viewer")
    text = (await browser.get("/")).text
    for said in ("Export fails", "Acme", "Elite", "991", "In testing", "2026-12-24"):
        assert said in text
    assert 'href="/tickets/hubspot/812"' in text
    assert 'href="/work-items/boards/991"' in text


async def test_tabs_hold_what_is_to_be_done_with_counts(doors: Doors) -> None:
    await doors.add_ticket("1", subject="Decide me", needs=("needs_decision", "with_engineering"))
    await doors.add_ticket("2", subject="Build me", needs=("with_engineering",))
    await doors.add_ticket("3", subject="Leave me", needs=())
    browser = await signed_in(doors)
    text = (await browser.get("/", params={"needs": "needs_decision"})).text
    assert "Decide me" in text
    assert "Build me" not in text
    counts = re.findall(r'>([\w ]+) <span class="count">(\d+)</span>', text)
    assert counts == [
        ("To tell", "0"),
        ("Needs decision", "1"),
        ("With engineering", "2"),
        ("All open", "3"),
    ]


@pytest.mark.parametrize(
    "query", [{"q": "export acme"}, {"customer": "Acme"}, {"stage": "in_testing"}]
)
async def test_search_and_filters_stand_in_the_address(doors: Doors, query: dict[str, str]) -> None:
    await doors.add_ticket("1", subject="Export fails", customer="Acme")
    await doors.add_ticket("2", subject="Login", customer="Beta", stage_id="scheduled")
    browser = await signed_in(doors)
    text = (await browser.get("/", params=query)).text
    assert "Export fails" in text
    assert "Login" not in text


async def test_empty_list_says_why_it_is_empty(doors: Doors) -> None:
    browser = await signed_in(doors)
    assert "Nothing waits for a decision." in (await browser.get("/?needs=needs_decision")).text
    assert "No open ticket is like that." in (await browser.get("/?q=nowhere")).text
    assert "There is no ticket yet." in (await browser.get("/")).text


async def test_list_goes_on_where_a_page_ends(doors: Doors) -> None:
    for number in range(SHOWN + 3):
        await doors.add_ticket(f"{1000 + number}", subject=f"Number {number}.")
    browser = await signed_in(doors)
    first = (await browser.get("/")).text
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward is not None
    second = (await browser.get(onward[1].replace("&amp;", "&"))).text
    shown = [set(re.findall(r"Number (\d+)\.", each)) for each in (first, second)]
    assert [len(each) for each in shown] == [SHOWN, 3]
    assert not shown[0] & shown[1]
    assert 'rel="next"' not in second


async def test_ticket_page_says_what_the_customer_sees_and_why(doors: Doors) -> None:
    ticket = await doors.add_ticket("812", subject="Export fails")
    await doors.add_link(ticket, "991")
    text = (await (await signed_in(doors, "viewer")).get("/tickets/hubspot/812")).text
    assert "In testing" in text
    # The hub of this test has no mapping: explain says so, in words, with the way out.
    assert "There are no rules yet for tickets of hubspot." in text
    assert "Add a mapping" in text
    assert '<svg class="picture across"' in text
    assert '<svg class="picture down"' in text
    assert "Check now" not in text


async def test_viewer_may_look_and_not_check(doors: Doors) -> None:
    await doors.add_ticket("812")
    browser = await signed_in(doors, "viewer")
    token, before = await form_token(browser), await doors.stored()
    answer = await browser.post("/tickets/hubspot/812/check", data={"form_token": token})
    assert answer.status_code == 403
    assert "role csm" in answer.text
    assert await doors.stored() == before


async def test_check_without_the_form_of_the_hub_changes_nothing(doors: Doors) -> None:
    await doors.add_ticket("812")
    browser = await signed_in(doors)
    before = await doors.stored()
    assert (await browser.post("/tickets/hubspot/812/check")).status_code == 403
    assert await doors.stored() == before


@pytest.mark.parametrize("path", ["/tickets/hubspot/999", "/tickets/nowhere/1", "/work-items/x/1"])
async def test_unknown_record_is_a_page_that_says_so(doors: Doors, path: str) -> None:
    answer = await (await signed_in(doors)).get(path)
    assert answer.status_code == 404
    assert "The hub knows no such" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("text", HOSTILE)
async def test_text_of_others_never_becomes_part_of_a_page(doors: Doors, text: str) -> None:
    said: dict[str, Any] = dict.fromkeys(
        ("subject", "customer", "plan", "category", "severity", "stage_label", "key", "url"), text
    )
    await doors.add_link(await doors.add_ticket("812", **said), "991")
    browser = await signed_in(doors, name=text)
    for path in ("/", "/tickets/hubspot/812", "/work-items/boards/991", f"/?q={text}"):
        answer = await browser.get(path)
        assert answer.status_code == 200
        parts = Parts()
        parts.feed(answer.text)
        # The scripts are our own files, and no attribute is one that runs anything.
        assert [each for each in parts.scripts if not OWN_SCRIPT.fullmatch(each)] == []
        assert [each for each in parts.attributes if each.startswith("on")] == []
        assert [each for each in parts.addresses if ":" in each.partition("?")[0]] == []


@pytest.mark.parametrize("path", ["/", "/sign-in", "/tickets/hubspot/1", "/sign-in/nothing"])
async def test_every_page_keeps_browsers_careful(doors: Doors, path: str) -> None:
    answer = await (await signed_in(doors)).get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_pages_and_what_they_load_are_small(doors: Doors) -> None:
    for number in range(SHOWN):
        await doors.add_link(await doors.add_ticket(f"{1000 + number}", subject="x" * 200), "991")
    browser = await signed_in(doors)
    home = await browser.get("/")
    assert len(home.content) < 100_000
    for found in re.findall(r'(?:href|src)="(/static/[^"]+)"', home.text):
        file = await browser.get(found)
        assert file.status_code == 200
        assert len(file.content) < 30_000


@pytest.mark.parametrize(
    ("url", "shown"),
    [("https://acme.test/1", "https://acme.test/1"), ("javascript:alert(1)", ""), (None, "")],
)
def test_only_web_addresses_are_followed(url: str | None, shown: str) -> None:
    assert address(url) == shown


@pytest.mark.parametrize(
    "path",
    ["/?q=%00", "/?customer=%00", "/?needs=%00", "/tickets/hubspot/%00", "/work-items/x/%01"],
)
async def test_sign_that_is_no_text_is_refused_in_words(doors: Doors, path: str) -> None:
    browser = await signed_in(doors)
    answer = await browser.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


async def test_unknown_address_is_a_page_for_people_and_a_problem_for_programs(
    doors: Doors,
) -> None:
    browser = await signed_in(doors)
    for path in ("/nowhere", "/tickets"):
        shown = await browser.get(path, headers={"Accept": "text/html"})
        assert (shown.status_code, "There is nothing here" in shown.text) == (404, True)
        assert "default-src 'none'" in shown.headers["content-security-policy"]
        told = await browser.get(path)
        assert told.headers["content-type"] == "application/problem+json"


async def test_tab_that_there_is_none_of_is_the_list_of_all(doors: Doors) -> None:
    await doors.add_ticket("1", subject="Export fails", needs=())
    text = (await (await signed_in(doors)).get("/?needs=bogus")).text
    assert "Export fails" in text


async def test_files_are_kept_by_browsers_as_long_as_their_content_is_the_same(
    doors: Doors,
) -> None:
    browser = await signed_in(doors)
    found = re.search(r'href="(/static/site.css[^"]+)"', (await browser.get("/")).text)
    assert found is not None
    assert "immutable" in (await browser.get(found[1])).headers["cache-control"]
    assert (await browser.get("/static/site.css")).headers["cache-control"] == "no-cache"
    assert (await browser.get("/static/nothing.css")).status_code == 404
