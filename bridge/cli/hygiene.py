"""`bridge hygiene`: what has come apart between tickets and their work."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import typer
from rich.markup import escape

from bridge.cli.following import follow
from bridge.cli.local_api import ask, changing
from bridge.cli.output import AsJson, people, print_json, told
from bridge.config.settings import load_settings

MOST = 10
"""Entries of one cause that are named; of the others it is said how many there are."""


def hygiene(
    connection: Annotated[
        str | None, typer.Option(help="Only this helpdesk; needed where several look.")
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="Only tell what the last look found; look at nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look for what has come apart, and say what mends it; change nothing.

    Ends with 1 if anything is found, with 2 if it could not be looked.
    """
    with told(as_json, ends=2):
        found = asyncio.run(_run(connection, last=last, quiet=as_json))
        report(found, as_json=as_json)


async def _run(connection: str | None, *, last: bool, quiet: bool) -> list[dict[str, Any]]:
    async with changing(load_settings(), configured=True) as client:
        if not last:
            wanted = {} if connection is None else {"connection": connection}
            job = await ask(client, "POST", "/hygiene", json=wanted)
            await follow(client, job, quiet=quiet)
        return await entries(client, connection)


async def entries(client: httpx.AsyncClient, connection: str | None) -> list[dict[str, Any]]:
    """Everything that is open."""
    found: list[dict[str, Any]] = []
    named = "" if connection is None else f"&connection={quote(connection)}"
    cursor = ""
    while True:
        page = await ask(client, "GET", f"/hygiene?limit=200{named}{cursor}")
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={quote(page['next_cursor'])}"


def report(found: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print what was found, and end with 1 if anything was."""
    if as_json:
        print_json({"items": found})
    else:
        _print(found)
    if found:
        raise typer.Exit(1)


def _print(found: list[dict[str, Any]]) -> None:
    console = people()
    ordered = sorted(found, key=lambda each: str(each["code"]))
    for code, group in groupby(ordered, key=lambda each: str(each["code"])):
        some = list(group)
        console.print(f"[bold]{len(some)}[/]  {escape(some[0]['title'])}  [dim]{code}[/]")
        for each in some[:MOST]:
            console.print(f"  {escape(_name(each))}  {escape(each['sentence'])}")
        if len(some) > MOST:
            console.print(f"  and {len(some) - MOST} more")
        console.print(f"  → {escape(some[0]['what_to_do'])}")
    sign = "[red]✗[/]" if found else "[green]✓[/]"
    mend = " Mend them on the page /hygiene of the hub." if found else ""
    console.print(f"{sign} {len(found) or 'Nothing'} found.{mend}")


def _name(entry: Mapping[str, Any]) -> str:
    ref = entry["ref"]
    return entry["connection"] if ref is None else f"{ref['connection']}:{ref['id']}"
