"""Changes to a mapping's text that leave its comments and its order as they are.

The text is read and written again by ruamel.yaml, whose round trip keeps comments, quotes, order
and flow style. Every plain word stays the text that it is (our reader alone says what a word
means), and what came out is held against what was asked: an edit that would say anything else,
or lose a comment, is refused rather than made.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from bridge.config.mapping_patches import comments_of, entry_at, patched, round_trip
from bridge.config.problems import Path
from bridge.config.yaml_lines import Plain, Scalar, plain_scalar, read_yaml

LONG = 90
"""Characters up to which a new table or list stands on one line."""
_NOTHING_MORE = re.compile(r"\s*(#.*)?\s*")
_WHAT_THE_WRITER_RAISES = (YAMLError, AttributeError, TypeError, ValueError, IndexError, KeyError)


class CantEdit(Exception):
    """The text can't be changed at this place without losing something; the text says what."""


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
    away takes the comments within its lines along; no other is lost. What moves takes those
    right above it along too.
    """
    wanted = _copied(read_yaml(text, "mapping").mapping())
    written = text.removeprefix("\ufeff").replace("\r\n", "\n")
    for by_lines, some in groupby(edits, lambda each: isinstance(each.value, Removed | Moved)):
        asked = list(some)
        before = _copied(wanted)
        for each in asked:
            _apply(wanted, each)
        if wanted == before:
            continue
        if by_lines:
            for each in asked:
                written = _without(written, each)
        else:
            written = _with_values(written, asked, wanted)
    if not _says(written, wanted):
        raise CantEdit("a form can't change this place of the file without changing another")
    return written


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
        key, value = _in_one_line(each.path[-1]), _in_one_line(each.value)
        try:
            there = patched(text, each.path, key, value) if "\n" not in value else None
        except _WHAT_THE_WRITER_RAISES as error:
            raise refused from error
        if there is None:
            raise refused
        text = there
    if not _says(text, wanted) or Counter(comments_of(before)) - Counter(comments_of(text)):
        raise refused
    return text


def _says(text: str, wanted: Plain) -> bool:
    read = read_yaml(text, "mapping")
    return not read.problems and _listed(read.mapping()) == _listed(wanted)


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
    except _WHAT_THE_WRITER_RAISES as error:
        raise CantEdit(f"a form can't change this file ({type(error).__name__})") from error
    if lost:
        raise CantEdit(f"the comment “{next(iter(lost))[:80]}” would be lost")
    return out.getvalue()


def _without(text: str, edit: Edit) -> str:
    """The text without the lines of this entry, or with them elsewhere.

    What stands within a line is written anew without it.
    """
    found = _found(text, edit.path)
    if found is None:
        return text
    begins, last = found
    lines = text.splitlines(keepends=True)
    above = lines[begins.line][: begins.column]
    behind = lines[last.line][last.column :]
    alone = not above.strip(" -") and above.count("-") < 2 and _NOTHING_MORE.fullmatch(behind)
    if isinstance(edit.value, Moved):
        if not alone:
            raise CantEdit("what shall move does not stand on lines of its own")
        return _with_moved(lines, (begins.line, last.line + 1), edit.path, edit.value.to)
    if not alone:
        return _rewritten(text, [Edit(edit.path, GONE)])
    return "".join(lines[: begins.line] + lines[last.line + 1 :])


def _with_moved(lines: list[str], span: tuple[int, int], path: Path, to: int) -> str:
    begin = _with_comments(lines, span[0]) if path[-1] != 0 else span[0]
    cut = [line if line.endswith("\n") else f"{line}\n" for line in lines[begin : span[1]]]
    rest = lines[:begin] + lines[span[1] :]
    there = _found("".join(rest), (*path[:-1], to))
    if there is not None:
        at = _with_comments(rest, there[0].line) if to else there[0].line
    else:
        last = _found("".join(rest), (*path[:-1], to - 1))
        if last is None:
            raise CantEdit("there is no such place in the list")
        at = last[1].line + 1
    return "".join(rest[:at] + cut + rest[at:])


def _with_comments(lines: list[str], begin: int) -> int:
    """The first of the lines of comments that stand right above this line."""
    while begin and lines[begin - 1].lstrip().startswith("#"):
        begin -= 1
    return begin


def _found(text: str, path: Path) -> tuple[Any, Any] | None:
    try:
        return entry_at(YAML().compose(text), path)
    except _WHAT_THE_WRITER_RAISES as error:
        raise CantEdit(f"a form can't change this file ({type(error).__name__})") from error


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
