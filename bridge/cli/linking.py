"""`bridge link` and `bridge launch`: what a person decides about tickets, items and signals.

A Sentry issue is never linked to a ticket: the answer to that names the call that does what may be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape

from bridge.cli.local_api import ask, changing
from bridge.cli.output import AsJson, people, print_json, told
from bridge.config.settings import load_settings

_WAIT_S = 20


def _ref(text: str, what: str) -> tuple[str, str]:
    connection, colon, id = text.strip().partition(":")
    if not (connection and colon and id):
        raise typer.BadParameter(f"{text!r} is no ref; right: hubspot:812", param_hint=what)
    return connection, id


def _item(text: str, what: str) -> dict[str, str]:
    """A work item by its ref, whose second part may be an id, a key or an address."""
    connection, id = _ref(text, what)
    return {"connection": connection, "url" if "://" in id else "id": id}


async def _post(path: str, body: Mapping[str, Any], **query: str) -> Any:
    async with changing(load_settings(), configured=True) as client:
        return await ask(client, "POST", path, json=body, params=query)


def _print(said: Mapping[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(said)
    else:
        people().print(escape(words))


def _named(ref: Mapping[str, Any]) -> str:
    return str(ref.get("key") or f"{ref['connection']}:{ref['id']}")


def link(
    ticket: Annotated[str, typer.Argument(metavar="TICKET", help="hubspot:812")],
    item: Annotated[
        str, typer.Argument(metavar="ITEM", help="boards:991, or boards: and the item's address.")
    ],
    as_json: AsJson = False,
) -> None:
    """Link a ticket to a work item that exists. A Sentry issue is refused, with the right way."""
    connection, id = _ref(ticket, "TICKET")
    body = {"ticket": {"connection": connection, "id": id}, "work_item": _item(item, "ITEM")}
    with told(as_json):
        made = asyncio.run(_post("/links", body))
        words = f"{_named(made['ticket'])} and {_named(made['work_item'])} are linked"
        _print(made, words, as_json=as_json)


def launch(
    ref: Annotated[
        str, typer.Argument(metavar="REF", help="A signal (sentry:4509876543) or a ticket.")
    ],
    related_to: Annotated[
        str | None,
        typer.Option(help="For a signal: the ticket's own work item, as boards:991."),
    ] = None,
    route: Annotated[
        str | None, typer.Option(help="For a ticket: the route whose work item is created.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create, or find, the work item of a signal, or of a ticket's route; once for ever."""
    connection, id = _ref(ref, "REF")
    if route is not None and related_to is not None:
        raise typer.BadParameter(
            "goes with signals, --route with tickets", param_hint="--related-to"
        )
    base = f"{quote(connection, safe='')}/{quote(id, safe='')}/launch"
    wait = str(_WAIT_S)
    with told(as_json):
        if route is not None:
            said = asyncio.run(_post(f"/tickets/{base}", {"route": route}, wait=wait))
        else:
            body = {} if related_to is None else {"related_to": _item(related_to, "--related-to")}
            said = asyncio.run(_post(f"/signals/{base}", body, wait=wait))
        made = said.get("work_item")
        words = said["sentence"] if made is None else f"{ref} has the work item {_named(made)}"
        _print(said, words, as_json=as_json)
