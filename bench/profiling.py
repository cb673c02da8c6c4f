"""Where the hub's time goes, as text: by function, for a drain and for changes one by one."""

from __future__ import annotations

import asyncio
import io
import pstats
import tempfile
from pathlib import Path

from bench.draining import drain
from bench.following import follow


def write_profiles(folder: Path) -> list[Path]:
    """Take both profiles and write them to the folder; the files."""
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        raw = {name: Path(place) / f"{name}.prof" for name in ("drain", "follow")}
        asyncio.run(drain(1000, profile=raw["drain"]))
        asyncio.run(follow(300, tickets=60, a_second=10, profile=raw["follow"]))
        return [_as_text(each, folder / f"{name}.txt") for name, each in raw.items()]


def _as_text(raw: Path, to: Path) -> Path:
    """The functions that take most by themselves, then with all that they call."""
    text = io.StringIO()
    stats = pstats.Stats(str(raw), stream=text).strip_dirs()
    stats.sort_stats("tottime").print_stats(40)
    stats.sort_stats("cumulative").print_stats(60)
    # The first lines name the raw file's place on this machine, and when.
    kept = [each for each in text.getvalue().splitlines() if str(raw) not in each]
    to.write_text("\n".join(kept).strip() + "\n")
    return to
