"""Where words of Sentry's must not be: every place that clients, support or operators look at."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx

from bridge.api.application import openapi_document
from tests.chaos.world import Chaos

Found = Callable[[str], list[str]]
"""Which forbidden words a text holds."""


_LED = re.compile(r'href="(/(?:findings|deliveries|runs)/[^"?#]+)"')
"""Where pages of the inspector lead."""
FOLLOWED = 100
"""Pages that are looked at."""


def _paths(ids: dict[str, list[str]]) -> Iterator[str]:
    """Every address that can be read, filled in with the records that there are."""
    for path, methods in openapi_document()["paths"].items():
        if "get" not in methods or path.startswith("/sentry"):
            continue
        if "{" not in path:
            yield path
        prefix = path.removeprefix("/api/v1/").split("/")[0]
        for id in ids.get(prefix, ()):
            connection, _, number = id.rpartition(":")
            filled = path.replace("{connection}", connection).replace("{id}", number)
            if "{" in path and "{" not in filled:
                yield filled


async def answered(client: httpx.AsyncClient, token: str, ids: dict[str, list[str]]) -> str:
    """What the API tells somebody with that token, and what it says when it refuses."""
    headers = {"Authorization": f"Bearer {token}"}
    told = []
    for path in _paths(ids):
        answer = await client.get(path, headers=headers)
        assert answer.status_code < 500, (path, answer.text)
        told.append(f"{path} {answer.text}")
    return "\n".join(told)


async def pages(client: httpx.AsyncClient, token: str, role: str, ids: dict[str, list[str]]) -> str:
    """What the pages show to somebody of that role, who signs in by a link of an admin's."""
    headers = {"Authorization": f"Bearer {token}"}
    given = {"name": f"the {role}", "role": role}
    made = await client.post("/api/v1/sign-in-links", json=given, headers=headers)
    client.cookies.clear()
    entered = await client.post(urlsplit(made.json()["url"]).path)
    assert entered.status_code == 303, entered.text
    records = [
        f"/{kind}/{each.replace(':', '/', 1)}"
        for kind in ("tickets", "work-items")
        for each in ids[kind]
    ]
    inside = ["/findings", "/deliveries"] if role != "viewer" else []
    admins = ["/audit", "/people", "/tokens"] if role == "admin" else []
    first = ["/", "/?needs=needs_decision", "/?q=a", "/health", *admins, *records, *inside]
    ahead = deque(first)
    told: dict[str, str] = {}
    while ahead:
        path = ahead.popleft()
        shown = await client.get(path)
        assert shown.status_code in (200, 404), (path, shown.text)
        told[path] = shown.text
        new = [each for each in _LED.findall(shown.text) if each not in (*told, *ahead)]
        ahead.extend(new[: max(0, FOLLOWED - len(told) - len(ahead))])
    assert "Sign out" in told["/"]
    return "\n".join(f"{path} {text}" for path, text in told.items())


async def listed(client: httpx.AsyncClient, token: str) -> dict[str, list[str]]:
    """The ids of what can be looked at, by the first part of its address."""
    headers = {"Authorization": f"Bearer {token}"}
    ids: dict[str, list[str]] = {}
    for kind in ("jobs", "findings", "deliveries"):
        answer = await client.get(f"/api/v1/{kind}?limit=200", headers=headers)
        ids[kind] = [f":{each['id']}" for each in answer.json()["items"]]
    ids["deliveries"] = ids["deliveries"][:20]
    return ids


async def commanded(chaos: Chaos, *words: str) -> str:
    """What a command prints while no hub runs, on both of its channels."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bridge.cli",
        *words,
        env={**os.environ, **chaos.hub.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    return told.decode(errors="replace")


def leaks(texts: dict[str, str], found: Found) -> dict[str, list[str]]:
    """By place, the words that must not be there."""
    every = {place: found(text) for place, text in texts.items()}
    return {place: words for place, words in every.items() if words}
