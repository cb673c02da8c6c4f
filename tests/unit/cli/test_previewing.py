"""`bridge preview` and `bridge backfill`: what people and programs are told."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from bridge.cli import app
from bridge.config.settings import load_settings
from bridge.domain.records import Fact, Observation, Source
from bridge.domain.refs import TicketRef
from bridge.main import open_hub
from bridge.store import connections, records
from tests.unit.cli.test_mappings import MAPPING, YAML

BOARDS = """  boards: {vendor: azure_devops, base_url: "http://127.0.0.1:9", organization: acme,
    project: Platform, token: pat-test}
"""
LAUNCHING = (
    MAPPING
    + """\
  - id: bug
    when: {field: category, is: Bug}
    launch: {in: boards, type: Bug, fields: {System.Title: "{{ ticket.subject }}"}}
status:
  boards: {New: reported}
"""
)
UNREADABLE = MAPPING.replace(
    "{property: kind}", "{property: kind, values: {easy: Easy, hard: Bug}}"
)


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def _hub_was_here(home: Path) -> None:
    """A hub has run, and has seen two tickets."""
    (home / "bridge.yaml").write_text(YAML + BOARDS)
    (home / "mappings" / "small.yaml").write_text(MAPPING)

    async def once() -> None:
        hub = await open_hub(load_settings())
        now = hub.now()
        async with hub.db.write() as connection:
            await connections.ensure(hub.db, connection, hub.connections, now)
            for id, kind in (("1", "Bug"), ("2", "Easy")):
                facts = {
                    "kind": Fact(kind, now),
                    "@subject": Fact("Export fails", now),
                    "@created_at": Fact(now.isoformat(), now),
                }
                seen = Observation(TicketRef("hubspot", id), facts, now, Source.READ, whole=True)
                shown = hub.shown("hubspot")
                await records.observe(hub.db, connection, seen, shown=shown, counter=None)
        await hub.aclose()

    asyncio.run(once())


def test_preview_of_a_file_says_what_it_would_launch(home: Path) -> None:
    _hub_was_here(home)
    (home / "new.yaml").write_text(LAUNCHING)
    result = _run("preview", "small", "--file", str(home / "new.yaml"), "--json")
    found = json.loads(result.stdout)
    assert [(each["ref"], each["route"]) for each in found["launches"]] == [("hubspot:1", "bug")]
    assert result.exit_code == 0
    shown = _run("preview", "small", "--file", str(home / "new.yaml"))
    assert "1 new work items" in shown.stdout
    assert "hubspot:1" in shown.stdout


def test_preview_with_problems_ends_with_1_and_names_them(home: Path) -> None:
    _hub_was_here(home)
    (home / "new.yaml").write_text(UNREADABLE)
    result = _run("preview", "small", "--file", str(home / "new.yaml"))
    assert result.exit_code == 1
    assert "VALUE_UNMAPPED" in result.stdout


def test_preview_that_can_not_be_made_says_why(home: Path) -> None:
    _hub_was_here(home)
    (home / "new.yaml").write_text(MAPPING.replace("helpdesk: hubspot", "helpdesk: hubspo"))
    for words, said in (
        (("--file", str(home / "new.yaml")), "hubspo"),
        (("--file", str(home / "nothing.yaml")), "can't be read"),
        ((), "no draft"),
    ):
        result = _run("preview", "small", *words)
        assert result.exit_code == 1
        assert said in result.stderr


def test_backfill_asked_for_wrongly_is_refused_in_words(home: Path) -> None:
    _hub_was_here(home)
    result = _run("backfill", "--route", "nothing", "--yes", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "invalid_request"
    assert _run("backfill", "--since", "yesterday").exit_code == 2


def test_backfill_without_a_hub_at_work_begins_as_soon_as_one_is(home: Path) -> None:
    _hub_was_here(home)
    result = _run("backfill", "--yes", "--json")
    assert result.exit_code == 0, result.output
    job = json.loads(result.stdout)
    assert (job["kind"], job["state"], job["target"]) == ("backfill", "waiting", "hubspot")
