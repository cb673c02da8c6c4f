"""The table of measures, without taking any."""

from __future__ import annotations

import re

import pytest

from bench.__main__ import MEASURES, Row, main
from tests.scenarios.world import ROOT

NAMES = {"accept", "follow", "pairs", "drain", "fan_out", "pages", "growth", "replicas", "detector"}


def test_every_measure_can_be_named_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(MEASURES) == NAMES
    assert main(["--quick", "no-such-measure"]) == 2
    assert set(re.split(r"[^a-z_]+", capsys.readouterr().out)) >= NAMES


def test_row_says_whether_its_bar_is_held_and_whether_the_machine_was_busy() -> None:
    held = Row("drain", "250/s", "", ">= 200/s", holds=True)
    assert held.verdict == "holds"
    assert Row("drain", "90/s", "", ">= 200/s", holds=False, busy=True).verdict == (
        "MISSED (machine busy)"
    )


def test_operators_are_told_of_every_way_to_take_measures() -> None:
    said = (ROOT / "docs" / "operate.md").read_text()
    assert all(each in said for each in ("make bench", "--quick", "--keep", "profile"))
