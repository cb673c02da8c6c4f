"""`bridge token`: who may use the API."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape
from rich.table import Table

from bridge.api.access import AccessRole
from bridge.cli.local_api import ask, changing
from bridge.cli.output import AsJson, people, print_json, told
from bridge.config.settings import load_settings
from bridge.domain.mapping_base import parse_span

app = typer.Typer(help="Make, list and revoke API tokens.", no_args_is_help=True)


def _span(text: str | None) -> str | None:
    """Refuse a span that is none before anything is opened."""
    if text is not None:
        try:
            parse_span(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    return text


async def _ask(method: str, path: str, **options: Any) -> Any:
    async with changing(load_settings()) as client:
        return await ask(client, method, path, **options)


async def _all() -> dict[str, Any]:
    """Every page of the list, as one."""
    items: list[Any] = []
    cursor: str | None = None
    async with changing(load_settings()) as client:
        while True:
            query = {"limit": 200} | ({} if cursor is None else {"cursor": cursor})
            page = await ask(client, "GET", "/tokens", params=query)
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return {"items": items, "next_cursor": None}


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Who or what will use it.")],
    role: Annotated[AccessRole, typer.Option(help="What it may do.")],
    expires: Annotated[
        str | None, typer.Option(callback=_span, help="How long it holds, such as 90d.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token; its secret is shown this once."""
    wanted = {"name": name, "role": role.value, "expires": expires}
    with told(as_json):
        made = asyncio.run(_ask("POST", "/tokens", json=wanted))
        if as_json:
            print_json(made)
            return
        # Alone on a line, so that it can be piped on.
        print(made["token"])
        until = made["expires_at"] or "it is revoked"
        typer.echo(
            f"Token {made['id']} ({name}, {role.value}) holds until {until}. "
            "It is not shown again.",
            err=True,
        )


@app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """List every token, without secrets."""
    with told(as_json):
        found = asyncio.run(_all())
        if as_json:
            print_json(found)
            return
        table = Table("id", "name", "role", "made", "expires", "revoked", box=None, pad_edge=False)
        table.columns[0].no_wrap = True
        for each in found["items"]:
            days = [(each[at] or "-")[:10] for at in ("created_at", "expires_at", "revoked_at")]
            table.add_row(each["id"], escape(each["name"]), each["role"], *days)
        people().print(table if found["items"] else "There is no token yet: bridge token create")


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(help="The token's id, from bridge token list.")],
    as_json: AsJson = False,
) -> None:
    """Revoke a token: it opens nothing from now on."""
    with told(as_json):
        asyncio.run(_ask("DELETE", f"/tokens/{quote(id, safe='')}"))
        if as_json:
            print_json({"revoked": id})
        else:
            people().print(f"Token {escape(id)} is revoked")
