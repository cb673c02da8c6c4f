"""What the outermost layer logs of a request."""

from __future__ import annotations

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from bridge.api.envelope import Envelope


@pytest.mark.parametrize("failure", [ClientDisconnect, ValueError])
async def test_address_that_is_a_credential_is_in_no_log(failure: type[Exception]) -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise failure

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        return None

    scope = {"type": "http", "method": "POST", "path": "/ack/s3cret-token", "headers": []}
    with capture_logs() as entries:
        await Envelope(app)(scope, receive, send)
    assert len(entries) == 2
    assert "s3cret" not in str(entries)
