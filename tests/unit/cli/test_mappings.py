"""`bridge mappings`: with and without a running hub, for people and for programs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from bridge.cli import app
from bridge.config.settings import load_settings
from bridge.main import open_hub
from tests.unit.cli.test_serving import hub_process

YAML = """
public_url: http://bridge.test
connections:
  hubspot: {vendor: hubspot, base_url: "http://127.0.0.1:9", token: pat-test, portal_id: 7}
"""

MAPPING = """\
mapping: small
helpdesk: hubspot
ticket:
  category: {property: kind}
stages:
  - {id: reported, label: Reported}
routes:
  - {id: easy, when: {field: category, is: Easy}, stay: true}
"""

REWORDED = MAPPING.replace("label: Reported", "label: With our engineers")
BAD = MAPPING.replace("helpdesk: hubspot", "helpdesk: hubspo").replace("is: Easy", "equals: Easy")


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, ["mappings", *words])


def _json(*words: str) -> Any:
    return json.loads(_run(*words, "--json").stdout)


def _start_and_stop(home: Path, mapping: str) -> None:
    """A start with this mapping file, and its end."""
    (home / "bridge.yaml").write_text(YAML)
    (home / "mappings" / "small.yaml").write_text(mapping)

    async def once() -> None:
        hub = await open_hub(load_settings())
        await hub.aclose()

    asyncio.run(once())


def test_draft_is_listed_and_put_in_force_while_no_hub_runs(home: Path) -> None:
    _start_and_stop(home, MAPPING)
    [before] = _json("list")["items"]
    _start_and_stop(home, REWORDED)
    [found] = _json("list")["items"]
    [draft] = found["drafts"]
    assert found["active"]["hash"] == before["active"]["hash"] != draft["hash"]
    assert draft["created_by"] == "file mappings/small.yaml"
    assert _json("activate", "small")["active"]["hash"] == draft["hash"]
    [after] = _json("list")["items"]
    assert (after["active"]["hash"], after["drafts"]) == (draft["hash"], [])


def test_start_without_the_folder_of_mappings_is_told_in_the_log(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIDGE_MAPPINGS", str(home / "mapings"))
    with capture_logs() as entries:
        _start_and_stop(home, MAPPING)
    told = [each for each in entries if each["log_level"] == "warning"]
    assert [each["folder"] for each in told] == [str(home / "mapings")]


def _hints() -> list[str]:
    said = json.loads(CliRunner().invoke(app, ["check", "--json"]).stdout)
    return [each["what_to_do"] for each in said["results"] if each["what"] == "mappings"]


def test_check_says_how_a_changed_file_comes_in_force(home: Path) -> None:
    _start_and_stop(home, MAPPING)
    (home / "mappings" / "small.yaml").write_text(REWORDED)
    way = "Put it in force, once it is right: bridge mappings activate small"
    assert _hints() == ["", f"The hub takes it at its next start. {way}"]
    _start_and_stop(home, REWORDED)
    assert _hints() == ["", way]


def test_earlier_version_is_taken_back_by_the_beginning_of_its_hash(home: Path) -> None:
    _start_and_stop(home, MAPPING)
    first = _json("list")["items"][0]["active"]["hash"]
    _start_and_stop(home, REWORDED)
    assert _run("activate", "small").exit_code == 0
    result = _run("activate", "small", "--version", first[:12])
    assert first[:12] in result.stdout
    assert _json("list")["items"][0]["active"]["hash"] == first


def test_list_shows_people_what_is_in_force_and_what_waits(home: Path) -> None:
    _start_and_stop(home, MAPPING)
    _start_and_stop(home, REWORDED)
    [found] = _json("list")["items"]
    shown = _run("list").stdout
    for version in (found["active"]["hash"], found["drafts"][0]["hash"]):
        assert version[:12] in shown
    assert "draft" in shown


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("small",), "not_found"),
        (("nothing",), "not_found"),
        (("small", "--version", "0" * 12), "not_found"),
        (("small", "--version", "newest"), "invalid_request"),
    ],
)
def test_what_can_not_be_activated_ends_with_1(
    home: Path, words: tuple[str, ...], code: str
) -> None:
    _start_and_stop(home, MAPPING)
    result = _run("activate", *words, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == code


@pytest.mark.parametrize("words", [("list",), ("activate", "small")])
def test_before_the_first_start_says_so_and_makes_no_database(
    home: Path, words: tuple[str, ...]
) -> None:
    (home / "bridge.yaml").write_text(YAML)
    result = _run(*words)
    assert result.exit_code == 1
    assert "bridge serve" in result.stderr
    assert not (home / "data" / "bridge.sqlite3").exists()


def test_draft_that_bridge_yaml_no_longer_allows_is_told_mistake_by_mistake(home: Path) -> None:
    _start_and_stop(home, MAPPING)
    _start_and_stop(home, REWORDED)
    (home / "bridge.yaml").write_text(YAML.replace("hubspot: {", "helpdesk: {"))
    result = _run("activate", "small")
    assert result.exit_code == 1
    assert 'line 2: helpdesk: no connection "hubspot"' in result.stderr


def test_hub_that_runs_is_the_one_that_activates(home: Path) -> None:
    _start_and_stop(home, MAPPING)
    (home / "mappings" / "small.yaml").write_text(REWORDED)
    with hub_process(home):
        [found] = _json("list")["items"]
        [draft] = found["drafts"]
        assert _json("activate", "small")["active"]["hash"] == draft["hash"]
        again = _run("activate", "small", "--version", draft["hash"], "--json")
        assert json.loads(again.stdout)["error"]["code"] == "already_active"


def test_good_file_is_valid_without_a_hub(home: Path) -> None:
    (home / "bridge.yaml").write_text(YAML)
    file = home / "draft.yaml"
    file.write_text(MAPPING)
    result = _run("validate", str(file))
    assert result.exit_code == 0
    assert "nothing is wrong" in result.stdout
    assert _json("validate", str(file)) == {"problems": []}
    assert not (home / "data").exists()


def test_every_mistake_of_a_file_is_told_and_ends_with_1(home: Path) -> None:
    (home / "bridge.yaml").write_text(YAML)
    file = home / "draft.yaml"
    file.write_text(BAD)
    result = _run("validate", str(file))
    assert result.exit_code == 1
    assert f"{file}:2: helpdesk" in result.stderr
    assert f"{file}:8: routes[0].when" in result.stderr
    assert len(result.stderr.splitlines()) == len(_json("validate", str(file))["problems"])
    assert _run("validate", str(file), "--json").exit_code == 1


def test_file_that_is_not_there_is_told(home: Path) -> None:
    (home / "bridge.yaml").write_text(YAML)
    result = _run("validate", str(home / "nothing.yaml"))
    assert result.exit_code == 1
    assert "can't be read" in result.stderr
