"""compose.yaml and docs/prometheus.yml: they parse, are closed down, and name what is there."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from ruamel.yaml import YAML

from bridge.config.settings import Settings
from tests.house.sources import ROOT, text
from tests.packaging.recipe import final

OWN = {"bridge.yaml", "secrets"}
"""What each installation brings itself."""


@cache
def compose() -> Any:
    return YAML(typ="safe").load(text("compose.yaml"))


def hubs() -> dict[str, Any]:
    return {name: each for name, each in compose()["services"].items() if name.startswith("hub")}


def hub_like() -> dict[str, Any]:
    """The hubs, and the worker that only runs when it is asked for."""
    return {**hubs(), "worker": compose()["services"]["worker"]}


@pytest.mark.parametrize("name", ["hub-1", "hub-2", "worker", "postgres", "prometheus"])
def test_service_has_no_rights_to_spare(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & service.keys()
    assert all(each.startswith("127.0.0.1:") for each in service.get("ports", []))
    assert re.search(r":[\w.-]+$", service["image"])
    assert not service["image"].endswith(":latest")


def test_every_variable_of_the_hub_is_a_setting_and_holds_no_secret() -> None:
    known = {
        str(f.validation_alias or f"BRIDGE_{n.upper()}") for n, f in Settings.model_fields.items()
    }
    for hub in hub_like().values():
        assert set(hub["environment"]) <= known
        url = hub["environment"]["BRIDGE_DATABASE_URL"]
        assert url == (
            "postgresql://bridge:$${file:/run/secrets/database_password}@postgres/bridge"
        )


def test_database_url_of_the_hubs_is_read_with_the_password_from_its_file(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "database_password").write_text("p@ss/word\n")
    [url] = {each["environment"]["BRIDGE_DATABASE_URL"] for each in hubs().values()}
    # What compose makes of it: two dollars are one.
    given = url.replace("$$", "$").replace("/run/secrets", str(tmp_path))
    monkeypatch.setenv("BRIDGE_DATABASE_URL", given)
    found = Settings().database_url
    assert (found.password, found.host, found.database) == ("p@ss/word", "postgres", "bridge")


def test_replicas_wait_for_the_database_and_get_time_to_drain() -> None:
    assert len(hubs()) == 2
    for hub in hubs().values():
        assert hub["depends_on"]["postgres"] == {"condition": "service_healthy"}
        assert hub["stop_grace_period"] == "60s"
        user = final("USER")[0].split(":")[0]
        assert any(each.startswith(f"/data:uid={user},") for each in hub["tmpfs"])
    assert "healthcheck" in compose()["services"]["postgres"]


def test_worker_runs_on_request_and_shows_its_health_where_the_image_looks() -> None:
    worker = compose()["services"]["worker"]
    assert (worker["profiles"], worker["command"]) == (["worker"], ["worker"])
    assert worker["environment"]["BRIDGE_METRICS_PORT"] == final("EXPOSE")[0]
    assert worker["environment"]["BRIDGE_METRICS_HOST"] == "0.0.0.0"  # noqa: S104 - a container
    assert "ports" not in worker


def test_every_secret_is_a_file_and_is_declared() -> None:
    declared = compose()["secrets"]
    used = {each for s in compose()["services"].values() for each in s.get("secrets", [])}
    assert used == set(declared)
    assert {each["file"].split("/")[1] for each in declared.values()} == {"secrets"}
    assert "/secrets/" in text(".gitignore").splitlines()


def test_every_file_that_is_mounted_exists_or_is_the_installations_own() -> None:
    mounted = {
        volume.split(":")[0].removeprefix("./")
        for service in compose()["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    }
    assert {"docs/prometheus.yml", "docs/grafana/alerts.yml"} <= mounted
    assert [each for each in sorted(mounted - OWN) if not (ROOT / each).exists()] == []


def test_prometheus_asks_every_replica_at_the_port_of_the_image() -> None:
    asked = YAML(typ="safe").load(text("docs/prometheus.yml"))
    [job] = asked["scrape_configs"]
    [group] = job["static_configs"]
    assert group["targets"] == [f"{name}:{final('EXPOSE')[0]}" for name in hubs()]
    assert job["metrics_path"] == "/metrics"
    mounts = compose()["services"]["prometheus"]["volumes"]
    assert all(any(f":{rule}:" in m for m in mounts) for rule in asked["rule_files"])
