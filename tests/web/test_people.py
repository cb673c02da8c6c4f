"""People and tokens: made by admins, shown once, and ended at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bridge.domain.records import parse_instant
from tests.api.doors import Doors
from tests.web.audit_entries import audited
from tests.web.people import browser_of, form_token, link, signed_in

WRONG_NAMES = ["", "  ", "x" * 201, "two\nlines", "a\x00b"]


def _secret(text: str, begin: str) -> str:
    found = re.search(rf"<code>({re.escape(begin)}[^<]+)</code>", text)
    assert found is not None
    return found[1]


async def test_invitation_is_shown_once_and_signs_in_once(doors: Doors) -> None:
    browser = await signed_in(doors, "admin", "Ada")
    form = {"form_token": await form_token(browser), "name": "Grace <b>", "role": "csm"}
    text = (await browser.post("/people", data=form)).text
    path = _secret(text, doors.hub.public_url).removeprefix(doors.hub.public_url)
    secret = path.rpartition("/")[2]
    later = (await browser.get("/people")).text
    assert "Grace &lt;b&gt;" in later
    assert secret not in later
    assert secret not in (await browser.get("/audit")).text
    assert secret not in repr(await doors.stored())
    assert (await browser_of(doors).post(path)).status_code == 303
    assert (await browser_of(doors).post(path)).status_code == 404
    assert ("Ada", "Grace <b>", {"role": "csm"}) in await audited(doors, "sign_in.invite")


async def test_people_are_listed_with_their_role_and_sessions(doors: Doors) -> None:
    browser = await signed_in(doors, "admin", "Ada")
    for _ in range(2):
        await signed_in(doors, "viewer", "Grace")
    text = (await browser.get("/people")).text
    row = text.partition(">Grace<")[2].partition("</tr>")[0]
    assert ">viewer<" in row
    assert ">2<" in row
    assert "a moment ago" in row
    assert "2 signed in" in text


async def test_signing_somebody_out_ends_their_sessions_and_links(doors: Doors) -> None:
    browser = await signed_in(doors, "admin", "Ada")
    grace, unused = await signed_in(doors, "csm", "Grace"), await link(doors, "csm", "Grace")
    form = {"form_token": await form_token(browser), "name": "Grace"}
    answer = await browser.post("/people/sign-out", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/people?out=1")
    assert "Signed out: 1 session ended." in (await browser.get("/people?out=1")).text
    assert (await grace.get("/")).status_code == 401
    assert (await browser_of(doors).get(unused)).status_code == 404
    assert (await browser.get("/")).status_code == 200
    assert await audited(doors, "sign_out") == [("Ada", "Grace", {"sessions": 1})]


@pytest.mark.parametrize("path", ["/people", "/tokens"])
async def test_unfit_name_makes_nothing(doors: Doors, path: str) -> None:
    browser = await signed_in(doors, "admin")
    token, before = await form_token(browser), await doors.stored()
    for name in WRONG_NAMES:
        form = {"form_token": token, "name": name, "role": "csm"}
        answer = await browser.post(path, data=form)
        assert answer.status_code == 422, name
        assert 'id="wrong-name"' in answer.text
        # What was chosen is kept.
        assert 'value="csm" checked' in answer.text
    assert await doors.stored() == before


@pytest.mark.parametrize("path", ["/people", "/tokens"])
async def test_unknown_role_makes_nothing(doors: Doors, path: str) -> None:
    browser = await signed_in(doors, "admin")
    token, before = await form_token(browser), await doors.stored()
    for role in ("", "root", "ADMIN"):
        form = {"form_token": token, "name": "Kept", "role": role}
        answer = await browser.post(path, data=form)
        assert answer.status_code == 422, role
        assert 'id="wrong-role"' in answer.text
        assert 'value="Kept"' in answer.text
    assert await doors.stored() == before


async def test_span_that_is_none_makes_no_token(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    token, before = await form_token(browser), await doors.stored()
    for expires in ("soon", "0d", "-1d", "90", "999999d", "1bd"):
        form = {"form_token": token, "name": "x", "role": "viewer", "expires": expires}
        answer = await browser.post("/tokens", data=form)
        assert answer.status_code == 422, expires
        assert 'id="wrong-expires"' in answer.text
        assert f'value="{expires}"' in answer.text
    assert await doors.stored() == before


async def test_token_is_shown_once_opens_what_its_role_may_and_is_revoked(doors: Doors) -> None:
    browser = await signed_in(doors, "admin", "Ada")
    form = {
        "form_token": await form_token(browser), "name": "status page", "role": "viewer",
        "expires": "90d",
    }  # fmt: skip
    text = (await browser.post("/tokens", data=form)).text
    secret = _secret(text, "tb_")
    for path in ("/tokens", "/audit", "/people"):
        assert secret not in (await browser.get(path)).text
    assert secret not in repr(await doors.stored())
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await doors.client.get("/api/v1/tickets", headers=headers)).status_code == 200
    assert (await doors.client.get("/api/v1/tokens", headers=headers)).status_code == 403
    revoke = re.search(r'action="(/tokens/[0-9a-f]+/revoke)"', text)
    assert revoke is not None
    for said in ("yes", "no"):
        answer = await browser.post(revoke[1], data={"form_token": form["form_token"]})
        assert answer.headers["location"] == f"/tokens?revoked={said}"
    assert (await doors.client.get("/api/v1/tickets", headers=headers)).status_code == 401
    created, revoked = [await audited(doors, f"token.{each}") for each in ("created", "revoked")]
    assert [each[0] for each in (*created, *revoked)] == ["Ada", "Ada"]
    assert "revoked the API token status page" in (await browser.get("/audit")).text


async def test_token_without_a_span_holds_until_it_is_revoked(doors: Doors) -> None:
    browser = await signed_in(doors, "admin", "Ada")
    form = {"form_token": await form_token(browser), "name": "x", "role": "csm", "expires": ""}
    assert "until somebody revokes it" in (await browser.post("/tokens", data=form)).text
    listed = (await doors.ask("GET", "/tokens", role="admin")).json()["items"]
    assert [each["expires_at"] for each in listed if each["name"] == "x"] == [None]


async def test_token_holds_as_long_as_was_said(doors: Doors) -> None:
    browser = await signed_in(doors, "admin", "Ada")
    form = {"form_token": await form_token(browser), "name": "x", "role": "csm", "expires": "12h"}
    await browser.post("/tokens", data=form)
    [made] = [
        each
        for each in (await doors.ask("GET", "/tokens", role="admin")).json()["items"]
        if each["name"] == "x"
    ]
    begun, ends = parse_instant(made["created_at"]), parse_instant(made["expires_at"])
    assert begun is not None
    assert ends is not None
    assert ends - begun == timedelta(hours=12)


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_people_and_tokens_are_for_admins(doors: Doors, role: str) -> None:
    browser = await signed_in(doors, role)
    token, before = await form_token(browser), await doors.stored()
    form = {"form_token": token, "name": "Mallory", "role": "admin", "expires": ""}
    for path in ("/people", "/tokens", "/audit"):
        assert (await browser.get(path)).status_code == 403
    for path in ("/people", "/people/sign-out", "/tokens", "/tokens/x/revoke"):
        assert (await browser.post(path, data=form)).status_code == 403
    assert await doors.stored() == before
    assert "/people" not in (await browser.get("/")).text


async def test_form_of_another_site_makes_and_ends_nothing(doors: Doors) -> None:
    browser = await signed_in(doors, "admin", "Ada")
    before = await doors.stored()
    form = {"name": "Ada", "role": "admin", "expires": ""}
    for path in ("/people", "/people/sign-out", "/tokens", "/tokens/x/revoke"):
        answer = await browser.post(path, data=form)
        assert (answer.status_code, await doors.stored()) == (403, before)
