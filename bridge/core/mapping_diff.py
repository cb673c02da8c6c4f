"""What differs between two versions of a mapping, in words: pure.

Works on what the files say, not on models: a version from before may not be good any more.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST = 400
"""Characters of a value that are shown."""
_NAMED_BY = {
    "stages": ("id",),
    "routes": ("id",),
    "fields": ("ticket", "work_item", "connection"),
    "digests": ("id",),
}
"""By which keys the entries of a list are the same in both versions."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that one version says and the other says otherwise, or not (None)."""

    where: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of the texts laid side by side. `sign`: `+`, `-`, a space, or `@` for a gap."""

    sign: str
    text: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Everything that differs, in the order of the files."""
    return list(_tables((), before, after))


def line_differences(before: str, after: str) -> list[DiffLine]:
    """The lines that differ, each with two lines around it; comments count here."""
    found: list[DiffLine] = []
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    for each in list(lines)[2:]:
        if each.startswith("@@"):
            found.append(DiffLine("@", each.split("@@")[1].strip()))
        else:
            found.append(DiffLine(each[0], each[1:]))
    return found


def _values(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Difference]:
    if before == after and type(before) is type(after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _tables(path, before, after)
        return
    keys = _NAMED_BY.get(path[-1]) if path else None
    if keys is not None and _is_named(before, keys) and _is_named(after, keys):
        yield from _lists(path, keys, before, after)
        return
    yield Difference(_where(path), _shown(before), _shown(after))


def _tables(
    path: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for key in [*before, *(each for each in after if each not in before)]:
        yield from _values((*path, key), before.get(key), after.get(key))


def _lists(
    path: tuple[str, ...],
    keys: tuple[str, ...],
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
) -> Iterator[Difference]:
    old, new = ({_name(e, keys): e for e in listed} for listed in (before, after))
    for name in [*old, *(each for each in new if each not in old)]:
        yield from _values((*path, name), old.get(name), new.get(name))
    stays = [[name for name in names if name in old and name in new] for names in (old, new)]
    if stays[0] != stays[1]:
        yield Difference(f"{_where(path)}: order", ", ".join(stays[0]), ", ".join(stays[1]))


def _is_named(value: Any, keys: tuple[str, ...]) -> bool:
    """Whether each entry of the list has a name of its own."""
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        return False
    names = [_name(each, keys) for each in value]
    return all(names) and len(set(names)) == len(names)


def _name(entry: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return " / ".join(str(entry[key]) for key in keys if entry.get(key) is not None)


def _where(path: tuple[str, ...]) -> str:
    return " / ".join(path)


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else _compact(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _compact(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_inner(each)}" for key, each in value.items()) or "{}"
    if isinstance(value, list):
        return ", ".join(_inner(each) for each in value) or "[]"
    return json.dumps(value, ensure_ascii=False)


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{_compact(value)}}}"
    if isinstance(value, list):
        return f"[{_compact(value)}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
