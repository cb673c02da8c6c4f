"""The trace of a delivery, where it led to nothing, or not yet."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bridge.domain.operations import Outcome, OutcomeKind
from bridge.kit.clock import to_ms
from bridge.kit.ids import new_id
from bridge.store import history
from bridge.store.tables import deliveries, records
from tests.api.doors import Doors, events, ids, refused


async def knocked(doors: Doors) -> str:
    """The id of a delivery that was taken at the door."""
    answer = await doors.knock(events("812"))
    assert answer.status_code == 200
    return str(answer.json()["delivery"])


async def settled(doors: Doors, id: str, *woken: str, reason: str | None = None) -> None:
    """The delivery was read, and woke these records."""
    async with doors.hub.db.write() as connection:
        state = "done" if woken else "ignored"
        await connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id == id)
            .values(state=state, reason=reason, records=list(woken))
        )


async def add_run(doors: Doors, trace: str, *, woken_by: str, status: int = 200) -> str:
    """A kept run of the trace with one write, made of one call; its id."""
    hub, id = doors.hub, new_id()
    now = hub.now()
    call = {
        "at": to_ms(now) + 5, "connection": "hubspot", "method": "PATCH", "path": "/tickets/{}",
        "status": status, "ms": 12.5, "family": "fields", "attempt": 2,
    }  # fmt: skip
    async with hub.db.write() as connection:
        await history.end_run(
            hub.db, connection, id=id, record_key="hubspot:812", woken_by=woken_by, trace=trace,
            started_at=now, finished_at=now + timedelta(seconds=1), mapping_hash=None,
            verdict="IN_SYNC", inputs={}, decided={"calls": [call]},
        )  # fmt: skip
        operation = await history.begin_operation(
            connection, run_id=id, record_key="hubspot:812", name="hubspot",
            kind="SetTicketFields", request={}, now=now,
        )  # fmt: skip
        await history.end_operation(connection, operation, Outcome(OutcomeKind.DONE), now)
    return id


async def test_delivery_that_is_not_read_yet_says_so(doors: Doors) -> None:
    answer = await doors.ask("GET", f"/deliveries/{await knocked(doors)}/trace", role="operator")
    assert ids(answer) == []
    assert answer.json()["says"] == "It is stored and waits to be read."
    assert answer.json()["next_cursor"] is None


async def test_delivery_that_woke_nothing_says_why(doors: Doors) -> None:
    id = await knocked(doors)
    await settled(doors, id, reason="work item 9 is linked to no ticket")
    answer = await doors.ask("GET", f"/deliveries/{id}/trace", role="operator")
    assert answer.json()["says"] == "It woke no record: work item 9 is linked to no ticket."


async def test_delivery_whose_record_needed_nothing_says_so(doors: Doors) -> None:
    id = await knocked(doors)
    await settled(doors, id, "hubspot:812")
    answer = await doors.ask("GET", f"/deliveries/{id}/trace", role="operator")
    assert answer.json()["says"] == "It concerned one record; nothing had to be changed."


async def test_record_that_waits_is_named_with_what_holds_it_up(doors: Doors) -> None:
    id = await knocked(doors)
    ref = await doors.add_ticket("812")
    await settled(doors, id, str(ref))
    async with doors.hub.db.write() as connection:
        await connection.execute(
            sa.update(records)
            .where(records.c.key == str(ref))
            .values(trace=id, last_error="HubSpot could not be reached")
        )
    body = (await doors.ask("GET", f"/deliveries/{id}/trace", role="operator")).json()
    assert [each["id"] for each in body["waiting"]] == ["812"]
    assert body["says"].endswith("not all were looked at yet: HubSpot could not be reached.")


async def test_steps_of_a_run_are_told_in_order_and_in_words(doors: Doors) -> None:
    id = await knocked(doors)
    await settled(doors, id, "hubspot:812")
    run = await add_run(doors, id, woken_by="work item boards:991")
    [told] = (await doors.ask("GET", f"/deliveries/{id}/trace", role="operator")).json()["items"]
    assert told["id"] == run
    assert told["says"] == "hubspot:812 was looked at, because boards:991 had changed."
    assert [each["says"] for each in told["steps"]] == [
        "Write what the ticket shows: done.",
        "hubspot answered 200 to PATCH /tickets/{}, attempt 2.",
    ]


async def test_call_without_an_answer_is_told_as_such(doors: Doors) -> None:
    id = await knocked(doors)
    await add_run(doors, id, woken_by=f"delivery:{id}", status=0)
    [told] = (await doors.ask("GET", f"/deliveries/{id}/trace", role="operator")).json()["items"]
    assert told["says"] == "hubspot:812 was looked at, because this delivery came."
    assert "hubspot did not answer to PATCH" in told["steps"][1]["says"]


async def test_long_trace_is_paged_oldest_first(doors: Doors) -> None:
    id = await knocked(doors)
    made = [await add_run(doors, id, woken_by=f"delivery:{id}") for _ in range(3)]
    first = await doors.ask("GET", f"/deliveries/{id}/trace?limit=2", role="operator")
    cursor = first.json()["next_cursor"]
    second = await doors.ask(
        "GET", f"/deliveries/{id}/trace?limit=2&cursor={cursor}", role="operator"
    )
    assert [*ids(first), *ids(second)] == sorted(made)
    assert second.json()["next_cursor"] is None


async def test_run_of_another_delivery_is_not_in_the_trace(doors: Doors) -> None:
    id = await knocked(doors)
    await add_run(doors, new_id(), woken_by="somebody")
    assert ids(await doors.ask("GET", f"/deliveries/{id}/trace", role="operator")) == []


async def test_unknown_delivery_and_foreign_cursor_are_refused(doors: Doors) -> None:
    refused(await doors.ask("GET", "/deliveries/none/trace"), 404, "not_found")
    id = await knocked(doors)
    path = f"/deliveries/{id}/trace?cursor=abc"
    refused(await doors.ask("GET", path), 422, "bad_cursor")
