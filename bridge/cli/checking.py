"""`bridge check`: configuration, credentials, rights, webhooks and mappings, against live vendors.

It asks the vendors itself, so it works before the first start, beside a running hub and without
one. What the hub has heard is read from its store, or asked of the hub that holds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from bridge.cli.canary import run_canary
from bridge.cli.local_api import ask, has_database, reading
from bridge.cli.output import AsJson, Refused, people, print_json, told
from bridge.config.bridge_yaml import BridgeFile
from bridge.config.mapping_files import LoadedMapping, MappingContext, load_folder
from bridge.config.problems import suggest
from bridge.config.settings import Settings, load_settings
from bridge.config.sign_in import SignIn
from bridge.core.check_result import Result
from bridge.core.checking import Heard
from bridge.domain.errors import ConfigProblem
from bridge.engine.checking import Circumstances, check_connection, door_of
from bridge.engine.provider_sign_in import check_provider, sign_in_by
from bridge.engine.silence import SILENT
from bridge.kit.http import Wire
from bridge.main import read_bridge
from connectors.registry import CONNECTORS

_MOST = 200
"""Findings of silence that are asked for: one for each connection."""


@dataclass(slots=True)
class Report:
    """All that was looked at: what concerns the whole hub, then each connection."""

    hub: list[Result] = field(default_factory=list)
    connections: dict[str, list[Result]] = field(default_factory=dict)
    created: dict[str, list[str]] = field(default_factory=dict)

    @property
    def every(self) -> Iterator[Result]:
        """Each line of it."""
        yield from self.hub
        for each in self.connections.values():
            yield from each

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(each.ok for each in self.every)

    def as_json(self) -> dict[str, Any]:
        """For programs: one list, `connection` null for what concerns the whole hub."""
        named: list[tuple[str | None, Result]] = [(None, each) for each in self.hub]
        named += [(name, each) for name, found in self.connections.items() for each in found]
        results = [{"connection": name, **asdict(each)} for name, each in named]
        return {"ok": self.ok, "created": self.created, "results": results}


@dataclass(frozen=True, slots=True)
class _FromHub:
    """What the hub knows of its connections, and which mappings are in force there."""

    heard: dict[str, Heard] = field(default_factory=dict)
    in_force: dict[str, str | None] | None = None
    """Name → hash; None where the hub has not run yet."""
    drafts: frozenset[str] = frozenset()
    """The hashes of what waits to be activated."""


def check(
    connection: Annotated[
        str | None, typer.Option(help="Only this connection; otherwise every one.")
    ] = None,
    create_properties: Annotated[
        bool,
        typer.Option(
            "--create-properties", help="Make the ticket fields that the hub owns and that lack."
        ),
    ] = False,
    canary: Annotated[
        str | None,
        typer.Option(
            metavar="TICKET",
            help="Instead: try the Sentry rule with a planted text, on this test ticket.",
        ),
    ] = None,
    wait: Annotated[str, typer.Option(help="With --canary: how long to wait for it.")] = "15m",
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with configuration, credentials, rights, webhooks and mappings.

    Asks every vendor, live, and changes nothing. Ends with 1 if anything is wrong.
    """
    with told(as_json):
        settings = load_settings()
        if canary is not None:
            run_canary(settings, canary, wait, as_json=as_json)
            return
        report = asyncio.run(look(settings, only=connection, create=create_properties))
        if as_json:
            print_json(report.as_json())
        else:
            print_report(people(), report)
        if not report.ok:
            raise typer.Exit(1)


async def look(
    settings: Settings, *, only: str | None = None, create: bool = False, wire: Wire | None = None
) -> Report:
    """Check everything; ConfigProblem if there is no connection `only`."""
    report = Report()
    try:
        bridge = read_bridge(settings)
    except ConfigProblem as error:
        said = error.problems or (str(error),)
        report.hub += [Result("bridge.yaml", False, each) for each in said]
        return report
    count = len(bridge.connections)
    sentence = f"{settings.config} is well formed; connections: {count}."
    report.hub.append(Result("bridge.yaml", True, sentence))
    if only is not None and only not in bridge.connections:
        hint = suggest(only, bridge.connections, known="connections in bridge.yaml")
        raise ConfigProblem(f'There is no connection "{only}" in bridge.yaml; {hint}')
    files = _mappings(settings.mappings, bridge, report)
    from_hub = await _ask_hub(settings, report)
    report.hub += _compared(files, from_hub)
    if only is None and bridge.sign_in is not None:
        report.hub += await _provider(bridge.sign_in, bridge.public_url, wire or Wire())
    for name in [only] if only is not None else sorted(bridge.connections):
        await _connection(name, bridge, files, from_hub, report, create=create, wire=wire)
    return report


async def _provider(settings: SignIn, public_url: str, wire: Wire) -> list[Result]:
    by = sign_in_by(settings, wire)
    try:
        return await check_provider(by, public_url)
    finally:
        await by.provider.aclose()


def _mappings(folder: Path, bridge: BridgeFile, report: Report) -> Sequence[LoadedMapping]:
    if not folder.is_dir():
        sentence = f"There is no folder {folder}, where the mapping files should be."
        hint = "Set BRIDGE_MAPPINGS to their folder, or make it and put a mapping there."
        report.hub.append(Result("mappings", False, sentence, hint))
        return ()
    manifests = [each.manifest for each in CONNECTORS.values()]
    known = MappingContext.of(bridge.connections, manifests, bridge.people)
    loaded = load_folder(folder, known=known)
    report.hub += [Result("mappings", False, str(each)) for each in loaded.problems]
    if loaded.mappings:
        names = ", ".join(each.mapping.mapping for each in loaded.mappings)
        report.hub.append(Result("mappings", True, f"Well formed: {names}."))
    elif not loaded.problems:
        sentence = f"{folder} holds no mapping file, so no ticket becomes work."
        hint = "Take one from the ready-made ones and adapt it: docs/mapping.md"
        report.hub.append(Result("mappings", True, sentence, hint))
    return loaded.mappings


async def _ask_hub(settings: Settings, report: Report) -> _FromHub:
    """What a running hub says, else its store; nothing where none ever ran."""
    if not has_database(settings):
        sentence = "The hub has not run here yet: there is no database."
        report.hub.append(Result("database", True, sentence, "Start it: bridge serve"))
        return _FromHub()
    try:
        async with reading(settings) as client:
            found = (await ask(client, "GET", "/connections"))["items"]
            mappings = (await ask(client, "GET", "/mappings"))["items"]
            asked = f"/findings?state=open&code={SILENT}&limit={_MOST}"
            silent = {each["connection"] for each in (await ask(client, "GET", asked))["items"]}
    except (ConfigProblem, Refused) as error:
        # Before the first start, or in the middle of one: nothing that a setting could mend.
        hint = "What the hub has heard was not looked at; check again then."
        report.hub.append(Result("database", True, str(error), hint))
        return _FromHub()
    except (SQLAlchemyError, OSError) as error:
        sentence = f"The database can't be reached ({type(error).__name__})."
        hint = "See BRIDGE_DATABASE_URL, or whether the data folder is this account's."
        report.hub.append(Result("database", False, sentence, hint))
        return _FromHub()
    heard = {e["name"]: _heard(e, silent=e["name"] in silent) for e in found}
    active = {e["name"]: None if e["active"] is None else e["active"]["hash"] for e in mappings}
    drafts = frozenset(draft["hash"] for each in mappings for draft in each["drafts"])
    return _FromHub(heard, active, drafts)


def _heard(said: dict[str, Any], *, silent: bool) -> Heard:
    last, paused = said["last_delivery_at"], said["paused"]
    return Heard(
        known=said["start_mark"] is not None,
        last_delivery_at=None if last is None else datetime.fromisoformat(last),
        paused_by=None if paused is None else paused["by"],
        paused_reason="" if paused is None else paused["reason"] or "",
        repairs=said["repairs"],
        silent=silent,
    )


def _compared(files: Sequence[LoadedMapping], from_hub: _FromHub) -> Iterator[Result]:
    """Hints where what is in force is not what the files say."""
    if from_hub.in_force is None:
        return
    named = {each.mapping.mapping: each for each in files}
    for name, active in from_hub.in_force.items():
        if active is None:
            continue
        if name not in named:
            sentence = f"The mapping {name} is in force, but no file of the folder holds it."
            hint = "It was not checked here; the running hub checks it: "
            yield Result("mappings", True, sentence, f"{hint}POST /api/v1/connections/…/check")
        elif named[name].hash != active:
            sentence = f"The file of {name} is not what is in force; the file was checked."
            hint = f"Put it in force, once it is right: bridge mappings activate {name}"
            if named[name].hash not in from_hub.drafts:
                hint = f"The hub takes it at its next start. {hint}"
            yield Result("mappings", True, sentence, hint)


async def _connection(
    name: str,
    bridge: BridgeFile,
    files: Sequence[LoadedMapping],
    from_hub: _FromHub,
    report: Report,
    *,
    create: bool,
    wire: Wire | None,
) -> None:
    settings, chosen = bridge.connections[name], wire or Wire()
    port = CONNECTORS[settings.vendor].connect(name, settings, chosen)
    on = Circumstances(
        mappings=[each.mapping for each in files],
        door=door_of(bridge.public_url, name),
        heard=from_hub.heard.get(name, Heard()),
        now=datetime.now(UTC),
        create=create,
    )
    try:
        checked = await check_connection(port, on)
    finally:
        await port.aclose()
    report.connections[name] = list(checked.results)
    if checked.created:
        report.created[name] = list(checked.created)


def print_report(console: Console, report: Report) -> None:
    """The report for reading: a line for each thing, and under it what to do."""
    _section(console, "Configuration", report.hub)
    for name, results in report.connections.items():
        _section(console, name, results)
    wrong = sum(not each.ok for each in report.every)
    console.print()
    if wrong:
        console.print(f"[red]✗[/] {wrong} to put right.")
    else:
        console.print("[green]✓[/] Nothing is wrong.")


def _section(console: Console, title: str, results: Sequence[Result]) -> None:
    console.print(f"\n[bold]{escape(title)}[/]")
    grid = Table.grid(padding=(0, 1, 0, 0))
    for each in results:
        sign = "[red]✗[/]" if not each.ok else "[yellow]![/]" if each.what_to_do else "[green]✓[/]"
        where = "" if each.ok and not each.what_to_do else f"  [dim]{escape(each.what)}[/]"
        grid.add_row(f"  {sign}", f"{escape(each.sentence)}{where}")
        if each.what_to_do:
            grid.add_row("", f"[bold]→[/] {escape(each.what_to_do)}")
    console.print(grid)
