"""Settings of the environment: defaults, the database's URL, and what a wrong value is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.config.settings import Settings, load_settings
from bridge.domain.errors import ConfigProblem

_EXAMPLE = Path(__file__).resolve().parents[3] / ".env.example"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("BRIDGE_"):
            monkeypatch.delenv(name)


def _variables() -> list[str]:
    return [
        str(info.validation_alias or f"BRIDGE_{name.upper()}")
        for name, info in Settings.model_fields.items()
    ]


def test_empty_environment_gives_the_defaults() -> None:
    settings = load_settings()
    assert settings.config == Path("bridge.yaml")
    assert settings.mappings == Path("mappings")
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert (settings.log_level, settings.log_format) == ("info", "console")
    assert settings.admin_token is None
    assert settings.mappings_autoactivate is False


def test_variables_are_those_that_are_documented() -> None:
    assert _variables() == [
        "BRIDGE_CONFIG",
        "BRIDGE_MAPPINGS",
        "BRIDGE_DATA_DIR",
        "BRIDGE_DATABASE_URL",
        "BRIDGE_DATABASE_CONNECTIONS",
        "BRIDGE_HOST",
        "BRIDGE_PORT",
        "BRIDGE_METRICS_HOST",
        "BRIDGE_METRICS_PORT",
        "BRIDGE_ADMIN_TOKEN",
        "BRIDGE_LOG_LEVEL",
        "BRIDGE_LOG_FORMAT",
        "BRIDGE_MAPPINGS_AUTOACTIVATE",
    ]
    example = _EXAMPLE.read_text(encoding="utf-8")
    assert [name for name in _variables() if f"{name}=" not in example] == []
    assert all(info.description for info in Settings.model_fields.values())


def test_set_variables_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_PORT", "9001")
    monkeypatch.setenv("BRIDGE_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("BRIDGE_ADMIN_TOKEN", "bootstrap")
    monkeypatch.setenv("BRIDGE_MAPPINGS_AUTOACTIVATE", "1")
    monkeypatch.setenv("BRIDGE_HOST", "")
    settings = load_settings()
    assert (settings.port, settings.log_level, settings.host) == (9001, "debug", "127.0.0.1")
    assert settings.mappings_autoactivate is True
    assert settings.admin_token is not None
    assert settings.admin_token.get_secret_value() == "bootstrap"
    assert "bootstrap" not in repr(settings)


def test_database_is_a_file_in_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BRIDGE_DATA_DIR", str(tmp_path))
    url = load_settings().database_url
    assert url.drivername == "sqlite"
    assert url.database == str(tmp_path / "bridge.sqlite3")


@pytest.mark.parametrize(
    ("given", "rendered"),
    [
        ("postgresql://u:p%40ss@db:5433/hub", "postgresql+asyncpg://u:p%40ss@db:5433/hub"),
        ("postgres://db/hub", "postgresql+asyncpg://db/hub"),
        ("postgresql://db/hub?sslmode=require", "postgresql+asyncpg://db/hub?ssl=require"),
        ("sqlite:////srv/hub.db", "sqlite:////srv/hub.db"),
    ],
)
def test_database_url_gets_the_driver_that_the_hub_uses(
    monkeypatch: pytest.MonkeyPatch, given: str, rendered: str
) -> None:
    monkeypatch.setenv("BRIDGE_DATABASE_URL", given)
    settings = load_settings()
    assert settings.database_url.render_as_string(hide_password=False) == rendered
    assert "p%40ss" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("BRIDGE_PORT", "http", "must be a whole number"),
        ("BRIDGE_PORT", "70000", "must be at most 65535"),
        ("BRIDGE_PORT", "-1", "must be at least 0"),
        (
            "BRIDGE_LOG_LEVEL",
            "warn",
            '"warn" is not one of debug, info, warning, error; did you mean "warning"?',
        ),
        (
            "BRIDGE_LOG_FORMAT",
            "jsn",
            '"jsn" is not one of console, json; did you mean "json"?',
        ),
        ("BRIDGE_MAPPINGS_AUTOACTIVATE", "maybe", "must be true or false"),
        *(
            (
                "BRIDGE_DATABASE_URL",
                url,
                "must be postgresql://user:password@host/name, or unset for SQLite",
            )
            for url in ("mysql://u:hunter2@db/x", "hunter2", "postgresql://u:hunter2@db:port/x")
        ),
    ],
)
def test_wrong_value_names_the_variable_and_what_is_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigProblem) as caught:
        load_settings()
    assert caught.value.problems == (f"{name}: {told}",)


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_PORT", "x")
    monkeypatch.setenv("BRIDGE_LOG_FORMAT", "xml")
    with pytest.raises(ConfigProblem) as caught:
        load_settings()
    assert len(caught.value.problems) == 2


def test_password_of_the_database_may_stand_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("p@ss/word\n")
    url = f"postgresql://bridge:${{file:{tmp_path}/password}}@db/bridge"
    monkeypatch.setenv("BRIDGE_DATABASE_URL", url)
    found = load_settings().database_url
    assert (found.username, found.password, found.host) == ("bridge", "p@ss/word", "db")


def test_file_of_a_password_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "nothing"
    monkeypatch.setenv("BRIDGE_DATABASE_URL", f"postgresql://b:${{file:{missing}}}@db/bridge")
    with pytest.raises(ConfigProblem) as refused:
        load_settings()
    [problem] = refused.value.problems
    assert problem.startswith("BRIDGE_DATABASE_URL: ")
    assert str(missing) in problem
