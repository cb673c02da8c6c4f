"""`bridge explain` in a terminal: what it prints, and what it says to bad input."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bridge.cli import app
from bridge.cli.explaining import print_run, print_ticket
from bridge.config.settings import load_settings
from bridge.domain.records import Fact, Observation, Source
from bridge.domain.refs import TicketRef
from bridge.main import open_hub
from bridge.store import connections, records
from tests.scenarios.telling import CHANNELS
from tests.scenarios.world import BRIDGE_YAML
from tests.shipped import WITH_NOTICES

FOUND: dict[str, Any] = {
    "ticket": {"connection": "hubspot", "id": "812", "key": "812", "url": None},
    "verdict": "ROLLUP_HOLDS",
    "sentence": "1 of 2 items are further on; we wait for #12 (In development).",
    "detail": "The roll-up follows boards:12, status Active.",
    "what_to_do": "Ask [engineering].",
    "also": [
        {
            "code": "PAUSED",
            "sentence": "Updates from and to boards are paused since 10:21 UTC, 4 min ago.",
            "detail": "",
            "what_to_do": "",
        }
    ],
    "would_update_if": [
        {
            "change": '#12 reached "Resolved"',
            "effect": 'show "In testing"',
            "sentence": 'Would show "In testing" if #12 reached "Resolved".',
        }
    ],
    "fields": [
        {
            "field": "work_stage",
            "desired": "In development",
            "observed": "In development",
            "verdict": "ROLLUP_HOLDS",
            "sentence": "1 of 2 items are further on; we wait for #12 (In development).",
            "rule": "rollup: least_advanced",
            "inputs": [],
        },
        {
            "field": "work_eta",
            "desired": None,
            "observed": None,
            "verdict": "IN_SYNC",
            "sentence": "",
            "rule": "",
            "inputs": [],
        },
    ],
    "mapping": {"name": "hubspot-success", "version": "16fa89d54ee7447775c9"},
    "checked_at": "2026-03-02T12:00:00.000Z",
    "last_run": "01a210aa9da1a0455a7126b35b",
}

RUN: dict[str, Any] = {
    "id": "01a2",
    "record": {"connection": "hubspot", "id": "812", "key": None, "url": None},
    "woken_by": "delivery:7",
    "started_at": "2026-03-02T12:00:00.000Z",
    "mapping": "16fa89d54ee7447775c9",
    "verdict": "IN_SYNC",
    "operations": [
        {"kind": "SetTicketFields", "connection": "hubspot", "state": "done", "detail": ""}
    ],
    "rerun": {"then": [], "today": ['the stage was "a", is "b"'], "reason": None},
}


def printed(show: Any, data: dict[str, Any], width: int) -> list[str]:
    to = io.StringIO()
    show(Console(file=to, width=width, highlight=False), data)
    return to.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 120])
def test_explanation_is_whole_at_the_usual_widths(width: int) -> None:
    lines = printed(print_ticket, FOUND, width)
    assert max(len(each) for each in lines) <= width
    text = " ".join(" ".join(lines).split())
    for part in (
        "hubspot:812 ROLLUP_HOLDS",
        "To do: Ask [engineering].",
        'Would show "In testing" if #12 reached "Resolved".',
        "PAUSED: Updates from and to boards are paused since 10:21 UTC, 4 min ago.",
        "version 16fa89d54ee7; checked 2 March 2026, 12:00 UTC",
        "last run 01a210aa9da1a0455a7126b35b",
    ):
        assert part in text
    [row] = [each for each in lines if each.startswith("work_eta")]
    assert row.split() == ["work_eta", "-", "-", "IN_SYNC"]


def test_run_says_what_is_the_same_and_what_is_not() -> None:
    text = " ".join(" ".join(printed(print_run, RUN, 80)).split())
    assert "SetTicketFields at hubspot, done" in text
    assert "By the rules of then the same would be decided." in text
    assert 'By the rules of today it would be decided otherwise: - the stage was "a"' in text


def test_run_whose_inputs_are_gone_says_so() -> None:
    gone = {"then": None, "today": None, "reason": "It is not kept any more"}
    text = " ".join(printed(print_run, {**RUN, "rerun": gone}, 80))
    assert "It is not kept any more." in text
    assert "rules of" not in text


@pytest.mark.parametrize("given", [[], ["hubspot:1", "--run", "7"]])
def test_either_a_ref_or_a_run_must_be_given(home: Path, given: list[str]) -> None:
    result = CliRunner().invoke(app, ["explain", *given])
    assert result.exit_code == 2
    assert "--run" in result.output
    assert not (home / "data").exists()


def test_rules_that_tell_a_group_of_bridge_yaml_can_be_explained_without_a_hub(home: Path) -> None:
    teams = "http://127.0.0.1:9/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/"
    yaml = BRIDGE_YAML + CHANNELS.format(teams=f"{teams}invoke?sig=x", port=9)
    (home / "bridge.yaml").write_text(yaml)
    (home / "mappings" / "hubspot-success.yaml").write_text(WITH_NOTICES)

    async def once() -> None:
        hub = await open_hub(load_settings())
        seen = Observation(
            TicketRef("hubspot", "812"),
            {"@subject": Fact("Export fails", hub.now())},
            hub.now(),
            Source.READ,
            whole=True,
        )
        async with hub.db.write() as connection:
            await connections.ensure(hub.db, connection, hub.connections, hub.now())
            await records.observe(
                hub.db, connection, seen, shown=hub.shown("hubspot"), counter=None
            )
        await hub.aclose()

    asyncio.run(once())
    result = CliRunner().invoke(app, ["explain", "hubspot:812"])
    assert result.exit_code == 0, result.output
    assert "work_stage" in result.output
