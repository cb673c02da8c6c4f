"""The page of health: what each role is told, and what an admin does about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.store import connections, jobs
from tests.api.doors import Doors
from tests.web.audit_entries import audited
from tests.web.people import browser_of, form_token, signed_in

DEEDS = ("pause", "resume", "check")


async def _know(doors: Doors, name: str, **values: object) -> None:
    async with doors.hub.db.write() as connection:
        await connections.change(connection, name, **values)


async def test_tiles_say_how_each_connection_is_and_what_is_worst_comes_first(
    doors: Doors,
) -> None:
    now = doors.hub.now()
    await _know(doors, "hubspot", last_delivery_at=now - timedelta(minutes=3), last_write_at=now)
    await doors.add_finding("WEBHOOKS_SILENT", "boards")
    text = (await (await signed_in(doors, "viewer")).get("/health")).text
    assert "1 of 2 connections healthy, 1 needs somebody" in text
    assert "This needs an admin of the hub" in text
    assert text.index(">boards</a> <small") < text.index(">hubspot</a> <small")
    assert "Nothing is in the way." in text
    assert "3 min ago" in text


async def test_no_banner_where_nothing_needs_anybody(doors: Doors) -> None:
    await _know(doors, "hubspot", down_since=doors.hub.now())
    text = (await (await signed_in(doors, "admin")).get("/health")).text
    assert "banner" not in text
    assert "The vendor does not answer; the hub keeps trying." in text
    assert "the vendor, to answer again" in text


async def test_figures_of_the_hub_are_for_those_who_run_it(doors: Doors) -> None:
    viewer, operator = await signed_in(doors, "viewer"), await signed_in(doors, "operator", "Bo")
    for path, words in (("/health", "Repairs, 24 h"), ("/health/hubspot", "Start mark")):
        assert words not in (await viewer.get(path)).text
        assert words in (await operator.get(path)).text
    assert "/webhooks/hubspot" in (await operator.get("/health/hubspot")).text


async def test_campaign_under_way_is_shown_with_its_progress(doors: Doors) -> None:
    async with doors.hub.db.write() as connection:
        await jobs.add(
            doors.hub.db, connection, kind="campaign", target="hubspot", params={}, by="Ada",
            now=doors.hub.now(), total=6000,
        )  # fmt: skip
    text = (await (await signed_in(doors, "viewer")).get("/health")).text
    assert "because the mapping was changed" in text
    assert "0 of 6000" in text


async def test_last_leak_canary_stands_on_the_page_of_its_helpdesk(doors: Doors) -> None:
    browser = await signed_in(doors, "operator")
    assert "bridge check --canary" in (await browser.get("/health/hubspot")).text
    assert "Leak canary" not in (await browser.get("/health/boards")).text
    for state, said in (("held", "nothing got to the ticket"), ("leaked", "it got to the ticket")):
        async with doors.hub.db.write() as connection:
            await jobs.add(
                doors.hub.db, connection, kind="canary", target="hubspot:812", params={},
                by="Ada", now=doors.hub.now(), result={"state": state},
            )  # fmt: skip
        assert said in (await browser.get("/health/hubspot")).text


async def test_pause_says_what_stops_before_it_stops(doors: Doors) -> None:
    ticket = await doors.add_ticket("812")
    await doors.add_link(ticket, "991")
    browser = await signed_in(doors, "admin")
    desk, tracker = [(await browser.get(f"/health/{e}/pause")).text for e in ("hubspot", "boards")]
    assert "What 1 ticket in HubSpot show" in desk
    assert "New tickets in HubSpot get no work item." in desk
    assert "Webhooks are still taken and kept." in desk
    assert "1 link: their tickets go by the last known state" in tracker
    assert await audited(doors, "connection.paused") == []


async def test_pause_and_resume_are_kept_in_the_audit_log(doors: Doors) -> None:
    browser = await signed_in(doors, "admin", "Ada")
    token = await form_token(browser)
    form = {"form_token": token, "reason": " moving <tonight> "}
    paused = await browser.post("/health/hubspot/pause", data=form)
    assert (paused.status_code, paused.headers["location"]) == (303, "/health/hubspot?done=paused")
    shown = (await browser.get("/health/hubspot?done=paused")).text
    assert "Paused by a person (Ada): moving &lt;tonight&gt;" in shown
    again = await browser.post("/health/hubspot/pause", data=form)
    assert again.headers["location"].endswith("done=was-paused")
    for done in ("resumed", "not-paused"):
        answer = await browser.post("/health/hubspot/resume", data={"form_token": token})
        assert answer.headers["location"].endswith(f"done={done}")
    assert await audited(doors, "connection.paused", "connection.resumed") == [
        ("Ada", "hubspot", {"reason": "moving <tonight>"}),
        ("Ada", "hubspot", {}),
    ]


async def test_pause_without_a_good_reason_is_asked_for_again(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    token = await form_token(browser)
    for reason in ("", "   ", "x" * 501, "two\nlines", "a\x00b"):
        form = {"form_token": token, "reason": reason}
        answer = await browser.post("/health/hubspot/pause", data=form)
        assert answer.status_code == 422, reason
        assert 'aria-invalid="true"' in answer.text
        assert f'value="{reason.strip()}"' in answer.text
    assert await audited(doors, "connection.paused") == []


async def test_check_shows_what_is_missing_and_what_to_click(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    assert "Not checked yet from here." in (await browser.get("/health/hubspot")).text
    form = {"form_token": await form_token(browser)}
    answer = await browser.post("/health/hubspot/check", data=form)
    assert answer.headers["location"] == "/health/hubspot?done=checked"
    text = (await browser.get("/health/hubspot?done=checked")).text
    assert "HubSpot accepts the credential" in text
    assert "No mapping says anything of hubspot" in text
    assert "docs/mapping.md" in text
    assert "all right" in (await browser.get("/health")).text
    # An operator sees it, and may not ask for another.
    operator = await signed_in(doors, "operator", "Bo")
    assert "HubSpot accepts the credential" in (await operator.get("/health/hubspot")).text


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_only_an_admin_acts(doors: Doors, role: str) -> None:
    browser = await signed_in(doors, role)
    form, before = {"form_token": await form_token(browser), "reason": "x"}, await doors.stored()
    for deed in DEEDS:
        assert (await browser.post(f"/health/hubspot/{deed}", data=form)).status_code == 403
    assert await doors.stored() == before
    assert "<form" not in (await browser.get("/health/hubspot")).text.partition("<main")[2]


async def test_form_of_another_site_does_nothing(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    before = await doors.stored()
    for deed in DEEDS:
        answer = await browser.post(f"/health/hubspot/{deed}", data={"reason": "x"})
        assert (answer.status_code, await doors.stored()) == (403, before)


async def test_unknown_connection_is_a_page_that_says_so(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    for path in ("/health/nowhere", "/health/nowhere/pause", "/health/%00"):
        answer = await browser.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 404
    form = {"form_token": await form_token(browser), "reason": "x"}
    assert (await browser.post("/health/nowhere/pause", data=form)).status_code == 404


async def test_health_is_for_whoever_is_signed_in(doors: Doors) -> None:
    for path in ("/health", "/health/hubspot", "/audit", "/people", "/tokens"):
        assert (await browser_of(doors).get(path)).status_code == 401
