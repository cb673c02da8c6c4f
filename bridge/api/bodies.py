"""Reading bodies with a ceiling, whether the caller announces their length or not."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Message, Receive

from bridge.api.problems import ApiProblem


def refuse_announced(headers: Headers, ceiling: int) -> None:
    """Refuse a body that announces itself as too large, before any of it is read."""
    announced = headers.get("content-length", "")
    # A length that is no number is left to the counting below.
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > ceiling:
        raise _too_large(ceiling)


async def read_body(request: Request, ceiling: int) -> bytes:
    """The whole body; ApiProblem `too_large` as soon as it passes the ceiling."""
    refuse_announced(request.headers, ceiling)
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > ceiling:
            raise _too_large(ceiling)
        parts.append(chunk)
    return b"".join(parts)


def counted(receive: Receive, ceiling: int) -> Receive:
    """The receive channel; raises ApiProblem `too_large` as soon as the body passes the ceiling."""
    size = 0

    async def receive_counted() -> Message:
        nonlocal size
        message = await receive()
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            if size > ceiling:
                raise _too_large(ceiling)
        return message

    return receive_counted


def _too_large(ceiling: int) -> ApiProblem:
    return ApiProblem(
        "too_large",
        f"At most {ceiling} bytes are taken here",
        # What is still to come will not be read.
        headers={"Connection": "close"},
    )
