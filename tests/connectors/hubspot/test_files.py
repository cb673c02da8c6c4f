"""Files are fetched from HubSpot, wherever an answer may point."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from bridge.domain.errors import OF_RECORD, CredentialProblem, Rejected, Throttled, Unavailable
from bridge.domain.records import Attachment
from connectors.hubspot.comments import attachment
from connectors.hubspot.files import is_trusted
from connectors.hubspot.payloads import FileInfo
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.connector_world import World, answered_by, connected
from tests.connectors.hubspot.hub_world import HandClock

_API = "https://api.hubapi.com"


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://api.hubapi.com/files/1", True),
        ("https://app.hubspot.com/x", True),
        ("https://hubspot.com/x", True),
        ("https://cdn2.hubspot.net/hubfs/1/a.png", True),
        ("https://20094.fs1.hubspotusercontent-na1.net/a.png?Signature=x", True),
        ("https://f.hubspotusercontent00.net/a.png", True),
        ("https://APP.HubSpot.com:443/x", True),
        ("http://app.hubspot.com/x", False),
        ("https://app.hubspot.com:8443/x", False),
        ("https://app.hubspot.com@evil.example/x", False),
        ("https://user:pass@app.hubspot.com/x", False),
        ("https://evilhubspot.com/x", False),
        ("https://hubspot.com.evil.example/x", False),
        ("https://hubspotusercontent-na1.net.evil.example/x", False),
        ("https://evil.example/?hubspot.com", False),
        ("https://169.254.169.254/latest", False),
        ("http://127.0.0.1:8080/x", False),
        ("file:///etc/passwd", False),
        ("https://[::1", False),
        ("https://app.hubspot.com:port/x", False),
        ("", False),
    ],
)
def test_address_is_trusted_only_at_a_host_of_hubspot(url: str, trusted: bool) -> None:
    assert is_trusted(url, _API) is trusted


def test_configured_origin_is_trusted_and_its_neighbours_are_not() -> None:
    assert is_trusted("http://127.0.0.1:9000/file", "http://127.0.0.1:9000")
    assert not is_trusted("http://127.0.0.1:9001/file", "http://127.0.0.1:9000")
    assert not is_trusted("https://127.0.0.1:9000/file", "http://127.0.0.1:9000")


@pytest.mark.parametrize(
    ("name", "extension", "full"),
    [("shot", "png", "shot.png"), ("shot.PNG", "png", "shot.PNG"), ("notes", "", "notes")],
)
def test_file_has_its_full_name(name: str, extension: str, full: str) -> None:
    file = FileInfo(id="1", name=name, extension=extension, size=3)
    assert attachment(file).name == full


async def _read(world: World) -> bytes:
    async with world.helpdesk.open_attachment("1", Attachment("8801", "a.png")) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def test_redirect_is_followed_within_hubspot_only(clock: HandClock) -> None:
    hops = {
        "/signed": httpx.Response(302, headers={"location": "/moved"}),
        "/moved": httpx.Response(200, content=b"bytes"),
        "/away": httpx.Response(302, headers={"location": "https://evil.example/x"}),
        "/circle": httpx.Response(302, headers={"location": "/circle"}),
    }
    first = "/signed"

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/signed-url"):
            return httpx.Response(200, json={"url": f"https://app.hubspot.com{first}"})
        return hops[request.url.path]

    async with answered_by(answer, clock) as world:
        assert await _read(world) == b"bytes"
        first = "/away"
        with pytest.raises(Rejected, match=r"evil\.example"):
            await _read(world)
        assert "evil.example" not in {request.url.host for request in world.requests}
        first = "/circle"
        with pytest.raises(Rejected, match="circles"):
            await _read(world)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Rejected), (401, Rejected), (403, Rejected), (404, Rejected), (410, Rejected),
     (451, Rejected), (408, Unavailable), (425, Unavailable), (500, Unavailable)],
)  # fmt: skip
async def test_file_that_is_not_given_says_whether_to_try_again(
    clock: HandClock, status: int, error: type[Exception]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/signed-url"):
            return httpx.Response(200, json={"url": "https://app.hubspot.com/f"})
        return httpx.Response(status)

    async with answered_by(answer, clock) as world:
        with pytest.raises(error):
            await _read(world)


async def test_host_of_files_that_is_asked_too_often_holds_back_one_record(
    clock: HandClock,
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/signed-url"):
            return httpx.Response(200, json={"url": "https://app.hubspot.com/f"})
        return httpx.Response(429, headers={"Retry-After": "7"})

    async with answered_by(answer, clock) as world:
        with pytest.raises(Throttled) as waits:
            await _read(world)
    assert (waits.value.until - clock.now).total_seconds() == 7
    assert waits.value.scope == OF_RECORD


class _Torn(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"half"
        raise httpx.ReadError("torn")


async def test_file_torn_in_the_middle_is_unavailable(clock: HandClock) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/signed-url"):
            return httpx.Response(200, json={"url": "https://app.hubspot.com/f"})
        return httpx.Response(200, stream=_Torn())

    async with answered_by(answer, clock) as world:
        with pytest.raises(Unavailable, match="to its end"):
            await _read(world)


async def test_missing_files_scope_is_a_credential_problem(
    sim: HubSpotSimulator, clock: HandClock
) -> None:
    sim.person_uploads("a.png", b"x", "image/png")
    sim.withheld_scopes = {"files"}
    async with connected(sim, clock) as world:
        with pytest.raises(CredentialProblem, match="files"):
            await _read(world)
