"""Calls to a provider: what it answers is one JSON object of bounded size, or it is no answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from bridge.kit.http import Caller, NoAnswer
from bridge.kit.oidc.errors import NoProvider

MOST = 512 * 1024
"""Bytes of an answer. A large organisation's discovery document and keys have some ten thousand."""
PATIENCE_S = 10.0
"""Seconds for one whole answer: somebody waits in front of a browser."""

_HEADERS = {
    "Accept": "application/json",
    # A few bytes may unpack to gigabytes.
    "Accept-Encoding": "identity",
}


async def ask(
    caller: Caller, method: str, url: str, *, headers: dict[str, str] | None = None, **options: Any
) -> tuple[int, dict[str, Any]]:
    """Status and object of the answer; NoProvider where there is none."""
    given = {**_HEADERS, **(headers or {})}
    try:
        async with (
            asyncio.timeout(PATIENCE_S),
            caller.stream(method, url, headers=given, **options) as answer,
        ):
            status, body = answer.status_code, bytearray()
            if 300 <= status < 400:
                raise NoProvider("It sends the hub on to another address, which is not followed.")
            async for part in answer.aiter_raw():
                body += part
                if len(body) > MOST:
                    raise NoProvider(f"Its answer is longer than {MOST // 1024} kB.")
    except NoAnswer as error:
        raise NoProvider(f"It does not answer ({error}).") from None
    except TimeoutError:
        raise NoProvider(f"It does not answer within {PATIENCE_S:.0f} seconds.") from None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NoProvider(f"It answers with status {status} and no JSON object.")
    return status, found
