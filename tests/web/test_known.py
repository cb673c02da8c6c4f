"""What the customer knew, on the ticket's page and in the API, at any moment that is asked for."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest

from bridge.domain.drafts import Draft, DraftState
from bridge.domain.refs import TicketRef
from bridge.store import drafts, history
from tests.api.doors import Doors
from tests.web.people import signed_in

HOUR = timedelta(hours=1)


async def history_of(doors: Doors, ref: TicketRef, now: datetime) -> None:
    """The stage moved three hours ago and one hour ago; a date was told two hours ago."""
    async with doors.hub.db.write() as store:
        for hours, before, after in ((3, None, "In development"), (1, "In development", "Fixed")):
            await history.add_transition(
                store, str(ref), "stage", before=before, after=after, cause="sweep",
                now=now - hours * HOUR,
            )  # fmt: skip
        said = Draft(
            "d-1", str(ref), "eta", "<p>x</p>", "x", DraftState.APPROVED, now,
            eta=date(2026, 5, 14), approved_by="<b>Kim</b>",
        )  # fmt: skip
        await drafts.add(store, said)
        await drafts.sent(store, said, "c-1", now - 2 * HOUR)


@pytest.mark.parametrize(
    ("hours", "stage", "told"),
    [(4, None, None), (2.5, "In development", None), (1.5, "In development", "2026-05-14"),
     (0, "Fixed", "2026-05-14")],
)  # fmt: skip
async def test_moment_decides_what_was_known(
    doors: Doors, hours: float, stage: str | None, told: str | None
) -> None:
    ref, now = await doors.add_ticket("812"), doors.hub.now()
    await history_of(doors, ref, now)
    at = (now - hours * HOUR).isoformat()
    answer = await doors.ask("GET", "/tickets/hubspot/812/known", params={"at": at})
    known = answer.json()
    assert (known["stage"] and known["stage"]["label"]) == stage
    assert (known["eta"] and known["eta"]["date"]) == told
    assert (known["last_message"] and known["last_message"]["by_hub"]) == (True if told else None)
    assert known["people_seen"] is False
    browser = await signed_in(doors, "viewer")
    text = (await browser.get("/tickets/hubspot/812", params={"at": at})).text
    section = text[text.index('id="known"') :]
    assert (stage or "nothing of the work") in section
    assert (told or "no date was told") in section
    assert "<b>Kim" not in text


async def test_without_a_moment_it_is_now_and_a_ticket_nobody_knows_is_not_found(
    doors: Doors,
) -> None:
    ref = await doors.add_ticket("812")
    await history_of(doors, ref, doors.hub.now())
    known = (await doors.ask("GET", "/tickets/hubspot/812/known")).json()
    assert known["stage"]["label"] == "Fixed"
    assert (await doors.ask("GET", "/tickets/hubspot/999/known")).status_code == 404


async def test_what_is_no_time_is_said_beside_the_field_and_kept(doors: Doors) -> None:
    await doors.add_ticket("812")
    browser = await signed_in(doors, "viewer")
    answer = await browser.get("/tickets/hubspot/812", params={"at": 'yesterday"><b>'})
    assert answer.status_code == 422
    assert "That is no time" in answer.text
    assert 'value="yesterday&#34;&gt;&lt;b&gt;"' in answer.text


async def test_page_and_list_say_when_the_customer_was_last_told(doors: Doors) -> None:
    told = doors.hub.now() - 2 * HOUR
    await doors.add_ticket("812", eta_told="2026-12-01", last_told_at=told)
    await doors.add_ticket("813")
    browser = await signed_in(doors, "viewer")
    text = (await browser.get("/tickets/hubspot/812")).text
    assert "2026-12-01" in text
    assert told.strftime("%H:%M") in text
    assert "nothing yet" in (await browser.get("/tickets/hubspot/813")).text
    assert re.search(r"<small>told <time [^>]+>2 h ago<", (await browser.get("/")).text)
    shape = (await doors.ask("GET", "/tickets/hubspot/812")).json()
    assert shape["eta"]["told"] == "2026-12-01"
    assert shape["last_told_at"]
