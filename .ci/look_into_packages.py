#!/usr/bin/env python3
"""Compares what the wheel and the sdist in a folder hold with the files of the checkout."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def tracked() -> set[str]:
    """The files of the checkout that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {name for name in listed.splitlines() if (ROOT / name).is_file()}


def in_wheel(name: str) -> str | None:
    """Where a file of the checkout is expected in the wheel, if it belongs there."""
    if name.startswith(("bridge/", "connectors/")):
        return name
    return f"bridge/_{name}" if name.startswith("mappings/") else None


def main(folder: Path) -> int:
    """Print what is missing from either package; 0 when nothing is."""
    files = tracked()
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        inside = set(wheel.namelist())
    lost = [f"wheel: {path}" for path in map(in_wheel, files) if path and path not in inside]
    strange = {path.split("/")[0] for path in inside} - {"bridge", "connectors"}
    lost += [f"wheel: unexpected {top}" for top in strange if not top.endswith(".dist-info")]
    with tarfile.open(next(folder.glob("*.tar.gz"))) as sdist:
        inside = {path.partition("/")[2] for path in sdist.getnames()}
    lost += [f"sdist: {name}" for name in files if name not in inside]
    for line in sorted(lost):
        print(line, file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
