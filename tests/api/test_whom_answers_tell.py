"""What the API keeps from roles below operator: vendors' words and refs of internal tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.domain.access import AccessRole
from bridge.domain.findings import Finding
from bridge.domain.operations import OutcomeKind
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.engine.internal_tasks import hidden_from
from bridge.store import history, queue
from tests.api.doors import Doors, refused
from tests.scenarios.test_signals import signals_world
from tests.web.traced import knocked, pending, ran, settled

TOLD = "TypeError at app.py"
ITEM, SIGNAL = "boards:10234", "sentry:4711"
SECRETS = ("TypeError", "10234", "4711", "/tickets/{}")
BELOW = ("viewer", "csm")


async def internal_task(doors: Doors) -> str:
    """A delivery that woke a signal and its work item, a ticket too; its id."""
    refs = (SignalRef("sentry", "4711"), WorkItemRef("boards", "10234"))
    async with doors.hub.db.write() as store:
        await queue.mark(doors.hub.db, store, [queue.Mark(each, "test") for each in refs])
    ticket = await doors.add_ticket("812")
    id = await knocked(doors)
    await settled(doors, id, SIGNAL, ITEM, str(ticket), reason=TOLD)
    await pending(doors, ITEM, id, last_error=TOLD)
    return id


@pytest.mark.parametrize("role", BELOW)
async def test_delivery_and_its_trace_name_nothing_internal(quiet: Doors, role: str) -> None:
    id = await internal_task(quiet)
    await ran(
        quiet,
        id,
        "hubspot:812",
        woken_by=f"work item {ITEM}",
        outcome=OutcomeKind.REJECTED,
        detail=TOLD,
    )
    await ran(
        quiet,
        id,
        SIGNAL,
        woken_by="launched for sentry:4711",
        outcome=OutcomeKind.REJECTED,
        detail=TOLD,
    )
    for path in ("/deliveries", f"/deliveries/{id}", f"/deliveries/{id}/trace"):
        told = await quiet.ask("GET", path, role=role)
        assert told.status_code == 200, told.text
        assert [each for each in SECRETS if each in told.text] == [], path
        assert "812" in told.text
        assert "4711" in (await quiet.ask("GET", path, role="operator")).text
    trace = (await quiet.ask("GET", f"/deliveries/{id}/trace", role=role)).json()
    assert {each["says"] for each in trace["items"]} == {
        "hubspot:812 was looked at, because an internal technical task had changed.",
        "An internal technical task was looked at, for a reason of the hub's own.",
    }
    assert [each["steps"][0]["says"] for each in trace["items"]] == [
        "Write what the ticket shows: refused."
    ] * 2


@pytest.mark.parametrize("role", BELOW)
async def test_run_names_nothing_internal(quiet: Doors, role: str) -> None:
    id = await internal_task(quiet)
    run = await ran(
        quiet, id, ITEM, woken_by="launched for sentry:4711", outcome=OutcomeKind.DONE, detail=TOLD
    )
    told = await quiet.ask("GET", f"/runs/{run}", role=role)
    assert [each for each in SECRETS if each in told.text] == []
    said = told.json()
    assert (said["record"], said["rerun"]) == (None, None)
    assert said["woken_by"] == "for a reason of the hub's own"
    whole = (await quiet.ask("GET", f"/runs/{run}", role="operator")).json()
    assert (whole["record"]["id"], whole["operations"][0]["detail"]) == ("10234", TOLD)
    assert whole["rerun"] is not None


@pytest.mark.parametrize("role", BELOW)
async def test_finding_names_nothing_internal(quiet: Doors, role: str) -> None:
    await internal_task(quiet)
    data = {"item": ITEM, "reason": TOLD, "route": "bug"}
    found = [
        Finding("SIGNAL_ITEM_GONE", "boards", ITEM, data={**data, "ref": SIGNAL}),
        Finding("LAUNCH_REJECTED", "boards", SIGNAL, data=data),
        Finding("ITEM_UNREADABLE", "boards", "hubspot:812", data=data),
    ]
    async with quiet.hub.db.write() as store:
        await history.raise_findings(quiet.hub.db, store, found, quiet.hub.now())
    answer = await quiet.ask("GET", "/findings", role=role)
    items = answer.json()["items"]
    for told in [
        answer,
        *[await quiet.ask("GET", f"/findings/{e['id']}", role=role) for e in items],
    ]:
        assert [each for each in SECRETS if each in told.text] == []
    assert {each["detail"] for each in items} == {""}
    assert [each["ref"]["id"] for each in items if each["ref"] is not None] == ["812"]
    whole = (await quiet.ask("GET", "/findings", role="operator")).json()["items"]
    assert any(TOLD in each["detail"] for each in whole)
    assert {each["ref"]["id"] for each in whole} == {"10234", "4711", "812"}


async def test_signal_that_was_never_read_is_hidden_too(tmp_path: Path) -> None:
    async with signals_world(tmp_path) as scene:
        hub, texts = scene.world.hub, ["sentry:999", "hubspot:1", "no ref", 5]
        async with hub.db.read() as store:
            assert await hidden_from(AccessRole.CSM, hub, store, texts) == {"sentry:999"}
            assert await hidden_from(AccessRole.OPERATOR, hub, store, texts) == frozenset()


@pytest.mark.parametrize("role", ["viewer", "csm", "operator"])
async def test_only_an_admin_has_a_draft_of_his_own_previewed(quiet: Doors, role: str) -> None:
    await quiet.headers(role)
    before = await quiet.stored()
    answer = await quiet.ask("POST", "/mappings/small/preview", role=role, content=b"a: 1")
    refused(answer, 403, "forbidden")
    # Without one it is the stored draft, which everybody may read.
    refused(await quiet.ask("POST", "/mappings/small/preview", role=role), 404, "not_found")
    after = await quiet.stored()
    assert {name for name in after if after[name] != before[name]} <= {"api_tokens"}
