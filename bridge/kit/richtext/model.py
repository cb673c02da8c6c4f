"""Rich text as every vendor's text is seen: blocks, and in them runs of words. Nothing else.

The model has no place for scripts, styles or event handlers, so no writer can let one through.
Containers nest at most about `DEEPEST` deep, and no table stands in another's cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

DEEPEST = 24
"""Containers within each other; what is deeper keeps its words and loses its frame."""
LONGEST_ADDRESS = 2000
"""Characters of an address: it is written again for each line of its words."""
LINES_OF_A_LINK = 50
"""Pieces of one link that keep its address; the words behind them stay, without it."""
FILE = "attachment:"
"""Begins the source of an image that is a file on the same record; the file's id follows."""

_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"'`\\]+", re.IGNORECASE)
_SPACES = re.compile(r"[\x00-\x20]+")
_FILE_ID = re.compile(re.escape(FILE) + r"[\w.-]{1,200}")
_NAME = 120


class Mark(StrEnum):
    """How a run of words looks."""

    STRONG = "strong"
    EMPHASIS = "em"
    UNDERLINE = "u"
    STRIKE = "s"
    SUB = "sub"
    SUPER = "sup"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Words:
    """A run of words of one look; with an address it is a link."""

    text: str
    marks: frozenset[Mark] = frozenset()
    href: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """The next line of the same paragraph."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody was called by name. It is written as the name: nobody is called again."""

    name: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; `source` is its address, or `FILE` and the id of a file on the record."""

    source: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        """The words that stand for it where it can't be shown."""
        return f"[image: {self.name}]" if self.name else "[image]"


Inline: TypeAlias = Words | Break | Mention | Image
Line: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    content: Line


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 6."""

    level: int
    content: Line


@dataclass(frozen=True, slots=True)
class Code:
    """Lines that stay as they are typed."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else said."""

    blocks: Blocks


@dataclass(frozen=True, slots=True)
class Items:
    """A list, with bullets or with numbers."""

    ordered: bool
    items: tuple[Blocks, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table."""

    blocks: Blocks
    header: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table, row by row."""

    rows: tuple[tuple[Cell, ...], ...]


Block: TypeAlias = Paragraph | Heading | Code | Rule | Quote | Items | Table
Blocks: TypeAlias = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class RichText:
    """A whole text."""

    blocks: Blocks = ()


def storable(text: str) -> str:
    """The text without what no store keeps: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def safe_address(address: str) -> str:
    """The address if it is one of the web or of mail, and no longer than they are, else nothing."""
    trimmed = _SPACES.sub("", address)
    return trimmed if len(trimmed) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(trimmed) else ""


def image(source: str, name: str = "") -> Image:
    """An image by its source, called by its name or else by the last part of its address."""
    kept = safe_address(source)
    if not kept and _FILE_ID.fullmatch(source):
        kept = source
    words = " ".join(storable(name).split())[:_NAME].strip()
    return Image(kept, words or _last_part(kept))


def _last_part(address: str) -> str:
    try:
        last = unquote(urlsplit(address).path).rpartition("/")[2]
    except ValueError:
        return ""
    word = " ".join(storable(last).split())
    return word if 0 < len(word) <= _NAME and "." in word and not address.startswith(FILE) else ""
