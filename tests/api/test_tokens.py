"""Tokens: made and revoked by admins, shown once, and every step of it audited."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bridge.domain.records import parse_instant
from bridge.store.tables import audit_log
from tests.api.doors import Doors, ids, refused


async def _audited(doors: Doors) -> list[tuple[str, str, str]]:
    a = audit_log.c
    async with doors.hub.db.read() as connection:
        found = await connection.execute(sa.select(a.actor, a.action, a.target).order_by(a.id))
        return [tuple(each) for each in found]


async def test_made_token_opens_what_its_role_may(doors: Doors) -> None:
    wanted = {"name": "status page", "role": "viewer", "expires": "90d"}
    answer = await doors.ask("POST", "/tokens", role="admin", json=wanted)
    assert answer.status_code == 201
    made = answer.json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await doors.client.get("/api/v1/tickets", headers=headers)).status_code == 200
    refused(await doors.client.get("/api/v1/tokens", headers=headers), 403, "forbidden")
    made_at, expires_at = parse_instant(made["created_at"]), parse_instant(made["expires_at"])
    assert made_at is not None
    assert expires_at is not None
    assert expires_at - made_at == timedelta(days=90)
    assert made["created_by"] == "token the admin"
    assert await _audited(doors) == [("token the admin", "token.created", f"token {made['id']}")]


async def test_secret_is_in_no_later_answer(doors: Doors) -> None:
    wanted = {"name": "status page", "role": "viewer"}
    made = (await doors.ask("POST", "/tokens", role="admin", json=wanted)).json()
    listed = await doors.ask("GET", "/tokens", role="admin")
    assert made["id"] in ids(listed)
    assert made["token"] not in listed.text
    assert "digest" not in listed.text


async def test_revoked_token_opens_nothing_and_is_listed_as_revoked(doors: Doors) -> None:
    wanted = {"name": "status page", "role": "csm"}
    made = (await doors.ask("POST", "/tokens", role="admin", json=wanted)).json()
    path = f"/tokens/{made['id']}"
    assert (await doors.ask("DELETE", path, role="admin")).status_code == 204
    headers = {"Authorization": f"Bearer {made['token']}"}
    refused(await doors.client.get("/api/v1/tickets", headers=headers), 401, "unauthorised")
    refused(await doors.ask("DELETE", path, role="admin"), 404, "not_found")
    listed = (await doors.ask("GET", "/tokens", role="admin")).json()["items"]
    assert [each["revoked_at"] is None for each in listed if each["id"] == made["id"]] == [False]
    assert [action for _, action, _ in await _audited(doors)] == ["token.created", "token.revoked"]
