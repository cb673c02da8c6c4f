"""`bridge link` and `bridge launch`: what a wrong try is answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bridge.cli import app
from tests.migrated import put_sqlite
from tests.unit.cli.test_mappings import MAPPING, YAML
from tests.unit.cli.test_replaying import _in_hub


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def stopped(home: Path) -> Path:
    """The folder of a hub that has run and stands still."""
    (home / "bridge.yaml").write_text(YAML)

    async def nothing(hub: Any) -> None:
        return None

    _in_hub(nothing)
    return home


@pytest.mark.usefixtures("stopped")
def test_an_error_as_item_of_a_link_is_refused_with_the_exact_command() -> None:
    address = "https://acme.sentry.io/issues/4711/"
    said = _run("link", "hubspot:812", f"boards:{address}", "--json")
    assert said.exit_code == 1
    problem = json.loads(said.stdout)["error"]
    assert problem["code"] == "sentry_never_on_ticket"
    assert "bridge launch sentry:4711 --related-to" in problem["detail"]


@pytest.mark.usefixtures("stopped")
def test_what_is_no_ref_is_refused_before_anything_is_opened() -> None:
    assert _run("link", "812", "boards:1").exit_code == 2
    assert _run("launch", "sentry:1", "--related-to", "boards:1", "--route", "bug").exit_code == 2


@pytest.mark.usefixtures("stopped")
def test_a_connection_that_is_no_source_of_signals_is_said_to_be_none() -> None:
    said = _run("launch", "hubspot:812", "--json")
    assert said.exit_code == 1
    assert json.loads(said.stdout)["error"]["code"] == "not_configured"


SELF_HOSTED = (
    YAML
    + """\
  boards: {vendor: azure_devops, base_url: "http://127.0.0.1:9", organization: acme,
           project: Platform, token: ado-test}
  sentry: {vendor: sentry, base_url: "http://errors.acme.test", organization: acme,
           token: sentry-test, launch_in: boards}
"""
)


@pytest.fixture(params=["sqlite", "postgresql"])
def alone(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped hub with a mapping and a Sentry of its own; commands open the store themselves."""
    if request.param == "postgresql":
        monkeypatch.setenv("BRIDGE_DATABASE_URL", request.getfixturevalue("migrated_postgres"))
    else:
        put_sqlite(home / "data")
    (home / "bridge.yaml").write_text(SELF_HOSTED)
    (home / "mappings" / "small.yaml").write_text(MAPPING)

    async def nothing(hub: Any) -> None:
        return None

    _in_hub(nothing)


@pytest.mark.usefixtures("alone")
def test_without_a_running_hub_commands_know_the_own_sentry_and_the_mapping_in_force() -> None:
    said = _run("link", "hubspot:812", "boards:http://errors.acme.test/issues/1/", "--json")
    assert json.loads(said.stdout)["error"]["code"] == "sentry_never_on_ticket"
    said = _run("launch", "hubspot:812", "--route", "easy", "--json")
    assert json.loads(said.stdout)["error"]["code"] == "route_stays"


@pytest.mark.usefixtures("home")
def test_an_audit_that_can_not_be_made_ends_otherwise_than_one_that_finds_something() -> None:
    assert _run("audit", "--json").exit_code == 2
