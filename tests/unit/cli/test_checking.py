"""`bridge check`: before the first start, beside a hub, and in the wrong folder."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from rich.console import Console
from typer.testing import CliRunner

from bridge.cli import app
from bridge.cli.checking import Report, look, print_report
from bridge.config.settings import load_settings
from bridge.core.check_result import Result
from bridge.kit.clock import SystemClock
from bridge.kit.http import Wire
from connectors.azure_devops.simulator import AzureDevOpsSimulator
from connectors.hubspot.simulator import HubSpotSimulator
from tests.scenarios.world import (
    BRIDGE_YAML,
    VendorTransport,
    make_boards,
    make_hubspot,
)
from tests.shipped import SHIPPED
from tests.unit.cli.test_serving import hub_process

NOBODY = """
public_url: http://bridge.test
connections:
  hubspot: {vendor: hubspot, base_url: "http://127.0.0.1:9", token: pat-test, portal_id: 7}
"""


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def _whats(report: Report, *, ok: bool) -> list[str]:
    return [each.what for each in report.every if each.ok is ok]


class Vendors:
    """Both vendors, as an admin has prepared them, and the way to them."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.hubspot: HubSpotSimulator = make_hubspot(clock)
        self.hubspot.add_company("Acme", success_plan="Elite")
        self.boards: AzureDevOpsSimulator = make_boards(clock)

    def look(self, **options: Any) -> Report:
        """The check by the settings of the environment."""
        apps = {"hubspot.test": self.hubspot.app, "boards.test": self.boards.app}
        # At the provider's address nothing is.
        apps["login.test"] = FastAPI()
        wire = Wire(transport=VendorTransport(apps))
        return asyncio.run(look(load_settings(), wire=wire, **options))


@pytest.fixture
def vendors(home: Path) -> Vendors:
    """Configuration, the ready-made mapping and both vendors; no hub ran yet."""
    (home / "bridge.yaml").write_text(BRIDGE_YAML)
    (home / "mappings" / "hubspot-success.yaml").write_text(SHIPPED)
    return Vendors()


def test_check_before_the_first_start_finds_nothing_wrong_and_makes_no_database(
    home: Path, vendors: Vendors
) -> None:
    report = vendors.look()
    assert report.ok, _whats(report, ok=False)
    assert list(report.connections) == ["boards", "hubspot"]
    assert "database" in _whats(report, ok=True)
    assert not (home / "data").exists()
    said = report.as_json()
    assert (said["ok"], said["created"]) == (True, {})
    assert {each["connection"] for each in said["results"]} == {None, "boards", "hubspot"}


def test_check_reads_the_store_of_a_hub_that_is_stopped_and_changes_nothing(
    begun: Path, vendors: Vendors
) -> None:
    file = begun / "data" / "bridge.sqlite3"
    before = file.read_bytes()
    report = vendors.look()
    assert report.ok, _whats(report, ok=False)
    assert "database" not in _whats(report, ok=True)
    assert file.read_bytes() == before


def test_check_hears_from_the_store_that_webhooks_do_not_come(
    begun: Path, vendors: Vendors
) -> None:
    finding = (
        "INSERT INTO findings (id, code, severity, connection, ref, topic, data, state, count,"
        " first_seen_at, last_seen_at)"
        " VALUES ('f1', 'WEBHOOKS_SILENT', 'warning', 'boards', '', '', '{}', 'open', 1, 1, 1)"
    )
    with closing(sqlite3.connect(begun / "data" / "bridge.sqlite3")) as store:
        state = "INSERT INTO connection_state (name, start_mark, last_delivery_at, repairs) VALUES "
        store.execute(f"{state} ('hubspot', 1, NULL, 3), ('boards', 1, 1, 3)")
        store.execute(finding)
        store.commit()
    report = vendors.look()
    wrong = {n: [e.sentence for e in said if not e.ok] for n, said in report.connections.items()}
    assert wrong["hubspot"] == ["No webhook has ever come, and sweeps found 3 changes."]
    [stopped] = wrong["boards"]
    assert stopped.startswith("Webhooks have stopped: the last one came 1 January 1970")


def test_check_of_one_connection_asks_no_other(vendors: Vendors) -> None:
    report = vendors.look(only="boards")
    assert list(report.connections) == ["boards"]
    assert vendors.hubspot.calls == []


def test_check_makes_missing_properties_only_when_asked(vendors: Vendors) -> None:
    definitions = vendors.hubspot.portal.crm.schemas["tickets"].definitions
    del definitions["work_stage"]
    assert _whats(vendors.look(), ok=False) == ["hubspot-success: show_on_ticket.stage"]
    assert "work_stage" not in definitions
    made = vendors.look(create=True)
    assert (made.ok, made.created) == (True, {"hubspot": ["work_stage"]})
    assert "work_stage" in definitions


def test_missing_mappings_folder_is_said_with_the_variable_that_names_it(
    home: Path, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIDGE_MAPPINGS", str(home / "mapings"))
    report = vendors.look()
    [one] = [each for each in report.every if not each.ok]
    assert (one.what, str(home / "mapings") in one.sentence) == ("mappings", True)
    assert "BRIDGE_MAPPINGS" in one.what_to_do


def test_mistake_in_a_mapping_file_is_told_with_its_line(home: Path, vendors: Vendors) -> None:
    (home / "mappings" / "hubspot-success.yaml").write_text(
        SHIPPED.replace("in: boards", "in: board")
    )
    lines = [each.sentence for each in vendors.look().hub if not each.ok]
    assert any('no connection "board"; did you mean "boards"?' in each for each in lines)


def test_mistake_in_bridge_yaml_ends_the_check_there(home: Path) -> None:
    (home / "bridge.yaml").write_text("public_url: nowhere\nconnections: {}\n")
    result = _run("check", "--json")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert {(each["what"], each["ok"]) for each in said["results"]} == {("bridge.yaml", False)}
    assert len(said["results"]) == 2


def test_vendor_that_does_not_answer_is_one_line_and_ends_with_1(home: Path) -> None:
    (home / "bridge.yaml").write_text(NOBODY)
    result = _run("check")
    assert result.exit_code == 1
    assert "did not answer" in result.stdout or "could not be reached" in result.stdout
    assert "✗ 1 to put right." in result.stdout
    assert "pat-test" not in result.output


def test_unknown_connection_is_refused_with_the_known_ones(home: Path) -> None:
    (home / "bridge.yaml").write_text(NOBODY)
    result = _run("check", "--connection", "hubspto")
    assert result.exit_code == 1
    assert 'did you mean "hubspot"?' in result.stderr


def test_check_beside_a_running_hub_hears_from_it_what_has_come(home: Path) -> None:
    with hub_process(home):
        said = json.loads(_run("check", "--json").stdout)
    whats = {each["what"] for each in said["results"]}
    assert "database" not in whats
    assert "credential" in whats


@pytest.mark.parametrize(
    "words",
    [
        ("token", "list"),
        ("token", "create", "--name", "x", "--role", "viewer"),
        ("token", "revoke", "x"),
        ("mappings", "list"),
        ("mappings", "activate", "x"),
    ],
)
def test_command_in_a_folder_without_a_database_says_so_and_makes_none(
    home: Path, words: tuple[str, ...]
) -> None:
    (home / "bridge.yaml").write_text(NOBODY)
    result = _run(*words)
    assert result.exit_code == 1
    assert "There is no database" in result.stderr
    assert "BRIDGE_DATA_DIR" in result.stderr
    assert not (home / "data").exists()


def test_report_for_people_names_what_to_do_under_each_line_that_wants_it() -> None:
    report = Report(
        hub=[Result("bridge.yaml", True, "Well formed.")],
        connections={
            "boards": [
                Result("status", False, "No status [Done].", "Did you mean Closed?"),
                Result("deliveries", True, "No webhook has come yet.", "Change an item."),
            ]
        },
    )
    out = io.StringIO()
    print_report(Console(file=out, width=100), report)
    lines = [each.strip() for each in out.getvalue().splitlines() if each.strip()]
    assert lines == [
        "Configuration",
        "✓ Well formed.",
        "boards",
        "✗ No status [Done].  status",
        "→ Did you mean Closed?",
        "! No webhook has come yet.  deliveries",
        "→ Change an item.",
        "✗ 1 to put right.",
    ]


def test_check_names_a_provider_that_is_not_there_once_for_the_whole_hub(
    home: Path, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "the-providers-secret")
    said = """
sign_in:
  name: Acme
  issuer: https://login.test
  client_id: ticketbridge
  client_secret: "${OIDC_CLIENT_SECRET}"
  otherwise: viewer
"""
    (home / "bridge.yaml").write_text(BRIDGE_YAML + said)
    report = vendors.look()
    assert not report.ok
    [wrong] = [each for each in report.hub if each.what == "sign_in"]
    assert "Nobody can sign in by Acme" in wrong.sentence
    # A look at one connection is about that one.
    assert [each.what for each in vendors.look(only="hubspot").hub if each.what == "sign_in"] == []
