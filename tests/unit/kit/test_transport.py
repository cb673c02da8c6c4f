"""What a call comes to over a real connection: above all, whether it can have reached the vendor.

"Never sent" lets a create be sent again, so it must never be said of a request that left.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bridge.kit.http import Caller, NoAnswer, Wire

Answer = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Vendor:
    """A server that keeps the requests it got and answers as it is told."""

    answer: Answer
    port: int = 0
    got: list[tuple[bytes, bytes]] = field(default_factory=list)
    connections: int = 0
    open_: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        self.open_.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await _body(reader, head.lower())
                self.got.append((head, body))
                await self.answer(writer, head)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if b"transfer-encoding: chunked" in head:
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body
    _, found, rest = head.partition(b"content-length: ")
    return await reader.readexactly(int(rest.split(b"\r\n")[0])) if found else b""


@asynccontextmanager
async def vendor(answer: Answer) -> AsyncIterator[tuple[Vendor, Caller]]:
    """A vendor, and a caller for it."""
    made = Vendor(answer)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    caller = _caller(made.port)
    try:
        yield made, caller
    finally:
        await caller.aclose()
        for each in made.open_:
            each.close()
        server.close()


def _caller(port: int, timeout_s: float = 5.0) -> Caller:
    return Caller(
        "boards",
        f"http://127.0.0.1:{port}",
        headers={},
        timeout_s=timeout_s,
        rate=None,
        wire=Wire(),
    )


async def _well(writer: asyncio.StreamWriter, _head: bytes) -> None:
    writer.write(OK)


async def test_refused_connection_was_never_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    caller = _caller(port)
    with pytest.raises(NoAnswer) as raised:
        await caller.request("POST", "/create", json={"a": 1})
    assert not raised.value.sent
    await caller.aclose()


@pytest.mark.parametrize(
    "partly", [b"", b"HTTP/1.1 200 OK\r\n", OK[:-1]], ids=["none", "head", "body"]
)
async def test_connection_that_breaks_after_the_request_may_have_been_sent(partly: bytes) -> None:
    async def breaks(writer: asyncio.StreamWriter, _head: bytes) -> None:
        writer.write(partly)
        writer.close()

    async with vendor(breaks) as (seen, caller):
        with pytest.raises(NoAnswer) as raised:
            await caller.request("POST", "/create", json={"a": 1})
        assert raised.value.sent
        assert len(seen.got) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize("kept", [False, True], ids=["fresh", "kept"])
async def test_request_whose_connection_broke_is_not_sent_again(method: str, kept: bool) -> None:
    async def closes(writer: asyncio.StreamWriter, _head: bytes) -> None:
        writer.close()

    async with vendor(_well) as (seen, caller):
        if kept:
            await caller.request("GET", "/before")
        seen.answer = closes
        seen.got.clear()
        with pytest.raises(NoAnswer) as raised:
            await caller.request(method, "/note", content=b"{}")
        assert raised.value.sent
        assert len(seen.got) == 1


async def test_silence_may_have_been_sent() -> None:
    async def silent(_writer: asyncio.StreamWriter, _head: bytes) -> None:
        return

    async with vendor(silent) as (seen, _):
        caller = _caller(seen.port, timeout_s=0.1)
        with pytest.raises(NoAnswer) as raised:
            await caller.request("POST", "/create", json={"a": 1})
        assert raised.value.sent
        assert len(seen.got) == 1
        await caller.aclose()


async def test_what_is_not_http_may_have_been_sent() -> None:
    async def nonsense(writer: asyncio.StreamWriter, _head: bytes) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n\r\n")

    async with vendor(nonsense) as (_, caller):
        with pytest.raises(NoAnswer) as raised:
            await caller.request("POST", "/create", json={"a": 1})
        assert raised.value.sent


async def test_connection_is_used_again_and_one_that_the_vendor_closed_is_not() -> None:
    async with vendor(_well) as (seen, caller):
        await caller.request("POST", "/first", json={})
        await caller.request("POST", "/second", json={})
        assert seen.connections == 1
        seen.open_[0].close()
        await seen.open_[0].wait_closed()
        await asyncio.sleep(0.01)
        answer = await caller.request("POST", "/third", json={})
        assert (answer.status_code, seen.connections) == (200, 2)
        assert [head.split()[1] for head, _ in seen.got] == [b"/first", b"/second", b"/third"]


async def test_path_and_query_arrive_as_they_were_written() -> None:
    async with vendor(_well) as (seen, caller):
        await caller.request("GET", "/a%2Fb/c%20d?p=a%2Cb&q=x%2Fy%20z")
        assert seen.got[0][0].split()[1] == b"/a%2Fb/c%20d?p=a%2Cb&q=x%2Fy%20z"


async def test_cookies_are_not_sent_back_and_redirects_not_followed() -> None:
    async def sends_elsewhere(writer: asyncio.StreamWriter, _head: bytes) -> None:
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=b\r\n"
            b"Content-Length: 0\r\n\r\n"
        )

    async with vendor(sends_elsewhere) as (seen, caller):
        for _ in range(2):
            answer = await caller.request("GET", "/")
            assert answer.status_code == 302
        assert len(seen.got) == 2
        assert b"cookie" not in seen.got[1][0].lower()


async def test_packed_answer_is_unpacked() -> None:
    packed = gzip.compress(b'{"id": 1}')

    async def packs(writer: asyncio.StreamWriter, _head: bytes) -> None:
        length = str(len(packed)).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + length + b"\r\n\r\n"
        )
        writer.write(packed)

    async with vendor(packs) as (_, caller):
        assert (await caller.request("GET", "/")).json() == {"id": 1}


async def _parts(*parts: bytes) -> AsyncIterator[bytes]:
    for each in parts:
        yield each


async def test_long_body_arrives_whole() -> None:
    body = bytes(range(256)) * 2000
    async with vendor(_well) as (seen, caller):
        await caller.request("POST", "/file", content=body)
        head, arrived = seen.got[0]
        assert arrived == body
        assert b"content-length: 512000" in head.lower()
        assert b"transfer-encoding" not in head.lower()


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "5"}], ids=["chunked", "length known"])
async def test_streamed_body_arrives_whole(headers: dict[str, str]) -> None:
    async with vendor(_well) as (seen, caller):
        await caller.request("POST", "/file", content=_parts(b"ab", b"cde"), headers=headers)
        assert seen.got[0][1] == b"abcde"


async def test_what_the_body_raises_comes_out_and_nothing_is_taken_for_whole() -> None:
    class SourceGone(Exception):
        pass

    async def broken() -> AsyncIterator[bytes]:
        yield b"ab"
        raise SourceGone

    async with vendor(_well) as (seen, caller):
        with pytest.raises(SourceGone):
            await caller.request("POST", "/file", content=broken(), headers={"Content-Length": "9"})
        assert seen.got == []
        assert (await caller.request("GET", "/")).status_code == 200


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield bytes(2**20)


@pytest.mark.parametrize("body", [_endless, lambda: bytes(2**25)], ids=["streamed", "in memory"])
async def test_vendor_that_takes_nothing_more_does_not_hold_an_upload_for_ever(
    body: Callable[[], AsyncIterator[bytes] | bytes],
) -> None:
    held: list[asyncio.StreamWriter] = []

    async def takes_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(takes_nothing, "127.0.0.1", 0)
    caller = _caller(server.sockets[0].getsockname()[1], timeout_s=0.2)
    async with asyncio.timeout(30):
        with pytest.raises(NoAnswer) as raised:
            await caller.request("POST", "/file", content=body())
    assert raised.value.sent
    await caller.aclose()
    held[0].transport.abort()
    server.close()
    await server.wait_closed()


async def test_answer_left_unread_costs_its_connection_only() -> None:
    async def long(writer: asyncio.StreamWriter, _head: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab")
        await writer.drain()

    async with vendor(long) as (seen, caller):
        async with caller.stream("GET", "/file") as answer:
            assert answer.status_code == 200
        seen.answer = _well
        assert (await caller.request("GET", "/")).text == "ok"
        assert seen.connections == 2


async def test_header_that_would_end_its_line_is_not_sent() -> None:
    async with vendor(_well) as (seen, caller):
        with pytest.raises(NoAnswer):
            await caller.request("GET", "/", headers={"X-Name": "a\r\nX-Other: b"})
        assert seen.got == []
