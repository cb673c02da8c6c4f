"""What pages keep from readers below operator: vendors' words, and refs of internal tasks."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bridge.core import reasons
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.store import queue
from tests.api.doors import Doors, open_doors
from tests.web.people import form_token, signed_in
from tests.web.test_findings import press, raised
from tests.web.traced import knocked, ran

SECRET = "Field TypeError: 4711 at app.py is required"
ITEM, SIGNAL = "boards:10234", "sentry:4711"


async def internal_task(doors: Doors) -> None:
    """A signal and its work item, which hangs on no ticket."""
    async with doors.hub.db.write() as store:
        refs = (SignalRef("sentry", "4711"), WorkItemRef("boards", "10234"))
        await queue.mark(doors.hub.db, store, [queue.Mark(each, "test") for each in refs])


@pytest.mark.parametrize(
    "code",
    [
        "RELATION_REJECTED",
        "SIGNAL_ITEM_GONE",
        "LAUNCH_REJECTED",
        "FIELD_INVALID",
        "TRANSITION_BLOCKED",
        "NOTICE_REFUSED",
        "PHASE_NOT_FOUND",
        "ITEM_UNREADABLE",
    ],
)
async def test_support_reads_no_vendor_error_and_no_ref_of_an_internal_task(
    doors: Doors, code: str
) -> None:
    await internal_task(doors)
    id = await raised(
        doors, code, SIGNAL, item=ITEM, other="boards:991", reason=SECRET, route="bug",
        field="status", recipient="Ana", channel="teams", phase="Build", project="P1",
    )  # fmt: skip
    csm, operator = await signed_in(doors, "csm"), await signed_in(doors, "operator", name="Bo")
    for path in ("/findings", f"/findings/{code}", f"/findings/{code}/{id}"):
        told = (await csm.get(path)).text
        assert "TypeError" not in told
        assert "10234" not in told
        assert "4711" not in told
    shown = (await operator.get(f"/findings/{code}/{id}")).text
    assert ("TypeError" in shown) is ("{reason}" in reasons.reason(code).detail)
    assert ("10234" in shown) is ("{item}" in reasons.reason(code).detail)


async def test_support_reads_no_ref_of_an_internal_task_at_a_run(doors: Doors) -> None:
    await internal_task(doors)
    verdict = {
        "field": "hubspot:status", "verdict": "ITEM_UNREADABLE", "rule": "", "data": {"item": ITEM},
    }  # fmt: skip
    delivery = await knocked(doors)
    run = await ran(doors, delivery, verdicts=[verdict])
    csm, operator = await signed_in(doors, "csm"), await signed_in(doors, "operator", name="Bo")
    for path in (f"/runs/{run}", f"/deliveries/{delivery}"):
        told = (await csm.get(path)).text
        assert "10234" not in told
        assert "an internal technical task" in told
        assert "10234" in (await operator.get(path)).text


async def test_plan_is_made_again_for_operators_only(doors: Doors) -> None:
    run = await ran(doors, await knocked(doors))
    csm, operator = await signed_in(doors, "csm"), await signed_in(doors, "operator", name="Bo")
    assert "By the mapping of then" in (await operator.get(f"/runs/{run}?again=yes")).text
    assert "By the mapping of then" not in (await csm.get(f"/runs/{run}?again=yes")).text


async def test_key_of_an_internal_task_can_not_be_asked_for(doors: Doors) -> None:
    await internal_task(doors)
    await doors.add_link(await doors.add_ticket("812"), "991")
    csm = await signed_in(doors, "csm")

    async def shown(item: str) -> str:
        query = urlencode({"what": "link", "item": item, "of": "linked~hubspot:812"})
        answer = await csm.get(f"/chosen/done?{query}")
        assert answer.status_code == 200
        return answer.text

    assert "10234" not in await shown(ITEM)
    assert "991" in await shown("boards:991")


async def test_cause_without_a_finding_is_headed_by_its_code(doors: Doors) -> None:
    text = (await (await signed_in(doors, "csm")).get("/findings/REMOTE_DOWN")).text
    assert "<h1>REMOTE_DOWN</h1>" in text
    assert "{" not in text.partition("<main")[2].partition("</main>")[0]


async def test_control_characters_name_nothing(migrated_postgres: str, tmp_path: Path) -> None:
    async with open_doors(tmp_path, database_url=migrated_postgres) as doors:
        await doors.add_ticket("812")
        browser = await signed_in(doors, "operator")
        for path in ("/chosen/done?item=%00", "/chosen/done?of=linked~%00"):
            assert (await browser.get(path)).status_code == 404, path
        unlink = await press(browser, "/tickets/hubspot/812/unlink/%00")
        picked = {"form_token": await form_token(browser), "deed": "resolve", "pick-\0": "yes"}
        many = await browser.post("/findings/STATUS_UNMAPPED", data=picked)
        assert (unlink.status_code, many.status_code) == (404, 404)


async def test_many_readers_of_one_cause_never_wait_for_each_other(
    migrated_postgres: str, tmp_path: Path
) -> None:
    async with open_doors(tmp_path, database_url=migrated_postgres) as doors:
        await raised(doors, "STATUS_UNMAPPED", "hubspot:812")
        browser = await signed_in(doors, "csm")
        # More at once than there are connections to the database: one that holds a connection
        # while it waits for a second one would stand still for ever.
        async with asyncio.timeout(20):
            answers = await asyncio.gather(
                *(browser.get("/findings/STATUS_UNMAPPED") for _ in range(40))
            )
        assert {each.status_code for each in answers} == {200}
