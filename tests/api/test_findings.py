"""Working on findings and deliveries at the door: what is changed, by whom, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.engine.intake import intake_once
from bridge.kit.clock import rfc3339
from bridge.store.tables import audit_log, records
from bridge.store.tables import deliveries as delivery_rows
from tests.api.doors import Doors, events, ids, refused


async def finding(doors: Doors, code: str, ref: str | None = None) -> str:
    """An open finding; its id."""
    await doors.add_finding(code, "hubspot", ref)
    return ids(await doors.ask("GET", f"/findings?code={code}"))[0]


async def audited(doors: Doors) -> list[tuple[str, str]]:
    a = audit_log.c
    async with doors.hub.db.read() as connection:
        found = await connection.execute(sa.select(a.actor, a.action).order_by(a.id))
        return [tuple(each) for each in found]


async def state_of(doors: Doors, delivery: str) -> str:
    return str((await doors.ask("GET", f"/deliveries/{delivery}")).json()["state"])


@pytest.mark.parametrize(
    ("how", "state", "action"),
    [
        ("resolve", "resolved", "finding.resolved"),
        ("ignore", "ignored", "finding.ignored"),
        ("retry", "open", "finding.retried"),
    ],
)
async def test_finding_is_worked_on_and_that_is_audited(
    doors: Doors, how: str, state: str, action: str
) -> None:
    await doors.add_ticket("812")
    id = await finding(doors, "STATUS_UNMAPPED", "hubspot:812")
    answer = await doors.ask("POST", f"/findings/{id}/{how}", role="operator")
    assert (answer.status_code, answer.json()["state"]) == (200, state), answer.text
    again = await doors.ask("GET", f"/findings/{id}", role="operator")
    assert again.json() == answer.json()
    assert await audited(doors) == [("token the operator", action)]
    r = records.c
    async with doors.hub.db.read() as connection:
        woken = await connection.execute(
            sa.select(r.claim_class, r.woken_by).where(r.key == "hubspot:812")
        )
        [(claim_class, woken_by)] = woken
    assert claim_class == 0
    assert woken_by in ("retry", f"finding {state} by token the operator")


@pytest.mark.parametrize("how", ["resolve", "ignore", "retry"])
async def test_closed_finding_is_not_worked_on_again(doors: Doors, how: str) -> None:
    await doors.add_ticket("812")
    id = await finding(doors, "STATUS_UNMAPPED", "hubspot:812")
    await doors.ask("POST", f"/findings/{id}/resolve", role="operator")
    before = await doors.stored()
    answer = await doors.ask("POST", f"/findings/{id}/{how}", role="operator")
    refused(answer, 409, "finding_resolved")
    assert await doors.stored() == before


async def test_ignoring_twice_changes_nothing_and_an_ignored_one_can_be_retried(
    doors: Doors,
) -> None:
    await doors.add_ticket("812")
    id = await finding(doors, "STATUS_UNMAPPED", "hubspot:812")
    await doors.ask("POST", f"/findings/{id}/ignore", role="operator")
    before = await doors.stored()
    again = await doors.ask("POST", f"/findings/{id}/ignore", role="operator")
    assert (again.status_code, again.json()["state"]) == (200, "ignored")
    assert await doors.stored() == before
    retried = await doors.ask("POST", f"/findings/{id}/retry", role="operator")
    assert retried.json()["state"] == "open"


async def test_finding_that_only_a_person_can_mend_says_so(doors: Doors) -> None:
    id = await finding(doors, "MAPPING_DRAFT", "mapping:hubspot-success")
    await doors.headers("operator")
    before = await doors.stored()
    answer = await doors.ask("POST", f"/findings/{id}/retry", role="operator")
    said = refused(answer, 409, "nothing_to_retry")
    assert "Ask an admin to put it in force" in said["detail"]
    assert await doors.stored() == before


@pytest.mark.parametrize("code", ["REMOTE_DOWN", "AUTH_EXPIRED", "CREDENTIAL_SUSPECT"])
async def test_finding_of_a_connection_is_retried_by_its_sweep(doors: Doors, code: str) -> None:
    timer = records.c.key == "timer:sweep:hubspot"
    async with doors.hub.db.write() as connection:
        await connection.execute(
            sa.update(records).where(timer).values(due_at=2**45, not_before=2**45)
        )
    id = await finding(doors, code)
    await doors.ask("POST", f"/findings/{id}/retry", role="operator")
    async with doors.hub.db.read() as connection:
        [(due, wait)] = await connection.execute(
            sa.select(records.c.due_at, records.c.not_before).where(timer)
        )
    assert (due < 2**45, wait) == (True, 0)


async def test_unreadable_delivery_is_read_again_and_found_again(doors: Doors) -> None:
    delivery = (await doors.knock(b"not json")).json()["delivery"]
    await intake_once(doors.hub)
    [id] = ids(await doors.ask("GET", "/findings?code=DELIVERY_UNREADABLE"))
    answer = await doors.ask("POST", f"/findings/{id}/retry", role="operator")
    assert answer.json()["state"] == "resolved"
    assert await state_of(doors, delivery) == "received"
    await intake_once(doors.hub)
    assert (await doors.ask("GET", f"/findings/{id}")).json()["state"] == "open"
    await doors.ask("DELETE", f"/deliveries/{delivery}/payload", role="admin")
    gone = await doors.ask("POST", f"/findings/{id}/retry", role="operator")
    refused(gone, 409, "payload_gone")
    assert (await doors.ask("GET", f"/findings/{id}")).json()["state"] == "open"


async def test_findings_are_narrowed_by_record(doors: Doors) -> None:
    await finding(doors, "STATUS_UNMAPPED", "hubspot:812")
    await finding(doors, "CONFLICT", "hubspot:813")
    found = (await doors.ask("GET", "/findings?ref=hubspot:813")).json()["items"]
    assert [each["code"] for each in found] == ["CONFLICT"]
    refused(await doors.ask("GET", "/findings?ref=813"), 422, "invalid_request")


def span(doors: Doors, **more: Any) -> dict[str, Any]:
    """The hour around now."""
    now = doors.hub.now()
    hour = timedelta(hours=1)
    said = {"connection": "hubspot", "since": rfc3339(now - hour), "until": rfc3339(now + hour)}
    return said | more


async def test_many_deliveries_are_counted_then_read_again(doors: Doors) -> None:
    made = [(await doors.knock(events(str(n)))).json()["delivery"] for n in (811, 812, 813)]
    ignored = (await doors.knock(b"not json")).json()["delivery"]
    while await intake_once(doors.hub):
        pass
    await doors.ask("DELETE", f"/deliveries/{made[0]}/payload", role="admin")
    before = await doors.stored()
    counted = await doors.ask(
        "POST", "/deliveries/replay?dry_run=true", role="operator", json=span(doors)
    )
    assert counted.json() == {"deliveries": 3, "payload_gone": 1, "dry_run": True}
    after = await doors.stored()
    assert {k: v for k, v in after.items() if k != "api_tokens"} == {
        k: v for k, v in before.items() if k != "api_tokens"
    }
    wanted = span(doors, state="done")
    done = await doors.ask("POST", "/deliveries/replay", role="operator", json=wanted)
    assert done.json() == {"deliveries": 2, "payload_gone": 1, "dry_run": False}
    assert [await state_of(doors, each) for each in [*made, ignored]] == [
        "done", "received", "received", "ignored",
    ]  # fmt: skip
    assert await intake_once(doors.hub) == 2
    assert ("token the operator", "deliveries.replayed") in await audited(doors)


async def test_deliveries_outside_the_span_are_left_alone(doors: Doors) -> None:
    delivery = (await doors.knock(events("812"))).json()["delivery"]
    await intake_once(doors.hub)
    now = doors.hub.now()
    earlier = {
        "since": rfc3339(now - timedelta(hours=2)),
        "until": rfc3339(now - timedelta(hours=1)),
    }
    for narrowed in (earlier, {"connection": "boards"}):
        answer = await doors.ask(
            "POST", "/deliveries/replay", role="operator", json=span(doors, **narrowed)
        )
        assert answer.json()["deliveries"] == 0
    assert await state_of(doors, delivery) == "done"
    assert await audited(doors) == []


async def test_more_deliveries_than_are_taken_at_once_are_refused(doors: Doors) -> None:
    now = int(doors.hub.now().timestamp() * 1000)
    rows: list[dict[str, Any]] = [
        {"id": f"{n:026x}", "connection": "hubspot", "received_at": now, "content_type": "x",
         "body": b"[]", "size": 2, "state": "done", "reason": None, "records": []}
        for n in range(5001)
    ]  # fmt: skip
    async with doors.hub.db.write() as connection:
        await connection.execute(sa.insert(delivery_rows), rows)
    answer = await doors.ask("POST", "/deliveries/replay", role="operator", json=span(doors))
    assert "5001 deliveries; at most 5000" in refused(answer, 422, "too_many")["detail"]
    assert ids(await doors.ask("GET", "/deliveries?state=received")) == []


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"connection": "nobody"}, 404, "not_found"),
        ({"since": "2026-05-12T08:00:00"}, 422, "invalid_request"),
        ({"since": "yesterday"}, 422, "invalid_request"),
        ({"since": "2999-01-01T00:00:00Z"}, 422, "invalid_request"),
        ({"state": "lost"}, 422, "invalid_request"),
        ({"limit": 5}, 422, "invalid_request"),
    ],
)
async def test_span_that_makes_no_sense_is_refused(
    quiet: Doors, more: dict[str, Any], status: int, code: str
) -> None:
    wanted = span(quiet, **more)
    answer = await quiet.ask("POST", "/deliveries/replay", role="operator", json=wanted)
    refused(answer, status, code)


async def test_removed_payload_is_gone_for_good_and_the_row_stays(doors: Doors) -> None:
    delivery = (await doors.knock(events("812"))).json()["delivery"]
    for _ in range(2):
        answer = await doors.ask("DELETE", f"/deliveries/{delivery}/payload", role="admin")
        assert answer.status_code == 204
    said = (await doors.ask("GET", f"/deliveries/{delivery}", role="admin")).json()
    assert (said["payload"], said["state"]) == (None, "ignored")
    assert "token the admin" in said["reason"]
    assert await intake_once(doors.hub) == 0
    assert b"Export fails" not in repr(await doors.stored()).encode()
    refused(
        await doors.ask("POST", f"/deliveries/{delivery}/replay", role="operator"),
        409,
        "payload_gone",
    )
    assert await audited(doors) == [("token the admin", "delivery.payload_removed")]


async def test_tokens_are_paged(doors: Doors) -> None:
    made = [(await doors.make_token("viewer"))[0] for _ in range(3)]
    await doors.headers("admin")
    first = await doors.ask("GET", "/tokens?limit=2", role="admin")
    cursor = first.json()["next_cursor"]
    second = await doors.ask("GET", f"/tokens?limit=2&cursor={cursor}", role="admin")
    assert set(ids(first) + ids(second)) >= set(made)
    assert second.json()["next_cursor"] is None
    refused(await doors.ask("GET", "/tokens?role=admin", role="admin"), 422, "invalid_request")
