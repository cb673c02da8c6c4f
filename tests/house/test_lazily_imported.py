"""What a hub on SQLite does without is not in its memory (design section 10: idle)."""

from __future__ import annotations

import json
import subprocess
import sys

from connectors.registry import VENDORS

SPARED = [
    "alembic",
    "asyncpg",
    "authlib",
    "holidays",
    "markdown_it",
    "sqlalchemy.orm",
    "sqlalchemy.dialects.postgresql",
    *(f"connectors.{each}" for each in VENDORS),
]
CODE = f"""
import json, sys
import bridge.cli.commands, bridge.cli.server, bridge.main
print(json.dumps([each for each in {SPARED!r} if each in sys.modules]))
"""


def test_what_few_hubs_need_is_imported_where_it_is_needed() -> None:
    told = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == []
