"""Promises on the pages: of a ticket, in the list, of a customer, and everybody's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from bridge.domain.promises import PromiseState, Standing, next_of
from bridge.domain.refs import TicketRef
from bridge.store import promises
from tests.api.doors import Doors
from tests.web.people import signed_in

HOUR = timedelta(hours=1)


def standing(doors: Doors, state: PromiseState, **more: object) -> Standing:
    now = doors.hub.now()
    said: dict[str, object] = {
        "promise": "daily", "title": "Daily <update>", "kept_by": "told_customer",
        "started_at": now - 3 * HOUR, "due_at": now + HOUR, "warn_at": now - HOUR, **more,
    }  # fmt: skip
    return Standing(state=state, **said)  # type: ignore[arg-type]  # a test's own words


async def promised(doors: Doors, id: str, *standings: Standing, **more: object) -> TicketRef:
    needs: Sequence[str] = ("promise_at_risk",) if any(e.is_pressing for e in standings) else ()
    ref = await doors.add_ticket(id, needs=needs, promise=next_of(standings), **more)
    async with doors.hub.db.write() as store:
        await promises.replace_all(store, str(ref), standings)
    return ref


async def test_ticket_page_says_of_each_promise_when_and_what_keeps_it(doors: Doors) -> None:
    now = doors.hub.now()
    await promised(
        doors,
        "812",
        standing(doors, PromiseState.AT_RISK),
        standing(
            doors, PromiseState.PAUSED, promise="b", title="Paused one", due_at=None,
            paused_since=now - HOUR, paused_for="customer",
        ),
        standing(doors, PromiseState.KEPT, promise="c", title="Triage", ended_at=now - 2 * HOUR),
        standing(
            doors, PromiseState.BREACHED, promise="d", title="Late one",
            due_at=now - 2 * HOUR, ended_at=now - HOUR,
        ),
        standing(doors, PromiseState.UNOBSERVABLE, promise="e", title="Hidden one"),
        standing(doors, PromiseState.RUNNING, promise="f", kept_before=1, missed=2),
    )  # fmt: skip
    visitor = await signed_in(doors, "viewer")
    text = (await visitor.get("/tickets/hubspot/812")).text
    assert "Daily &lt;update&gt;" in text
    assert "Daily <update>" not in text
    for said in (
        "to keep it: write to the customer", "it is the customer's turn", "kept late",
        "can't be seen, so nothing is claimed", "kept 1 time, missed 2",
    ):  # fmt: skip
        assert said in text, said
    assert 'style="' not in text


async def test_list_has_the_column_and_the_tab_only_where_there_are_promises(doors: Doors) -> None:
    await doors.add_ticket("700")
    visitor = await signed_in(doors, "csm")
    assert ">Promise<" not in (await visitor.get("/")).text
    await promised(doors, "812", standing(doors, PromiseState.AT_RISK))
    text = (await visitor.get("/")).text
    assert '<th scope="col">Promise</th>' in text
    assert "Promise at risk" in text
    only = (await visitor.get("/?needs=promise_at_risk")).text
    assert "/tickets/hubspot/812" in only
    assert "/tickets/hubspot/700" not in only


async def test_page_of_all_begins_with_what_somebody_must_act_on(doors: Doors) -> None:
    await promised(doors, "812", standing(doors, PromiseState.AT_RISK))
    await promised(doors, "813", standing(doors, PromiseState.RUNNING), customer="Beta")
    visitor = await signed_in(doors, "viewer")
    text = (await visitor.get("/promises")).text
    assert "/tickets/hubspot/812" in text
    assert "/tickets/hubspot/813" not in text
    assert "/tickets/hubspot/813" in (await visitor.get("/promises?view=running")).text
    narrowed = (await visitor.get("/promises?view=all&customer=Beta")).text
    assert "/tickets/hubspot/813" in narrowed
    assert "/tickets/hubspot/812" not in narrowed
    assert "No promise is like that." in (await visitor.get("/promises?promise=none")).text
    assert "None was broken." in (await visitor.get("/promises?view=breached")).text


async def test_pages_of_promises_follow_each_other_without_gap(doors: Doors) -> None:
    soon = doors.hub.now() + HOUR
    for number in range(53):
        one = standing(doors, PromiseState.RUNNING, due_at=soon if number % 2 else None)
        await promised(doors, str(1000 + number), one)
    visitor = await signed_in(doors, "viewer")
    seen: list[str] = []
    address = "/promises?view=all"
    while address:
        text = (await visitor.get(address)).text
        seen += re.findall(r'href="/tickets/hubspot/(\d+)"', text)
        further = re.search(r'rel="next" href="([^"]+)"', text)
        address = "" if further is None else further[1].replace("&amp;", "&")
    assert sorted(seen) == [str(1000 + number) for number in range(53)]


async def test_customer_page_counts_their_promises(doors: Doors) -> None:
    await promised(doors, "812", standing(doors, PromiseState.AT_RISK))
    await promised(
        doors,
        "813",
        standing(doors, PromiseState.BREACHED, due_at=doors.hub.now() - HOUR, missed=3),
    )
    visitor = await signed_in(doors, "viewer")
    text = (await visitor.get("/customers?name=Acme")).text
    assert "at risk</a>" in text
    assert "broken</a>" in text
    assert "3 regular updates were due and did not come" in text


async def test_api_lists_what_presses_and_a_ticket_shows_what_comes_next(doors: Doors) -> None:
    await promised(doors, "812", standing(doors, PromiseState.AT_RISK))
    await promised(doors, "813", standing(doors, PromiseState.RUNNING))
    answer = await doors.ask("GET", "/promises?pressing=true")
    [one] = answer.json()["items"]
    assert (one["ticket"]["id"], one["state"], one["act"]) == (
        "812", "at_risk", "write to the customer",
    )  # fmt: skip
    pages = []
    cursor: str | None = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        answer = await doors.ask("GET", f"/promises?limit=1{more}")
        pages += [each["ticket"]["id"] for each in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
    assert sorted(pages) == ["812", "813"]
    ticket = (await doors.ask("GET", "/tickets/hubspot/812")).json()
    assert ticket["promise"]["label"] == "Daily <update>"
    assert ticket["promise"]["state"] == "at_risk"
    bad = await doors.ask("GET", "/promises?cursor=bm8")
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_cursor")
