"""The record of every API request that reached the vendor's door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Call:
    """One request and the status it was answered with; 0 where no answer was sent."""

    method: str
    path: str
    status: int
    at: datetime
    query: str = ""


class CallRecorder:
    """ASGI middleware outside the fault dial: requests that a fault swallowed count as well."""

    def __init__(self, app: ASGIApp, calls: list[Call], clock: Callable[[], datetime]) -> None:
        self._app = app
        self._calls = calls
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        at, status = self._clock(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            query = scope["query_string"].decode("latin-1")
            self._calls.append(Call(scope["method"], scope["path"], status, at, query))
