"""`bridge audit`: what of Sentry stands in tickets already, by whomever it was put there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import typer
from rich.markup import escape

from bridge.cli.following import follow
from bridge.cli.local_api import ask, changing
from bridge.cli.output import AsJson, Refused, people, print_json, told
from bridge.config.settings import load_settings
from bridge.domain.mapping_base import parse_span
from bridge.domain.records import parse_instant

_COLOURS = {"critical": "red", "warning": "yellow", "info": "dim"}
_RANKS = tuple(_COLOURS)


def _moment(text: str | None) -> str | None:
    """A day, a time, or a span back from now, as a time."""
    if text is None:
        return None
    try:
        span = parse_span(text)
    except ValueError:
        moment = parse_instant(text)
    else:
        moment = datetime.now(UTC) - span if isinstance(span, timedelta) else None
    if moment is None:
        raise typer.BadParameter(f"{text!r} is no time; right: 30d, 2026-05-12")
    return moment.isoformat()


def audit(
    connection: Annotated[
        str | None, typer.Option(help="Only this helpdesk; otherwise every one.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            callback=_moment, help="Only tickets with news since then: 30d, 12h, 2026-05-12 (UTC)."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look for Sentry in tickets and on the work items that hang on them; change nothing.

    Goes on by itself if this command is stopped; call it again to see how far it is. Ends with 1
    if anything is found, with 2 if the audit could not be made.
    """
    wanted = {
        name: value for name, value in (("connection", connection), ("since", since)) if value
    }
    with told(as_json, ends=2):
        report(asyncio.run(_run(wanted, quiet=as_json)), as_json=as_json)


async def _run(wanted: Mapping[str, str], *, quiet: bool) -> dict[str, Any]:
    async with changing(load_settings(), configured=True) as client:
        return await audited(client, wanted, quiet=quiet)


async def audited(
    client: httpx.AsyncClient, wanted: Mapping[str, str], *, quiet: bool
) -> dict[str, Any]:
    """What an audit finds: of the one under way if it looks for the same, or else of a new one.

    Refused if the one under way looks elsewhere.
    """
    job = await _under_way(client)
    if job is None:
        job = await ask(client, "POST", "/audits", json=wanted)
    elif not _covers(job, wanted):
        raise Refused(
            {
                "code": "job_running",
                "detail": f"The audit {job['id']} is under way, of {job['target']}, with another "
                "--connection or --since: wait for it, call it with the same options, or cancel "
                f"it: POST /jobs/{job['id']}/cancel",
            }
        )
    elif not quiet:
        people().print(f"The audit {job['id']} is under way already; this is what it finds.")
    ended = await follow(client, job, quiet=quiet)
    result: dict[str, Any] = ended["result"]
    return result


def _covers(job: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Whether the audit looks through the same helpdesks, from that time on or from before it.

    A span as 30d begins a little later each time that the command is called.
    """
    # One that an earlier version began does not say what it looks through.
    running = job["result"] or {}
    if running.get("connection", "") != wanted.get("connection"):
        return False
    begins, asked = running["since"], wanted.get("since")
    if begins is None or asked is None:
        return begins is asked
    return datetime.fromisoformat(begins) <= datetime.fromisoformat(asked)


def report(result: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what was found, and end with 1 if anything was."""
    if as_json:
        print_json(result)
    else:
        _print(result)
    if result["counts"]:
        raise typer.Exit(1)


async def _under_way(client: httpx.AsyncClient) -> dict[str, Any] | None:
    """The audit that is not over, if there is one."""
    for state in ("running", "waiting"):
        found = await ask(client, "GET", f"/jobs?kind=audit&state={state}")
        for each in found["items"]:
            job: dict[str, Any] = await ask(client, "GET", f"/jobs/{each['id']}")
            return job
    return None


def _print(result: Mapping[str, Any]) -> None:
    console = people()
    for each in sorted(result["entries"], key=_rank):
        colour = _COLOURS[each["severity"]]
        names = (each["ticket_url"] or each["ticket"], each["item_url"] or each["item"])
        console.print(f"[{colour}]{each['severity']}[/] [bold]{escape(each['sentence'])}[/]")
        console.print(f"  {escape('  '.join(filter(None, names)))}  [dim]{each['code']}[/]")
        if each["rule"]:
            console.print(f"  [dim]why:[/] {escape(each['rule'])}")
        if each["what_to_do"]:
            console.print(f"  → {escape(each['what_to_do'])}")
    if result["unlisted"]:
        console.print(f"and {result['unlisted']} more that are counted, not listed")
    read = f"{result['tickets']} tickets, {result['items']} work items, {result['signals']} issues"
    found = sum(result["counts"].values())
    sign = "[red]✗[/]" if found else "[green]✓[/]"
    console.print(f"{sign} {found or 'Nothing'} found; read: {read}")


def _rank(entry: Mapping[str, Any]) -> tuple[int, str]:
    return _RANKS.index(entry["severity"]), str(entry["ticket"])
