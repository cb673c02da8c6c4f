"""The door: who is let in, what a delivery is told apart by, and that nothing makes it raise."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bridge.domain.events import InboundRequest, Refused, Verified
from connectors.azure_devops.receiver import AzureDevOpsReceiver
from tests.connectors.azure_devops.client_kit import (
    PASSWORD,
    PLACE,
    START,
    USER,
    Door,
    boards,
    settings,
)

RECEIVER = AzureDevOpsReceiver(USER, ("old-secret", PASSWORD), PLACE)


def request(body: bytes = b"{}", authorization: str | None = None) -> InboundRequest:
    headers = {} if authorization is None else {"authorization": authorization}
    return InboundRequest("POST", "https://bridge.example.com/webhooks/boards", {}, headers, body)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def keys(body: bytes) -> tuple[str, ...]:
    verdict = RECEIVER.verify(request(body, basic(USER, PASSWORD)), START)
    assert isinstance(verdict, Verified)
    return verdict.keys


@pytest.mark.parametrize("password", ["old-secret", PASSWORD])
def test_every_configured_password_opens(password: str) -> None:
    assert isinstance(RECEIVER.verify(request(b"", basic(USER, password)), START), Verified)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        f"Bearer {PASSWORD}",
        basic(USER, ""),
        basic(USER, PASSWORD + "x"),
        basic("someone", PASSWORD),
        basic("", PASSWORD),
        basic(USER.upper(), PASSWORD),
        basic(USER, f"old-secret,{PASSWORD}"),
    ],
)
def test_anything_else_is_refused(authorization: str | None) -> None:
    assert isinstance(RECEIVER.verify(request(b"", authorization), START), Refused)


@pytest.mark.parametrize(
    ("user", "passwords"), [("", (PASSWORD,)), (USER, ()), (USER, ("",)), ("", ())]
)
def test_door_without_a_secret_is_closed(user: str, passwords: tuple[str, ...]) -> None:
    receiver = AzureDevOpsReceiver(user, passwords, PLACE)
    for given_password in ("", PASSWORD):
        verdict = receiver.verify(request(b"{}", basic(user, given_password)), START)
        assert isinstance(verdict, Refused)
        assert "not configured" in verdict.reason or passwords == ("",)


def test_settings_take_one_password_or_a_list_and_show_none() -> None:
    many = settings(webhook_password=["new", "old"])
    assert settings().webhook_passwords == (PASSWORD,)
    assert many.webhook_passwords == ("new", "old")
    assert settings(webhook_password=SecretStr("")).webhook_passwords == ()
    assert "new" not in repr(many)
    assert "pat-test" not in repr(many)


def test_key_is_the_notification_then_the_event_then_the_bytes() -> None:
    event = {"subscriptionId": "s-1", "notificationId": 7, "id": "e-1"}
    assert keys(json.dumps(event).encode()) == ("s-1/7",)
    assert keys(json.dumps({**event, "notificationId": None}).encode()) == ("e-1",)
    assert keys(json.dumps({**event, "notificationId": True}).encode()) == ("e-1",)
    assert keys(b'{"id": 5}') != keys(b'{"id": 6}')
    assert keys(b"[1]") == keys(b"[1]")
    assert keys(b"[1]")[0].startswith("sha256:")


@given(st.binary(max_size=200), st.text(max_size=60))
def test_any_bytes_and_headers_are_never_an_error(body: bytes, authorization: str) -> None:
    RECEIVER.verify(request(body, authorization), START)
    RECEIVER.verify(request(body, "Basic " + authorization), START)
    assert all(0 < len(key) < 300 for key in keys(body))


async def test_hook_of_the_vendor_is_let_in_and_the_resend_has_the_same_key() -> None:
    door = Door()
    async with boards() as world:
        world.sim.subscribe("https://bridge.example.com/webhooks/boards", USER, PASSWORD)
        world.sim.person_creates("Bug", "Broken")
        world.sim.duplicate_rate = 1.0
        await door.collect(world.sim)
        verdicts = [world.connection.receiver.verify(each, START) for each in door.requests]
    assert len(verdicts) == 2
    assert isinstance(verdicts[0], Verified)
    assert verdicts[0] == verdicts[1]


async def test_hook_with_another_password_is_refused() -> None:
    door = Door()
    async with boards() as world:
        world.sim.subscribe("https://bridge.example.com/webhooks/boards", USER, "guessed")
        world.sim.person_creates("Bug", "Broken")
        await door.collect(world.sim)
        [verdict] = [world.connection.receiver.verify(each, START) for each in door.requests]
    assert isinstance(verdict, Refused)
