"""Connections to a vendor in several small pools.

httpx's pool looks through all its connections for each of them at every request: with thirty that
costs three times the request itself, with eight next to nothing (measured in `bench`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import httpx

POOLS = 8
CONNECTIONS = 8
"""Of one pool; together they must be no fewer than the passes in flight on one connection."""


class Pools(httpx.AsyncBaseTransport):
    """A transport that gives each request to the pool that has least to do."""

    def __init__(self) -> None:
        limits = httpx.Limits(
            max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=30
        )
        # One context for all: reading the certificates takes longer than everything else here.
        context = httpx.create_ssl_context(trust_env=False)
        self._pools = [
            httpx.AsyncHTTPTransport(limits=limits, verify=context, trust_env=False)
            for _ in range(POOLS)
        ]
        self._busy = [0] * POOLS

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; its pool counts as busy until the answer has been read."""
        at = min(range(POOLS), key=self._busy.__getitem__)
        self._busy[at] += 1
        try:
            answer = await self._pools[at].handle_async_request(request)
        except BaseException:
            self._busy[at] -= 1
            raise
        # What an asynchronous transport answers with is asynchronous; httpx's type says both.
        inner = cast(httpx.AsyncByteStream, answer.stream)
        answer.stream = _Watched(inner, self._busy, at)
        return answer

    async def aclose(self) -> None:
        """Close every pool."""
        for each in self._pools:
            await each.aclose()


class _Watched(httpx.AsyncByteStream):
    """The body of an answer; says once when nobody needs its connection any more."""

    def __init__(self, inner: httpx.AsyncByteStream, busy: list[int], at: int) -> None:
        self._inner = inner
        self._busy = busy
        self._at = at
        self._open = True

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._inner.__aiter__()

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            if self._open:
                self._open = False
                self._busy[self._at] -= 1
