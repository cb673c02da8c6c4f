"""Who gets in, for how long, and who does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bridge.api.envelope import _path
from bridge.engine import signing_in
from bridge.kit.clock import to_ms
from bridge.store import restores
from bridge.store import sessions as stored_sessions
from bridge.store.tables import audit_log, sessions, sign_in_links
from bridge.web.attempts import MOST, WITHIN, Attempts
from bridge.web.visitor import safe_way
from tests.api.doors import Doors
from tests.web.people import browser_of, form_token, link, signed_in

PAGES = ("/", "/tickets/hubspot/812", "/work-items/boards/991")


@pytest.mark.parametrize("path", PAGES)
async def test_page_without_a_session_shows_nothing_but_the_way_in(doors: Doors, path: str) -> None:
    await doors.add_link(await doors.add_ticket("812", subject="Secret subject"), "991")
    answer = await browser_of(doors).get(path)
    assert answer.status_code == 401
    assert "Sign in" in answer.text
    assert "Secret subject" not in answer.text


@pytest.mark.parametrize("cookie", ["", "x", "Ada", "ü" * 40, "a" * 5000])
async def test_forged_session_opens_nothing(doors: Doors, cookie: str) -> None:
    browser = browser_of(doors)
    answer = await browser.get("/", headers={b"Cookie": f"ticketbridge={cookie}".encode()})
    assert answer.status_code == 401


async def test_link_is_shown_as_often_as_wished_and_used_once(doors: Doors) -> None:
    browser, path = browser_of(doors), await link(doors, "csm", "Ada <b>Lovelace</b>")
    for _ in range(2):
        # A mail scanner follows it: nothing is used up, nobody is signed in.
        shown = await browser.get(path)
        assert shown.status_code == 200
        assert "Ada &lt;b&gt;Lovelace&lt;/b&gt;" in shown.text
        assert not browser.cookies
    assert (await browser.post(path)).status_code == 303
    assert (await browser.get("/")).status_code == 200
    again = await browser_of(doors).post(path)
    assert again.status_code == 404
    assert "holds no longer" in again.text


async def test_link_is_too_old_after_half_an_hour(doors: Doors) -> None:
    path = await link(doors)
    async with doors.hub.db.write() as connection:
        past = to_ms(doors.hub.now() - timedelta(seconds=1))
        await connection.execute(sa.update(sign_in_links).values(expires_at=past))
    browser = browser_of(doors)
    assert (await browser.get(path)).status_code == 404
    assert (await browser.post(path)).status_code == 404
    assert not browser.cookies


async def test_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts(doors: Doors) -> None:
    doors.hub.public_url = "https://bridge.test"
    answer = await browser_of(doors).post(await link(doors))
    given = [each.partition("=") for each in answer.headers.get_list("set-cookie")]
    [rest] = [rest for name, _, rest in given if name == "__Host-ticketbridge"]
    told = {each.strip().lower() for each in rest.split(";")[1:]}
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= told
    assert not any(each.startswith("domain") for each in told)


async def test_only_digests_of_links_and_sessions_are_stored(doors: Doors) -> None:
    path = await link(doors)
    browser = browser_of(doors)
    await browser.post(path)
    stored = repr(await doors.stored())
    assert path.rpartition("/")[2] not in stored
    assert str(next(iter(browser.cookies.jar)).value) not in stored


@pytest.mark.parametrize("column", ["expires_at", "created_at"])
async def test_session_ends_without_use_and_after_a_week_in_any_case(
    doors: Doors, column: str
) -> None:
    browser = await signed_in(doors)
    now = doors.hub.now()
    async with doors.hub.db.write() as connection:
        if column == "expires_at":
            await connection.execute(sa.update(sessions).values(expires_at=to_ms(now)))
        else:
            # Used all the time, begun a week ago: its next use does not prolong it any more.
            begun, seen = now - signing_in.LONGEST, now - signing_in.TOUCHED * 2
            changed = {"created_at": to_ms(begun), "seen_at": to_ms(seen)}
            await connection.execute(sa.update(sessions).values(changed))
    if column == "created_at":
        await browser.get("/")
    assert (await browser.get("/")).status_code == 401


async def test_session_in_use_is_prolonged(doors: Doors) -> None:
    browser = await signed_in(doors)
    now = doors.hub.now()
    soon, seen = now + timedelta(minutes=1), now - signing_in.TOUCHED * 2
    async with doors.hub.db.write() as connection:
        changed = {"expires_at": to_ms(soon), "seen_at": to_ms(seen)}
        await connection.execute(sa.update(sessions).values(changed))
    await browser.get("/")
    async with doors.hub.db.read() as connection:
        until = await connection.scalar(sa.select(sessions.c.expires_at))
    assert until is not None
    assert until >= to_ms(now + signing_in.IDLE)


async def test_signing_out_everywhere_ends_the_sessions_of_that_person_only(doors: Doors) -> None:
    here, there = await signed_in(doors), await signed_in(doors)
    other = await signed_in(doors, name="Grace")
    token = await form_token(here)
    left = await here.post("/sign-out", data={"form_token": token, "everywhere": "yes"})
    assert left.status_code == 303
    assert [(await each.get("/")).status_code for each in (here, there, other)] == [401, 401, 200]


async def test_signing_out_here_leaves_the_other_browser(doors: Doors) -> None:
    here, there = await signed_in(doors), await signed_in(doors)
    await here.post("/sign-out", data={"form_token": await form_token(here)})
    assert [(await each.get("/")).status_code for each in (here, there)] == [401, 200]


async def test_other_role_ends_the_sessions_of_the_old_one(doors: Doors) -> None:
    before, now = await signed_in(doors, "admin"), await signed_in(doors, "viewer")
    other = await signed_in(doors, "admin", name="Grace")
    assert [(await each.get("/")).status_code for each in (before, now, other)] == [401, 200, 200]


async def test_signing_in_again_ends_the_session_that_the_browser_had(doors: Doors) -> None:
    browser = await signed_in(doors, name="Ada")
    old = dict(browser.cookies)
    await browser.post(await link(doors, name="Grace"))
    stale = browser_of(doors)
    stale.cookies.update(old)
    assert (await stale.get("/")).status_code == 401
    assert (await browser.get("/")).status_code == 200


async def test_admin_signs_somebody_out_and_voids_their_links(doors: Doors) -> None:
    browser, unused = await signed_in(doors), await link(doors)
    answer = await doors.ask("DELETE", "/sign-in-links", role="admin", params={"name": "Ada"})
    assert answer.json() == {"name": "Ada", "sessions": 1}
    assert (await browser.get("/")).status_code == 401
    assert (await browser_of(doors).post(unused)).status_code == 404


async def test_restore_signs_everybody_out(doors: Doors) -> None:
    browser, unused = await signed_in(doors), await link(doors)
    async with doors.hub.db.write() as connection:
        await restores.mark_restored(doors.hub.db, connection, doors.hub.now())
    assert (await browser.get("/")).status_code == 401
    assert (await browser_of(doors).post(unused)).status_code == 404


async def test_what_ran_out_is_removed_and_that_somebody_came_is_not_forgotten(
    doors: Doors,
) -> None:
    await signed_in(doors)
    await link(doors)
    late = doors.hub.now() + timedelta(days=9)
    async with doors.hub.db.write() as connection:
        await stored_sessions.drop_expired(connection, late, 100)
        await stored_sessions.drop_used(connection, late, 100)
    stored = await doors.stored()
    assert stored["sessions"] == []
    assert len(stored["sign_in_links"]) == 1
    assert await signing_in.first_link(doors.hub) is None


async def test_form_of_another_site_changes_nothing(doors: Doors) -> None:
    browser = await signed_in(doors)
    before = await doors.stored()
    stranger = await form_token(await signed_in(doors, name="Mallory"))
    after_stranger = await doors.stored()
    assert before != after_stranger
    for token in ("", "0" * 64, stranger):
        answer = await browser.post("/sign-out", data={"form_token": token})
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.text
    assert await doors.stored() == after_stranger


async def test_form_that_is_too_large_is_refused(doors: Doors) -> None:
    browser = await signed_in(doors)
    answer = await browser.post("/sign-out", content=b"form_token=" + b"a" * 70_000)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("said", "way"),
    [
        ("/tickets/hubspot/1?x=1", "/tickets/hubspot/1?x=1"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\r\nSet-Cookie: x=1", "/"),
        ("/\tx", "/"),
        ("", "/"),
    ],
)
def test_way_back_never_leaves_the_hub(said: str, way: str) -> None:
    assert safe_way(said) == way


async def test_way_back_is_kept_through_signing_in(doors: Doors) -> None:
    browser = browser_of(doors)
    await browser.get("/?needs=needs_decision&q=a%20b")
    answer = await browser.post(await link(doors))
    assert answer.headers["location"] == "/?needs=needs_decision&q=a%20b"
    # Used once: the next one begins at the list.
    assert (await browser.post(await link(doors))).headers["location"] == "/"


@pytest.mark.parametrize("way", ["//evil.example", "%2F%2Fevil.example", "https://evil.example"])
async def test_forged_way_back_stays_on_the_hub(doors: Doors, way: str) -> None:
    browser = browser_of(doors)
    answer = await browser.post(await link(doors), headers={"Cookie": f"ticketbridge_back={way}"})
    assert answer.headers["location"] == "/"


async def test_button_pressed_by_another_site_signs_nobody_in(doors: Doors) -> None:
    path, browser = await link(doors), browser_of(doors)
    refused = await browser.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert not browser.cookies
    assert (await browser.post(path, headers={"Sec-Fetch-Site": "same-origin"})).status_code == 303


async def test_whoever_tries_links_must_wait(doors: Doors) -> None:
    browser = browser_of(doors)
    answers = [(await browser.get(f"/sign-in/wrong-{n}")).status_code for n in range(MOST + 1)]
    assert answers == [404] * MOST + [429]
    # Behind a proxy all have one address: a good link works all the same.
    assert (await browser.post(await link(doors))).status_code == 303


def test_wrong_tries_are_forgotten_after_a_while_and_are_of_one_address() -> None:
    attempts, now = Attempts(), datetime(2026, 5, 12, 8, tzinfo=UTC)
    for _ in range(MOST):
        attempts.missed("10.0.0.1", now)
    assert attempts.too_many("10.0.0.1", now)
    assert not attempts.too_many("10.0.0.2", now)
    assert not attempts.too_many("10.0.0.1", now + WITHIN + timedelta(seconds=1))


async def test_fresh_install_gets_a_link_until_somebody_has_come(doors: Doors) -> None:
    older = await signing_in.first_link(doors.hub)
    first = await signing_in.first_link(doors.hub)
    assert first not in (None, older)
    assert older is not None
    assert first is not None
    assert (
        await browser_of(doors).get(older.removeprefix(doors.hub.public_url))
    ).status_code == 404
    answer = await browser_of(doors).post(first.removeprefix(doors.hub.public_url))
    assert answer.status_code == 303
    assert await signing_in.first_link(doors.hub) is None


async def test_hub_that_is_in_use_prints_no_link(doors: Doors) -> None:
    await doors.add_ticket("812")
    assert await signing_in.first_link(doors.hub) is None


async def test_who_invited_whom_and_who_came_stands_in_the_audit_log(doors: Doors) -> None:
    await signed_in(doors, "operator", "Ada")
    async with doors.hub.db.read() as connection:
        found = list(
            await connection.execute(
                sa.select(audit_log.c.actor, audit_log.c.action, audit_log.c.target).order_by(
                    audit_log.c.id
                )
            )
        )
    assert found == [("a test", "sign_in.invite", "Ada"), ("Ada", "sign_in", "Ada")]


def test_log_never_shows_the_secret_in_an_address() -> None:
    assert _path({"path": "/sign-in/abc"}) == "/sign-in/..."
    assert _path({"path": "/ack/abc"}) == "/ack/..."
    assert _path({"path": "/tickets/hubspot/1"}) == "/tickets/hubspot/1"


async def test_link_by_api_needs_an_admin_and_signs_in(doors: Doors) -> None:
    wanted = {"name": "Grace", "role": "viewer"}
    refused = await doors.ask("POST", "/sign-in-links", role="operator", json=wanted)
    assert refused.status_code == 403
    made = (await doors.ask("POST", "/sign-in-links", role="admin", json=wanted)).json()
    browser = browser_of(doors)
    await browser.post(made["url"].removeprefix(doors.hub.public_url))
    assert "Grace" in (await browser.get("/")).text
