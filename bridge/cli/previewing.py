"""`bridge preview`: what a draft of a mapping would change, before it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape
from rich.table import Table

from bridge.cli.following import follow
from bridge.cli.local_api import ask, reading
from bridge.cli.output import AsJson, people, print_json, told
from bridge.config.settings import load_settings
from bridge.domain.errors import ConfigProblem

_ROWS = 40
"""Lines of each table that people are shown; --json has them all."""


def preview(
    mapping: Annotated[str, typer.Argument(metavar="MAPPING", help="The mapping's name.")],
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="A mapping file; without it the newest stored draft."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a draft would change. Writes nothing, asks no vendor; ends with 1 on problems."""
    with told(as_json):
        found = asyncio.run(_preview(mapping, _read(file), quiet=as_json))
        if as_json:
            print_json(found)
        else:
            _print(found)
    if found["counts"]["problems"] or found["counts"]["refused"]:
        raise typer.Exit(1)


def _read(file: Path | None) -> dict[str, Any]:
    """What the request carries: the file, or nothing for the stored draft."""
    if file is None:
        return {}
    try:
        text = file.read_bytes()
    except OSError as error:
        raise ConfigProblem(f"{file} can't be read: {error.strerror}") from None
    return {"content": text, "headers": {"Content-Type": "application/yaml"}}


async def _preview(name: str, options: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    async with reading(load_settings()) as client:
        path = f"/mappings/{quote(name, safe='')}/preview"
        found: dict[str, Any] = await ask(client, "POST", path, **options)
        if "counts" not in found:
            # Too many tickets to wait for: a job goes over them.
            found = (await follow(client, found, quiet=quiet))["result"]
    return found


def _print(found: Mapping[str, Any]) -> None:
    console, counts = people(), found["counts"]
    console.print(
        f"{found['records']} records: [bold]{counts['changes']}[/] changes, "
        f"[bold]{counts['launches']}[/] new work items, {counts['messages']} tickets that ask for "
        f"a message to the customer"
    )
    if counts.get("promises") or counts.get("broken"):
        console.print(
            f"{counts['promises']} promises more are made, {counts['broken']} more are found broken"
        )
    _table(
        found["changes"],
        counts["changes"],
        ("record", "field", "from", "to", "customers see it"),
        lambda e: (
            e["ref"], e["field"], e["from"] or "-", e["to"] or "-",
            "yes" if e["customer_visible"] else "no",
        ),
    )  # fmt: skip
    _table(
        found["launches"],
        counts["launches"],
        ("ticket", "route", "new work item"),
        lambda e: (
            e["ref"],
            e["route"],
            f"{e['type']} in {e['connection']}" + (f", {e['project']}" if e["project"] else ""),
        ),
    )
    for name, title in (("problems", "problem"), ("refused", "not written")):
        _table(
            found[name],
            counts[name],
            (title, "record", "why"),
            lambda e: (e["code"], e["ref"] or "-", " ".join([e["sentence"], e["what_to_do"]])),
        )


def _table(entries: Any, count: int, head: tuple[str, ...], row: Any) -> None:
    if not entries:
        return
    table = Table(*head, box=None, pad_edge=False)
    for each in entries[:_ROWS]:
        table.add_row(*(escape(str(cell)) for cell in row(each)))
    people().print()
    people().print(table)
    if count > _ROWS:
        people().print(f"[dim]… and {count - _ROWS} more; --json lists up to 1,000[/]")
