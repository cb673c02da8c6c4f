"""How httpx's requests reach a vendor: through aiohttp, which spends a third of httpx's own time.

Written here rather than taken, because what an error means decides whether a work item is created
twice: the adapters that exist call a connection that broke after the request had left "not
connected". Here an error is one of connecting only if not a byte of the request can have left.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterable, AsyncIterator
from functools import cache
from typing import cast

import aiohttp
import httpx
from yarl import URL

CONNECTIONS = 128
"""At once to one vendor; no fewer than the calls in flight on one connection, with files beside."""
IDLE_S = 15.0
"""An idle connection is kept so long: less than vendors' load balancers keep theirs."""
CHUNK = 2**16
"""A body of no more goes to the kernel as a whole; a longer one is watched while it is sent."""

_NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class Transport(httpx.AsyncBaseTransport):
    """A pool of connections; its errors are httpx's, as `kit.http` reads them.

    `ConnectError`: nothing was sent. Any other: it may have been. What the request's own body
    raises while it is read comes out as it is.
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; the answer's body is still to be read."""
        limits: dict[str, float | None] = request.extensions.get("timeout", {})
        timeout = aiohttp.ClientTimeout(
            total=None,
            connect=limits.get("pool"),
            sock_connect=limits.get("connect"),
            sock_read=limits.get("read"),
        )
        headers = request.headers.copy()
        body = _Body.of(request, limits.get("write"))
        if body is not None:
            # aiohttp frames a body without a length by itself, and refuses to be told how.
            headers.pop("transfer-encoding", None)
        try:
            async with asyncio.timeout(None) as stalled:
                answer = await self._open().request(
                    request.method,
                    URL(str(request.url), encoded=True),
                    headers=headers.multi_items(),
                    data=(request.content or None) if body is None else body.watched(stalled),
                    allow_redirects=False,
                    timeout=timeout,
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if body is not None and body.failed is not None:
                raise body.failed from None
            raise _as_httpx(error, request) from error
        return httpx.Response(
            answer.status, headers=answer.raw_headers, stream=_Answer(answer, request)
        )

    def _open(self) -> aiohttp.ClientSession:
        # Only here, because a session belongs to the loop that runs.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=CONNECTIONS, keepalive_timeout=IDLE_S, ssl=_trusted()
                ),
                # httpx decodes, and has its own opinion of cookies.
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                middlewares=(_sent_once,),
            )
        return self._session

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to trust, read once: a megabyte of authorities that every vendor's client may share."""
    return httpx.create_ssl_context(trust_env=False)


async def _sent_once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send, and let aiohttp not send once more what it takes for idempotent by its method.

    A connection that broke may have carried the request: a note may be a PUT, and whoever sends
    again asks the lease and the vendor's pace first.
    """
    try:
        return await send(request)
    except _NOT_CONNECTED:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error) or type(error).__name__) from error


class _Body:
    """A body that is read while it is sent."""

    def __init__(self, stream: AsyncIterable[bytes], write_s: float | None) -> None:
        self._stream = stream
        self._write_s = write_s
        self.failed: Exception | None = None
        """What the stream itself raised: aiohttp would hide it."""

    @classmethod
    def of(cls, request: httpx.Request, write_s: float | None) -> _Body | None:
        """The request's body if it has yet to be read, or is long; None if it is sent at once."""
        try:
            content = request.content
        except httpx.RequestNotRead:
            # What an asynchronous client sends is asynchronous; httpx's type says both.
            return cls(cast(httpx.AsyncByteStream, request.stream), write_s)
        return None if len(content) <= CHUNK else cls(_in_parts(content), write_s)

    async def watched(self, stalled: asyncio.Timeout) -> AsyncIterator[bytes]:
        """The bytes; the request ends if the vendor takes none of them for `write_s` seconds."""
        loop = asyncio.get_running_loop()
        parts = self._stream.__aiter__()
        while True:
            try:
                part = await anext(parts)
            except StopAsyncIteration:
                return
            except Exception as error:
                self.failed = error
                raise
            if self._write_s is not None:
                stalled.reschedule(loop.time() + self._write_s)
            yield part
            stalled.reschedule(None)


async def _in_parts(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK):
        yield content[start : start + CHUNK]


class _Answer(httpx.AsyncByteStream):
    """The body of an answer."""

    def __init__(self, answer: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._answer.content.iter_chunked(CHUNK):
                yield part
        except (aiohttp.ClientError, OSError) as error:
            raise _as_httpx(error, self._request) from error

    async def aclose(self) -> None:
        """Give the connection back; close it if the body was not read to its end."""
        self._answer.release()


def _as_httpx(error: Exception, request: httpx.Request) -> httpx.TransportError:
    said = str(error) or type(error).__name__
    if isinstance(error, _NOT_CONNECTED):
        return httpx.ConnectError(said, request=request)
    if isinstance(error, TimeoutError):
        return httpx.ReadTimeout(said, request=request)
    if isinstance(error, ValueError) and not isinstance(error, aiohttp.ClientError):
        # A header or an address that can't be sent at all.
        return httpx.LocalProtocolError(said, request=request)
    return httpx.ReadError(said, request=request)
