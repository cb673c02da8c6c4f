"""The way to a simulator and back: a clock that tests move, a line that breaks, a letter box."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
from starlette.types import ASGIApp

from bridge.domain.events import InboundRequest
from bridge.kit.faults import ConnectionLost, Fault, FaultDial

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class RigClock:
    """The time of vendor and hub; rate limiters never have to wait by it."""

    def __init__(self) -> None:
        self._now = START
        self._spans = 0.0

    def now(self) -> datetime:
        """The time it was moved to."""
        return self._now

    def monotonic(self) -> float:
        """A minute later each time it is asked."""
        self._spans += 60.0
        return self._spans

    def advance(self, **span: float) -> datetime:
        """Moves on, and tells the new time."""
        self._now += timedelta(**span)
        return self._now


class Line(httpx.AsyncBaseTransport):
    """A line to the simulator; a reply that is lost there arrives as a broken connection."""

    def __init__(self, app: ASGIApp, dial: FaultDial) -> None:
        self._app = httpx.ASGITransport(app)
        self._dial = dial
        self._armed: dict[int, Fault] = {}
        self.requests: list[httpx.Request] = []
        self.unreachable = False
        """Nothing leaves the hub."""

    def strike(self, fault: Fault, *, after: int = 0) -> Fault:
        """Let the fault meet the next request, or the one after so many others."""
        self._armed[len(self.requests) + after] = fault
        return fault

    @property
    def armed(self) -> int:
        """How many faults still wait for their request."""
        return len(self._armed)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carries one request to the simulator."""
        if self.unreachable:
            raise httpx.ConnectError("refused", request=request)
        number = len(self.requests)
        self.requests.append(request)
        if number in self._armed:
            self._dial.add(self._armed.pop(number))
        try:
            return await self._app.handle_async_request(request)
        except ConnectionLost as lost:
            raise httpx.ReadError(str(lost), request=request) from lost


class LetterBox:
    """The hub's address as vendors see it: keeps what comes, and answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self._letters: list[InboundRequest] = []

    def client(self) -> httpx.AsyncClient:
        """A client whose every request ends here."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self._take))

    def empty(self) -> list[InboundRequest]:
        """What came since the last time."""
        letters, self._letters = self._letters, []
        return letters

    def _take(self, request: httpx.Request) -> httpx.Response:
        self._letters.append(
            InboundRequest(
                method=request.method,
                url=str(request.url),
                query=dict(request.url.params),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=request.content,
            )
        )
        # As the door of the hub does: some vendors send again only what they are told to.
        headers = {"Retry-After": "5"} if self.status == 503 else {}
        return httpx.Response(self.status, headers=headers)
