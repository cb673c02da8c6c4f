"""`bridge backfill`: work items, or links, for tickets from before the hub's time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from bridge.cli.following import follow
from bridge.cli.local_api import ask, changing
from bridge.cli.output import AsJson, people, print_json, told
from bridge.config.settings import load_settings

_WHY = {
    "GONE": "deleted or merged",
    "CLOSED": "closed",
    "LINKED": "linked to a work item already",
    "LAUNCHED": "launched before",
    "OTHER_ROUTE": "of another route",
    "NOT_ROUTED": "stay in the helpdesk",
    "NO_CATEGORY": "without a category",
    "NEEDS_DECISION": "fit no route",
    "VALUE_UNMAPPED": "hold a value that the mapping does not know",
}


def backfill(
    connection: Annotated[
        str | None, typer.Option(help="The helpdesk, where there are several.")
    ] = None,
    route: Annotated[str | None, typer.Option(help="Only tickets of this route.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only tickets that changed since that day (UTC)."),
    ] = None,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Launch nothing: link what belongs together already.")
    ] = False,
    field: Annotated[
        str | None,
        typer.Option("--property", help="With --adopt: the ticket's field that holds keys."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count existing tickets, ask, and launch or link them in the background.

    With --json nobody is asked: without --yes it only counts.
    """
    wanted: dict[str, Any] = {"adopt": adopt} | {
        name: value
        for name, value in (("connection", connection), ("route", route), ("property", field))
        if value is not None
    }
    if since is not None:
        wanted["since"] = since.replace(tzinfo=UTC).isoformat()
    with told(as_json):
        asyncio.run(_run(wanted, dry_run=dry_run, yes=yes, as_json=as_json))


async def _run(wanted: dict[str, Any], *, dry_run: bool, yes: bool, as_json: bool) -> None:
    async with changing(load_settings(), configured=True) as client:
        if dry_run or not yes:
            counted = await ask(client, "POST", "/backfill", json={**wanted, "dry_run": True})
            counted = await follow(client, counted, quiet=as_json)
            if as_json:
                print_json(counted)
                return
            _print(counted["result"], adopt=wanted["adopt"])
            if dry_run or not counted["total"]:
                return
            what = "links" if wanted["adopt"] else "work items"
            typer.confirm(f"Make {counted['total']} {what}?", abort=True)
        job = await ask(client, "POST", "/backfill", json=wanted)
        if as_json:
            print_json(job)
            return
        people().print(
            f"Job {job['id']} has begun; it goes on by itself while the hub runs. "
            f"How far: GET /api/v1/jobs/{job['id']}"
        )


def _print(result: Mapping[str, Any], *, adopt: bool) -> None:
    people().print(f"{result['tickets']} tickets seen")
    table = Table("tickets", "what", box=None, pad_edge=False)
    for route, count in sorted(result.get("routes", {}).items()):
        table.add_row(str(count), f"[bold]would get a work item[/] by route {escape(route)}")
    if adopt:
        for each in result["links"]:
            table.add_row("1", f"[bold]{escape(each['ticket'])}[/] ↔ {escape(each['work_item'])}")
        for each in result["ambiguous"]:
            table.add_row("1", escape(f"{each['ticket']}: {each['why']}"))
    for reason, count in sorted(result["skipped"].items()):
        table.add_row(str(count), _WHY.get(reason, escape(reason)))
    people().print(table)
