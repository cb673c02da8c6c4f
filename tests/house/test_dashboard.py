"""The dashboard and the alerts speak of figures that exist, with units, and add up rightly."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from prometheus_client import Counter, Gauge, Histogram
from ruamel.yaml import YAML

from bridge.core.reasons import REASONS
from bridge.engine.metrics import Metrics
from tests.house.sources import text

_NAME = re.compile(r"\bbridge[_:][a-z0-9_:]+")
_LABELS = re.compile(r"(bridge_[a-z_]+)\{([^}]*)\}")


def known() -> dict[str, set[str]]:
    """Every sample that the hub exports → its labels."""
    made = vars(Metrics()).values()
    names: dict[str, set[str]] = {}
    for each in made:
        # The client's collectors tell their names and labels only by these.
        if isinstance(each, Counter):
            names[f"{each._name}_total"] = set(each._labelnames)
        elif isinstance(each, Histogram):
            for end in ("bucket", "sum", "count"):
                names[f"{each._name}_{end}"] = {*each._labelnames, "le"}
        elif isinstance(each, Gauge):
            names[each._name] = set(each._labelnames)
    return names


def panels() -> list[dict[str, Any]]:
    """The panels of the dashboard that show something."""
    found = json.loads(text("docs/grafana/ticketbridge.json"))["panels"]
    return [each for each in found if each["type"] != "row"]


def rules() -> list[dict[str, Any]]:
    """The rules for Prometheus."""
    groups = YAML(typ="safe").load(text("docs/grafana/alerts.yml"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[str]:
    """Every expression of both."""
    return [
        *(target["expr"] for panel in panels() for target in panel["targets"]),
        *(rule["expr"] for rule in rules()),
    ]


def test_every_figure_that_is_spoken_of_is_exported_or_recorded() -> None:
    recorded = {each["record"] for each in rules() if "record" in each}
    spoken = {name for each in expressions() for name in _NAME.findall(each)}
    assert {"bridge_accept_seconds_bucket", "bridge:webhook_loss:ratio1h"} <= spoken
    assert spoken - known().keys() - recorded == set()


def test_every_label_that_is_asked_for_is_one_of_the_figure() -> None:
    asked = [found for each in expressions() for found in _LABELS.findall(each)]
    assert asked
    for name, said in asked:
        assert set(re.findall(r"(\w+)(?:=|!|=~|!~)+\"", said)) <= known()[name], (name, said)


def test_every_code_that_is_asked_for_is_in_the_catalogue() -> None:
    asked = {code for each in expressions() for code in re.findall(r'code="(\w+)"', each)}
    assert asked == {"WEBHOOKS_SILENT"}
    assert asked <= REASONS.keys()


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: str(panel["title"]))
def test_panel_says_what_it_shows_and_in_which_unit(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None
    assert panel["targets"]


def test_panels_lie_beside_each_other_and_have_ids_of_their_own() -> None:
    everything = json.loads(text("docs/grafana/ticketbridge.json"))["panels"]
    places = [(each["gridPos"]["x"], each["gridPos"]["y"]) for each in everything]
    assert len(set(places)) == len(places) == len({each["id"] for each in everything})
    assert all(each["gridPos"]["x"] + each["gridPos"]["w"] <= 24 for each in everything)


def test_gauges_of_the_store_are_never_added_up_over_replicas() -> None:
    gauges = [name for name, _ in known().items() if not name.endswith(("_total", "_bucket"))]
    shared = [each for each in gauges if not each.endswith(("_sum", "_count", "_info"))]
    assert "bridge_records_due" in shared
    for expression in expressions():
        for name in shared:
            for before in re.findall(
                rf"(\w+)(?: by \([^)]*\))? \({name}\b|(\w+)\({name}\b", expression
            ):
                assert "max" in before, expression


def test_every_alert_has_a_severity_and_says_what_is_wrong_and_what_to_do() -> None:
    alerts = [each for each in rules() if "alert" in each]
    assert len(alerts) >= 8
    for each in alerts:
        assert each["labels"]["severity"] in ("warning", "critical")
        assert each["annotations"].keys() == {"summary", "description"}
        assert each["for"]


def test_every_figure_says_what_it_is_and_gauges_how_to_join_replicas() -> None:
    for each in vars(Metrics()).values():
        if isinstance(each, Counter | Gauge | Histogram):
            assert each._documentation.endswith("."), each._name
            if isinstance(each, Gauge) and not each._name.endswith("_info"):
                assert "take the maximum" in each._documentation, each._name


def test_every_figure_stands_in_the_page_about_them() -> None:
    told = set(re.findall(r"`(bridge_[a-z_]+)`", text("docs/observe.md")))
    exported = {re.sub("_(bucket|sum|count)$", "", each) for each in known()}
    assert told == exported
