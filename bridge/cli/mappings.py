"""`bridge mappings`: what is in force, which drafts wait, and putting one in force."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape
from rich.table import Table

from bridge.cli.local_api import ask, changing, reading
from bridge.cli.output import AsJson, people, print_json, told
from bridge.config.mapping_files import LoadedMapping, MappingContext, load_mapping
from bridge.config.problems import Problem
from bridge.config.settings import load_settings
from bridge.domain.errors import ConfigProblem
from bridge.main import read_bridge
from connectors.registry import CONNECTORS

app = typer.Typer(help="See, check and activate mappings.", no_args_is_help=True)

_SHORT = 12
"""As much of a hash as people need to see; `--version` takes it."""


async def _list() -> Any:
    async with reading(load_settings()) as client:
        return await ask(client, "GET", "/mappings")


async def _activate(name: str, version: str | None) -> Any:
    # A mapping in force that is no good now is mended by putting another one in its place.
    async with changing(load_settings(), configured=True, in_force=False) as client:
        path = f"/mappings/{quote(name, safe='')}/activate"
        return await ask(client, "POST", path, json={"version": version})


@app.command("list")
def list_mappings(as_json: AsJson = False) -> None:
    """List every mapping: what is in force, and which drafts wait."""
    with told(as_json):
        found = asyncio.run(_list())
        if as_json:
            print_json(found)
            return
        table = Table(
            "name", "helpdesk", "version", "state", "since", "by", box=None, pad_edge=False
        )
        table.columns[2].no_wrap = True
        for each in found["items"]:
            _rows(table, each)
        people().print(table if found["items"] else "There is no mapping yet")


def _rows(table: Table, mapping: Mapping[str, Any]) -> None:
    named = (escape(mapping["name"]), escape(mapping["helpdesk"]))
    active, campaign = mapping["active"], mapping["campaign"]
    if active is not None:
        state = "active"
        if campaign is not None:
            state += f" ({campaign['marked']} of {campaign['total']} records gone over)"
        table.add_row(*named, active["hash"][:_SHORT], state, active["activated_at"] or "-", "-")
    for each in mapping["drafts"]:
        by = escape(each["created_by"])
        table.add_row(*named, each["hash"][:_SHORT], "draft", each["created_at"], by)
    if active is None and not mapping["drafts"]:
        table.add_row(*named, "-", "retired", "-", "-")


@app.command()
def activate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The mapping's name.")],
    version: Annotated[
        str | None,
        typer.Option(
            metavar="HASH", help="A version's hash, or how it begins; else the newest draft."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a draft in force, or take an earlier version back; tickets follow one by one."""
    with told(as_json):
        found = asyncio.run(_activate(name, version))
        if as_json:
            print_json(found)
            return
        in_force, campaign = found["active"]["hash"][:_SHORT], found["campaign"]
        total = 0 if campaign is None else campaign["total"]
        people().print(
            f"{escape(name)} is in force as {in_force}; {total} records are gone over. "
            "How far: bridge mappings list"
        )


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The mapping file.")],
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with a mapping file, by bridge.yaml; asks no hub, no vendor."""
    with told(as_json):
        checked = _check(file)
        wrong = checked if isinstance(checked, list) else []
        if as_json:
            print_json({"problems": [_without_file(each) for each in wrong]})
            raise typer.Exit(1 if wrong else 0)
        if isinstance(checked, list):
            raise ConfigProblem(
                f"{file} has mistakes", problems=tuple(str(each) for each in checked)
            )
        mapping = checked.mapping
        people().print(
            f"[green]✓[/] {escape(str(file))}: nothing is wrong; mapping {escape(mapping.mapping)} "
            f"for {escape(mapping.helpdesk)}, version {checked.hash[:_SHORT]}"
        )


def _check(file: Path) -> LoadedMapping | list[Problem]:
    bridge = read_bridge(load_settings())
    manifests = [each.manifest for each in CONNECTORS.values()]
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigProblem(f"{file} can't be read: {error.strerror}") from None
    known = MappingContext.of(bridge.connections, manifests, bridge.people)
    return load_mapping(content, str(file), known=known)


def _without_file(problem: Problem) -> dict[str, Any]:
    return {name: value for name, value in asdict(problem).items() if name != "file"}
