"""The pages of releases: what is behind one, and a group that has it (O11, O13)."""

from __future__ import annotations

import re
from datetime import date

import httpx
import sqlalchemy as sa

from bridge.core.releases import CUSTOMER_CHANGED
from bridge.domain.findings import Finding
from bridge.domain.records import CUSTOMER, Company, Fact, Observation, Source
from bridge.store.connections import store_company
from bridge.store.history import raise_findings
from bridge.store.records import observe
from bridge.store.tables import (
    audit_log,
    findings,
    records,
    release_exceptions,
    release_reached,
    ticket_views,
)
from tests.api.doors import Doors
from tests.web.editing import in_force
from tests.web.people import form_token, signed_in
from tests.web.released import ID, NOTES, learnt, release_of_three, waiting

PAGE = f"/releases/{ID}"


def words(answer: httpx.Response) -> str:
    """What stands on the page, on one line."""
    main = answer.text.partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


async def rows(doors: Doors, table: sa.Table) -> list[sa.RowMapping]:
    async with doors.hub.db.read() as store:
        return [*(await store.execute(sa.select(table))).mappings()]


async def test_release_is_listed_with_who_waits_for_it(doors: Doors) -> None:
    await release_of_three(doors)
    await learnt(doors, "6 <b>", vendor_id="10002", day=None)
    said = words(await (await signed_in(doors, "viewer")).get("/releases"))
    # Those without a day come first: they are furthest.
    assert said.index("6 &lt;b&gt;") < said.index("5.4")
    assert "3 tickets 2 customers" in said
    assert "pilot expected 2026-03-10" in said
    assert "2026-03-10 Not out, and the day is past" in said


async def test_name_that_gives_error_tracking_away_stands_nowhere(doors: Doors) -> None:
    await release_of_three(doors, "Sentry clean-up")
    browser = await signed_in(doors, "viewer")
    for path in ("/releases", PAGE, f"/?release={ID}"):
        text = (await browser.get(path)).text
        assert "a release" in text, path
        assert "Sentry" not in text, path
    told = await doors.ask("GET", f"/releases/{ID}")
    assert (told.json()["name"], told.json()["notes_url"]) == ("a release", None)


async def test_page_shows_the_groups_and_the_tickets_of_each(doors: Doors) -> None:
    await release_of_three(doors)
    said = words(await (await signed_in(doors, "viewer")).get(PAGE))
    assert "Planned · 2026-03-10, a day that is past · 3 tickets of 2 customers" in said
    assert said.index("Pilot 1") < said.index("Everyone 2")
    assert "Not yet once the release is out, by the day" in said
    assert "somebody has to say so" in said
    assert "2026-03-20 told 2026-03-12" in said
    text = (await (await signed_in(doors, "viewer")).get(PAGE)).text
    assert f'href="{NOTES}/5.4"' in text
    assert "<button" not in text.partition("<main")[2]


async def test_group_is_said_to_have_it_and_its_tickets_are_woken_behind_live_work(
    doors: Doors,
) -> None:
    await release_of_three(doors)
    browser = await signed_in(doors, "operator", name="Ana")
    given = {
        "form_token": await form_token(browser), "helpdesk": "hubspot", "group": "everyone",
        "day": "2026-03-11", "deed": "reached",
    }  # fmt: skip
    answer = await browser.post(PAGE, data=given)
    assert answer.status_code == 303
    said = words(await browser.get(answer.headers["location"]))
    assert "look again, behind all live work" in said
    assert "Has it since 2026-03-11 said by" in said
    # Both of them have it, and show something else still.
    assert "2 not available though the group has it" in said
    [kept] = await rows(doors, release_reached)
    assert (kept["group_name"], kept["day"]) == ("everyone", "2026-03-11")
    woken = [e for e in await rows(doors, records) if e["woken_by"] == f"release {ID}"]
    assert {each["key"] for each in woken} == {"hubspot:851", "hubspot:852", "hubspot:853"}
    entry = [e for e in await rows(doors, audit_log) if e["action"] == "release.reached"]
    assert entry[0]["detail"]["group"] == "everyone"

    answer = await browser.post(PAGE, data={**given, "deed": "take_back"})
    assert "somebody has to say so" in words(await browser.get(answer.headers["location"]))
    assert await rows(doors, release_reached) == []


async def test_what_can_not_be_kept_is_said_beside_the_field(doors: Doors) -> None:
    await release_of_three(doors)
    browser = await signed_in(doors, "operator")
    own = {"form_token": await form_token(browser), "helpdesk": "hubspot", "deed": "reached"}
    answer = await browser.post(PAGE, data={**own, "group": "everyone", "day": "soon"})
    assert answer.status_code == 422
    assert "Name the day, such as 2026-05-12" in words(answer)
    assert 'value="soon"' in answer.text
    answer = await browser.post(PAGE, data={**own, "group": "nobody", "day": "2026-03-11"})
    assert answer.status_code == 422
    assert "no roll-out group nobody (pilot, everyone)" in words(answer)
    assert await rows(doors, release_reached) == []


async def test_only_operators_say_who_has_it_and_only_from_the_hubs_own_form(doors: Doors) -> None:
    await release_of_three(doors)
    given = {"helpdesk": "hubspot", "group": "everyone", "day": "2026-03-11", "deed": "reached"}
    csm = await signed_in(doors, "csm")
    token = {"form_token": await form_token(csm)}
    assert (await csm.post(PAGE, data={**given, **token})).status_code == 403
    operator = await signed_in(doors, "operator")
    assert (await operator.post(PAGE, data=given)).status_code != 303
    assert await rows(doors, release_reached) == []


async def test_unknown_release_and_none_at_all_are_said_to_be_so(doors: Doors) -> None:
    browser = await signed_in(doors)
    assert "No mapping speaks of releases" in words(await browser.get("/releases"))
    answer = await browser.get("/releases/nothing")
    assert answer.status_code == 404
    assert "knows no such release" in words(answer)


async def test_list_is_narrowed_to_a_release_and_grouped_by_it(doors: Doors) -> None:
    await release_of_three(doors)
    await doors.add_ticket("7", subject="On no release")
    browser = await signed_in(doors)
    narrowed = words(await browser.get(f"/?release={ID}"))
    assert "Only tickets of the release 5.4" in narrowed
    assert "On no release" not in narrowed
    grouped = (await browser.get("/?group=release")).text
    heads = re.findall(r'<th scope="rowgroup"[^>]*>(?:<a [^>]*>)?([\w .]+)', grouped)
    assert [each.strip() for each in heads] == ["5.4", "On no release"]


async def test_slip_stands_in_the_list_on_the_ticket_and_in_the_file(doors: Doors) -> None:
    await in_force(doors)
    await waiting(
        doors, "853", "Beta", "everyone", eta="2026-03-20", eta_told="2026-03-12",
        slip="2026-03-12", needs=("to_tell",),
    )  # fmt: skip
    browser = await signed_in(doors)
    assert "2026-03-20 told 2026-03-12" in words(await browser.get("/?needs=to_tell"))
    assert "2026-03-12,5.4".replace(",", '","') in (await browser.get("/tickets.csv")).text


async def test_releases_are_paged_from_the_furthest_day_back(doors: Doors) -> None:
    for number in range(35):
        day = date(2026, 1, 1 + number % 28)
        await learnt(doors, f"r{number}", vendor_id=str(number), day=day)
    browser = await signed_in(doors)
    first = (await browser.get("/releases")).text
    further = re.search(r'rel="next" href="([^"]+)"', first)
    assert further is not None
    second = (await browser.get(further[1].replace("&amp;", "&"))).text
    shown = [re.findall(r'href="/releases/[0-9a-f]+">(r\d+)<', text) for text in (first, second)]
    assert [len(each) for each in shown] == [30, 5]
    assert len({*shown[0], *shown[1]}) == 35


async def test_customer_is_set_apart_with_the_reason_and_goes_with_the_group_again(
    doors: Doors,
) -> None:
    await release_of_three(doors)
    browser = await signed_in(doors, "operator", name="Ana")
    given = {
        "form_token": await form_token(browser), "whom": "hubspot|Beta", "how": "hold",
        "day": "", "reason": "waits for <an audit>", "deed": "apart",
    }  # fmt: skip
    there = f"{PAGE}/customers"
    for wrong, said in (
        ({"reason": " "}, "Say why, in one line"),
        ({"whom": ""}, "Choose a customer."),
        ({"whom": "hubspot|Be\0ta"}, "Choose a customer."),
        ({"whom": "hubspot|Be\0ta", "deed": "rejoin"}, "Choose a customer."),
        ({"whom": "hubspot|Nobody"}, "No open ticket of Nobody in hubspot"),
        ({"how": "day", "day": "soon"}, "Name the day"),
    ):
        answer = await browser.post(there, data={**given, **wrong})
        assert (answer.status_code, said in answer.text) == (422, True)
    assert await rows(doors, release_exceptions) == []
    answer = await browser.post(there, data=given)
    said = words(await browser.get(answer.headers["location"]))
    assert "Beta Not for now waits for &lt;an audit&gt; · said by" in said
    assert "set apart: waits for &lt;an audit&gt;" in said
    [kept] = await rows(doors, release_exceptions)
    assert (kept["customer"], kept["day"]) == ("Beta", None)
    woken = [e for e in await rows(doors, records) if e["woken_by"] == f"release {ID}"]
    assert [each["key"] for each in woken] == ["hubspot:853"]
    # Whoever is set apart is not called left behind when the group has it.
    token = given["form_token"]
    reached = {"helpdesk": "hubspot", "group": "everyone", "day": "2026-03-11", "deed": "reached"}
    await browser.post(PAGE, data={"form_token": token, **reached})
    assert "1 not available though the group has it" in words(await browser.get(PAGE))
    [told] = (await doors.ask("GET", f"/releases/{ID}")).json()["apart"]
    assert (told["customer"], told["has_it"]) == ("Beta", False)
    await browser.post(there, data={**given, "how": "day", "day": "2026-03-01"})
    assert "Beta Has it since 2026-03-01" in words(await browser.get(PAGE))
    answer = await browser.post(there, data={**given, "deed": "rejoin"})
    assert "goes with their group again" in words(await browser.get(answer.headers["location"]))
    assert await rows(doors, release_exceptions) == []
    done = [e["action"] for e in await rows(doors, audit_log) if e["target"] == f"release {ID}"]
    assert done == ["release.held_back", "release.reached", "release.set_apart", "release.rejoined"]


async def test_customer_is_known_by_the_company_and_their_work_by_every_release_it_is_in(
    doors: Doors,
) -> None:
    """The list shows one release of a ticket; who is set apart at its other one is woken too."""
    await release_of_three(doors)
    gamma = await waiting(doors, "861", "Gamma", "everyone", release_id="other")
    seen = Observation(
        gamma, {CUSTOMER: Fact("4711", doors.hub.now())}, doors.hub.now(), Source.READ
    )
    async with doors.hub.db.write() as store:
        await observe(doors.hub.db, store, seen, shown=lambda _: "", counter=None)
    await doors.add_link(gamma, "10001")
    browser = await signed_in(doors, "operator", name="Ana")
    assert "hubspot|Gamma" in (await browser.get(PAGE)).text
    given = {
        "form_token": await form_token(browser), "whom": "hubspot|Gamma", "how": "hold",
        "day": "", "reason": "an audit", "deed": "apart",
    }  # fmt: skip
    there = f"{PAGE}/customers"
    assert (await browser.post(there, data=given)).status_code == 303
    [kept] = await rows(doors, release_exceptions)
    assert (kept["customer_id"], kept["customer"]) == ("4711", "Gamma")
    # The company is called otherwise now, and no open ticket of theirs is left.
    async with doors.hub.db.write() as store:
        renamed = Company("4711", "Gamma Group")
        await store_company(doors.hub.db, store, "hubspot", renamed, doors.hub.now())
        closed = sa.update(ticket_views).where(ticket_views.c.ticket_key == str(gamma))
        await store.execute(closed.values(customer="Gamma Group", closed=True))
        await store.execute(sa.update(records).values(woken_by=""))
    assert "Gamma Group Not for now" in words(await browser.get(PAGE))
    named = {**given, "whom": "hubspot|Gamma Group"}
    await browser.post(there, data={**named, "how": "day", "day": "2026-03-01"})
    [kept] = await rows(doors, release_exceptions)
    assert (kept["customer_id"], kept["day"]) == ("4711", "2026-03-01")
    await browser.post(there, data={**named, "deed": "rejoin"})
    assert await rows(doors, release_exceptions) == []
    woken = [e for e in await rows(doors, records) if e["woken_by"] == f"release {ID}"]
    assert [each["key"] for each in woken] == [str(gamma)]


async def test_customer_who_is_called_otherwise_now_is_chosen_or_let_go(doors: Doors) -> None:
    """Nobody in the release has the name any more: the page asks who they are."""
    await release_of_three(doors)
    browser = await signed_in(doors, "operator", name="Ana")
    token, there = await form_token(browser), f"{PAGE}/customers"
    given = {"form_token": token, "whom": "hubspot|Beta", "reason": "an audit", "deed": "apart"}
    await browser.post(there, data=given)
    assert "They are now" not in words(await browser.get(PAGE))
    asked = Finding(CUSTOMER_CHANGED, "hubspot", "hubspot:853", ID, {"was": "Beta"})
    async with doors.hub.db.write() as store:
        moved = sa.update(ticket_views).where(ticket_views.c.ticket_key == "hubspot:853")
        await store.execute(moved.values(customer="Beta & Sons"))
        await raise_findings(doors.hub.db, store, [asked], doors.hub.now())
        await store.execute(sa.update(records).values(woken_by=""))
    assert "No open ticket in this release is theirs now." in words(await browser.get(PAGE))
    deed = {"form_token": token, "whom": "hubspot|Beta", "deed": "now_called"}
    await browser.post(there, data={**given, "whom": "hubspot|Acme", "reason": "their move"})
    for wrong, said in (
        ({"now": ""}, "Choose who they are now."),
        ({"now": "hubspot|Nobody"}, "No open ticket of Nobody in hubspot"),
        ({"now": "hubspot|Acme"}, "Acme in hubspot is set apart at this release too"),
        # Misspelt, or a colleague was faster.
        ({"whom": "hubspot|Zeta", "now": "hubspot|Acme"}, "Nothing is said of Zeta in hubspot"),
    ):
        answer = await browser.post(there, data={**deed, **wrong})
        assert (answer.status_code, said in answer.text) == (422, True)
    # What is said of Acme stays as it was, and with it what is said of Beta.
    kept_now = [(e["customer"], e["reason"]) for e in await rows(doors, release_exceptions)]
    assert sorted(kept_now) == [("Acme", "their move"), ("Beta", "an audit")]
    await browser.post(there, data={**deed, "whom": "hubspot|Acme", "deed": "rejoin"})
    answer = await browser.post(there, data={**deed, "now": "hubspot|Beta & Sons"})
    page = words(await browser.get(answer.headers["location"]))
    assert "Kept under the name that they have now." in page
    [kept] = await rows(doors, release_exceptions)
    assert (kept["customer"], kept["day"], kept["reason"]) == ("Beta & Sons", None, "an audit")
    # Should the ticket come to others still, it is asked about by that name.
    [open_] = await rows(doors, findings)
    assert (open_["state"], open_["data"]) == ("open", {"was": "Beta & Sons"})
    # Let go instead, the ticket about which it is asked is woken too, whatever its name.
    async with doors.hub.db.write() as store:
        await store.execute(moved.values(customer="Elsewhere"))
        await store.execute(sa.update(records).values(woken_by=""))
    await browser.post(there, data={**deed, "whom": "hubspot|Beta & Sons", "deed": "rejoin"})
    woken = [e for e in await rows(doors, records) if e["woken_by"] == f"release {ID}"]
    assert [each["key"] for each in woken] == ["hubspot:853"]
    assert [each["state"] for each in await rows(doors, findings)] == ["resolved"]
    done = [e["action"] for e in await rows(doors, audit_log) if e["target"] == f"release {ID}"]
    assert done == [
        *("release.held_back", "release.held_back", "release.rejoined"),
        *("release.now_called", "release.rejoined"),
    ]
