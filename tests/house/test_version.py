"""One version, said once in the code and once to the operator."""

from __future__ import annotations

import re
import tomllib

import bridge
from tests.house.sources import ROOT


def test_changelog_version_equals_the_code_version() -> None:
    headings = re.findall(
        r"^## \[?(\S+?)\]?(?:\s|$)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M
    )
    released = [heading for heading in headings if heading.lower() != "unreleased"]
    assert released[0] == bridge.__version__


def test_package_version_is_read_from_the_code() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert pyproject["project"]["dynamic"] == ["version"]
    assert pyproject["tool"]["hatch"]["version"]["path"] == "bridge/__init__.py"
