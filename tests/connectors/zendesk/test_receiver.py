"""The door: the vendor's vectors, its retries, and what it does not sign."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import ValidationError

from bridge.domain.events import InboundRequest, Refused, Verified
from connectors.zendesk.fields import Learned
from connectors.zendesk.receiver import ZendeskReceiver, delivery_key
from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HandClock, Receiver
from tests.connectors.zendesk.connector_kit import settings

PUBLIC = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
"""The secret that the vendor prints for tests; the vectors below are signed with it."""
STAMP = "2026-11-22T09:15:42Z"
NOW = datetime(2026, 11, 22, 9, 15, 44, tzinfo=UTC)
BODY = b'{"ticket_id":"5158","status":"Open","updated_at":"2026-11-22T09:15:41Z"}'


def _request(body: bytes, signature: str, stamp: str = STAMP) -> InboundRequest:
    headers = {
        "x-zendesk-webhook-signature": signature,
        "x-zendesk-webhook-signature-timestamp": stamp,
    }
    return InboundRequest("POST", "https://hub.example.test/x", {}, headers, body)


def _door(*secrets: str) -> ZendeskReceiver:
    return ZendeskReceiver(secrets, Learned())


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (BODY, "G7OlTalOb/VLfzcSRlSu+xJL8wTE5q3MAAS7/Nvuua8="),
        (b"", "rR2jsUq/g5ENuA4S7Q2cRfO+k2nMSPPC1RB+hBJXoYI="),
        ('{"note":"Grüße, 你好"}'.encode(), "jDx+Iu48wAntKLz/WHaQbOxuftLL0arIa6g+NspNPwo="),
    ],
)
def test_vectors_of_the_vendor_are_let_in(body: bytes, signature: str) -> None:
    assert isinstance(_door(PUBLIC).verify(_request(body, signature), NOW), Verified)
    other = body + b" "
    assert isinstance(_door(PUBLIC).verify(_request(other, signature), NOW), Refused)


def test_time_is_part_of_what_is_signed() -> None:
    request = _request(BODY, "G7OlTalOb/VLfzcSRlSu+xJL8wTE5q3MAAS7/Nvuua8=", "2026-11-22T09:15:43Z")
    assert isinstance(_door(PUBLIC).verify(request, NOW), Refused)


@pytest.mark.parametrize("stamp", ["", "now", "1795338942", "2026-11-22T09:15:42Z\r\n"])
def test_time_that_cannot_be_read_is_refused(stamp: str) -> None:
    request = _request(BODY, "G7OlTalOb/VLfzcSRlSu+xJL8wTE5q3MAAS7/Nvuua8=", stamp)
    assert isinstance(_door(PUBLIC).verify(request, NOW), Refused)


def test_public_test_secret_is_no_secret() -> None:
    with pytest.raises(ValidationError, match="public secret"):
        settings(webhook_secret=["good", PUBLIC])


async def _arrived(receiver: Receiver, sim: ZendeskSimulator) -> list[InboundRequest]:
    async with receiver.client() as client:
        await sim.deliver(client)
    taken, receiver.requests = receiver.requests, []
    return [
        InboundRequest(
            each.method, str(each.url), {}, {k.lower(): v for k, v in each.headers.items()},
            each.content,
        )
        for each in taken
    ]  # fmt: skip


def _secret(sim: ZendeskSimulator) -> str:
    [webhook] = sim.account.webhooks.by_id.values()
    return webhook.secret


@pytest.mark.parametrize("resigned", [True, False])
async def test_another_attempt_is_let_in_as_the_same_whatever_time_it_bears(
    sim: ZendeskSimulator, receiver: Receiver, clock: HandClock, resigned: bool
) -> None:
    sim.resign_retries = resigned
    sim.customer_creates_ticket()
    receiver.answers = [httpx.Response(503, headers={"Retry-After": "30"})]
    [first] = await _arrived(receiver, sim)
    clock.move(minutes=40)
    [second] = await _arrived(receiver, sim)
    door, now = _door(_secret(sim)), clock.now
    assert door.verify(second, now) == Verified((delivery_key(first.body),))


async def test_recorded_request_is_refused_an_hour_later(
    sim: ZendeskSimulator, receiver: Receiver, clock: HandClock
) -> None:
    sim.customer_creates_ticket()
    [request] = await _arrived(receiver, sim)
    door = _door(_secret(sim))
    assert isinstance(door.verify(request, clock.now + timedelta(minutes=60)), Verified)
    assert isinstance(door.verify(request, clock.now + timedelta(minutes=61)), Refused)


async def test_duplicate_under_another_invocation_has_the_same_key(
    sim: ZendeskSimulator, receiver: Receiver, clock: HandClock
) -> None:
    sim.duplicate_rate = 1.0
    sim.customer_creates_ticket()
    one, two = await _arrived(receiver, sim)
    invocation = "x-zendesk-webhook-invocation-id"
    assert one.headers[invocation] != two.headers[invocation]
    assert delivery_key(one.body) == delivery_key(two.body)


async def test_ids_in_the_headers_prove_nothing_and_change_nothing(
    sim: ZendeskSimulator, receiver: Receiver, clock: HandClock
) -> None:
    sim.customer_creates_ticket()
    [request] = await _arrived(receiver, sim)
    door = _door(_secret(sim))
    forged = {
        name: "another"
        for name in request.headers
        if name.startswith("x-zendesk-") and "signature" not in name
    }
    assert len(forged) == 3
    changed = replace(request, headers={**request.headers, **forged})
    assert door.verify(changed, clock.now) == door.verify(request, clock.now)


@pytest.mark.parametrize("other", [BODY.replace(b"5158", b"5159"), b'{"id": 7}', b"", b"[]"])
def test_body_without_an_id_of_its_own_is_known_by_its_bytes(other: bytes) -> None:
    assert delivery_key(other) == delivery_key(bytes(other))
    assert delivery_key(other) != delivery_key(BODY)
    assert len(delivery_key(other)) == 64
