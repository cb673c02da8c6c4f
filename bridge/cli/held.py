"""`bridge held`: texts that wait for a person before they may reach a ticket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bridge.cli.local_api import ask, changing
from bridge.cli.output import AsJson, people, print_json, told
from bridge.config.settings import load_settings

app = typer.Typer(
    help="List texts that wait for a person, and decide about them.", invoke_without_command=True
)

Id = Annotated[str, typer.Argument(metavar="ID", help="Its id, from bridge held.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the audit log.")]
Seen = Annotated[
    str | None,
    typer.Option(help="`seen` of the text that was looked at; without it you are asked."),
]
SIGN = {"keep": "  ", "drop": "[red]- [/]", "add": "[green]+ [/]"}


@app.callback()
def list_held(
    context: typer.Context,
    state: Annotated[
        str, typer.Option(help="open, released, rewritten, rejected, withdrawn or all.")
    ] = "open",
    as_json: AsJson = False,
) -> None:
    """List texts that wait for a person, and decide about them."""
    if context.invoked_subcommand is not None:
        return
    with told(as_json):
        found = asyncio.run(_all(state))
        if as_json:
            print_json(found)
            return
        table = Table("id", "ticket", "work item", "why", "text", box=None, pad_edge=False)
        table.columns[0].no_wrap = True
        for each in found["items"]:
            line = each["text"][0] if each["text"] else "(not stored any more)"
            row = (_name(each["ticket"]), _name(each["work_item"]), each["why"], line)
            table.add_row(each["id"], *(escape(cell) for cell in row))
        people().print(table if found["items"] else "Nothing waits.")


async def _all(state: str) -> dict[str, Any]:
    """Every page of the list, as one."""
    items: list[Any] = []
    cursor: str | None = None
    async with changing(load_settings(), configured=True) as client:
        while True:
            query = {"limit": 200, "state": state} | ({} if cursor is None else {"cursor": cursor})
            page = await ask(client, "GET", "/held", params=query)
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return {"items": items, "next_cursor": None}


@app.command()
def show(id: Id, as_json: AsJson = False) -> None:
    """Show one: what it says, what the ticket would get, and why it is held."""
    with told(as_json):
        found = asyncio.run(_one(id))
        if as_json:
            print_json(found)
        else:
            _print(found, people())


async def _one(id: str) -> Any:
    async with changing(load_settings(), configured=True) as client:
        return await ask(client, "GET", f"/held/{quote(id, safe='')}")


@app.command()
def release(id: Id, reason: Reason, seen: Seen = None, as_json: AsJson = False) -> None:
    """Let exactly this text pass to the ticket, as an internal note."""
    _decided("release", id, {"reason": reason}, seen, as_json=as_json)


@app.command()
def rewrite(
    id: Id,
    text: Annotated[str, typer.Option(help="Your own words; they are checked like any text.")],
    reason: Reason,
    seen: Seen = None,
    as_json: AsJson = False,
) -> None:
    """Send your own words in its place."""
    _decided("rewrite", id, {"text": text, "reason": reason}, seen, as_json=as_json)


@app.command()
def reject(id: Id, reason: Reason, seen: Seen = None, as_json: AsJson = False) -> None:
    """Keep it internal."""
    _decided("reject", id, {"reason": reason}, seen, as_json=as_json)


def _decided(
    how: str, id: str, said: Mapping[str, str], seen: str | None, *, as_json: bool
) -> None:
    if as_json and seen is None:
        raise typer.BadParameter(
            "with --json nobody can be asked: give `seen` of the text, from bridge held --json",
            param_hint="--seen",
        )
    with told(as_json):
        found = asyncio.run(_decide(how, id, said, seen))
        if as_json:
            print_json(found)
        else:
            people().print(f"Held text {escape(id)} is {found['state']}")


async def _decide(how: str, id: str, said: Mapping[str, str], seen: str | None) -> Any:
    path = f"/held/{quote(id, safe='')}"
    async with changing(load_settings(), configured=True) as client:
        if seen is None:
            found = await ask(client, "GET", path)
            _print(found, Console(stderr=True, highlight=False))
            typer.confirm(f"{how.capitalize()} this text?", abort=True, err=True)
            seen = found["seen"] or "gone"
        headers = {"If-Match": f'"{seen}"'}
        return await ask(client, "POST", f"{path}/{how}", json=dict(said), headers=headers)


def _print(found: Mapping[str, Any], console: Console) -> None:
    where = f"{_name(found['work_item'])} → ticket {_name(found['ticket'])}"
    console.print(escape(f"{found['kind']} {found['name']} of {where} ({found['state']})"))
    console.print(escape(found["why_not"] or found["why"]))
    for each in found["lines"]:
        console.print(f"{SIGN[each['op']]}{escape(each['text'])}", soft_wrap=True)
    if found["decided_by"]:
        said = f"{found['state']} by {found['decided_by']}: {found['reason'] or '-'}"
        console.print(escape(said), soft_wrap=True)


def _name(ref: Mapping[str, Any]) -> str:
    return str(ref["key"] or f"{ref['connection']}:{ref['id']}")
