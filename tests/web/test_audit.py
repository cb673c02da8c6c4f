"""The audit log as people read it: sentences, filters, pages, and no secret."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bridge.store import audit_log, tokens
from bridge.web.audit import SHOWN
from tests.api.doors import Doors
from tests.web.people import signed_in


async def _did(
    doors: Doors, action: str, target: str, *, who: str = "Ada", days: int = 0, **detail: Any
) -> None:
    await asyncio.sleep(0.002)  # an id begins with its millisecond
    async with doors.hub.db.write() as connection:
        await tokens.audit(
            connection, actor=who, action=action, target=target, detail=detail,
            now=doors.hub.now() - timedelta(days=days),
        )  # fmt: skip


@pytest.fixture
async def browser(doors: Doors) -> httpx.AsyncClient:
    """An admin's, with some history."""
    await _did(doors, "connection.paused", "boards", who="Grace", days=9, reason="<b>we move</b>")
    await _did(doors, "held.rejected", "held 1", who="Grace", days=3, ticket="hubspot:813")
    await _did(doors, "link", "hubspot:812", to="boards:991")
    return await signed_in(doors, "admin", "Root")


def _told(text: str) -> list[str]:
    return re.findall(r'data-label="Did what">([^<]*)<', text)


async def test_log_tells_in_sentences_what_was_done_newest_first(
    browser: httpx.AsyncClient,
) -> None:
    text = (await browser.get("/audit")).text
    assert _told(text) == [
        "signed in",
        "invited Root as admin",
        "linked hubspot:812 to boards:991",
        "kept a held text of hubspot:813 internal",
        "paused boards: &lt;b&gt;we move&lt;/b&gt;",
    ]
    assert 'href="/tickets/hubspot/813"' in text


FILTERS: list[tuple[dict[str, str], int]] = [
    ({"who": "grac"}, 2),
    ({"who": "%"}, 0),
    ({"what": "links"}, 1),
    ({"what": "connections"}, 1),
    ({"what": "bogus"}, 5),
    ({"record": "hubspot:813"}, 1),
    ({"record": "boards:991"}, 1),
    ({"who": "Grace", "what": "held"}, 1),
    ({"who": "nobody"}, 0),
]


async def test_filters_stand_in_the_address(browser: httpx.AsyncClient) -> None:
    for query, count in FILTERS:
        text = (await browser.get("/audit", params=query)).text
        assert len(_told(text)) == count, query
        assert ("Nobody did anything like that." in text) is (count == 0)


async def test_time_is_narrowed_by_whole_days(doors: Doors, browser: httpx.AsyncClient) -> None:
    day = (doors.hub.now() - timedelta(days=3)).date().isoformat()
    text = (await browser.get("/audit", params={"since": day, "until": day})).text
    assert _told(text) == ["kept a held text of hubspot:813 internal"]
    assert len(_told((await browser.get("/audit", params={"until": day})).text)) == 2
    assert len(_told((await browser.get("/audit", params={"since": day})).text)) == 4


async def test_day_that_is_none_is_told_beside_its_field(browser: httpx.AsyncClient) -> None:
    for query in (
        {"since": "yesterday"}, {"until": "2026-13-01"}, {"since": "0"},
        {"since": "2026-05-12", "until": "2026-05-11"},
    ):  # fmt: skip
        answer = await browser.get("/audit", params=query)
        assert answer.status_code == 422, query
        assert 'role="alert"' in answer.text
        assert f'value="{next(iter(query.values()))}"' in answer.text


async def test_log_goes_on_where_a_page_ends(doors: Doors, browser: httpx.AsyncClient) -> None:
    for number in range(SHOWN + 3):
        await _did(doors, "launch", f"hubspot:{1000 + number}", who="Bo", route="bug")
    first = (await browser.get("/audit?who=Bo")).text
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward is not None
    assert "who=Bo" in onward[1]
    second = (await browser.get(onward[1].replace("&amp;", "&"))).text
    shown = [set(_told(each)) for each in (first, second)]
    assert [len(each) for each in shown] == [SHOWN, 3]
    assert not shown[0] & shown[1]
    assert 'rel="next"' not in second


async def test_search_that_stopped_says_so_and_goes_on(
    doors: Doors, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "REACH", 2)
    await _did(doors, "launch", "hubspot:1000", who="Bo", route="bug")
    for _ in range(4):
        await _did(doors, "launch", "hubspot:1001", who="Cy", route="bug")
    text = (await browser.get("/audit?who=Bo")).text
    assert "in the 2 entries that this page searched" in text
    onward = re.search(r'rel="next" href="([^"]+)">Look further back', text)
    assert onward is not None
    assert len(_told((await browser.get(onward[1].replace("&amp;", "&"))).text)) == 1
