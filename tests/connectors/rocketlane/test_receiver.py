"""The door: three places where the token may be, and nothing else opens it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from bridge.domain.events import InboundRequest, Refused, Verified
from connectors.rocketlane.receiver import RocketlaneReceiver
from tests.connectors.rocketlane.client_kit import PLACE

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOKEN = "hook-secret-1"


def _basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def _verdict(
    headers: dict[str, str], query: dict[str, str], body: bytes = b'{"eventId":"e-1"}'
) -> Verified | Refused:
    door = RocketlaneReceiver(("old-secret", TOKEN), PLACE)
    return door.verify(InboundRequest("POST", "https://x", query, headers, body), NOW)


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, {"token": TOKEN}),
        ({"x-bridge-token": TOKEN}, {}),
        (_basic("anybody", TOKEN), {}),
        ({}, {"token": "old-secret"}),
        ({"x-bridge-token": "wrong"}, {"token": TOKEN}),
    ],
)
def test_token_opens_from_each_of_its_places(
    headers: dict[str, str], query: dict[str, str]
) -> None:
    assert _verdict(headers, query) == Verified(("e-1",))


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, {}),
        ({}, {"token": ""}),
        ({}, {"token": TOKEN[:-1]}),
        ({}, {"Token": TOKEN}),
        (_basic(TOKEN, ""), {}),
        ({"authorization": f"Bearer {TOKEN}"}, {}),
        ({"api-key": TOKEN}, {}),
    ],
)
def test_anything_else_is_refused_without_a_word_of_the_token(
    headers: dict[str, str], query: dict[str, str]
) -> None:
    verdict = _verdict(headers, query)
    assert isinstance(verdict, Refused)
    assert TOKEN not in verdict.reason


def test_delivery_without_an_id_is_told_apart_by_its_bytes() -> None:
    keys = [_verdict({}, {"token": TOKEN}, body) for body in (b"[]", b"{}", b"[]", b"\xff")]
    assert keys[0] == keys[2]
    assert len({str(each) for each in keys}) == 3
