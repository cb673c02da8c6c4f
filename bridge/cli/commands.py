"""The command line: `bridge` and its commands."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import bridge
from bridge.api.application import openapi_document
from bridge.cli import backups, held, mappings, tokens
from bridge.cli.auditing import audit
from bridge.cli.backfilling import backfill
from bridge.cli.checking import check
from bridge.cli.erasing import erase
from bridge.cli.explaining import explain_ref, explain_run
from bridge.cli.health import health
from bridge.cli.hygiene import hygiene
from bridge.cli.linking import launch, link
from bridge.cli.output import AsJson, people, print_json, told
from bridge.cli.previewing import preview
from bridge.cli.replaying import replay
from bridge.cli.server import run_server, run_worker
from bridge.cli.signing_in import sign_in, sign_out
from bridge.config.settings import Settings, load_settings
from bridge.kit.logs import set_up_logs
from bridge.kit.redact import Redactor

_LATER = {"demo": "bridge.cli.demo"}
"""Commands loaded when they are called: the demo brings every simulator along."""


class _Commands(TyperGroup):
    """The commands, those of `_LATER` loaded only when somebody asks for them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the help page."""
        later = [name for name, module in _LATER.items() if importlib.util.find_spec(module)]
        return [*super().list_commands(ctx), *later]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; None if there is none."""
        module = _LATER.get(cmd_name)
        if module is None or importlib.util.find_spec(module) is None:
            return super().get_command(ctx, cmd_name)
        one = typer.Typer(add_completion=False)
        one.command(name=cmd_name)(getattr(importlib.import_module(module), cmd_name))
        return typer.main.get_command(one)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(mappings.app, name="mappings")
app.add_typer(tokens.app, name="token")
app.add_typer(held.app, name="held")


@app.callback()
def begin() -> None:
    """Tickets of customers, and the work that is done for them."""
    # Commands speak on standard output; what goes wrong inside them is logged beside it.
    set_up_logs("warning", redactor=Redactor())


Host = Annotated[str | None, typer.Option(help="Address to listen on; overrides BRIDGE_HOST.")]
Port = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="Port; overrides BRIDGE_PORT, 0 takes a free one."),
]


def _settings(**overrides: Any) -> Settings:
    given = {name: value for name, value in overrides.items() if value is not None}
    return load_settings().model_copy(update=given)


@app.command()
def serve(host: Host = None, port: Port = None, as_json: AsJson = False) -> None:
    """Run the hub: the doors, the API and the work, in one process. SIGTERM drains it."""

    def announce(url: str, first_link: str | None) -> None:
        if as_json:
            said = {"url": url, "version": bridge.__version__, "sign_in": first_link}
            print(json.dumps(said), flush=True)
            return
        print(f"Ticketbridge {bridge.__version__} listens on {url}", flush=True)
        if first_link is not None:
            print(f"Nobody has signed in yet. This link does it once: {first_link}", flush=True)

    with told(as_json):
        run_server(_settings(host=host, port=port), announce)


@app.command()
def worker(as_json: AsJson = False) -> None:
    """Work without doors, beside a `bridge serve` on the same PostgreSQL. SIGTERM drains it."""

    def announce(url: str) -> None:
        if as_json:
            said = {"working": True, "version": bridge.__version__, "metrics_url": url or None}
            print(json.dumps(said), flush=True)
        else:
            where = f"; counters at {url}/metrics" if url else ""
            print(f"Ticketbridge {bridge.__version__} works{where}", flush=True)

    with told(as_json):
        run_worker(_settings(), announce)


@app.command()
def explain(
    ref: Annotated[
        str | None,
        typer.Argument(
            metavar="REF",
            help="A ticket or work item: hubspot:812, its id, its key, or its address.",
        ),
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", help="Instead: decide a stored run once more, by its id.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say why a ticket shows what it shows, field by field."""
    if (ref is None) == (run is None):
        raise typer.BadParameter("give a REF, or --run with a run's id", param_hint="REF")
    with told(as_json):
        if run is not None:
            asyncio.run(explain_run(_settings(), run, as_json=as_json))
        else:
            asyncio.run(explain_ref(_settings(), ref or "", as_json=as_json))


@app.command()
def openapi(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the API's OpenAPI document (JSON, with or without --json)."""
    text = json.dumps(openapi_document(), ensure_ascii=False, indent=2) + "\n"
    if output is None:
        print(text, end="")
        return
    output.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"written": str(output)})
    else:
        people().print(f"Written to {output}")


@app.command()
def version(as_json: AsJson = False) -> None:
    """Print the version."""
    if as_json:
        print_json({"version": bridge.__version__})
    else:
        print(bridge.__version__)


for _command in (
    check,
    backups.backup,
    backups.restore,
    backups.restored,
    health,
    replay,
    preview,
    backfill,
    audit,
    hygiene,
    erase,
    link,
    launch,
):
    app.command()(_command)
app.command("sign-in")(sign_in)
app.command("sign-out")(sign_out)
