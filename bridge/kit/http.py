"""Calls to a vendor: one pool per connection, a rate ceiling, no redirects, one log of calls.

Knows nothing of any vendor or of the domain: what an answer means is the connector's table.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
import structlog

from bridge.kit import context
from bridge.kit.clock import Clock, SystemClock, to_ms
from bridge.kit.rate import PART, Bucket, Grants, SharedBucket
from bridge.kit.traces import Span, recording, span
from bridge.kit.transport import Transport

log = structlog.get_logger(__name__)
_plain = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallMade:
    """One call out, for metrics and logs. `status` 0: no answer. `path` has no query."""

    connection: str
    method: str
    path: str
    status: int
    seconds: float
    family: str = context.OTHER
    """What it was made for: see `kit.context`."""
    sent: bool = True
    """False: it certainly never reached the vendor."""


@dataclass(frozen=True, slots=True)
class Wire:
    """What the composition root hands every connection: transport (tests), log, clock."""

    transport: httpx.AsyncBaseTransport | None = None
    on_call: Callable[[CallMade], None] | None = None
    grants: Grants | None = None
    """Where several processes share a connection's rate; None: this process has it alone."""
    slots: asyncio.Semaphore | None = None
    """How many requests of a connection may be under way at once; None: as many as come."""
    clock: Clock = field(default_factory=SystemClock)


class NoAnswer(Exception):
    """The call brought no answer. `sent` false: it certainly never reached the vendor."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(slots=True)
class _Made:
    """What came of a call so far."""

    status: int = 0
    sent: bool = True


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
        self._given_rate = rate is not None
        self._rate = rate
        self._bucket = self._bucket_of(rate)
        self._slot: AbstractAsyncContextManager[object] = wire.slots or nullcontext()
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"User-Agent": "ticketbridge", **headers},
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 10.0)),
            follow_redirects=False,
            transport=wire.transport or Transport(),
            # A session that a vendor offers would speak for us once the token no longer does.
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
        )

    def _bucket_of(self, rate: float | None) -> Bucket | SharedBucket:
        if rate is None or self._wire.grants is None:
            return Bucket(rate, self._wire.clock)
        return SharedBucket(self._name, rate, self._wire.grants, self._wire.clock)

    def part(self, name: str, rate: float) -> Bucket | SharedBucket:
        """The pace of those calls that the vendor limits besides, of all processes together."""
        if self._wire.grants is None:
            return Bucket(rate, self._wire.clock, burst=1)
        whole = f"{self._name}{PART}{name}"
        return SharedBucket(whole, rate, self._wire.grants, self._wire.clock)

    @property
    def rate(self) -> float | None:
        """Calls a second at most, as far as anybody has said."""
        return self._rate

    def keep_to(self, rate: float) -> None:
        """From now on at most `rate` calls a second, as the vendor says its limit is.

        A ceiling that the operator has set stays.
        """
        if not self._given_rate and rate != self._rate:
            self._rate = rate
            self._bucket = self._bucket_of(rate)

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The vendor's answer to a call, body read; `options` are httpx's."""
        async with self._slot, self._call(method, path) as made:
            answer = await self._client.request(method, path, **options)
            made.status = answer.status_code
            return answer

    @asynccontextmanager
    async def stream(self, method: str, path: str, **options: Any) -> AsyncIterator[httpx.Response]:
        """The answer with its body still to be read, for files.

        It takes no slot: whoever reads it waits for another vendor's meanwhile.
        """
        async with (
            self._call(method, path) as made,
            self._client.stream(method, path, **options) as answer,
        ):
            made.status = answer.status_code
            yield answer

    @asynccontextmanager
    async def _call(self, method: str, path: str) -> AsyncIterator[_Made]:
        """The frame of a call: its turn, its span, and telling whoever wants to know."""
        await self._bucket.take()
        # Its turn may have come late: whoever asked may have lost the right to it meanwhile.
        await context.still_allowed()
        made = _Made()
        started = self._wire.clock.monotonic()
        with span(method, out=True) as shown:
            try:
                yield made
            except httpx.HTTPError as error:
                raised = _no_answer(error)
                made.sent = raised.sent
                raise raised from error
            finally:
                self._tell(method, path, made, started, shown)

    def _tell(self, method: str, path: str, made: _Made, started: float, shown: Span) -> None:
        clock = self._wire.clock
        spent = clock.monotonic() - started
        family, work = context.family(), context.present()
        if self._wire.on_call is not None:
            plain = path.partition("?")[0]
            self._wire.on_call(
                CallMade(self._name, method, plain, made.status, spent, family, made.sent)
            )
        if work is None and not recording() and not _plain.isEnabledFor(logging.DEBUG):
            return
        said = {
            "connection": self._name,
            "method": method,
            "path": context.template(path),
            "status": made.status,
            "ms": round(spent * 1000, 1),
            "family": family,
            "attempt": 1 if work is None else work.attempt,
        }
        if work is not None:
            work.note({"at": to_ms(clock.now()) - round(spent * 1000), **said})
        if _plain.isEnabledFor(logging.DEBUG):
            log.debug("vendor call", **said)
        if recording():
            _show(shown, said)

    async def aclose(self) -> None:
        """Close the pool."""
        await self._client.aclose()


def _no_answer(error: httpx.HTTPError) -> NoAnswer:
    sent = not isinstance(error, _NEVER_SENT)
    return NoAnswer(type(error).__name__, sent=sent)


def _show(shown: Span, said: dict[str, Any]) -> None:
    shown.say("http.request.method", said["method"])
    shown.say("url.template", said["path"])
    shown.say("connection", said["connection"])
    shown.say("family", said["family"])
    shown.say("attempt", said["attempt"])
    if said["status"]:
        shown.say("http.response.status_code", said["status"])
    if said["status"] >= 400:
        shown.fail(str(said["status"]))
