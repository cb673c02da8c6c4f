"""`bridge explain`: the explanation of a ticket, for people or programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import typer
from rich.markup import escape
from rich.table import Table

from bridge.cli.local_api import ask, reading
from bridge.cli.output import people, print_json
from bridge.config.settings import Settings
from bridge.domain.refs import split_ref


async def explain_ref(settings: Settings, ref: str, *, as_json: bool) -> None:
    """Print why the ticket shows what it shows."""
    try:
        connection, id = split_ref(ref)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="REF") from None
    async with reading(settings) as client:
        path = f"/tickets/{quote(connection, safe='')}/{quote(id, safe='')}/explain"
        found = await ask(client, "GET", path)
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: Mapping[str, Any]) -> None:
    console = people()
    ticket = found["ticket"]
    console.print(f"[bold]{escape(ticket['connection'])}:{escape(ticket['id'])}[/]", end="  ")
    console.print(f"[cyan]{escape(found['verdict'])}[/]")
    console.print(escape(found["sentence"]))
    if found["detail"]:
        console.print(f"[dim]{escape(found['detail'])}[/]")
    if found["fields"]:
        table = Table("field", "should be", "is", "verdict", "why", box=None, pad_edge=False)
        for each in found["fields"]:
            table.add_row(
                *(
                    escape(each[name] or "-")
                    for name in ("field", "desired", "observed", "verdict")
                ),
                escape(each["sentence"]),
            )
        console.print()
        console.print(table)
    mapping = found["mapping"]
    if mapping is not None:
        name, short = escape(mapping["name"]), escape(mapping["version"][:12])
        console.print(f"\n[dim]mapping {name}, version {short}; checked {found['checked_at']}[/]")
