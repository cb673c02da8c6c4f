"""Refusals that depend on what the store holds, on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.api.doors import Doors, refused


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/tickets/hubspot/404", "viewer"),
        ("GET", "/tickets/nobody/812", "viewer"),
        ("GET", "/tickets/boards/812", "viewer"),
        ("GET", "/tickets/hubspot/404/timeline", "viewer"),
        ("GET", "/tickets/hubspot/404/explain", "viewer"),
        ("DELETE", "/links/404", "operator"),
        ("GET", "/deliveries/404", "viewer"),
        ("POST", "/deliveries/404/replay", "operator"),
        ("DELETE", "/deliveries/404/payload", "admin"),
        ("GET", "/findings/404", "viewer"),
        ("POST", "/findings/404/retry", "operator"),
        ("POST", "/findings/404/resolve", "operator"),
        ("POST", "/findings/404/ignore", "operator"),
        ("GET", "/runs/404", "viewer"),
        ("DELETE", "/tokens/404", "admin"),
        ("GET", "/work-items/boards/404", "viewer"),
        ("GET", "/work-items/hubspot/812", "viewer"),
        ("GET", "/nothing", "viewer"),
        ("GET", "/tickets/", "viewer"),
        ("GET", "/../metrics", "viewer"),
    ],
)
async def test_unknown_thing_is_not_found_and_changes_nothing(
    doors: Doors, method: str, path: str, role: str
) -> None:
    await doors.add_ticket("812")
    await doors.headers(role)
    before = await doors.stored()
    refused(await doors.ask(method, path, role=role), 404, "not_found")
    assert await doors.stored() == before


async def test_unexpected_failure_is_a_500_that_says_nothing_of_its_cause(doors: Doors) -> None:
    headers = await doors.headers("viewer")
    async with doors.hub.db.write() as connection:
        await connection.execute(sa.text("ALTER TABLE ticket_views RENAME TO elsewhere"))
    answer = await doors.client.get("/api/v1/tickets", headers=headers)
    said = refused(answer, 500, "internal")
    assert set(said) == {"type", "title", "status", "detail", "code", "request_id"}
    assert "ticket_views" not in answer.text
    assert "rror" not in answer.text
