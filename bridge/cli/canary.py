"""`bridge check --canary`: the Sentry rule tried on a live installation, with a planted text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import typer
from rich.markup import escape

from bridge.cli.following import follow
from bridge.cli.local_api import ask, changing
from bridge.cli.output import people, print_json
from bridge.config.settings import Settings
from bridge.domain.refs import split_ref

_EVERY_S = 0.3
_UNSEEN = "Was it written there, by your own account? Do the tracker's webhooks come in?"
_OTHERWISE = "Was it written just as it was given?"
_SAID = {
    "held": ("[green]✓[/] The rule holds: the text was read, held, and got nowhere.", True),
    "leaked": ("[red]✗[/] The text got out. Pause the helpdesk's connection. It is in:", False),
    "unseen": (
        "[red]✗[/] The text was never seen on {item}, so nothing is known. " + _UNSEEN,
        False,
    ),
    "passed_over": ("[red]✗[/] The text got nowhere, but nothing held it. " + _OTHERWISE, False),
}


def _aside(text: str) -> None:
    """Tell it beside the report, which may be one JSON document."""
    typer.echo(text, err=True)


def run_canary(settings: Settings, ticket: str, wait: str, *, as_json: bool) -> None:
    """Try it, tell what came of it, and end with 1 unless the rule holds."""
    result = asyncio.run(_run(settings, ticket, wait, quiet=as_json))
    tell(result, as_json=as_json)


async def _run(settings: Settings, ticket: str, wait: str, *, quiet: bool) -> dict[str, Any]:
    async with changing(settings, configured=True) as client:
        return await tried(client, ticket, wait, quiet=quiet)


async def tried(
    client: httpx.AsyncClient,
    ticket: str,
    wait: str,
    *,
    quiet: bool,
    show: Callable[[str], object] = _aside,
) -> dict[str, Any]:
    """What came of it; `show` is told what a person is to do."""
    try:
        connection, id = split_ref(ticket)
    except ValueError:
        raise typer.BadParameter(f"{ticket!r} is no ref; right: hubspot:812") from None
    path = f"/tickets/{connection}/{id}/canary"
    job = await ask(client, "POST", path, json={"wait": wait})
    while job["result"] is None and job["state"] in ("waiting", "running"):
        await asyncio.sleep(_EVERY_S)
        job = await ask(client, "GET", f"/jobs/{job['id']}")
    if job["result"] is not None:
        show(_wish(job["result"], wait))
    ended = await follow(client, job, quiet=quiet)
    result: dict[str, Any] = ended["result"]
    return result


def _wish(result: Mapping[str, Any], wait: str) -> str:
    return (
        f"Write this as a comment on {result['item']}, by your own account, within {wait}:\n\n"
        f"{result['text']}\n\n"
        "Delete it again when this has ended. To look through logs: " + str(result["token"])
    )


def tell(result: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what came of it; typer.Exit(1) unless the rule holds."""
    sentence, holds = _SAID[result["state"]]
    if as_json:
        print_json(result)
    else:
        console = people()
        console.print(sentence.format(item=escape(result["item"])))
        for place in result["places"]:
            console.print(f"  {escape(place)}")
        console.print(f"Delete the comment on {escape(result['item'])} now.")
    if not holds:
        raise typer.Exit(1)
