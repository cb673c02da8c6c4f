"""`bridge explain`: the explanation of a ticket or a stored run, for people or programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bridge.cli.local_api import ask, reading
from bridge.cli.output import people, print_json
from bridge.config.settings import Settings
from bridge.core.spoken import said_time

_GOOD = frozenset({"IN_SYNC", "UPDATE_DUE", "NOT_ROUTED"})
_HASH = 12


async def explain_ref(settings: Settings, ref: str, *, as_json: bool) -> None:
    """Print why the ticket that `ref` names (a ref, id, key or address) shows what it shows."""
    connection, colon, id = ref.strip().partition(":")
    if not ref.strip() or (colon and not (connection and id)):
        raise typer.BadParameter(
            f"{ref!r} names nothing; a ref looks like hubspot:812", param_hint="REF"
        )
    async with reading(settings) as client:
        found = await ask(client, "GET", "/explain", params={"ref": ref})
    if as_json:
        print_json(found)
    else:
        print_ticket(people(), found)


async def explain_run(settings: Settings, id: str, *, as_json: bool) -> None:
    """Print what a stored run decided, and whether the same would be decided again."""
    async with reading(settings) as client:
        found = await ask(client, "GET", f"/runs/{quote(id, safe='')}")
    if as_json:
        print_json(found)
    else:
        print_run(people(), found)


def print_ticket(console: Console, found: Mapping[str, Any]) -> None:
    """The API's explanation of a ticket, for reading; 80 columns are enough."""
    ticket, verdict = found["ticket"], found["verdict"]
    colour = "green" if verdict in _GOOD else "yellow"
    ref = f"{ticket['connection']}:{ticket['id']}"
    console.print(f"[bold]{escape(ref)}[/]  [{colour}]{escape(verdict)}[/]")
    console.print(escape(found["sentence"]))
    _quiet(console, found["detail"])
    if found["what_to_do"]:
        console.print(f"[bold]To do:[/] {escape(found['what_to_do'])}")
    _listed(console, "What would help", [e["sentence"] for e in found["would_update_if"]])
    also = [f"{each['code']}: {each['sentence']}" for each in found["also"]]
    _listed(console, "Also", also)
    if found["fields"]:
        console.print()
        console.print(_fields(found["fields"]))
    _print_foot(console, found)


def _quiet(console: Console, text: str) -> None:
    if text:
        console.print(f"[dim]{escape(text)}[/]")


def _listed(console: Console, title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    console.print(f"\n[bold]{title}[/]")
    _bullets(console, lines)


def _bullets(console: Console, lines: Sequence[str]) -> None:
    grid = Table.grid(padding=(0, 1, 0, 0))
    for each in lines:
        grid.add_row("  -", escape(each))
    console.print(grid)


def _fields(fields: Sequence[Mapping[str, Any]]) -> Table:
    """Field by field; the reason under the code, so that 80 columns are enough."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("field", "should be", "is"):
        table.add_column(title, header_style="dim", overflow="fold", max_width=28)
    table.add_column("why", header_style="dim", ratio=1)
    for each in fields:
        said = each["verdict"]
        if said not in ("IN_SYNC", "UPDATE_DUE"):
            said = f"{said}: {each['sentence']}"
        cells = (each["field"], each["desired"], each["observed"], said)
        table.add_row(*(escape(cell or "-") for cell in cells))
    return table


def _print_foot(console: Console, found: Mapping[str, Any]) -> None:
    words = [f"checked {_moment(found['checked_at'])}"] if found["checked_at"] else []
    mapping = found["mapping"]
    if mapping is not None:
        words.insert(0, f"mapping {mapping['name']}, version {mapping['version'][:_HASH]}")
    if found["last_run"]:
        words.append(f"last run {found['last_run']}")
    console.print()
    _quiet(console, "; ".join(words))


def print_run(console: Console, run: Mapping[str, Any]) -> None:
    """The API's account of a run, with what would be decided today, for reading."""
    record = run["record"]
    console.print(
        f"[bold]{escape(record['connection'])}:{escape(record['id'])}[/]  "
        f"[cyan]{escape(run['verdict'] or 'not ended')}[/]"
    )
    console.print(f"Run {escape(run['id'])}, {_moment(run['started_at'])}.")
    _quiet(console, f"woken by {run['woken_by']}; mapping {(run['mapping'] or 'none')[:_HASH]}")
    if run["operations"]:
        _bullets(console, [_operation(each) for each in run["operations"]])
    again = run["rerun"]
    if again["reason"]:
        console.print(f"\n{escape(again['reason'])}.")
    _compared(console, "By the rules of then", again["then"])
    _compared(console, "By the rules of today", again["today"])


def _compared(console: Console, title: str, differing: Sequence[str] | None) -> None:
    if differing is None:
        return
    if not differing:
        console.print(f"\n[bold]{title}[/] the same would be decided.")
        return
    console.print(f"\n[bold]{title}[/] it would be decided otherwise:")
    _bullets(console, differing)


def _operation(made: Mapping[str, Any]) -> str:
    said = f": {made['detail']}" if made["detail"] else ""
    return f"{made['kind']} at {made['connection']}, {made['state']}{said}"


def _moment(text: str) -> str:
    return said_time(datetime.fromisoformat(text))
