"""`bridge demo`: hub, simulators and a support day, in one process and without any account."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bridge.cli.demo.acts import play
from bridge.cli.demo.casebook import Casebook
from bridge.cli.demo.cast import SILENT_HOURS
from bridge.cli.demo.checks import judge
from bridge.cli.demo.desk import Desk
from bridge.cli.demo.living import live_on
from bridge.cli.demo.narrator import Narrator
from bridge.cli.demo.outcome import (
    Summary,
    show_picture,
    show_systems,
    show_verdicts,
    summarise,
)
from bridge.cli.demo.scene import Scene
from bridge.cli.demo.servers import PortTaken
from bridge.cli.demo.verdicts import Verdict
from bridge.cli.demo.world import SYSTEMS, WINDOW, World, logging_to, open_world
from bridge.domain.errors import ConfigProblem

_HURRY = 50.0
"""The pace without an audience: people do not pause, only the hub is waited for."""
_SETTLING_S = 15.0
_POLL_S = 0.1


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the story; exit 1 if it did not end well.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print only the summary, as JSON; implies --once.")
    ] = False,
    speed: Annotated[
        float | None,
        typer.Option(
            min=0.1, help="How fast people act: 1 is for reading along.", show_default="1"
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            envvar="BRIDGE_PORT",
            help="Port of the hub; 0 takes a free one.",
            show_default="8080, or a free one",
        ),
    ] = None,
) -> None:
    """Play a support day: the hub between simulated helpdesks, trackers, Sentry, Teams and mail."""
    console = Console(quiet=as_json)
    pace = speed if speed is not None else (_HURRY if as_json else 1.0)
    try:
        with _folder() as folder:
            summary = asyncio.run(_day(console, folder, port, pace, once=once or as_json))
    except (PortTaken, ConfigProblem, OSError) as error:
        Console(stderr=True).print(f"[red]bridge demo:[/] {escape(str(error))}", highlight=False)
        raise typer.Exit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("\nThe demo has ended.")
        raise typer.Exit(0) from None
    if as_json:
        typer.echo(json.dumps(summary.as_dict(), indent=2))
    raise typer.Exit(0 if summary.ok else 1)


@contextmanager
def _folder() -> Iterator[Path]:
    """A new folder in BRIDGE_DATA_DIR where that is set, which is kept; else a temporary one.

    Never an old one: the simulators count their ids from the beginning each time.
    """
    given = os.environ.get("BRIDGE_DATA_DIR")
    if given:
        kept = Path(given) / f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
        kept.mkdir(parents=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(
        prefix="ticketbridge-demo-", ignore_cleanup_errors=True
    ) as made:
        yield Path(made)


async def _day(
    console: Console, folder: Path, port: int | None, speed: float, *, once: bool
) -> Summary:
    task = asyncio.current_task()
    if task is not None and os.name == "posix":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    began = time.monotonic()
    with logging_to(folder) as log:
        async with open_world(folder, port) as world:
            scene = Scene(world.vendors, Narrator(console), speed, hub=world.api)
            _introduce(console, world, log)
            await play(scene)
            verdicts = await _settled(scene)
            found = await world.api.findings()
            codes = None if found is None else [each["code"] for each in found]
            spent = time.monotonic() - began
            summary = summarise(world.vendors, scene.book, verdicts, codes, spent)
            show_picture(console, world.vendors, scene.book)
            show_systems(console, summary)
            show_verdicts(console, verdicts, summary)
            if not once:
                _invite(console, world, scene.book)
                await live_on(scene)
    return summary


async def _settled(scene: Scene) -> list[Verdict]:
    """The verdicts, once all are good or it has taken too long."""
    patience_ends = time.monotonic() + _SETTLING_S
    verdicts = judge(scene.vendors, scene.book)
    while not all(each.good for each in verdicts) and time.monotonic() < patience_ends:
        await asyncio.sleep(_POLL_S)
        verdicts = judge(scene.vendors, scene.book)
    return verdicts


def _introduce(console: Console, world: World, log: Path) -> None:
    console.print("[bold]A support day at Harborline")
    console.print(
        "Harborline plans the visits of technicians. Customer success logs tickets in HubSpot; the "
        "work is done in Azure DevOps Boards and, after an implementation, in Rocketlane. The "
        "technicians' app has a support desk of its own, in Zendesk, with engineers who use Jira "
        "and Sentry. All of them are simulated here, the hub between them is real. Nothing leaves "
        "this machine."
    )
    narrator = Narrator(console)
    systems = [(name, world.at[name]) for name in SYSTEMS]
    for name, address in (("hub", world.hub), *systems, ("mail server", _mail(world))):
        narrator.line(f"[grey58]{name:<12} {address}")
    narrator.line(f"[grey58]{'log':<12} {escape(str(log))}")
    narrator.line(f"To see all systems side by side, open [bold]{world.at[WINDOW]}[/]")
    narrator.line(f"The hub's own pages, by a link that works once: [bold]{world.sign_in}[/]")


def _mail(world: World) -> str:
    return f"{world.vendors.mail.host}:{world.vendors.mail.port}"


def _invite(console: Console, world: World, book: Casebook) -> None:
    """What to try while the day goes on."""
    vendors = world.vendors
    boards = f"{world.at['boards']}/{vendors.boards.organization}/Platform/_apis"
    hub_key, agent = _bearer(world.token), vendors.desk.zendesk.basic()
    narrator = Narrator(console)
    narrator.chapter("The day goes on, until Ctrl-C. Meanwhile, in another terminal")
    data, command = shlex.quote(str(world.folder / "data")), shlex.quote(_own_command())
    for ref, subject in _worth_asking(vendors.desk, book):
        narrator.line(f"[grey58]# Why does “{escape(subject)}” show what it shows?")
        narrator.line(escape(f"BRIDGE_DATA_DIR={data} {command} explain {ref}"))
    calls = [
        ("The CSM's list", hub_key, f"{world.hub}/api/v1/tickets"),
        ("What a person should decide", hub_key, f"{world.hub}/api/v1/findings?state=open"),
        (
            "The first bug, in Boards",
            f"-u :{vendors.boards.pat}",
            f"{boards}/wit/workitems/1?api-version=7.1",
        ),
        ("All calls of the hub", "", f"{world.hub}/openapi.json"),
    ]
    if book.desk:
        ticket = f"{world.at['zendesk']}/api/v2/tickets/{book.desk[0].ticket_id}"
        calls.append(("A ticket, in Zendesk", f"-H 'Authorization: {agent}'", ticket))
    for title, key, address in calls:
        narrator.line(f"[grey58]# {title}")
        narrator.line(escape(" ".join(f"curl -s {key} '{address}'".split())))
    console.print()


def _worth_asking(desk: Desk, book: Casebook) -> list[tuple[str, str]]:
    """What to ask for, and the subject: tickets of which there is something to be said."""
    odd = [case for case in book.cases if case.request == SILENT_HOURS]
    asked = [(f"hubspot:{each.ticket_id}", each.request.subject) for each in odd or book.cases[:1]]
    open_ = [case for case in book.escalated if not case.solved][:1]
    keys = [(issue.key, case) for case in open_ for issue in desk.issues_of(case.ticket_id)]
    return asked + [(key, case.request.subject) for key, case in keys]


def _own_command() -> str:
    """How this very command was called: in a fresh terminal `bridge` alone may not be found."""
    called = Path(sys.argv[0])
    return str(called.absolute()) if called.name == "bridge" and called.exists() else "bridge"


def _bearer(token: str) -> str:
    return f"-H 'Authorization: Bearer {token}'"
