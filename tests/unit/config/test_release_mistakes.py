"""What a mapping can't say of dates and releases, each with what would be right."""

from __future__ import annotations

import pytest

from bridge.config.mapping_files import LoadedMapping, load_mapping
from tests.unit.config.samples import FILE, GOOD, KNOWN

RIGHT = """
eta:
  boards: [Custom.Planned, iteration]
releases:
  until_then: reported
  groups:
    pilot: {when: {field: category, is: Bug}, after: 0d}
    everyone: {}
  sources: {boards: iteration}
  rollout_days: [tue, thu]
  rollout_dates: [2026-12-08]
  never_on: [2026-12-24]
  time_zone: Europe/Paris
  notes_url: https://acme.example/{release}
"""


def told(*changes: tuple[str, str]) -> list[str]:
    """What is said of the file after these replacements, without lines."""
    text = RIGHT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    loaded = load_mapping(GOOD + text, FILE, known=KNOWN)
    if isinstance(loaded, LoadedMapping):
        return []
    return [str(each).partition(": ")[2] for each in loaded]


def test_what_is_right_is_taken_and_comes_back_as_it_was() -> None:
    assert told() == []
    loaded = load_mapping(GOOD + RIGHT, FILE, known=KNOWN)
    assert isinstance(loaded, LoadedMapping)
    spec = loaded.mapping.releases
    assert spec is not None
    assert [*spec.groups] == ["pilot", "everyone"]
    assert loaded.hash != load_good().hash


def test_group_for_whoever_is_left_may_stand_anywhere() -> None:
    assert (
        told(("    everyone: {}\n", "    everyone: {}\n    eu: {when: {field: plan, is: EU}}\n"))
        == []
    )


def load_good() -> LoadedMapping:
    loaded = load_mapping(GOOD, FILE, known=KNOWN)
    assert isinstance(loaded, LoadedMapping)
    return loaded


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("until_then: reported", "until_then: nowhere", 'no stage "nowhere"'),
        ("until_then: reported", "until_then: available", 'does not come before "available"'),
        ("until_then: reported", "available: nix\n  until_then: reported", 'no stage "nix"'),
        ("  boards: [Custom", "  bords: [Custom", 'no connection "bords"; did you mean "boards"?'),
        ("{boards: iteration}", "{hubspot: iteration}", '"hubspot" is not a tracker'),
        ("    everyone: {}\n", "", 'would never get a release: "pilot" is last'),
        ("when: {field: category, is: Bug}, ", "", "nobody is left for everyone"),
        ("after: 0d", "after: 5h", "is not a number of days"),
        ("Europe/Paris", "Europe/Pari", 'no time zone "Europe/Pari"; did you mean "Europe/Paris"?'),
        ("never_on: [2026-12-24]", "never_on: [2026-12-08]", "stands in never_on too"),
        ("[tue, thu]", "[tue, tue]", '"tue" stands there twice'),
        ("https://acme", "ftp://acme", "is no address"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused_with_what_would_be_right(old: str, new: str, said: str) -> None:
    assert any(said in each for each in told((old, new))), told((old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[tue, thu]", "[dienstag]"),
        ("[2026-12-08]", "[soon]"),
        ("iteration}", "sprints}"),
        ("after: 0d", "after: later"),
        ("everyone: {}", "everyone: {whom: all}"),
    ],
)
def test_what_is_no_value_is_refused_at_its_place(old: str, new: str) -> None:
    [said] = told((old, new))
    assert said.startswith("releases.")


def test_side_stage_is_no_stage_to_release_into() -> None:
    side = GOOD.replace("label: Available, tell: draft", "label: Available, side: true")
    loaded = load_mapping(side + RIGHT, FILE, known=KNOWN)
    assert isinstance(loaded, list)
    assert any("is a side stage" in str(each) for each in loaded)
