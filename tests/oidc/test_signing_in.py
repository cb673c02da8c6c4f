"""People who sign in by a provider: who gets in as what, and who does not."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bridge.domain.access import AccessRole, Actor, Person
from bridge.engine import signing_in
from bridge.kit.clock import to_ms
from bridge.store.tables import audit_log, sessions
from tests.api.doors import Doors
from tests.oidc.journeys import Journeys, begun, said_in
from tests.web.people import browser_of, form_token, link, signed_in


async def test_button_leads_there_and_back_to_where_somebody_wanted_to_go(
    doors: Doors, provider: Journeys
) -> None:
    browser = browser_of(doors)
    asked = await browser.get("/?needs=needs_decision")
    assert asked.status_code == 401
    assert 'href="/oidc/start"' in asked.text
    assert "Sign in with Acme" in asked.text
    assert "bridge sign-in" in asked.text
    answer = await provider.through(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?needs=needs_decision")
    shown = (await browser.get("/")).text
    assert "Ada Lovelace" in shown
    assert "ada@acme.com" in shown
    assert "role csm" in shown


async def test_whoever_is_in_no_group_is_refused_with_the_way_out(
    doors: Doors, provider: Journeys
) -> None:
    await provider.behave(person={"groups": ["Everybody"]})
    browser = browser_of(doors)
    answer = await provider.through(browser)
    assert answer.status_code == 403
    assert "none of your groups there may use Ticketbridge" in answer.text
    assert "Ask an admin" in answer.text
    assert (await browser.get("/")).status_code == 401


async def test_whoever_is_refused_stays_signed_in_as_before(
    doors: Doors, provider: Journeys
) -> None:
    browser = await signed_in(doors, name="Grace")
    await provider.behave(person={"groups": []})
    await provider.through(browser)
    assert "Grace" in (await browser.get("/")).text


async def test_session_is_another_after_signing_in_and_the_old_one_is_over(
    doors: Doors, provider: Journeys
) -> None:
    browser = await signed_in(doors, name="Grace")
    old = dict(browser.cookies)
    await provider.through(browser)
    stale = browser_of(doors)
    stale.cookies.update(old)
    assert (await stale.get("/")).status_code == 401
    assert "Ada Lovelace" in (await browser.get("/")).text


async def test_answer_counts_in_the_browser_that_began_and_once(
    doors: Doors, provider: Journeys
) -> None:
    browser = browser_of(doors)
    address = await begun(browser)
    kept = dict(browser.cookies)
    back = await provider.there(address)
    stranger = browser_of(doors)
    refused = await stranger.get(back)
    assert refused.status_code == 400
    assert "not begun in this browser" in refused.text
    assert not stranger.cookies
    # Another sign-in of the stranger's own does not make the answer theirs.
    await begun(stranger)
    assert (await stranger.get(back)).status_code == 400
    assert (await browser.get(back)).status_code == 303
    # The way back is over: its cookie is gone, and putting it there again opens nothing.
    again = browser_of(doors)
    assert (await again.get(back)).status_code == 400
    again.cookies.update(kept)
    assert (await again.get(back)).status_code == 403
    assert (await again.get("/")).status_code == 401


async def test_answer_that_a_provider_would_take_twice_still_counts_once(
    doors: Doors, provider: Journeys
) -> None:
    ada = Person(Actor("ada@acme.com", AccessRole.CSM), by_provider=True)
    first = await signing_in.sign_in_by_provider(doors.hub, ada, "a state", by="https://x")
    assert first
    before = await doors.stored()
    assert not await signing_in.sign_in_by_provider(doors.hub, ada, "a state", by="https://x")
    assert await doors.stored() == before


async def test_lie_signs_nobody_in_and_says_to_begin_again(
    doors: Doors, provider: Journeys
) -> None:
    before = await doors.stored()
    for lie in ("nonce", "alg none", "expired", "signed by a stranger"):
        await provider.behave(lie)
        browser = browser_of(doors)
        answer = await provider.through(browser)
        assert answer.status_code == 400, lie
        assert "Nobody was signed in" in answer.text
        assert not browser.cookies
        assert await doors.stored() == before


async def test_provider_that_says_no_is_quoted_as_text(doors: Doors, provider: Journeys) -> None:
    await provider.behave("denied")
    answer = await provider.through(browser_of(doors))
    assert answer.status_code == 403
    assert "did not let you in" in answer.text
    assert "Not &lt;b&gt;you&lt;/b&gt; today" in answer.text
    assert "\u202e" not in answer.text


async def test_words_in_a_forged_answer_are_never_shown(doors: Doors, provider: Journeys) -> None:
    browser = browser_of(doors)
    forged = "/oidc/callback?error=access_denied&error_description=Call+0900&state=x"
    assert "0900" not in (await browser.get(forged)).text
    await begun(browser)
    assert "0900" not in (await browser.get(forged)).text


async def test_provider_that_is_ill_is_told_and_the_link_still_works(
    doors: Doors, provider: Journeys
) -> None:
    await provider.behave("discovery of another issuer")
    browser = browser_of(doors)
    answer = await browser.get("/oidc/start")
    assert answer.status_code == 502
    assert "Nobody can sign in by Acme just now" in answer.text
    assert (await browser.post(await link(doors))).status_code == 303


async def test_name_is_shown_as_text_on_one_line_and_never_acts(
    doors: Doors, provider: Journeys
) -> None:
    name = "Ada\n\u202e<script>alert(1)</script>" + "x" * 500
    await provider.behave(person={"name": name, "email": None})
    browser = browser_of(doors)
    await provider.through(browser)
    shown = (await browser.get("/")).text
    assert "<script>alert" not in shown
    assert "\u202e" not in shown
    assert "x" * 81 not in shown
    host = said_in(await begun(browser))  # the hub is still good for another sign-in
    assert host["client_id"]
    async with doors.hub.db.read() as connection:
        [actor] = await connection.scalars(sa.select(audit_log.c.actor))
    assert actor.startswith("u-1 at 127.0.0.1:")


async def test_signing_out_ends_the_session_and_offers_the_providers_too(
    doors: Doors, provider: Journeys
) -> None:
    browser = browser_of(doors)
    await provider.through(browser)
    left = await browser.post("/sign-out", data={"form_token": await form_token(browser)})
    assert left.headers["location"] == "/sign-in?left=provider"
    assert (await browser.get("/")).status_code == 401
    page = (await browser.get("/sign-in?left=provider")).text
    assert "still signed in at Acme" in page
    assert "/end?client_id=ticketbridge&amp;post_logout_redirect_uri=https%3A%2F%2F" in page
    # Whoever came by a link has no session there.
    other = await signed_in(doors)
    left = await other.post("/sign-out", data={"form_token": await form_token(other)})
    assert left.headers["location"] == "/sign-in?left=yes"


async def test_session_by_a_provider_ends_after_a_day_however_much_it_is_used(
    doors: Doors, provider: Journeys
) -> None:
    browser = browser_of(doors)
    await provider.through(browser)
    now = doors.hub.now()
    begun_at = now - signing_in.LONGEST_BY_PROVIDER
    async with doors.hub.db.write() as connection:
        seen = now - signing_in.TOUCHED * 2
        changed = {"created_at": to_ms(begun_at), "seen_at": to_ms(seen)}
        await connection.execute(sa.update(sessions).values(changed))
    await browser.get("/")
    assert (await browser.get("/")).status_code == 401


async def test_sign_in_stands_in_the_audit_log_and_makes_the_install_no_longer_fresh(
    doors: Doors, provider: Journeys, issuer: str
) -> None:
    await provider.through(browser_of(doors))
    async with doors.hub.db.read() as connection:
        [said] = await connection.execute(
            sa.select(audit_log.c.actor, audit_log.c.action, audit_log.c.detail)
        )
    assert tuple(said) == ("ada@acme.com", "sign_in", {"by": issuer, "role": "csm"})
    assert await signing_in.first_link(doors.hub) is None


async def test_other_role_at_the_provider_ends_the_sessions_of_the_old_one(
    doors: Doors, provider: Journeys
) -> None:
    before, now = browser_of(doors), browser_of(doors)
    await provider.behave(person={"groups": ["Admins"]})
    await provider.through(before)
    await provider.behave()
    await provider.through(now)
    assert [(await each.get("/")).status_code for each in (before, now)] == [401, 200]


async def test_cookie_of_the_way_is_out_of_reach_and_tells_the_provider_nothing(
    doors: Doors,
) -> None:
    browser = browser_of(doors)
    answer = await browser.get("/oidc/start")
    [cookie] = [e for e in answer.headers.get_list("set-cookie") if "-oidc=" in e]
    told = {each.strip().lower() for each in cookie.split(";")[1:]}
    assert cookie.startswith("__Host-ticketbridge-oidc=")
    assert {"httponly", "secure", "samesite=lax", "path=/", "max-age=600"} <= told
    verifier = cookie.partition("=")[2].partition(";")[0].split(".")[2]
    assert verifier not in answer.headers["location"]


async def test_hub_without_a_provider_has_no_button_and_no_way(doors: Doors) -> None:
    by, doors.hub.sign_in_by = doors.hub.sign_in_by, None
    assert by is not None
    await by.provider.aclose()
    browser = browser_of(doors)
    assert "/oidc/start" not in (await browser.get("/sign-in")).text
    for path in ("/oidc/start", "/oidc/callback?code=x&state=y"):
        assert (await browser.get(path)).status_code == 404


async def test_answer_that_is_none_is_refused_in_words(doors: Doors, provider: Journeys) -> None:
    browser = browser_of(doors)
    for query in ("", "state=a&state=b", "code=" + "x" * 9000, "state=%00&code=%ff"):
        await begun(browser)
        answer = await browser.get(f"/oidc/callback?{query}")
        assert answer.status_code == 400, query
        assert "egin again" in answer.text


async def test_idle_session_by_a_provider_ends_like_any(doors: Doors, provider: Journeys) -> None:
    browser = browser_of(doors)
    await provider.through(browser)
    async with doors.hub.db.read() as connection:
        until = await connection.scalar(sa.select(sessions.c.expires_at))
    assert until is not None
    assert until <= to_ms(doors.hub.now() + signing_in.IDLE + timedelta(seconds=1))
