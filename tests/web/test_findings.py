"""Findings by their cause: what they say, whose customers wait, and what a press does to them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bridge.domain.findings import Finding
from bridge.engine import retrying_many
from bridge.store import history, jobs
from bridge.store.tables import findings
from tests.api.doors import Doors
from tests.scenarios.world import open_world
from tests.web.people import form_token, signed_in
from tests.web.test_tickets import HOSTILE, Parts
from tests.web.traced import audited, knocked, settled


async def raised(
    doors: Doors, code: str, ref: str | None = None, topic: str = "", **data: str
) -> str:
    """An open finding; its id."""
    found = Finding(code, "hubspot", ref, topic, data)
    async with doors.hub.db.write() as store:
        await history.raise_findings(doors.hub.db, store, [found], doors.hub.now())
        meant = (findings.c.code == code, findings.c.ref == (ref or ""), findings.c.topic == topic)
        return str(await store.scalar(sa.select(findings.c.id).where(*meant)))


async def states(doors: Doors) -> dict[str, str]:
    """The state of every finding, by id."""
    async with doors.hub.db.read() as store:
        found = await store.execute(sa.select(findings.c.id, findings.c.state))
        return {row.id: row.state for row in found}


async def press(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """A press of a button of the hub's own form."""
    return await browser.post(path, data={"form_token": await form_token(browser), **fields})


async def test_causes_are_told_once_with_customers_and_the_way_out(doors: Doors) -> None:
    await doors.add_link(await doors.add_ticket("812", customer="Acme"), "991")
    await doors.add_ticket("813", customer="Beta")
    await raised(doors, "STATUS_UNMAPPED", "boards:991", label="Triaged")
    await raised(doors, "STATUS_UNMAPPED", "hubspot:813", label="Triaged")
    await raised(doors, "AUTH_EXPIRED")
    text = (await (await signed_in(doors, "csm")).get("/findings")).text
    rows = re.findall(r"<tr>(.*?)</tr>", text.partition("<tbody>")[2], re.DOTALL)
    # The gravest first.
    assert [re.findall(r"[A-Z]{3,}_[A-Z]+", row)[0] for row in rows] == [
        "AUTH_EXPIRED",
        "STATUS_UNMAPPED",
    ]
    assert "no customer wording for (&#34;Triaged&#34;)" in rows[1]
    assert "and 1 more like it" in rows[1]
    assert "Acme and 1 more" in rows[1]
    assert "Add the status to the mapping" in rows[1]


async def test_tabs_count_what_is_open_ignored_and_closed(doors: Doors) -> None:
    await doors.add_ticket("812")
    await raised(doors, "STATUS_UNMAPPED", "hubspot:812")
    browser = await signed_in(doors, "operator")
    text = (await browser.get("/findings")).text
    assert re.findall(r'>(\w+) <span class="count">(\d+)<', text) == [
        ("Open", "1"),
        ("Ignored", "0"),
        ("Closed", "0"),
    ]
    assert "Nobody chose to ignore anything." in (await browser.get("/findings?state=ignored")).text
    assert "Nothing was closed yet." in (await browser.get("/findings?state=resolved")).text
    assert "STATUS_UNMAPPED" in (await browser.get("/findings?state=bogus")).text


async def test_group_leads_to_ticket_and_delivery_and_only_operators_have_buttons(
    doors: Doors,
) -> None:
    await doors.add_ticket("812", subject="Export fails", customer="Acme")
    delivery = await knocked(doors)
    id = await raised(doors, "STATUS_UNMAPPED", "hubspot:812", delivery=delivery)
    text = (await (await signed_in(doors, "csm")).get("/findings/STATUS_UNMAPPED")).text
    for said in ("Export fails", "Acme", f'href="/findings/STATUS_UNMAPPED/{id}"'):
        assert said in text
    assert f'href="/deliveries/{delivery}"' in text
    assert 'href="/tickets/hubspot/812"' in text
    assert "Retry those ticked" not in text
    assert "for the role operator" in text
    one = (await (await signed_in(doors, "csm")).get(f"/findings/STATUS_UNMAPPED/{id}")).text
    assert "Try it once more" not in one


@pytest.mark.parametrize(
    ("deed", "state", "action"),
    [
        ("retry", "open", "finding.retried"),
        ("resolve", "resolved", "finding.resolved"),
        ("ignore", "ignored", "finding.ignored"),
    ],
)
async def test_one_finding_is_worked_on_and_that_is_audited(
    doors: Doors, deed: str, state: str, action: str
) -> None:
    await doors.add_ticket("812")
    id = await raised(doors, "STATUS_UNMAPPED", "hubspot:812")
    browser = await signed_in(doors, "operator", name="Ada")
    answer = await press(browser, f"/findings/STATUS_UNMAPPED/{id}", deed=deed)
    assert answer.status_code == 303
    assert 'role="status"' in (await browser.get(answer.headers["location"])).text
    assert (await states(doors))[id] == state
    assert await audited(doors) == [("Ada", action, f"finding {id}")]


async def test_finding_that_can_not_be_retried_says_the_way_out(doors: Doors) -> None:
    id = await raised(doors, "DELIVERY_UNREADABLE", delivery="gone")
    closed = await raised(doors, "STATUS_UNMAPPED", "hubspot:812")
    browser = await signed_in(doors, "operator")
    gone = await press(browser, f"/findings/DELIVERY_UNREADABLE/{id}", deed="retry")
    assert (gone.status_code, "is not stored any more" in gone.text) == (409, True)
    unknown = await press(browser, f"/findings/STATUS_UNMAPPED/{closed}", deed="retry")
    assert (unknown.status_code, "Add the status" in unknown.text) == (409, True)
    bad = await press(browser, f"/findings/STATUS_UNMAPPED/{closed}", deed="explode")
    assert (bad.status_code, "Press one of the buttons" in bad.text) == (422, True)


async def test_many_are_closed_or_ignored_at_once(doors: Doors) -> None:
    for number in range(3):
        await doors.add_ticket(str(812 + number))
    ids = [await raised(doors, "STATUS_UNMAPPED", f"hubspot:{812 + n}") for n in range(3)]
    browser = await signed_in(doors, "operator")
    none = await press(browser, "/findings/STATUS_UNMAPPED", deed="resolve")
    assert (none.status_code, "Tick the findings" in none.text) == (422, True)
    ticked = {f"pick-{id}": "yes" for id in ids[:2]}
    answer = await press(browser, "/findings/STATUS_UNMAPPED", deed="resolve", **ticked)
    assert answer.status_code == 303
    assert "2 closed." in (await browser.get(answer.headers["location"])).text
    assert list((await states(doors)).values()).count("resolved") == 2
    # Pressed once more by somebody who had not reloaded: nothing is left to close.
    again = await press(browser, "/findings/STATUS_UNMAPPED", deed="ignore", **ticked)
    assert "0 ignored." in (await browser.get(again.headers["location"])).text


async def test_many_are_retried_as_one_job_whose_progress_is_shown(doors: Doors) -> None:
    """One job however often it is pressed; what can't be tried says why."""
    count = retrying_many.CHUNK + 2
    for number in range(count - 1):
        await doors.add_ticket(str(812 + number))
    for number in range(count):
        await raised(doors, "STATUS_UNMAPPED", f"hubspot:{812 + number}")
    browser = await signed_in(doors, "operator", name="Ada")
    pressed = [
        await press(browser, "/findings/STATUS_UNMAPPED", deed="retry_all") for _ in range(2)
    ]
    [there] = {each.headers["location"] for each in pressed}
    text = (await browser.get(there)).text
    assert 'data-reload="2"' in text
    assert f"0 of {count}" in text
    await work_off(doors, there.rpartition("/")[2])
    text = (await browser.get(there)).text
    assert "data-reload" not in text
    assert f"{count} of {count}" in text
    assert re.findall(r"<dd>(\d+)</dd>", text) == [str(count - 1), "0", "1", str(count)]
    assert "The hub can&#39;t try this again by itself." in text
    assert {action for _, action, _ in await audited(doors)} == {"finding.retried"}
    assert len(await audited(doors)) == count - 1


async def test_job_is_ended_by_an_operator_before_its_next_step(doors: Doors) -> None:
    await raised(doors, "STATUS_UNMAPPED", "hubspot:812")
    browser = await signed_in(doors, "operator", name="Ada")
    there = (await press(browser, "/findings/STATUS_UNMAPPED", deed="retry_all")).headers[
        "location"
    ]
    assert (await press(await signed_in(doors, "csm", name="Bo"), there)).status_code == 403
    assert "End it here" in (await browser.get(there)).text
    for _ in range(2):
        assert (await press(browser, there)).headers["location"] == there
    assert "Ended by a person" in (await browser.get(there)).text
    assert await audited(doors) == [("Ada", "job.cancelled", f"job {there.rpartition('/')[2]}")]


async def work_off(doors: Doors, id: str) -> None:
    """Do the steps of the job, as a worker would."""
    for _ in range(20):
        async with doors.hub.db.read() as store:
            job = await jobs.load(store, id)
        assert job is not None
        if job.state not in jobs.ACTIVE:
            return
        step = await retrying_many.prepare(doors.hub, job)
        async with doors.hub.db.write() as store:
            await jobs.move(store, id, await step.store(store), doors.hub.now())
    raise AssertionError("the job never ends")


async def test_worker_carries_the_job_out_to_its_end(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        opened: Any = world
        await raised(opened, "STATUS_UNMAPPED", "hubspot:812")
        browser = await signed_in(world, "operator")
        answer = await press(browser, "/findings/STATUS_UNMAPPED", deed="retry_all")
        await world.settle()
        text = (await browser.get(answer.headers["location"])).text
        assert "All were tried once more" in text


async def test_nothing_to_retry_is_said_and_begins_no_job(doors: Doors) -> None:
    browser = await signed_in(doors, "operator")
    answer = await press(browser, "/findings/STATUS_UNMAPPED", deed="retry_all")
    assert (answer.status_code, "there is nothing to try" in answer.text) == (422, True)
    async with doors.hub.db.read() as store:
        assert await jobs.page(store, cursor=None, limit=5) == []


async def test_blotting_out_needs_a_tick_and_a_reason_and_keeps_what_was_typed(
    doors: Doors,
) -> None:
    await doors.add_ticket("812")
    id = await raised(doors, "SENTRY_TOLD", "hubspot:812", "hubspot:812#comment/9")
    browser = await signed_in(doors, "operator")
    path = f"/findings/SENTRY_TOLD/{id}"
    page = (await browser.get(path)).text
    # HubSpot has no way to do it: the button is there, off, with the reason.
    assert "HubSpot has no way to blot out a message" in page
    assert re.search(r'<button disabled aria-describedby="why-not">Blot it out', page)
    before = await doors.stored()
    typed = await press(browser, f"{path}/redact", reason="An address of Sentry")
    assert typed.status_code == 422
    silent = await press(browser, f"{path}/redact", sure="yes", reason=" \x00")
    assert silent.status_code == 422
    refused = await press(browser, f"{path}/redact", sure="yes", reason="An address of Sentry")
    assert (refused.status_code, "write to the customer" in refused.text) == (409, True)
    assert await doors.stored() == before


@pytest.mark.parametrize(
    "path",
    ["/findings/NO_SUCH_CODE", "/findings/X/1", "/findings/retries/1", "/findings/%00"],
)
async def test_unknown_cause_or_finding_is_a_page_that_says_so(doors: Doors, path: str) -> None:
    answer = await (await signed_in(doors)).get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


async def test_known_cause_that_nothing_is_open_of_says_so(doors: Doors) -> None:
    text = (await (await signed_in(doors)).get("/findings/STATUS_UNMAPPED")).text
    assert "None of this cause is open." in text


@pytest.mark.parametrize("path", ["", "/{id}", "/{id}/redact"])
async def test_deed_is_refused_to_csms_and_to_forms_of_others(doors: Doors, path: str) -> None:
    await doors.add_ticket("812")
    id = await raised(doors, "STATUS_UNMAPPED", "hubspot:812")
    there = f"/findings/STATUS_UNMAPPED{path.format(id=id)}"
    browser = await signed_in(doors, "csm")
    operator = await signed_in(doors, "operator", name="Bo")
    token = await form_token(browser)
    before = await doors.stored()
    said = {"deed": "resolve", f"pick-{id}": "yes", "sure": "yes", "reason": "x"}
    assert (await browser.post(there, data={"form_token": token, **said})).status_code == 403
    assert (await operator.post(there, data=said)).status_code == 403
    assert await doors.stored() == before


@pytest.mark.parametrize("text", HOSTILE)
async def test_text_of_others_never_becomes_part_of_a_page(doors: Doors, text: str) -> None:
    await doors.add_ticket("812", subject=text, customer=text, key=text)
    delivery = await knocked(doors)
    await settled(doors, delivery, "hubspot:812")
    id = await raised(
        doors, "STATUS_UNMAPPED", "hubspot:812", text, label=text, delivery=text, held=text
    )
    browser = await signed_in(doors, "operator", name=text)
    for path in ("", "/STATUS_UNMAPPED", f"/STATUS_UNMAPPED/{id}"):
        answer = await browser.get(f"/findings{path}")
        assert answer.status_code == 200
        parts = Parts()
        parts.feed(answer.text)
        assert all(script.startswith("/static/") for script in parts.scripts)
        assert [each for each in parts.attributes if each.startswith("on")] == []
        assert [each for each in parts.addresses if ":" in each.partition("?")[0]] == []
