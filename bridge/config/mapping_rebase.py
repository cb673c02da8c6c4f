"""Changes to a mapping that somebody else has changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.config.mapping_edits import CantEdit, Edit, Moved, Removed, edited, said_after
from bridge.config.problems import Path
from bridge.config.yaml_lines import Plain, at, read_yaml

_NAMED_BY = {
    "stages": ("id",),
    "routes": ("id",),
    "fields": ("ticket", "work_item"),
    "severities": ("id",),
    "plans": ("id",),
    "promises": ("id", "tell"),
    "digests": ("id",),
    "tell.wording": ("for", "plan", "language", "audience"),
}
"""By which keys the entries of a list are known again."""


def edited_on_top(seen: str, theirs: str, edits: Sequence[Edit]) -> str | None:
    """The edits, asked for of `seen`, made in what somebody else made of it meanwhile.

    None where a place of theirs may be another one now, or says something else by now.
    """
    before, now = read_yaml(seen, "mapping").mapping(), read_yaml(theirs, "mapping").mapping()
    for key, names in _NAMED_BY.items():
        was, is_now = _names(before, key, names), _names(now, key, names)
        if is_now[: len(was)] != was:
            return None
    if any(at(before, path) != at(now, path) for each in edits for path in _inner_lists(each)):
        return None
    try:
        if any(_is_theirs(*each) for each in _step_by_step(before, now, edits)):
            return None
        return edited(theirs, edits)
    except CantEdit:
        return None


def _step_by_step(
    before: Plain, now: Plain, edits: Sequence[Edit]
) -> Iterator[tuple[Edit, Plain, Plain]]:
    """Each edit with what either file says once those in front of it are made."""
    for each in edits:
        yield each, before, now
        before, now = said_after(before, [each]), said_after(now, [each])


def _is_theirs(edit: Edit, before: Plain, now: Plain) -> bool:
    """Whether the edit would undo what they said at its place, or bring back what they took."""
    if edit.before or isinstance(edit.value, Moved):
        return False
    was, is_now = at(before, edit.path), at(now, edit.path)
    wanted = None if isinstance(edit.value, Removed) else edit.value
    around = edit.path[:-1]
    taken = at(before, around) is not None and at(now, around) is None
    return is_now not in (was, wanted) or (taken and wanted is not None)


def _inner_lists(edit: Edit) -> Iterator[Path]:
    """The lists that the edit counts in whose entries have no names."""
    for end, part in enumerate(edit.path):
        if isinstance(part, int) and ".".join(map(str, edit.path[:end])) not in _NAMED_BY:
            yield edit.path[:end]


def _names(root: Plain, path: str, keys: tuple[str, ...]) -> list[object]:
    entries = root
    for part in path.split("."):
        entries = entries.get(part) if isinstance(entries, dict) else None
    if not isinstance(entries, list):
        return []
    return [[e.get(k) for k in keys] if isinstance(e, dict) else e for e in entries]
