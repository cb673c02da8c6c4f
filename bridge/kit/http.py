"""Calls to a vendor: one pool per connection, a rate ceiling, no redirects, one log of calls.

Knows nothing of any vendor or of the domain: what an answer means is the connector's table.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from bridge.kit.clock import Clock, SystemClock
from bridge.kit.rate import Bucket


@dataclass(frozen=True, slots=True)
class CallMade:
    """One call out, for metrics and logs. `status` 0: no answer. `path` has no query."""

    connection: str
    method: str
    path: str
    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Wire:
    """What the composition root hands every connection: transport (tests), log, clock."""

    transport: httpx.AsyncBaseTransport | None = None
    on_call: Callable[[CallMade], None] | None = None
    clock: Clock = field(default_factory=SystemClock)


class NoAnswer(Exception):
    """The call brought no answer. `sent` false: it certainly never reached the vendor."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Caller:
    """An HTTP client for one connection. Raises only `NoAnswer`; any status is an answer."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        headers: Mapping[str, str],
        timeout_s: float,
        rate: float | None,
        wire: Wire,
    ) -> None:
        self._name = name
        self._wire = wire
        self._bucket = Bucket(rate, wire.clock)
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"User-Agent": "ticketbridge", **headers},
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 10.0)),
            follow_redirects=False,
            transport=wire.transport,
            trust_env=False,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=32),
        )

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The vendor's answer to a call, body read; `options` are httpx's."""
        await self._bucket.take()
        started = self._wire.clock.monotonic()
        status = 0
        try:
            answer = await self._client.request(method, path, **options)
            status = answer.status_code
            return answer
        except httpx.HTTPError as error:
            raise _no_answer(error) from error
        finally:
            self._log(method, path, status, started)

    @asynccontextmanager
    async def stream(self, method: str, path: str, **options: Any) -> AsyncIterator[httpx.Response]:
        """The answer with its body still to be read, for files."""
        await self._bucket.take()
        started = self._wire.clock.monotonic()
        status = 0
        try:
            async with self._client.stream(method, path, **options) as answer:
                status = answer.status_code
                yield answer
        except httpx.HTTPError as error:
            raise _no_answer(error) from error
        finally:
            self._log(method, path, status, started)

    def _log(self, method: str, path: str, status: int, started: float) -> None:
        if self._wire.on_call is not None:
            spent = self._wire.clock.monotonic() - started
            plain = path.partition("?")[0]
            self._wire.on_call(CallMade(self._name, method, plain, status, spent))

    async def aclose(self) -> None:
        """Close the pool."""
        await self._client.aclose()


def _no_answer(error: httpx.HTTPError) -> NoAnswer:
    sent = not isinstance(error, _NEVER_SENT)
    return NoAnswer(type(error).__name__, sent=sent)
