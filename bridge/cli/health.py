"""`bridge health`: whether the hub on this machine is ready to work."""

from __future__ import annotations

from typing import Annotated, Any

import httpx
import typer
from rich.markup import escape

from bridge.cli.local_api import read_local_api
from bridge.cli.output import AsJson, Refused, people, print_json, told
from bridge.config.settings import load_settings
from bridge.domain.errors import ConfigProblem

_PATIENCE_S = 5.0


def health(
    url: Annotated[
        str | None, typer.Option(help="Where the hub listens; else the one on this machine.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the hub takes requests and its database is there; exit code 1 if not."""
    with told(as_json):
        address = url or _address()
        found = _ask(address)
        if as_json:
            print_json({"url": address, **found})
        else:
            people().print(f"[green]✓[/] {escape(address)} is ready")


def _address() -> str:
    """The address that a running hub has left, or the one that the settings name."""
    settings = load_settings()
    left = read_local_api(settings.data_dir)
    if left is not None:
        return left.url
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared only
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{settings.port}"


def _ask(address: str) -> dict[str, Any]:
    try:
        answer = httpx.get(f"{address}/readyz", timeout=_PATIENCE_S, trust_env=False)
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ConfigProblem(
            f"Nothing answers as a hub at {address} ({type(error).__name__}). Is bridge serve "
            "running, with the same BRIDGE_HOST, BRIDGE_PORT and BRIDGE_DATA_DIR?"
        ) from None
    if not isinstance(found, dict):
        raise ConfigProblem(f"What answers at {address} is no hub.")
    if answer.status_code != 200:
        store, tables = found.get("store", "unknown"), found.get("migrations", "unknown")
        raise Refused(
            {
                **found,
                "url": address,
                "detail": f"The hub at {address} is not ready: store {store}, migrations {tables}.",
            }
        )
    return found
