"""The files of this checkout, as the house rules look at them."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("bridge/", "connectors/")
PYTHON = (*PRODUCT, "tests/", "bench/", ".ci/")

_MADE_BY_TOOLS = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


@cache
def files() -> tuple[str, ...]:
    """Every file that is tracked or would be added, as a path from the root with `/`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    if (ROOT / ".git").exists():
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        names = listed.stdout.splitlines()
    else:  # an unpacked sdist
        found = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
        names = [path.as_posix() for path in found if not _MADE_BY_TOOLS & {*path.parts}]
    return tuple(sorted(name for name in set(names) if (ROOT / name).is_file()))


def python_files(*folders: str) -> list[str]:
    """The Python files below these folders (all rooms when none is named)."""
    below = folders or PYTHON
    return [name for name in files() if name.endswith(".py") and name.startswith(below)]


@cache
def text(name: str) -> str:
    """A file's text; what is not UTF-8 (pictures) reads as nothing."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree(name: str) -> ast.Module:
    """A Python file's syntax tree."""
    return ast.parse(text(name), filename=name)
