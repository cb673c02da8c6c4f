"""The list: numbers within its filters, by customer, as a file, and what is done to many."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bridge.domain.promises import PromiseState, Standing
from bridge.store.views import FEW, TicketFilter
from bridge.web.export import HEADINGS, inert
from tests.api.doors import Doors
from tests.store.many import add_many, like
from tests.web.people import form_token, signed_in


def numbers(text: str) -> dict[str, str]:
    """What the tabs say."""
    return dict(re.findall(r'>([\w ]+) <span class="count">(\d+\+?)</span></a>', text))


async def _some(doors: Doors) -> None:
    both = ("needs_decision", "with_engineering")
    await doors.add_ticket("1", customer="Acme", subject="First export", needs=both)
    await doors.add_ticket("2", customer="Acme", needs=("with_engineering",), stage_id="scheduled")
    await doors.add_ticket("3", customer="Beta", needs=both)
    await doors.add_ticket("4", customer=None, needs=())


async def test_tabs_count_what_the_filters_leave(doors: Doors) -> None:
    await _some(doors)
    browser = await signed_in(doors)
    for query, said in (
        ("", ("3", "2", "4")),
        ("?customer=Acme", ("2", "1", "2")),
        ("?stage=scheduled", ("1", "0", "1")),
        ("?q=first+export", ("1", "1", "1")),
        ("?q=nothing", ("0", "0", "0")),
        ("?customer=Acme&needs=needs_decision&stage=in_testing", ("1", "1", "1")),
    ):
        found = numbers((await browser.get(f"/{query}")).text)
        assert (
            tuple(found[each] for each in ("With engineering", "Needs decision", "All open"))
            == said
        )


async def test_search_says_when_it_does_not_look_for_all_the_words(doors: Doors) -> None:
    await _some(doors)
    browser = await signed_in(doors)
    said = "Only the first 8 words are looked for."
    for more, number in (("", "1"), ("+rst", "1"), ("+rst+nothing", "1")):
        text = (await browser.get(f"/?q=f+fi+fir+firs+first+irst+export+first{more}")).text
        assert numbers(text)["All open"] == number
        assert (said in text) == ("nothing" in more)


async def test_links_of_tabs_and_groups_keep_the_filters(doors: Doors) -> None:
    await _some(doors)
    asked = "/?customer=Acme&q=a&stage=in_testing&needs=with_engineering"
    text = (await (await signed_in(doors)).get(asked)).text
    tabs = re.findall(r'<a href="(/\?[^"]+)"[^>]*>Needs decision', text)
    assert parse_qs(urlsplit(tabs[0].replace("&amp;", "&")).query) == {
        "needs": ["needs_decision"], "q": ["a"], "customer": ["Acme"], "stage": ["in_testing"],
    }  # fmt: skip
    file = re.search(r'href="(/tickets.csv\?[^"]+)"', text)
    assert file is not None
    assert parse_qs(urlsplit(file[1].replace("&amp;", "&")).query)["q"] == ["a"]


async def test_of_more_than_a_few_it_is_said_that_there_are_more(doors: Doors) -> None:
    many = await add_many(doors.hub.db)
    browser = await signed_in(doors)
    found = numbers((await browser.get("/?stage=in_testing")).text)
    rare = TicketFilter(stage="in_testing", needs="needs_decision", closed=False)
    assert found["All open"] == f"{FEW}+"
    assert found["Needs decision"] == str(len([row for row in many if like(row, rare)]))
    assert re.fullmatch(r"[1-9]\d*00\+", found["With engineering"])
    exported = await read(await browser.get("/tickets.csv?stage=in_testing&needs=with_engineering"))
    wanted = TicketFilter(stage="in_testing", needs="with_engineering")
    assert [f"hubspot:{10_000 + int(each['Ticket'][1:])}" for each in exported] == [
        row["ticket_key"] for row in many if like(row, wanted)
    ]


async def test_list_by_customer_has_a_head_for_each_and_the_unknown_last(doors: Doors) -> None:
    await _some(doors)
    text = (await (await signed_in(doors)).get("/?group=customer")).text
    heads = re.findall(r'<th scope="rowgroup"[^>]*>(?:<a [^>]*>)?([\w ]+)', text)
    assert [each.strip() for each in heads] == ["Acme", "Beta", "Customer unknown"]
    assert 'name="group" value="customer"' in text


async def test_columns_without_anything_to_show_are_left_out(doors: Doors) -> None:
    await doors.add_ticket("1", eta=None)
    browser = await signed_in(doors)
    text = (await browser.get("/")).text
    assert not any(f">{each}</th>" in text for each in ("Expected", "Release", "Promise"))
    await doors.add_ticket("2", eta="2026-12-24")
    assert ">Expected</th>" in (await browser.get("/")).text


async def read(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_export_has_the_filtered_list_in_a_file_of_a_safe_name(doors: Doors) -> None:
    for number in range(3):
        await doors.add_ticket(f"{number}", customer="Ünïcorn", subject='Said "no", twice')
    await doors.add_ticket("9", customer="Beta")
    answer = await (await signed_in(doors)).get("/tickets.csv?customer=Ünïcorn")
    rows = await read(answer)
    assert [each["Ticket"] for each in rows] == [f"#{number}" for number in range(3)]
    assert list(rows[0]) == list(HEADINGS)
    assert {each["Subject"] for each in rows} == {'Said "no", twice'}
    named = re.fullmatch(
        r'attachment; filename="(tickets[a-z0-9-]*\.csv)"', answer.headers["content-disposition"]
    )
    assert named is not None


HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", '=HYPERLINK("http://x")')


async def test_no_cell_of_an_export_is_a_formula(doors: Doors) -> None:
    names = ("subject", "customer", "plan", "category", "severity", "stage_label", "key")
    for number, text in enumerate(HOSTILE):
        await doors.add_ticket(f"{number}", **dict.fromkeys(names, text))
    rows = await read(await (await signed_in(doors)).get("/tickets.csv"))
    for row, text in zip(rows, HOSTILE, strict=True):
        for each in row.values():
            assert not each.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")), each
        assert text.strip() in row["Subject"]


def test_text_that_is_no_formula_is_exported_as_it_is() -> None:
    for text in ("Export fails", "a=b", "1-2", "", "#12", "ana@acme.test"):
        assert inert(text) == text
    assert inert("\uff1d1") == "'\uff1d1"


async def test_what_csms_do_is_not_for_viewers(doors: Doors) -> None:
    await doors.add_ticket("1")
    browser = await signed_in(doors, "viewer")
    token, before = await form_token(browser), await doors.stored()
    for method, path in (("GET", "/tickets.csv"), ("POST", "/chosen"), ("POST", "/chosen/check")):
        answer = await browser.request(method, path, data={"form_token": token})
        assert answer.status_code == 403
    assert await doors.stored() == before
    assert "checkbox" not in (await browser.get("/")).text


async def test_bulk_actions_without_the_form_of_the_hub_do_nothing(doors: Doors) -> None:
    await doors.add_ticket("1")
    browser = await signed_in(doors, "operator")
    before = await doors.stored()
    for path in ("/chosen", "/chosen/check", "/chosen/link"):
        answer = await browser.post(path, data={"ticket-a": "hubspot:1", "form_token": "0" * 64})
        assert answer.status_code == 403
    assert await doors.stored() == before


async def _chosen(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    said = {"form_token": await form_token(browser), **fields}
    return await browser.post(path, data=said)


async def test_nothing_ticked_is_said_in_the_list_that_one_came_from(doors: Doors) -> None:
    await _some(doors)
    answer = await _chosen(await signed_in(doors), "/chosen", what="check", back="/?customer=Beta")
    assert answer.status_code == 422
    assert "Tick at least one ticket first." in answer.text
    assert "Only tickets of <strong>Beta</strong>" in answer.text


async def test_ticked_tickets_are_shown_before_anything_is_done(doors: Doors) -> None:
    await _some(doors)
    browser = await signed_in(doors)
    before = await doors.stored()
    answer = await _chosen(
        browser, "/chosen", what="check", **{"ticket-a": "hubspot:1", "ticket-b": "hubspot:77"}
    )
    assert "Check 1 ticket now?" in answer.text
    assert "First export" in answer.text
    assert await doors.stored() == before


async def test_forged_result_shows_nothing(doors: Doors) -> None:
    await doors.add_ticket("1")
    browser = await signed_in(doors)
    for query in ("", "of=linked~no:1", "of=bogus~hubspot:1", "item=hubspot:1", "of=~", "what=x"):
        assert "Nothing was done." in (await browser.get(f"/chosen/done?{query}")).text


async def test_way_back_of_a_bulk_action_stays_on_the_hub(doors: Doors) -> None:
    await _some(doors)
    ticked: dict[str, Any] = {"ticket-a": "hubspot:1"}
    answer = await _chosen(
        await signed_in(doors), "/chosen", what="check", back="//evil.example", **ticked
    )
    assert "evil" not in answer.text


async def test_each_column_stands_under_its_own_heading(doors: Doors) -> None:
    now = doors.hub.now()
    promise = Standing("daily", "Daily update", PromiseState.RUNNING, "told_customer", now)
    ref = await doors.add_ticket(
        "1", promise=promise, release_id="r1", release_name="5.4", rollout_group="pilot",
        last_told_at=now, eta_told="2026-12-24",
    )  # fmt: skip
    await doors.add_link(ref, "993")
    page = (await (await signed_in(doors)).get("/")).text
    table = page[page.index("<thead>") :]
    headings = re.findall(r'<th scope="col">([^<]+)</th>', table)
    row = table[table.index("<tbody") : table.index("</tr>", table.index("<tbody"))]
    assert {"Promise", "Release", "Expected"} <= set(headings)
    assert [e for e in re.findall(r'data-label="([^"]+)"', row) if "#" not in e] == headings
