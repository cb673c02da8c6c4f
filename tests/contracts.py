"""Where the vendors' published contracts lie, and what a test does when they are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]


def contracts_dir() -> Path | None:
    """The folder of vendor contracts: `BRIDGE_CONTRACTS`, or one found beside the checkout."""
    named = os.environ.get("BRIDGE_CONTRACTS")
    candidates = [Path(named)] if named else []
    candidates += [_ROOT / "contracts", *_ROOT.parent.glob("*/contracts")]
    return next((path for path in candidates if path.is_dir()), None)


def need_contracts(vendor: str) -> Path:
    """The vendor's contract folder; skips the test where there is none, fails it in CI."""
    found = contracts_dir()
    if found is not None and (found / vendor).is_dir():
        return found / vendor
    reason = f"no contracts of {vendor}: set BRIDGE_CONTRACTS to the folder that holds them"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
