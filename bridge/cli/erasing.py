"""`bridge erase`: a ticket's or a person's words leave the hub."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding

from bridge.cli.following import follow
from bridge.cli.local_api import ask, changing
from bridge.cli.output import AsJson, people, print_json, told
from bridge.config.settings import load_settings


def erase(
    whom: Annotated[
        str,
        typer.Argument(
            metavar="REF|EMAIL",
            help="A ticket or work item (hubspot:812), or somebody's e-mail address.",
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase what the hub stores of a ticket or a person, and the copies it made at trackers.

    What only people can clear is listed. With --json, --yes is needed: nobody can be asked.
    """
    wanted = _wanted(whom.strip())
    if as_json and not yes:
        raise typer.BadParameter("with --json nobody can be asked: add --yes", param_hint="--yes")
    with told(as_json):
        asyncio.run(_run(wanted, whom.strip(), yes=yes, as_json=as_json))


def _wanted(whom: str) -> dict[str, Any]:
    connection, colon, id = whom.partition(":")
    if colon and connection and id and "@" not in connection:
        return {"ref": {"connection": connection, "id": id}}
    if "@" in whom and not colon:
        return {"email": whom}
    raise typer.BadParameter(
        f"{whom!r} is neither a ref such as hubspot:812 nor an e-mail address",
        param_hint="REF|EMAIL",
    )


async def _run(wanted: dict[str, Any], whom: str, *, yes: bool, as_json: bool) -> None:
    if not yes:
        typer.confirm(
            f"Erase what is stored of {whom}, and delete the copies at trackers? "
            "It can't be undone.",
            abort=True,
        )
    async with changing(load_settings(), configured=True) as client:
        job = await ask(client, "POST", "/erase", json=wanted)
        job = await follow(client, job, quiet=as_json)
    if as_json:
        print_json(job)
    else:
        _print(job["result"])


def _print(result: Mapping[str, Any]) -> None:
    console = people()
    console.print(
        f"{result['cleared']} records cleared, {result['payloads']} payloads removed, "
        f"{len(result['deleted'])} copies deleted at trackers"
    )
    if not result["left"]:
        return
    console.print("\n[bold]Left for you[/]; when it is done, erase once more:")
    for each in result["left"]:
        why = f" ({each['why']})" if each["why"] else ""
        line = f"- {each['ref'].rstrip(':')}: {each['what']}{why}"
        console.print(Padding(escape(line), (0, 0, 0, 2)))
