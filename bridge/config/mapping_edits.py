"""Changes to a mapping's text that leave its comments and its order as they are.

The text is read and written again by ruamel.yaml, whose round trip keeps comments, quotes, order
and flow style. Every plain word stays the text that it is (our reader alone says what a word
means), and what came out is held against what was asked: an edit that would say anything else,
or lose a comment, is refused rather than made.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, TypeAlias

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from bridge.config.mapping_lines import Entry, anew, moved, put, tangled, without
from bridge.config.mapping_patches import comments_of, patched, round_trip
from bridge.config.mapping_places import WHAT_THE_WRITER_RAISES, CantEdit
from bridge.config.problems import Path
from bridge.config.yaml_lines import Plain, Scalar, plain_scalar, read_yaml

LONG = 90
"""Characters up to which a new table or list stands on one line."""
__all__ = ["GONE", "CantEdit", "Edit", "Moved", "Removed", "edited", "put_in", "said_after"]


class Removed:
    """What stands in place of a value that goes."""


GONE = Removed()


@dataclass(frozen=True, slots=True)
class Moved:
    """What stands in place of a value of a list that goes to another position of it."""

    to: int


Wanted: TypeAlias = Plain | Removed | Moved


@dataclass(frozen=True, slots=True)
class Edit:
    """What shall stand at a path; GONE takes it away. What is missing on the way is made.

    The position behind the last of a list adds to it; `before`: put in before what stands there.
    """

    path: Path
    value: Wanted
    before: bool = False


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text after these edits, in their order; CantEdit where it would not say just that.

    The text must be one that can be read (`load_mapping` found a mapping in it). What is taken
    away or moves takes the comments within its lines and right above it along; no other is lost,
    or comes to stand with another entry.
    """
    wanted = _copied(read_yaml(text, "mapping").mapping())
    written = text.removeprefix("\ufeff").replace("\r\n", "\n")
    for asked in _in_steps(wanted, edits):
        before, first = wanted, asked[0]
        wanted = said_after(before, asked)
        if wanted == before:
            continue
        if isinstance(first.value, Removed | Moved):
            written = _with_lines(written, first, wanted)
        elif _stands(before, first):
            written = _with_values(written, asked, wanted)
        else:
            written = _with_new(written, first, before, wanted)
    if not _says(written, wanted):
        raise CantEdit("a form can't change this place of the file without changing another")
    return written


def _in_steps(data: Plain, edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """The edits as they are made: new values of what stands there together, all else alone."""
    values: list[Edit] = []
    for each in edits:
        if not isinstance(each.value, Removed | Moved) and _stands(data, each):
            values.append(each)
        else:
            yield from ([values] if values else [])
            values = []
            yield [each]
        data = said_after(data, [each])
    yield from ([values] if values else [])


def _stands(data: Plain, edit: Edit) -> bool:
    """Whether something stands at the path that the edit is about."""
    return not edit.before and _depth(data, edit.path) == len(edit.path)


def _depth(data: Plain, path: Path) -> int:
    """How much of the path is there."""
    for depth, part in enumerate(path):
        if isinstance(data, dict) and part in data:
            data = data[str(part)]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return depth
    return len(path)


def put_in(path: Path, value: Plain, edits: Sequence[Edit]) -> Edit:
    """A value that comes into a list, as it is once these edits below it are made."""
    new = [_copied(value)]
    for each in edits:
        _apply(new, Edit((0, *each.path[len(path) :]), each.value, each.before))
    return Edit(path, new[0], before=True)


def said_after(data: Plain, edits: Sequence[Edit]) -> Plain:
    """What a file would say after these edits; CantEdit where they can't be made."""
    wanted: Plain = _copied(data)
    for each in edits:
        _apply(wanted, each)
    return wanted


def _with_values(text: str, edits: Sequence[Edit], wanted: Plain) -> str:
    """The text with these values by a round trip, else each put in where it stands."""
    try:
        written = _rewritten(text, edits)
        if _says(written, wanted):
            return written
        refused = CantEdit("a form can't change this place of the file without changing another")
    except CantEdit as error:
        refused = error
    before = text
    for each in edits:
        value = _in_one_line(each.value)
        try:
            there = patched(text, each.path, value) if "\n" not in value else None
            if there is None:
                there = anew(text, each.path, _in_lines(text, each.path[-1], each.value))
        except WHAT_THE_WRITER_RAISES as error:
            raise refused from error
        if there is None:
            raise refused
        text = there
    if not _is_sound(before, text, wanted):
        raise refused
    return text


def _with_new(text: str, edit: Edit, data: Plain, wanted: Plain) -> str:
    """The text with one entry more, in lines of its own where those beside it stand so."""
    depth = len(edit.path) - 1 if edit.before else _depth(data, edit.path)
    value: Any = edit.value
    for part in reversed(edit.path[depth + 1 :]):
        value = [value] if isinstance(part, int) else {part: value}
    part = edit.path[depth]
    key = f"{_in_one_line(part)}: " if isinstance(part, str) else ""
    try:
        entry = Entry(_in_lines(text, part, value), f"{key}{_in_one_line(value)}")
        written = put(text, edit.path[: depth + 1], entry)
    except WHAT_THE_WRITER_RAISES as error:
        raise CantEdit(f"a form can't write this ({type(error).__name__})") from error
    if written is not None and _is_sound(text, written, wanted):
        return written
    return _with_values(text, [edit], wanted)


def _in_lines(text: str, part: str | int, value: Wanted) -> str:
    """The entry of a list, or of a table with its key, as the text would write it."""
    yaml = round_trip(text)
    yaml.explicit_start = False
    made = _made(value)
    out = io.StringIO()
    yaml.dump(CommentedMap({part: made}) if isinstance(part, str) else CommentedSeq([made]), out)
    return dedent(out.getvalue())


def _says(text: str, wanted: Plain) -> bool:
    read = read_yaml(text, "mapping")
    return not read.problems and _listed(read.mapping()) == _listed(wanted)


def _is_sound(before: str, text: str, wanted: Plain, cut: str = "") -> bool:
    """Whether the text says what was asked, and lost no comment that was not cut out."""
    kept = Counter(comments_of(text)) + Counter(comments_of(cut))
    return _says(text, wanted) and not Counter(comments_of(before)) - kept


def _in_one_line(value: Wanted | str | int) -> str:
    out = io.StringIO()
    made = CommentedSeq([_flat(_made(value))])
    made.fa.set_flow_style()
    round_trip("").dump(made, out)
    return out.getvalue().strip()[1:-1]


def _flat(made: Any) -> Any:
    """The value with every table and list in it on one line."""
    if isinstance(made, CommentedMap | CommentedSeq):
        made.fa.set_flow_style()
        for each in made.values() if isinstance(made, CommentedMap) else made:
            _flat(each)
    return made


def _rewritten(text: str, edits: Sequence[Edit]) -> str:
    try:
        yaml = round_trip(text)
        root = yaml.load(text)
        for each in edits:
            _apply(root, Edit(each.path, _made(each.value), each.before))
        out = io.StringIO()
        yaml.dump(root, out)
        lost = Counter(comments_of(text)) - Counter(comments_of(out.getvalue()))
    except WHAT_THE_WRITER_RAISES as error:
        raise CantEdit(f"a form can't change this file ({type(error).__name__})") from error
    if lost:
        raise CantEdit(f"the comment “{next(iter(lost))[:80]}” would be lost")
    return out.getvalue()


def _with_lines(text: str, edit: Edit, wanted: Plain) -> str:
    """The text without the lines of this entry, or with them elsewhere.

    What stands within a line goes alone. No comment is lost that does not go with the entry.
    """
    cut = ""
    if isinstance(edit.value, Moved):
        written: str | None = moved(text, edit.path, edit.value.to)
    else:
        taken = without(text, edit.path)
        written, cut = taken if taken is not None else (None, "")
    if written is not None and _is_sound(text, written, wanted, cut):
        return written
    name = tangled(text, edit.path)
    if name is not None:
        raise CantEdit(f"“*{name}” repeats what “&{name}” says, and has to stand below it")
    if isinstance(edit.value, Moved):
        raise CantEdit("what shall move can't be told from what stands beside it")
    return _rewritten(text, [edit])


def _apply(root: Any, edit: Edit) -> None:
    """Make the edit in a tree of dicts and lists."""
    at = root
    for part, following in zip(edit.path, edit.path[1:], strict=False):
        at = _below(at, part, following, edit.value)
        if at is None:
            return
    last = edit.path[-1]
    if isinstance(at, list) and isinstance(last, int):
        _apply_to_list(at, last, edit)
    elif not isinstance(at, dict) or isinstance(edit.value, Moved):
        raise CantEdit("there is no table or list at this place of the file")
    elif isinstance(edit.value, Removed):
        at.pop(last, None)
    else:
        at[last] = edit.value


def _apply_to_list(at: list[Any], last: int, edit: Edit) -> None:
    is_there = last < len(at)
    if isinstance(edit.value, Removed):
        del at[last : last + 1]
    elif isinstance(edit.value, Moved):
        if not is_there:
            raise CantEdit("there is no such place in the list")
        at.insert(edit.value.to, at.pop(last))
    elif edit.before or not is_there:
        at.insert(last, edit.value)
    else:
        at[last] = edit.value


def _below(at: Any, part: str | int, following: str | int, value: Wanted) -> Any:
    if isinstance(at, list) and isinstance(part, int) and part < len(at):
        return at[part]
    if not isinstance(at, dict):
        raise CantEdit("there is no table or list at this place of the file")
    if part not in at:
        if isinstance(value, Removed):
            return None
        new: Any = [] if isinstance(following, int) else {}
        if isinstance(at, CommentedMap):
            new = CommentedSeq() if isinstance(following, int) else CommentedMap()
        at[part] = new
    return at[part]


def _made(value: Wanted) -> Any:
    """The value as the round trip holds it: small tables and lists on one line."""
    if isinstance(value, Removed | Moved):
        return value
    made: CommentedMap | CommentedSeq
    if isinstance(value, dict):
        made = CommentedMap((key, _made(each)) for key, each in value.items())
    elif isinstance(value, list):
        made = CommentedSeq(_made(each) for each in value)
    else:
        return _word(value)
    if not value or _width(value) <= LONG:
        made.fa.set_flow_style()
    return made


def _width(value: Plain) -> int:
    """About how long the value is on one line."""
    if isinstance(value, dict):
        return 2 + sum(len(key) + 4 + _width(each) for key, each in value.items())
    if isinstance(value, list):
        return 2 + sum(2 + _width(each) for each in value)
    # Text of several lines never stands on one.
    return LONG + 1 if "\n" in str(value) else len(str(value))


def _word(value: Scalar) -> str:
    """The scalar as it is written: text that would be read as anything else stands in quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if _stands_in_lines(value):
        lines: str = LiteralScalarString(value)
        return lines
    plain = value.isprintable() and isinstance(plain_scalar(value), str) and value != "<<"
    return value if plain and "{{" not in value else DoubleQuotedScalarString(value)


def _stands_in_lines(value: str) -> bool:
    """Whether it is paragraphs that stay readable as lines of their own."""
    lines = value.split("\n")
    sound = all(each == each.rstrip() and each.isprintable() for each in lines)
    return len(lines) > 1 and sound and bool(lines[-1]) and bool(value[:1].strip())


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _listed(value: Plain) -> object:
    """The value with the order of its keys and the kinds of its scalars."""
    if isinstance(value, dict):
        return [(key, _listed(each)) for key, each in value.items()]
    if isinstance(value, list):
        return [_listed(each) for each in value]
    return type(value).__name__, value
