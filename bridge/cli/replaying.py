"""`bridge replay`: have stored deliveries read again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape

from bridge.cli.local_api import ask, changing
from bridge.cli.output import AsJson, people, print_json, told
from bridge.config.settings import Settings, load_settings
from bridge.domain.records import parse_instant
from bridge.kit.clock import rfc3339


def _moment(text: str | None) -> str | None:
    """Refuse a time that is none before anything is opened."""
    if text is None:
        return None
    moment = parse_instant(text)
    if moment is None:
        raise typer.BadParameter(f"{text!r} is no time; right: 2026-05-12T08:00:00Z (UTC)")
    return rfc3339(moment)


async def _each(settings: Settings, ids: Sequence[str]) -> None:
    async with changing(settings, configured=True) as client:
        # All are looked up before the first is read again: a mistyped one changes nothing.
        for id in ids:
            await ask(client, "GET", f"/deliveries/{quote(id, safe='')}")
        for id in ids:
            await ask(client, "POST", f"/deliveries/{quote(id, safe='')}/replay")


async def _span(settings: Settings, span: Mapping[str, Any], *, dry_run: bool) -> Any:
    async with changing(settings, configured=True) as client:
        query = {"dry_run": "true"} if dry_run else {}
        return await ask(client, "POST", "/deliveries/replay", json=span, params=query)


def replay(
    deliveries: Annotated[
        list[str] | None, typer.Argument(metavar="[DELIVERY]...", help="Ids of deliveries.")
    ] = None,
    connection: Annotated[
        str | None, typer.Option(help="Instead: all deliveries of this connection …")
    ] = None,
    since: Annotated[
        str | None, typer.Option(callback=_moment, help="… that came from then on (UTC) …")
    ] = None,
    until: Annotated[
        str | None, typer.Option(callback=_moment, help="… and before then (UTC).")
    ] = None,
    state: Annotated[
        str | None, typer.Option(help="Only those in this state: received, done or ignored.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have stored deliveries read again: each marks its records once more."""
    narrowed = {"connection": connection, "since": since, "until": until}
    if bool(deliveries) == any(narrowed.values()):
        raise typer.BadParameter(
            "give the ids of deliveries, or --connection, --since and --until",
            param_hint="DELIVERY",
        )
    if deliveries and state is not None:
        raise typer.BadParameter("goes with --connection, not with ids", param_hint="--state")
    if not deliveries and not all(narrowed.values()):
        missing = ", ".join(f"--{name}" for name, value in narrowed.items() if not value)
        raise typer.BadParameter(f"{missing} must be given too", param_hint="--connection")
    with told(as_json):
        if deliveries:
            asyncio.run(_each(load_settings(), deliveries))
            said = {"deliveries": len(deliveries), "payload_gone": 0, "dry_run": False}
        else:
            span = narrowed | ({} if state is None else {"state": state})
            counted = asyncio.run(_span(load_settings(), span, dry_run=True))
            if not yes and not _agreed(counted, str(connection), as_json=as_json):
                _tell(counted, as_json=as_json)
                return
            said = asyncio.run(_span(load_settings(), span, dry_run=False))
        _tell(said, as_json=as_json)


def _agreed(counted: Mapping[str, Any], connection: str, *, as_json: bool) -> bool:
    """Whether a person says yes; a program has to say it with --yes."""
    if as_json or not counted["deliveries"]:
        return False
    return typer.confirm(f"Read {counted['deliveries']} deliveries of {connection} again?")


def _tell(said: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(said)
        return
    gone = f"; {said['payload_gone']} have no payload any more" if said["payload_gone"] else ""
    words = "would be read again (--yes)" if said["dry_run"] else "are read again"
    people().print(escape(f"{said['deliveries']} deliveries {words}{gone}"))
