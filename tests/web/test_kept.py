"""Whoever is signed out while they type loses nothing, nor sends what somebody else typed."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from bridge.engine import signing_in
from bridge.web.visitor import MAX_FORM
from tests.api.doors import Doors
from tests.web.editing import TEXT, in_force
from tests.web.people import browser_of, form_token, link, signed_in

PATH = "/health/hubspot/pause"
WHOLE = "/mappings/small/edit"
REASON = 'The "sandbox" <b>is</b> moved, 5 < 6'


def hidden(answer: httpx.Response) -> dict[str, str]:
    """The fields that the page sends again."""
    found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', answer.text)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def _origin(doors: Doors) -> dict[str, str]:
    return {"Origin": doors.hub.public_url}


async def test_reason_typed_before_the_session_ended_is_sent_by_two_presses(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    said = {"form_token": await form_token(browser), "reason": REASON}
    await signing_in.end_sessions(doors.hub, "Ada", by="a test")
    out = await browser.post(PATH, data=said, headers=_origin(doors))
    assert out.status_code == 401
    assert "what you typed is still here" in out.text
    assert hidden(out) == {"reason": REASON}
    assert "<b>is</b>" not in out.text
    # Signed in again in another tab: who they are now is shown before anything is done.
    assert (await browser.post(await link(doors, "admin", "Grace"))).status_code == 303
    asked = await browser.post(PATH, data=hidden(out), headers=_origin(doors))
    assert (asked.status_code, "as <strong>Grace</strong>" in asked.text) == (403, True)
    assert "Paused" not in (await browser.get("/health")).text
    done = await browser.post(PATH, data=hidden(asked), headers=_origin(doors))
    assert done.status_code == 303
    assert "Paused" in (await browser.get("/health")).text


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.test", "https://bridge.test.evil.test"]
)
async def test_what_another_site_sends_is_offered_to_nobody(
    doors: Doors, origin: str | None
) -> None:
    headers = {} if origin is None else {"Origin": origin}
    for browser in (browser_of(doors), await signed_in(doors, "admin")):
        answer = await browser.post(PATH, data={"reason": "evil words"}, headers=headers)
        assert answer.status_code in (401, 403)
        assert "evil words" not in answer.text


async def test_whole_mapping_typed_before_the_session_ended_is_sent_again(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    text = TEXT.replace("label: Available", "label: There for you")
    text += "\n" + "# What we agreed upon with everybody.\n" * 4_000
    token, seen = await form_token(browser), hidden(await browser.get(WHOLE))["seen"]
    typed = {"seen": seen, "text": text, "note": "Ours"}
    said = {"form_token": token, **typed}
    await signing_in.end_sessions(doors.hub, "Ada", by="a test")
    before = await doors.stored()
    out = await browser.post(WHOLE, data=said, headers=_origin(doors))
    assert (out.status_code, len(text) > 2 * MAX_FORM) == (401, True)
    assert hidden(out) == typed
    # Nothing that somebody unsigned sends is stored.
    assert await doors.stored() == before
    assert (await browser.post(await link(doors, "admin"))).status_code == 303
    asked = await browser.post(WHOLE, data=hidden(out), headers=_origin(doors))
    done = await browser.post(WHOLE, data=hidden(asked), headers=_origin(doors))
    assert (asked.status_code, done.status_code) == (403, 303)
    assert done.headers["location"].endswith("done=kept")


@pytest.mark.parametrize(
    ("path", "body"), [(WHOLE, "text=" + "x" * 1_100_000), (PATH, "x=1&" * 6_000)]
)
async def test_what_no_form_holds_is_kept_for_nobody(doors: Doors, path: str, body: str) -> None:
    headers = {**_origin(doors), "Content-Type": "application/x-www-form-urlencoded"}
    answer = await browser_of(doors).post(path, content=body, headers=headers)
    assert (answer.status_code, "xxx" in answer.text, "hidden" in answer.text) == (
        401, False, False,
    )  # fmt: skip


async def test_form_too_large_or_of_another_kind_leads_to_the_way_in(doors: Doors) -> None:
    browser = browser_of(doors)
    large = await browser.post(PATH, data={"reason": "x" * 70_000}, headers=_origin(doors))
    assert (large.status_code, "xxx" in large.text) == (401, False)
    upload = await browser.post(PATH, files={"reason": b"words"}, headers=_origin(doors))
    assert (upload.status_code, "words" in upload.text) == (401, False)


async def test_role_is_asked_for_again(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    said = {"form_token": await form_token(browser), "reason": REASON}
    csm = await signed_in(doors, "csm", "Grace")
    answer = await csm.post(PATH, data=said, headers=_origin(doors))
    assert (answer.status_code, "role admin" in answer.text) == (403, True)
    assert "sandbox" not in answer.text
