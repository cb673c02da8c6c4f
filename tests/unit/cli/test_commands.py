"""Commands that need no running hub: what they print, for people and for programs."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import bridge
from bridge.api.application import openapi_document
from bridge.cli import app


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def test_version_is_printed_and_as_json() -> None:
    assert _run("version").stdout.strip() == bridge.__version__
    assert json.loads(_run("version", "--json").stdout) == {"version": bridge.__version__}


def test_openapi_prints_the_document() -> None:
    assert json.loads(_run("openapi").stdout) == openapi_document()


def test_openapi_writes_the_document_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    result = _run("openapi", "--output", str(file), "--json")
    assert json.loads(result.stdout) == {"written": str(file)}
    assert json.loads(file.read_text()) == openapi_document()


@pytest.mark.parametrize(
    "words",
    [
        ("nothing",),
        ("serve", "--port", "70000"),
        ("explain",),
        ("explain", "hubspot:812", "--run", "7"),
        ("explain", "hubspot:"),
        ("erase", "hubspot"),
        ("erase", "ana@client.example", "--json"),
        ("token", "create", "--name", "x"),
        ("token", "create", "--name", "x", "--role", "owner"),
        ("token", "create", "--name", "x", "--role", "viewer", "--expires", "soon"),
        ("mappings", "activate"),
        ("mappings", "validate"),
        ("version", "--yaml"),
    ],
)
def test_wrong_usage_ends_with_2_and_opens_nothing(home: Path, words: tuple[str, ...]) -> None:
    result = _run(*words)
    assert result.exit_code == 2
    assert not (home / "data").exists()


def test_every_command_takes_json(home: Path) -> None:
    for words in (
        ("serve",), ("worker",), ("explain",), ("openapi",), ("version",),
        ("backup",), ("restore",), ("restored",), ("health",),
        ("preview",), ("backfill",), ("replay",), ("erase",), ("check",),
        ("token", "create"), ("token", "list"), ("token", "revoke"),
        ("mappings", "list"), ("mappings", "activate"), ("mappings", "validate"),
    ):  # fmt: skip
        assert "--json" in _run(*words, "--help").stdout, words


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_wrong_configuration_is_told_line_by_line_and_ends_with_1(home: Path, command: str) -> None:
    (home / "bridge.yaml").write_text(
        "public_url: nowhere\nconnections:\n  boards: {vendor: azure_devop}\n"
    )
    result = _run(command)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) >= 2
    said = json.loads(_run(command, "--json").stdout)
    assert said["error"]["code"] == "config_problem"
    assert len(said["error"]["problems"]) >= 2


def test_wrong_variable_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_PORT", "many")
    result = _run("serve")
    assert result.exit_code == 1
    assert "BRIDGE_PORT" in result.stderr


NOT_UTF8 = "caf\udce9"
"""What Python makes of an argument whose bytes are no UTF-8."""


@pytest.mark.parametrize(
    "words",
    [
        ("explain", NOT_UTF8),
        ("explain", "--run", NOT_UTF8),
        ("token", "create", "--name", NOT_UTF8, "--role", "viewer"),
        ("token", "revoke", NOT_UTF8),
        ("mappings", "activate", NOT_UTF8),
        ("replay", NOT_UTF8),
        ("erase", f"hubspot:{NOT_UTF8}", "--yes"),
    ],
)
def test_word_that_is_no_utf8_is_refused_in_a_sentence(begun: Path, words: tuple[str, ...]) -> None:
    _configured(begun)
    result = _run(*words)
    assert (result.exit_code, result.stderr.strip()) == (
        1,
        "✗ A word of the command is not UTF-8 text.",
    )


@pytest.mark.parametrize(
    "words",
    [
        ("explain", "--run", "../tokens"),
        ("mappings", "activate", "a/b.yaml"),
        ("token", "revoke", "../jobs"),
        ("preview", "mappings/a.yaml"),
    ],
)
def test_path_in_place_of_a_name_is_told_as_such(begun: Path, words: tuple[str, ...]) -> None:
    _configured(begun)
    result = _run(*words)
    assert result.exit_code == 1
    assert "no name or id has a slash in it" in result.stderr


@pytest.mark.parametrize("command", ["serve", "explain", "token"])
def test_database_that_does_not_answer_is_a_sentence_without_its_password(
    home: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    _configured(home)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("BRIDGE_DATABASE_URL", f"postgresql://u:secret@127.0.0.1:{port}/x")
    words = {"explain": ("explain", "812"), "token": ("token", "list")}.get(command, ("serve",))
    result = _run(*words)
    assert result.exit_code == 1
    assert f"127.0.0.1:{port}/x can't be used: " in result.stderr
    assert "BRIDGE_DATABASE_URL" in result.stderr
    assert "secret" not in result.stderr


def test_folder_that_cannot_be_made_is_told_with_its_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _configured(home)
    (home / "file").write_text("in the way")
    monkeypatch.setenv("BRIDGE_DATA_DIR", str(home / "file" / "data"))
    result = _run("serve")
    assert result.exit_code == 1
    assert result.stderr.startswith("✗ BRIDGE_DATA_DIR: ")


def test_span_of_nothing_is_no_life_for_a_token(begun: Path) -> None:
    result = _run("token", "create", "--name", "x", "--role", "viewer", "--expires", "0d")
    assert result.exit_code == 1
    assert "a span is longer than nothing" in result.stderr
    assert "15m, 1h or 90d" in result.stderr
    assert "timedelta" not in result.stderr


def _configured(home: Path) -> None:
    (home / "bridge.yaml").write_text(
        "public_url: http://bridge.test\nconnections:\n"
        "  hubspot: {vendor: hubspot, token: pat-test, portal_id: 7}\n"
    )


def test_token_is_made_listed_and_revoked_without_a_hub(begun: Path) -> None:
    made = json.loads(
        _run("token", "create", "--name", "page", "--role", "csm", "--expires", "90d", "--json")
        .stdout
    )  # fmt: skip
    assert made["token"].startswith("tb_")
    assert (made["role"], made["created_by"]) == ("csm", "command line")
    listed = json.loads(_run("token", "list", "--json").stdout)["items"]
    assert [(each["id"], each["revoked_at"]) for each in listed] == [(made["id"], None)]
    shown = _run("token", "list").stdout
    assert made["id"] in shown
    assert made["token"] not in shown
    assert json.loads(_run("token", "revoke", made["id"], "--json").stdout) == {
        "revoked": made["id"]
    }
    again = _run("token", "revoke", made["id"])
    assert again.exit_code == 1
    assert "no token" in again.stderr


def test_made_token_stands_alone_on_standard_output(begun: Path) -> None:
    result = _run("token", "create", "--name", "page", "--role", "viewer")
    [line] = result.stdout.splitlines()
    assert line.startswith("tb_")
    assert "not shown again" in result.stderr


def test_explain_before_the_first_start_says_so_and_makes_no_database(home: Path) -> None:
    (home / "bridge.yaml").write_text(
        "public_url: http://bridge.test\nconnections:\n"
        "  hubspot: {vendor: hubspot, token: pat-test, portal_id: 7}\n"
    )
    result = _run("explain", "hubspot:812")
    assert result.exit_code == 1
    assert "bridge serve" in result.stderr
    assert not (home / "data" / "bridge.sqlite3").exists()
