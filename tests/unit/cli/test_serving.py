"""`bridge serve` as a process: its address, its local API, and its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import bridge
from bridge.cli import app
from bridge.cli.local_api import LocalApi, read_local_api

ROOT = Path(bridge.__file__).resolve().parents[1]

YAML = """
public_url: http://bridge.test
connections:
  hubspot:
    vendor: hubspot
    base_url: http://127.0.0.1:9
    token: pat-test-of-nobody
    webhook_secret: secret-of-the-app
    portal_id: 7
    sweep_s: 3600
"""


@contextmanager
def _process(home: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    (home / "bridge.yaml").write_text(YAML)
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge.cli", *words, "--json"],
            cwd=home,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "BRIDGE_LOG_LEVEL": "debug",
                "BRIDGE_LOG_FORMAT": "json",
            },
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _first_line(process: subprocess.Popen[str], home: Path) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (home / "log").read_text()
    said: dict[str, Any] = json.loads(line)
    return said


@contextmanager
def hub_process(home: Path) -> Iterator[str]:
    """A hub that runs in `home`, by the configuration above; its address."""
    with _process(home, "serve", "--port", "0") as process:
        yield _first_line(process, home)["url"]


def test_serve_says_where_it_listens_and_drains_on_sigterm(home: Path) -> None:
    with _process(home, "serve", "--port", "0") as process:
        said = _first_line(process, home)
        assert said["version"] == bridge.__version__
        ready = httpx.get(f"{said['url']}/readyz", trust_env=False)
        assert ready.status_code == 200
        assert "server" not in ready.headers
        left = home / "data" / "api.json"
        stored = [home / "data" / f"bridge.sqlite3{end}" for end in ("", "-wal", "-shm")]
        # What customers wrote stands in these, whatever the account's umask is.
        assert {stat.S_IMODE(each.stat().st_mode) for each in (left, *stored)} == {0o600}
        local = read_local_api(home / "data")
        assert local is not None
        assert local.url == said["url"]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
        assert not left.exists()
    # Whoever writes an entry, it goes through the redaction.
    entries = [json.loads(line) for line in (home / "log").read_text().splitlines()]
    assert {"bridge.api.envelope", "uvicorn.error"} <= {each["logger"] for each in entries}


def test_page_that_is_left_open_does_not_hold_up_the_end(home: Path) -> None:
    with _process(home, "serve", "--port", "0") as process:
        said = _first_line(process, home)
        link = said["sign_in"].replace("http://bridge.test", said["url"])
        with httpx.Client(trust_env=False) as client:
            assert client.post(link).status_code == 303
            with client.stream("GET", f"{said['url']}/live?topic=health") as stream:
                lines = stream.iter_lines()
                assert next(line for line in lines if line.startswith("event: figure"))
                process.send_signal(signal.SIGTERM)
                assert [line for line in lines if line.startswith("event: signed-out")] == []
        # Requests under way are given 30 s: this one ended at once.
        process.communicate(timeout=20)
        assert process.returncode == 0


def test_commands_use_the_hub_that_runs(home: Path) -> None:
    with _process(home, "serve", "--port", "0") as process:
        said = _first_line(process, home)
        words = ["token", "create", "--name", "page", "--role", "viewer", "--json"]
        made = json.loads(CliRunner().invoke(app, words).stdout)
        headers = {"Authorization": f"Bearer {made['token']}"}
        url = f"{said['url']}/api/v1/connections"
        assert httpx.get(url, headers=headers, trust_env=False).status_code == 200
        unknown = CliRunner().invoke(app, ["explain", "hubspot:812", "--json"])
        assert unknown.exit_code == 1
        assert json.loads(unknown.stdout)["error"]["code"] == "not_found"
        second = CliRunner().invoke(app, ["serve", "--port", "0"])
        assert second.exit_code == 1
        assert "in use by another bridge process" in second.stderr
    log = (home / "log").read_text()
    assert "answered" in log
    for secret in (made["token"], "pat-test-of-nobody", "secret-of-the-app"):
        assert secret not in log


def test_worker_drains_on_sigterm(
    home: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIDGE_DATABASE_URL", postgres_url)
    with _process(home, "worker") as process:
        said = _first_line(process, home)
        assert said["working"]
        assert said["metrics_url"] is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0


def test_worker_shows_its_counters_and_nothing_else_where_it_is_told_to(
    home: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIDGE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("BRIDGE_METRICS_PORT", "0")
    with _process(home, "worker") as process:
        url = _first_line(process, home)["metrics_url"]
        assert url.startswith("http://127.0.0.1:")
        with httpx.Client(base_url=url, trust_env=False) as client:
            assert "bridge_runs_total" in client.get("/metrics").text
            assert [client.get(each).status_code for each in ("/healthz", "/readyz")] == [200, 200]
            for path in ("/", "/openapi.json", "/api/v1/tickets", "/webhooks/hubspot"):
                for method in ("GET", "POST"):
                    answer = client.request(method, path)
                    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        monkeypatch.setenv("BRIDGE_METRICS_PORT", url.rsplit(":", 1)[1])
        second = CliRunner().invoke(app, ["worker"])
        assert second.exit_code == 1
        assert "BRIDGE_METRICS_PORT" in second.stderr
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0


def test_worker_on_sqlite_is_refused_and_makes_no_database(home: Path) -> None:
    (home / "bridge.yaml").write_text(YAML)
    result = CliRunner().invoke(app, ["worker", "--json"])
    assert result.exit_code == 1
    [problem] = json.loads(result.stdout)["error"]["problems"]
    assert "On SQLite bridge serve does all the work" in problem
    assert not (home / "data").exists()


def test_address_in_use_is_told_with_its_variables(home: Path) -> None:
    with _process(home, "serve", "--port", "0") as process:
        port = _first_line(process, home)["url"].rsplit(":", 1)[1]
        other = home / "other"
        other.mkdir()
        environment = {"BRIDGE_DATA_DIR": str(other)}
        result = CliRunner().invoke(app, ["serve", "--port", port], env=environment)
        assert result.exit_code == 1
        assert "BRIDGE_PORT" in result.stderr


def test_start_that_fails_leaves_no_start_mark(home: Path) -> None:
    (home / "bridge.yaml").write_text(YAML)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert CliRunner().invoke(app, ["serve", "--port", port]).exit_code == 1

    def marks() -> int:
        with closing(sqlite3.connect(home / "data" / "bridge.sqlite3")) as database:
            found = database.execute("SELECT count(*) FROM connection_state").fetchone()
        return int(found[0])

    assert marks() == 0
    with hub_process(home):
        assert marks() == 1


def test_lock_held_by_a_process_without_an_api_is_told(home: Path) -> None:
    with _process(home, "serve", "--port", "0") as process:
        _first_line(process, home)
        (home / "data" / "api.json").unlink()
        result = CliRunner().invoke(app, ["token", "list"])
        assert result.exit_code == 1
        assert "in use by another bridge process" in result.stderr


def test_file_of_a_later_start_is_left_alone(tmp_path: Path) -> None:
    first, second = LocalApi("http://127.0.0.1:1", "a"), LocalApi("http://127.0.0.1:2", "b")
    first.leave_in(tmp_path)
    second.leave_in(tmp_path)
    first.take_from(tmp_path)
    assert read_local_api(tmp_path) == second
    second.take_from(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"url": "x"}', "null"])
def test_file_that_makes_no_sense_is_no_local_api(tmp_path: Path, text: str) -> None:
    (tmp_path / "api.json").write_text(text)
    assert read_local_api(tmp_path) is None
