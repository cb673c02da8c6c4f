"""Held texts on their page: seen as they are, decided once, and never released if proven."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.doors import Doors
from tests.scenarios.test_held import DOUBTFUL, OWN_WORDS, PROVEN, doubtful, notes
from tests.scenarios.test_mirror import bug
from tests.scenarios.world import World, open_world
from tests.web.people import form_token, signed_in
from tests.web.test_tickets import Parts
from tests.web.traced import audited


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """What the pages do does not depend on the database."""
    async with open_world(tmp_path) as opened:
        yield opened


async def first(browser: httpx.AsyncClient) -> str:
    """The page of the newest text that waits."""
    found = re.search(r'href="(/held/[0-9a-f]+)"', (await browser.get("/held")).text)
    assert found is not None
    return found[1]


async def press(browser: httpx.AsyncClient, path: str, deed: str, **fields: str) -> httpx.Response:
    """A person decides about the text as the page shows it."""
    seen = re.search(r'name="seen" value="([0-9a-f]*)"', (await browser.get(path)).text)
    given = {
        "form_token": await form_token(browser),
        "seen": seen[1] if seen else "",
        "deed": deed,
        "reason": "Read by Ana.",
        **fields,
    }
    return await browser.post(path, data=given)


async def test_text_is_released_as_it_was_seen_once_and_who_and_why_is_audited(
    world: World,
) -> None:
    await doubtful(world)
    browser = await signed_in(world, "operator", name="Ana")
    there = await first(browser)
    page = (await browser.get(there)).text
    for said in ("It speaks of Sentry.", DOUBTFUL, "Export fails", "a comment on"):
        assert said in page
    assert re.search(r'<li class="drop">.*#customer', page)
    answer = await press(browser, there, "release")
    assert answer.status_code == 303
    assert "exactly as it stands" in (await browser.get(answer.headers["location"])).text
    await world.settle()
    assert len(notes(world)) == 1
    assert DOUBTFUL in notes(world)[0]
    id = there.rpartition("/")[2]
    assert ("Ana", "held.released", f"held {id}") in await audited(world)
    again = await press(browser, there, "reject")
    assert (again.status_code, "It was released by Ana" in again.text) == (409, True)
    assert "Released by Ana" in again.text
    assert "Read by Ana." in again.text
    decided = (await browser.get("/held?state=released")).text
    assert there in decided
    assert re.findall(r'class="count">(\d+)', decided) == ["0", "1", "0", "0", "0"]
    assert "Ana" in decided.partition("<tbody>")[2]


async def test_proven_text_can_only_be_said_anew_and_wrong_words_are_kept(world: World) -> None:
    _, item = await bug(world)
    world.boards.person_comments(item, PROVEN)
    await world.settle()
    browser = await signed_in(world, "operator")
    there = await first(browser)
    page = (await browser.get(there)).text
    assert re.search(r'<button disabled aria-describedby="why-not">Release', page)
    assert "Nobody can release it as it is" in page
    forced = await press(browser, there, "release")
    assert (forced.status_code, "Nobody can release it" in forced.text) == (409, True)
    words = 'See https://acme.sentry.io/issues/1 & "more"'
    refused = await press(browser, there, "rewrite", words=words, reason="Because <b>")
    assert refused.status_code == 422
    assert "Say it so that a customer could have written it" in refused.text
    assert 'id="words-wrong" role="alert"' in refused.text
    assert "See https://acme.sentry.io/issues/1 &amp; &#34;more&#34;</textarea>" in refused.text
    assert 'value="Because &lt;b&gt;"' in refused.text
    assert notes(world) == []
    answer = await press(browser, there, "rewrite", words=f"{OWN_WORDS}\r\nAna")
    assert answer.status_code == 303
    await world.settle()
    assert len(notes(world)) == 1
    assert OWN_WORDS in notes(world)[0]
    assert "4711" not in notes(world)[0]


WRONG = (
    ("release", {"reason": ""}, "reason-release"),
    ("reject", {"reason": " \n"}, "reason-reject"),
    ("reject", {"reason": "x" * 1001}, "reason-reject"),
    ("release", {"reason": "a\x00b"}, "reason-release"),
    ("rewrite", {"words": ""}, "words-wrong"),
    ("rewrite", {"words": "x" * 6001}, "words-wrong"),
)
"""Decision, what is typed, and the field beside which it is said to be wrong."""


async def test_wrong_input_is_said_beside_its_field_and_sends_nothing(world: World) -> None:
    await doubtful(world)
    browser = await signed_in(world, "operator")
    there = await first(browser)
    for deed, fields, beside in WRONG:
        answer = await press(browser, there, deed, **fields)
        assert answer.status_code == 422, deed
        assert f'id="{beside}" role="alert"' in answer.text
    assert await audited(world) == []


async def test_text_that_was_edited_since_is_not_decided_about(world: World) -> None:
    await doubtful(world, "Our Sentry <script>alert(1)</script> guards the gate.")
    browser = await signed_in(world, "operator")
    there = await first(browser)
    parts = Parts()
    page = (await browser.get(there)).text
    parts.feed(page)
    assert all(script.startswith("/static/") for script in parts.scripts)
    answer = await press(browser, there, "reject", seen="0" * 64)
    assert (answer.status_code, "was edited since" in answer.text) == (409, True)
    unknown = await press(browser, there, "explode")
    assert (unknown.status_code, "Press one of the buttons" in unknown.text) == (422, True)
    kept = await press(browser, there, "reject")
    assert kept.status_code == 303
    assert "Kept internal" in (await browser.get(there)).text
    assert "No text waits for a person." in (await browser.get("/held")).text


async def test_held_texts_are_for_operators_and_decided_only_by_our_form(doors: Doors) -> None:
    csm, operator = await signed_in(doors, "csm"), await signed_in(doors, "operator", name="Bo")
    for path in ("/held", "/held/1"):
        assert (await csm.get(path)).status_code == 403
    assert (await operator.post("/held/1", data={"deed": "release"})).status_code == 403
    assert (await operator.get("/held/1")).status_code == 404
    assert "No text waits" in (await operator.get("/held?state=bogus")).text
