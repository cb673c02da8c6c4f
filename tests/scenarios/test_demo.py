"""The demo, as it is installed: the whole day, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cli.demo.servers import listening_socket
from tests.house.sources import ROOT

_DEMO = (sys.executable, "-c", "from bridge.cli import app; app()", "demo")


def _run(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")}
    return subprocess.run(
        [*_DEMO, *options],
        cwd=ROOT,
        env=kept | {"BRIDGE_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    # A database of somebody's real hub, and a port that nothing listens on, must not matter.
    elsewhere = "postgresql://nobody@127.0.0.1:9/none"
    folder = tmp_path_factory.mktemp("demo")
    return _run(folder, "--once", "--json", BRIDGE_DATABASE_URL=elsewhere)


def test_day_ends_well(day: subprocess.CompletedProcess[str]) -> None:
    summary = json.loads(day.stdout)
    assert summary["problems"] == []
    assert day.returncode == 0, day.stderr
    assert summary["ok"] is True
    assert summary["deliveries_lost"] == 0


def test_day_brings_every_kind_of_ticket_and_trouble(
    day: subprocess.CompletedProcess[str],
) -> None:
    summary = json.loads(day.stdout)
    assert summary["tickets"] >= 12
    assert 0 < summary["launched"] < summary["tickets"]
    assert summary["stages_mirrored"] > summary["launched"]
    assert summary["vendor_calls"] > summary["stages_mirrored"]
    assert summary["dropped_on_purpose"] > 1
    # The wish of another category, and the board that Maya closed and Kenton took up again.
    assert summary["finding_codes"] == ["CLOSED_BEFORE_FIXED", "RECATEGORISED"]
    assert summary["findings"] == 2


def test_day_says_of_each_system_what_was_created_mirrored_told_and_withheld(
    day: subprocess.CompletedProcess[str],
) -> None:
    systems = json.loads(day.stdout)["systems"]
    assert all(each["calls"] > 0 for each in systems.values())
    # Two of customers' tickets and one of a signal; two tasks with a subtask each.
    assert (systems["jira"]["created"], systems["rocketlane"]["created"]) == (3, 4)
    assert systems["boards"]["created"] > systems["jira"]["created"]
    for helpdesk in ("hubspot", "zendesk"):
        assert systems[helpdesk]["created"] == 0
        assert systems[helpdesk]["mirrored"] > 0
    assert systems["sentry"]["withheld"] > 10
    assert systems["sentry"]["created"] == systems["sentry"]["mirrored"] == 0
    # Two leads by both ways, a card for each task, a mail for each bug of the desk.
    assert (systems["internal"]["told"], systems["mail"]["told"]) == (4, 4)


def test_port_in_use_is_told_in_one_sentence(tmp_path: Path) -> None:
    with listening_socket(0) as held:
        held.listen()
        port = str(held.getsockname()[1])
        ended = _run(tmp_path, "--once", "--port", port)
    assert ended.returncode == 1
    assert f"Port {port} can't be used" in ended.stderr
    assert "Traceback" not in ended.stderr
