"""A dial of faults in front of any ASGI app: what a vendor does on a bad day.

Simulators put it in front of their API. A fault either answers *instead of* the app (nothing
happened at the vendor) or *after* it (the effect happened and the reply was lost), because the
difference is the whole difficulty of a create.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class FaultKind(StrEnum):
    """Where in the life of a request the fault strikes."""

    ANSWER = "answer"
    """Answer with `status`, `headers` and `body`; the app never sees the request."""

    ANSWER_AFTER = "answer_after"
    """Let the app do its work, then answer with `status`, `headers` and `body` all the same."""

    RESET = "reset"
    """Close the connection without an answer; the app never sees the request."""

    RESET_AFTER = "reset_after"
    """Let the app do its work, then close the connection without an answer."""

    DELAY = "delay"
    """Wait `delay_s` seconds, then let the app answer as usual."""


class ConnectionLost(ConnectionError):
    """Raised through the ASGI stack; a server turns it into a closed connection."""


@dataclass(slots=True)
class Fault:
    """One entry of the dial. `match` is searched in "METHOD /path?query"; `times` counts down."""

    match: str
    kind: FaultKind
    times: int = 1
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0.0


class FaultDial:
    """ASGI middleware: applies the first fault that matches and still has `times` left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.faults: list[Fault] = []
        self.struck: list[tuple[str, FaultKind]] = []
        """What was hit, in order: tests show by it that a fault was really met."""

    def add(self, fault: Fault) -> Fault:
        """Arm a fault and return it, so that a test can look at its remaining `times`."""
        self.faults.append(fault)
        return fault

    def clear(self) -> None:
        """Disarm every fault; what was struck stays on record."""
        self.faults.clear()

    def _take(self, line: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.match, line):
                fault.times -= 1
                self.struck.append((line, fault.kind))
                return fault
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request as the first fault that matches says, or as the app does."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        line = f"{scope['method']} {scope['path']}{'?' + query if query else ''}"
        fault = self._take(line)
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.kind is FaultKind.DELAY:
            await asyncio.sleep(fault.delay_s)
            await self._app(scope, receive, send)
            return
        if fault.kind in (FaultKind.ANSWER_AFTER, FaultKind.RESET_AFTER):
            await self._app(scope, receive, _swallow)
        if fault.kind in (FaultKind.RESET, FaultKind.RESET_AFTER):
            raise ConnectionLost(line)
        await send(
            {
                "type": "http.response.start",
                "status": fault.status,
                "headers": [
                    (k.lower().encode(), v.encode("latin-1")) for k, v in fault.headers.items()
                ],
            }
        )
        await send({"type": "http.response.body", "body": fault.body})


async def _swallow(_message: Message) -> None:
    """The reply that never arrives."""
