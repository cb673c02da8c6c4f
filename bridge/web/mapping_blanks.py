"""The blanks of a form over a part of a mapping's file: what each shows, and how it is written.

A blank speaks for one place of the file as it was written. What a blank can't hold is shown as
standing in the file; no form touches it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from bridge.config.problems import Path
from bridge.config.yaml_lines import Plain, at
from bridge.core.mapping_choices import Choice
from bridge.core.promises_told import Policy
from bridge.web.mapping_scalars import typed

YES = "yes"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Unfit(Exception):
    """What was typed can't stand in the file; the text says what could."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value of the file is shown, and how it is written from what was typed."""

    shape: str
    read: Callable[[Plain], str | None]
    """What the blank shows of a value that is there; None where it can't hold it."""
    write: Callable[[str], Plain]
    """The value for what was typed; Unfit where there is none."""
    parts: tuple[str, ...] = ()
    """Where the blank is several inputs: their names, one line of the text each."""


@dataclass(frozen=True, slots=True)
class Blank:
    """One blank of a form, and the place of the file that it speaks for."""

    name: str
    label: str
    path: Path
    kind: Kind
    given: str = ""
    default: str = ""
    """What the blank shows where the file says nothing."""
    offers: tuple[Choice, ...] = ()
    hint: str = ""
    needed: str = ""
    """Why it may not be empty."""
    in_file: str = ""
    """What stands in the file, where the blank can't hold it."""
    wide: bool = False

    def inputs(self) -> dict[str, str]:
        """What its inputs begin with."""
        if self.in_file:
            return {}
        if self.kind.parts:
            lines = self.given.split("\n")
            ticks = self.kind.shape == "ticks"
            shown = zip(self.kind.parts, lines, strict=True)
            return {f"{self.name}-{part}": said for part, said in shown if said or not ticks}
        return {} if self.kind.shape == "tick" and not self.given else {self.name: self.given}

    def typed(self, form: Mapping[str, str]) -> str:
        """What was typed, as the blank itself would show it."""
        if self.in_file:
            return self.given
        if self.kind.shape == "tick":
            return YES if form.get(self.name) else ""
        said = self._joined(form).replace("\r\n", "\n").replace("\r", "\n")
        # Space that only stands around what is said changes nothing.
        return self.given if self._bare(said) == self._bare(self.given) else self._trimmed(said)

    def _bare(self, text: str) -> list[str]:
        whole = text if self.kind.parts else text.strip()
        return [each.strip() for each in whole.split("\n")]

    def _trimmed(self, said: str) -> str:
        if self.kind.parts:
            return said
        lines = "\n".join(each.rstrip() for each in said.split("\n"))
        return lines.strip("\n") if self.kind.shape == "area" else said.strip()

    def _joined(self, form: Mapping[str, str]) -> str:
        if not self.kind.parts:
            return form.get(self.name, self.given)
        ticks = self.kind.shape == "ticks"
        lines = [""] * len(self.kind.parts) if ticks else self.given.split("\n")
        names = (f"{self.name}-{part}" for part in self.kind.parts)
        typed = (form.get(named, lines[i]) for i, named in enumerate(names))
        return "\n".join(" ".join(each.splitlines()).strip() for each in typed)


@dataclass(frozen=True, slots=True)
class Block:
    """What belongs together: one entry of a list or table, or a whole part of the file."""

    id: str
    title: str
    path: Path
    blanks: tuple[Blank, ...]
    words: str = ""
    """What it says, as a sentence."""
    more: tuple[str, ...] = ()
    """What else of it stands in the file."""
    picture: object = None
    gives: tuple[Policy, ...] = ()
    """What customers of it may expect, where it is a plan."""
    stays: str = ""
    """Why it can't be taken away."""


@dataclass(frozen=True, slots=True)
class Group:
    """A list or table of entries with room for a new one; or, without entries, one block."""

    title: str
    path: Path
    blocks: tuple[Block, ...]
    new: Block | None = None
    keyed: bool = False
    """The entries are a table's: the new one's first blank is its key."""
    ordered: bool = False
    switched: str = ""
    """What turns the part on, where it is on or off as a whole."""
    said: str = ""
    """What is said above it."""

    @property
    def entries(self) -> bool:
        """Whether entries come and go."""
        return self.new is not None


def given_by(groups: Iterable[Group], raw: Plain) -> dict[str, str]:
    """What the whole form begins with."""
    given: dict[str, str] = {}
    for group in groups:
        for place, block in enumerate(group.blocks):
            for blank in block.blanks:
                given |= blank.inputs()
            if group.ordered:
                given[f"{block.id}-place"] = str(place + 1)
        if group.new is not None:
            for blank in group.new.blanks:
                given |= blank.inputs()
        if group.switched and at(raw, group.path) is not None:
            given[f"{group.blocks[0].id}-on"] = YES
    return given


def blank(raw: Plain, made: Blank) -> Blank:
    """The blank with what the file says at its place."""
    there = at(raw, made.path)
    values = {each.value for each in made.offers}
    if there is None and made.kind.shape == "choice" and made.default not in values:
        none = Choice(made.default, made.default or "choose")
        return replace(made, given=made.default, offers=(none, *made.offers))
    if there is None:
        return replace(made, given=made.default)
    shown = made.kind.read(there)
    if shown is None or (made.kind.shape == "choice" and shown not in values):
        return replace(made, in_file=spelt(there) or "something empty")
    return replace(made, given=shown)


def spelt(value: Plain) -> str:
    """A value in one line, as people read it."""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_inner(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(_inner(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _inner(value: Plain) -> str:
    return f"({spelt(value)})" if isinstance(value, dict | list) else spelt(value)


def left_over(raw: Plain, path: Path, blanks: Iterable[Blank]) -> tuple[str, ...]:
    """What the file says there besides what the blanks speak for."""
    there = at(raw, path)
    if not isinstance(there, dict):
        return ()
    known = {each.path[len(path)] for each in blanks if len(each.path) > len(path)}
    return tuple(f"{key}: {spelt(value)}" for key, value in there.items() if key not in known)


# -------------------------------------------------------------------------------------- kinds


def _text(value: Plain) -> str | None:
    return value.strip() if isinstance(value, str) and "\n" not in value.strip() else None


def _area(value: Plain) -> str | None:
    return value.strip("\n").rstrip() if isinstance(value, str) else None


def _scalar(value: Plain) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    return str(value) if isinstance(value, int | float) else None


def _listed(value: Plain) -> str | None:
    words = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) and is_word(each) for each in words):
        return None
    return ", ".join(str(each) for each in words)


def is_word(text: str) -> bool:
    """Whether the text stays what it is among commas."""
    return bool(text) and "," not in text and text == " ".join(text.split())


def words_of(text: str) -> list[str]:
    """The words of a list that people write with commas."""
    return [" ".join(each.split()) for each in text.split(",") if each.strip()]


def _one_or_more(text: str) -> Plain:
    words: list[Plain] = [*words_of(text)]
    return words[0] if len(words) == 1 else words


def _days(text: str) -> Plain:
    return [*text.replace(",", " ").split()]


LINE = Kind("line", _text, lambda text: text)
AREA = Kind("area", _area, lambda text: text)
SCALAR = Kind("line", _scalar, typed)
CHOICE = Kind("choice", _text, lambda text: text)
WORDS = Kind("line", _listed, lambda text: [*words_of(text)])
ONE_OR_MORE = Kind("line", _listed, _one_or_more)
DATES = Kind("line", _listed, _days)
TICK = Kind("tick", lambda value: (YES if value else "") if isinstance(value, bool) else None, bool)


def chosen(*pairs: tuple[str, str]) -> tuple[Choice, ...]:
    """Choices that are always there."""
    return tuple(Choice(value, label) for value, label in pairs)


def offered(words: Iterable[str]) -> tuple[Choice, ...]:
    """Words that may be picked as they are."""
    return tuple(Choice(each, each) for each in words)
