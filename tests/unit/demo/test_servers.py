"""The demo's servers: ports that are taken are told, lost replies are really lost."""

from __future__ import annotations

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bridge.cli.demo.servers import (
    DropsConnections,
    PortTaken,
    address_of,
    listening_socket,
    serving,
)
from bridge.kit.faults import Fault, FaultDial, FaultKind


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("well")(scope, receive, send)


def test_taken_port_is_named() -> None:
    with listening_socket(0) as held:
        held.listen()
        port = held.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Port {port} can't be used .* --port"):
            listening_socket(port)


def test_without_a_port_two_sockets_get_two() -> None:
    with listening_socket(None) as one:
        one.listen()
        with listening_socket(None) as other:
            assert address_of(one) != address_of(other)


async def test_lost_reply_is_a_broken_connection_and_no_answer() -> None:
    dial = FaultDial(_app)
    dial.add(Fault("/lost", FaultKind.RESET_AFTER))
    with listening_socket(0) as bound:
        async with (
            serving(DropsConnections(dial), bound),
            httpx.AsyncClient(base_url=address_of(bound), trust_env=False) as client,
        ):
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/lost")
            assert (await client.get("/lost")).text == "well"
    assert [line for line, _ in dial.struck] == ["GET /lost"]
