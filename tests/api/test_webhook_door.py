"""The vendors' door: only what is proven is stored, and it is stored before it is answered."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge.api.webhooks import MAX_BODY
from bridge.engine.intake import intake_once
from bridge.store.tables import deliveries, findings
from tests.api.doors import DOOR, Doors, events, refused
from tests.scenarios.world import HOOK_PASSWORD, HOOK_USER


def _basic(user: str, password: str) -> dict[str, str]:
    said = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {said}"}


async def test_signed_delivery_is_stored_before_it_is_answered(doors: Doors) -> None:
    body = events("812")
    answer = await doors.knock(body)
    assert answer.status_code == 200
    said = answer.json()
    assert said == {"delivery": said["delivery"], "duplicate": False}
    async with doors.hub.db.read() as connection:
        [row] = (await connection.execute(sa.select(deliveries))).mappings()
    assert (row["id"], row["connection"], row["body"]) == (said["delivery"], "hubspot", body)


async def test_same_delivery_again_is_a_duplicate_of_the_first(doors: Doors) -> None:
    first = (await doors.knock(events("812"))).json()
    again = (await doors.knock(events("812"))).json()
    assert again == {"delivery": first["delivery"], "duplicate": True}
    assert len((await doors.stored())["deliveries"]) == 1


async def test_delivery_with_basic_credentials_is_stored(doors: Doors) -> None:
    answer = await doors.client.post(
        "/webhooks/boards", content=b'{"id": "a-1"}', headers=_basic(HOOK_USER, HOOK_PASSWORD)
    )
    assert answer.status_code == 200
    assert len((await doors.stored())["deliveries"]) == 1


@pytest.mark.parametrize("host", ["bridge.test", "evil.test", ""])
async def test_host_header_does_not_enter_what_is_verified(quiet: Doors, host: str) -> None:
    assert (await quiet.knock(events("812"), Host=host)).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/webhooks/hubspot?from=elsewhere", "/webhooks/hubspot?", "/webhooks/%68ubspot"],
)
async def test_delivery_signed_for_another_address_is_refused(quiet: Doors, path: str) -> None:
    body = events("812")
    answer = await quiet.client.post(path, content=body, headers=quiet.signed(body))
    # An empty query is no other address; everything else is.
    if path.endswith("?"):
        assert answer.status_code == 200
    else:
        refused(answer, 401, "signature_refused")


@pytest.mark.parametrize("kind", ["forged", "unsigned", "stale", "early", "altered", "cut", "v1"])
async def test_delivery_not_proven_is_refused_and_changes_nothing(doors: Doors, kind: str) -> None:
    body = events("812")
    headers = doors.signed(body)
    match kind:
        case "forged":
            headers = doors.signed(body, secret="another-secret")
        case "unsigned":
            headers = {}
        case "stale":
            headers = doors.signed(body, age=timedelta(minutes=6))
        case "early":
            headers = doors.signed(body, age=timedelta(minutes=-6))
        case "altered":
            body = body.replace(b"812", b"813")
        case "cut":
            body = body[:-1]
        case "v1":
            del headers["X-HubSpot-Signature-v3"]
    before = await doors.stored()
    answer = await doors.client.post(DOOR, content=body, headers=headers)
    said = refused(answer, 401, "signature_refused")
    assert "v3" not in said["detail"]
    assert await doors.stored() == before


@pytest.mark.parametrize(
    ("user", "password"),
    [(HOOK_USER, "wrong"), ("wrong", HOOK_PASSWORD), ("", ""), (HOOK_USER, "")],
)
async def test_wrong_basic_credentials_are_refused_and_change_nothing(
    quiet: Doors, user: str, password: str
) -> None:
    before = await quiet.stored()
    answer = await quiet.client.post(
        "/webhooks/boards", content=b"{}", headers=_basic(user, password)
    )
    refused(answer, 401, "signature_refused")
    assert await quiet.stored() == before


async def test_signature_given_twice_proves_nothing(quiet: Doors) -> None:
    body = events("812")
    headers = [*quiet.signed(body).items(), ("X-HubSpot-Signature-v3", "AAAA")]
    refused(await quiet.client.post(DOOR, content=body, headers=headers), 401, "signature_refused")


class _Body:
    """A body in pieces, which counts how many of them were taken."""

    def __init__(self, pieces: int, size: int) -> None:
        self._pieces, self._piece = pieces, b"x" * size
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self._pieces):
            self.taken += 1
            yield self._piece


@pytest.mark.parametrize("door", ["hubspot", "boards"])
async def test_body_announced_as_too_large_is_refused_unread(quiet: Doors, door: str) -> None:
    before = await quiet.stored()
    body = _Body(1000, 1024)
    answer = await quiet.client.post(
        f"/webhooks/{door}", content=body, headers={"Content-Length": str(MAX_BODY + 1)}
    )
    refused(answer, 413, "too_large")
    # The transport of the tests hands over one piece before anybody asks for it.
    assert body.taken <= 1
    assert await quiet.stored() == before


@pytest.mark.parametrize("announced", [None, "10"])
async def test_body_too_large_without_saying_so_is_refused_at_the_ceiling(
    quiet: Doors, announced: str | None
) -> None:
    before = await quiet.stored()
    piece = 1024 * 1024
    body = _Body(MAX_BODY // piece + 20, piece)
    headers = {} if announced is None else {"Content-Length": announced}
    answer = await quiet.client.post(DOOR, content=body, headers=headers)
    refused(answer, 413, "too_large")
    assert body.taken <= MAX_BODY // piece + 2
    assert await quiet.stored() == before


async def test_body_of_exactly_the_ceiling_is_taken(quiet: Doors) -> None:
    body = b" " * (MAX_BODY - 2) + b"[]"
    assert (await quiet.knock(body)).status_code == 200


async def test_unknown_connection_is_not_found_and_its_body_is_not_read(quiet: Doors) -> None:
    before = await quiet.stored()
    body = _Body(1000, 1024)
    answer = await quiet.client.post("/webhooks/nobody", content=body)
    refused(answer, 404, "not_found")
    assert body.taken <= 1
    assert await quiet.stored() == before


@pytest.mark.parametrize(
    "path", ["/webhooks/", "/webhooks", "/webhooks/hubspot/", "/webhooks/a/b", "/webhooks/%00"]
)
async def test_address_that_is_no_door_is_not_found(quiet: Doors, path: str) -> None:
    refused(await quiet.client.post(path, content=b"{}"), 404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_other_methods_at_the_door_are_refused(quiet: Doors, method: str) -> None:
    refused(await quiet.client.request(method, DOOR), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "body", [b"", b"not json", b'{"a": ', b"\xff\xfe\x00", b"[" * 5000, b"null", b'"text"', b"[7]"]
)
async def test_unreadable_body_under_a_good_signature_is_stored_and_ignored(
    doors: Doors, body: bytes
) -> None:
    answer = await doors.knock(body)
    assert answer.status_code == 200
    await intake_once(doors.hub)
    async with doors.hub.db.read() as connection:
        [row] = (await connection.execute(sa.select(deliveries))).mappings()
    assert (row["state"], row["body"]) == ("ignored", body)
    assert row["reason"]
    assert not (await doors.stored())["runs"]


async def test_events_of_an_unknown_portal_are_stored_ignored_and_reported(doors: Doors) -> None:
    answer = await doors.knock(events("812", portal=999))
    assert answer.status_code == 200
    await intake_once(doors.hub)
    stored = await doors.stored()
    assert not [row for row in stored["records"] if "812" in str(row)]
    async with doors.hub.db.read() as connection:
        [found] = (await connection.execute(sa.select(findings))).mappings()
    assert (found["code"], found["state"]) == ("UNKNOWN_ACCOUNT", "open")


async def test_store_that_cannot_take_it_answers_503_with_a_time_to_come_back(
    doors: Doors,
) -> None:
    async with doors.hub.db.write() as connection:
        await connection.execute(sa.text("ALTER TABLE deliveries RENAME TO elsewhere"))
    answer = await doors.knock(events("812"))
    refused(answer, 503, "store_busy")
    assert int(answer.headers["retry-after"]) > 0
    async with doors.hub.db.write() as connection:
        await connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO deliveries"))
    assert (await doors.knock(events("812"))).json()["duplicate"] is False
