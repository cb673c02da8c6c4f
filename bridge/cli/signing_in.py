"""`bridge sign-in`: a link by which somebody gets into the pages."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bridge.cli.local_api import ask, changing
from bridge.cli.output import AsJson, print_json, told
from bridge.config.settings import load_settings
from bridge.domain.access import AccessRole


def sign_in(
    name: Annotated[str, typer.Option(help="Who will use it; it stands in the audit log.")],
    role: Annotated[AccessRole, typer.Option(help="What they may do.")] = AccessRole.CSM,
    email: Annotated[
        str | None, typer.Option(help="Their own address: by it they find their own customers.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a link that signs somebody in to the pages, once, within half an hour."""
    with told(as_json):
        made = asyncio.run(_make(name, role, email))
        if as_json:
            print_json(made)
            return
        # Alone on a line, so that it can be piped on.
        print(made["url"])
        typer.echo(f"It works once, for {name} ({role.value}), within half an hour.", err=True)


def sign_out(
    name: Annotated[str, typer.Option(help="Whose sessions end; unused links of theirs too.")],
    as_json: AsJson = False,
) -> None:
    """Sign somebody out of the pages, wherever they are signed in."""
    with told(as_json):
        ended = asyncio.run(_end(name))
        if as_json:
            print_json(ended)
        else:
            print(f"{ended['sessions']} ended")


async def _end(name: str) -> dict[str, str]:
    async with changing(load_settings()) as client:
        ended: dict[str, str] = await ask(client, "DELETE", "/sign-in-links", params={"name": name})
        return ended


async def _make(name: str, role: AccessRole, email: str | None) -> dict[str, str]:
    async with changing(load_settings()) as client:
        body = {"name": name, "role": role.value, **({"email": email} if email else {})}
        made: dict[str, str] = await ask(client, "POST", "/sign-in-links", json=body)
        return made
