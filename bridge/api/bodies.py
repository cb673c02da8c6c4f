"""Reading bodies with a ceiling, whether the caller announces their length or not; and once."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Message, Receive

from bridge.api.problems import ApiProblem, RequestMistake


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


def read_json(body: bytes) -> Any:
    """The document; ValueError if it is not JSON, or may be read in two ways."""
    return json.loads(body, object_pairs_hook=_once_each, parse_constant=_no_number)


async def refuse_two_readings(request: Request) -> None:
    """Refuse a JSON body that says a thing twice; ApiProblem `invalid_request`.

    Of `{"role": "viewer", "role": "admin"}` the last would count, whatever the first was for. A
    route that reads its body itself sees to it itself.
    """
    if request.method == "GET" or getattr(request.scope.get("route"), "body_field", None) is None:
        return
    body = await request.body()
    try:
        read_json(body)
    except (json.JSONDecodeError, UnicodeError, RecursionError):
        # No JSON, or not said to be: whoever reads it next says so.
        return
    except ValueError as error:
        mistake = RequestMistake(
            where="body", what=str(error), right="each key once, and plain numbers"
        )
        said = f"body: {mistake.what}; right: {mistake.right}"
        raise ApiProblem("invalid_request", said, errors=[mistake]) from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counted = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counted.items() if count > 1)
        raise ValueError(f"the key {json.dumps(twice[:100])} stands twice in one object")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _too_large(ceiling: int) -> ApiProblem:
    return ApiProblem(
        "too_large",
        f"At most {ceiling} bytes are taken here",
        # What is still to come will not be read.
        headers={"Connection": "close"},
    )
