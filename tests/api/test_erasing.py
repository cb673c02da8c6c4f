"""The door of erasure: what it takes, what it refuses, and that it keeps no address."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from bridge.store.tables import audit_log, jobs
from tests.api.doors import Doors, refused

EMAIL = "Ana.Ito@client.example"


async def test_erasure_of_a_ticket_begins_as_a_job(doors: Doors) -> None:
    await doors.add_ticket("812")
    body = {"ref": {"connection": "hubspot", "id": "812"}}
    answer = await doors.ask("POST", "/erase", role="admin", json=body)
    assert answer.status_code == 202
    job = answer.json()
    assert (job["kind"], job["state"], job["target"]) == ("erasure", "waiting", "hubspot:812")
    assert job["created_by"] == "token the admin"
    assert (await doors.ask("GET", f"/jobs/{job['id']}")).json() == job


async def test_address_stands_in_the_job_alone_and_only_until_it_is_done(doors: Doors) -> None:
    answer = await doors.ask("POST", "/erase", role="admin", json={"email": EMAIL})
    assert answer.status_code == 202
    assert EMAIL.lower() not in answer.text.lower()
    async with doors.hub.db.read() as connection:
        params = await connection.scalar(sa.select(jobs.c.params))
        audited = (await connection.execute(sa.select(audit_log))).mappings().all()
    assert params is not None
    assert params["email"] == EMAIL
    assert [each["action"] for each in audited] == ["erase"]
    assert EMAIL.lower() not in str(audited).lower()


async def test_record_that_the_hub_does_not_know_is_not_found(doors: Doors) -> None:
    body = {"ref": {"connection": "hubspot", "id": "4711"}}
    headers = await doors.headers("admin")
    before = await doors.stored()
    answer = await doors.client.post("/api/v1/erase", headers=headers, json=body)
    assert "hubspot:4711" in refused(answer, 404, "not_found")["detail"]
    assert await doors.stored() == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ref": {"connection": "hubspot", "id": "1"}, "email": EMAIL},
        {"email": "Ana"},
        {"email": "ana@"},
        {"email": "Ana <ana@client.example>"},
        {"email": "a@b.example,c@d.example"},
        {"email": "a" * 250 + "@b.example"},
        {"ref": {"connection": "hubspot"}},
        {"ref": "hubspot:1"},
        {"person": "Ana"},
    ],
)
async def test_anything_but_one_record_or_one_address_is_refused(
    quiet: Doors, body: dict[str, Any]
) -> None:
    headers = await quiet.headers("admin")
    before = await quiet.stored()
    answer = await quiet.client.post("/api/v1/erase", headers=headers, json=body)
    assert refused(answer, 422, "invalid_request")["errors"]
    assert await quiet.stored() == before


async def test_only_an_admin_may_stop_an_erasure(quiet: Doors) -> None:
    await quiet.add_ticket("812")
    body = {"ref": {"connection": "hubspot", "id": "812"}}
    job = (await quiet.ask("POST", "/erase", role="admin", json=body)).json()["id"]
    refused(await quiet.ask("POST", f"/jobs/{job}/cancel", role="operator"), 403, "forbidden")
    stopped = await quiet.ask("POST", f"/jobs/{job}/cancel", role="admin")
    assert stopped.json()["state"] == "cancelled"
