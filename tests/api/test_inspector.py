"""Deliveries, findings, runs and connections as the inspector shows them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge.engine.intake import intake_once
from bridge.store import connections, deliveries, history
from bridge.store.tables import audit_log
from bridge.store.tables import deliveries as delivery_rows
from tests.api.doors import Doors, events, ids, refused


async def _payload_reads(doors: Doors) -> list[str]:
    async with doors.hub.db.read() as connection:
        found = await connection.execute(
            sa.select(audit_log.c.target).where(audit_log.c.action == "delivery.payload_read")
        )
        return [target for (target,) in found]


async def test_payload_is_shown_to_an_admin_and_that_is_audited(doors: Doors) -> None:
    body = events("812")
    id = (await doors.knock(body)).json()["delivery"]
    await intake_once(doors.hub)
    said = (await doors.ask("GET", f"/deliveries/{id}", role="admin")).json()
    assert (said["payload"], said["payload_encoding"]) == (body.decode(), "utf-8")
    assert (said["state"], said["size"]) == ("done", len(body))
    assert said["records"] == [{"connection": "hubspot", "id": "812", "key": None, "url": None}]
    assert await _payload_reads(doors) == [f"delivery {id}"]


@pytest.mark.parametrize("role", ["viewer", "csm", "operator"])
async def test_payload_is_not_shown_to_others(quiet: Doors, role: str) -> None:
    id = (await quiet.knock(events("812"))).json()["delivery"]
    answer = await quiet.ask("GET", f"/deliveries/{id}", role=role)
    assert answer.json()["payload"] is None
    assert "Export fails" not in answer.text
    assert await _payload_reads(quiet) == []


async def test_payload_that_is_no_text_is_shown_in_base64(quiet: Doors) -> None:
    id = (await quiet.knock(b"\xff\x00")).json()["delivery"]
    said = (await quiet.ask("GET", f"/deliveries/{id}", role="admin")).json()
    assert (said["payload"], said["payload_encoding"]) == ("/wA=", "base64")


async def test_list_of_deliveries_is_paged_newest_first_without_payloads(doors: Doors) -> None:
    made = [(await doors.knock(events(str(n)))).json()["delivery"] for n in range(800, 805)]
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        query = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
        page = await doors.ask("GET", "/deliveries", role="admin", params=query)
        assert "Export fails" not in page.text
        seen += ids(page)
        cursor = page.json()["next_cursor"]
    assert cursor is None
    assert seen == sorted(made, reverse=True)


async def test_list_of_deliveries_is_narrowed_by_connection_and_state(doors: Doors) -> None:
    first = (await doors.knock(b"not json")).json()["delivery"]
    await intake_once(doors.hub)
    second = (await doors.knock(events("812"))).json()["delivery"]
    assert ids(await doors.ask("GET", "/deliveries?state=ignored")) == [first]
    assert ids(await doors.ask("GET", "/deliveries?state=received")) == [second]
    assert ids(await doors.ask("GET", "/deliveries?connection=boards")) == []


async def test_replayed_delivery_is_read_again_and_audited(doors: Doors) -> None:
    id = (await doors.knock(events("812"))).json()["delivery"]
    await intake_once(doors.hub)
    doors.hub.intake_wake.clear()
    answer = await doors.ask("POST", f"/deliveries/{id}/replay", role="operator")
    assert (answer.status_code, answer.json()) == (202, {"delivery": id})
    assert doors.hub.intake_wake.is_set()
    assert await intake_once(doors.hub) == 1
    async with doors.hub.db.read() as connection:
        [action] = await connection.scalars(sa.select(audit_log.c.action))
    assert action == "delivery.replayed"


async def test_delivery_whose_payload_is_gone_cannot_be_replayed(doors: Doors) -> None:
    id = (await doors.knock(events("812"))).json()["delivery"]
    await doors.headers("operator")
    async with doors.hub.db.write() as connection:
        await connection.execute(sa.update(delivery_rows).values(body=None, state="done"))
    before = await doors.stored()
    answer = await doors.ask("POST", f"/deliveries/{id}/replay", role="operator")
    refused(answer, 409, "payload_gone")
    assert await doors.stored() == before
    async with doors.hub.db.read() as connection:
        row = await deliveries.load(connection, id)
    assert row is not None


async def test_findings_are_told_in_words_and_narrowed(doors: Doors) -> None:
    await doors.add_finding("STATUS_UNMAPPED", "hubspot", "hubspot:812")
    await doors.add_finding("AUTH_EXPIRED", "boards")
    async with doors.hub.db.write() as connection:
        await history.resolve_connection_findings(connection, "boards", frozenset({"AUTH_EXPIRED"}))
    found = (await doors.ask("GET", "/findings")).json()["items"]
    assert [each["code"] for each in found] == ["AUTH_EXPIRED", "STATUS_UNMAPPED"]
    [one] = (await doors.ask("GET", "/findings?state=open")).json()["items"]
    assert one["ref"] == {"connection": "hubspot", "id": "812", "key": None, "url": None}
    assert (one["severity"], one["count"], one["state"]) == ("warning", 1, "open")
    assert one["sentence"]
    assert one["what_to_do"]
    assert one["first_seen_at"].endswith("Z")
    for query in ("code=AUTH_EXPIRED", "connection=boards", "state=resolved"):
        [other] = (await doors.ask("GET", f"/findings?{query}")).json()["items"]
        assert other["code"] == "AUTH_EXPIRED"
        assert other["ref"] is None


async def test_connections_tell_their_health_in_words(doors: Doors) -> None:
    async def health() -> dict[str, str]:
        answer = await doors.ask("GET", "/connections")
        assert answer.status_code == 200, answer.text
        return {each["name"]: each["health"] for each in answer.json()["items"]}

    assert await health() == {"boards": "not_yet_used", "hubspot": "not_yet_used"}
    now = doors.hub.now()
    async with doors.hub.db.write() as connection:
        for name in ("boards", "hubspot"):
            await connections.change(connection, name, swept_at=now)
    assert await health() == {"boards": "healthy", "hubspot": "healthy"}
    async with doors.hub.db.write() as connection:
        await connections.pause(connection, "boards", by="credential", reason="401", now=now)
        await connections.throttle(doors.hub.db, connection, "hubspot", now + timedelta(minutes=1))
    assert await health() == {"boards": "needs_you", "hubspot": "delayed"}
    async with doors.hub.db.write() as connection:
        await connections.resume(connection, "boards")
        await connections.pause(connection, "boards", by="person", reason="move", now=now)
        await connections.change(connection, "hubspot", throttled_until=now, down_since=now)
    assert await health() == {"boards": "paused", "hubspot": "delayed"}
    [boards, _] = (await doors.ask("GET", "/connections")).json()["items"]
    assert boards["vendor"] == "azure_devops"
    assert boards["paused"]["reason"] == "move"
    assert boards["receives_webhooks"] is True


async def test_connections_answer_holds_no_secret(quiet: Doors) -> None:
    text = (await quiet.ask("GET", "/connections", role="admin")).text
    for secret in ("pat-test", "hubspot-client-secret", "hook-password"):
        assert secret not in text
