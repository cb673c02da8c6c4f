"""What is wrong in a file: where it stands, in plain words, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from bridge.core import likeness

Path: TypeAlias = tuple[str | int, ...]
"""Where something stands in a file: keys, and positions in lists."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LISTED_AT_MOST = 12
_COMPARED_AT_MOST = 100
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Complaint:
    """A mistake by its path, not yet placed in a file."""

    path: Path
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file. `str()` of it is the line that an admin reads."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}: {where}{self.message}{hint}"


def problem_at(file: str, place: tuple[int, int], complaint: Complaint) -> Problem:
    """The complaint at a line and column; quoted values can't break the line or a terminal."""
    line, column = place
    path = _one_line(render_path(complaint.path))
    return Problem(
        file, line, column, path, _one_line(complaint.message), _one_line(complaint.hint)
    )


def _one_line(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else " " for sign in text[: _LONGEST + 1])
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def render_path(path: Path) -> str:
    """The path as people write it: `routes[1].launch.fields["System.Title"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option most like `word`, letter case ignored; None if nothing comes near."""
    return likeness.nearest(word, islice(options, _COMPARED_AT_MOST))


def suggest(word: str, options: Iterable[str], *, known: str = "known") -> str:
    """A hint: the nearest option, else the options themselves if there are few; else empty."""
    options = list(dict.fromkeys(options))
    close = nearest(word, options)
    if close is not None:
        return f'did you mean "{close}"?'
    if 0 < len(options) <= _LISTED_AT_MOST:
        return f"{known}: {', '.join(options)}"
    return ""
