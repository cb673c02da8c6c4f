"""Waiting for a job of the hub, with its progress told to people."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape

from bridge.cli.local_api import ask
from bridge.cli.output import Refused
from bridge.domain.errors import ConfigProblem

_EVERY_S = 0.5
_PATIENCE_S = 20.0
"""How long a job may wait for its first step before people are told that nobody works."""

_READ = {"signals": "Sentry issues", "tickets": "tickets", "items": "work items"}
"""What an audit counts, as people call it."""
_UNFINISHED = frozenset({"waiting", "running"})


async def follow(client: httpx.AsyncClient, job: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    """The job once it takes no more steps. Refused if it failed, ConfigProblem if nobody works."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    console, told = Console(stderr=True, highlight=False), ""
    while job["state"] in _UNFINISHED:
        if job["state"] == "waiting" and loop.time() - begun > _PATIENCE_S:
            raise ConfigProblem(
                f"Nobody has begun job {job['id']} yet: is the hub running (bridge serve)? "
                "It goes on by itself as soon as one does."
            )
        line = _progress(job)
        if not quiet and line != told:
            console.print(f"[dim]{escape(line)}[/]")
            told = line
        await asyncio.sleep(_EVERY_S)
        job = await ask(client, "GET", f"/jobs/{job['id']}")
    if job["state"] != "done":
        detail = f"The job {job['id']} is {job['state']}: {job['error'] or 'by a person'}"
        raise Refused({"code": f"job_{job['state']}", "detail": detail})
    return job


def _progress(job: dict[str, Any]) -> str:
    """How far the job is, in a few words."""
    result = job["result"] if isinstance(job["result"], dict) else {}
    if "entries" in result:
        seen = ", ".join(f"{result[each]} {word}" for each, word in _READ.items() if result[each])
        return f"reading: {seen or 'nothing yet'}; {sum(result['counts'].values())} found"
    if job["total"] is None:
        return "counting…"
    if not job["done"] and "tickets" in result:
        return f"counting: {result['tickets']} tickets seen"
    return f"{job['done']} of {job['total']}"
