"""What forms and queues have in common: what was typed or ticked, and where a press leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import BaseModel, Field, field_validator
from starlette.responses import RedirectResponse

from bridge.web.rendering import HEADERS
from bridge.web.visitor import Shown, require_printable

PICK = "pick-"
"""How the names of ticks begin; an id follows."""


class InTabs(BaseModel):
    """Which part of a queue, and where its page begins: all of it stands in the address."""

    tabs: ClassVar[tuple[tuple[str, str], ...]]
    """Id and name of each; the first holds what waits."""

    state: Shown = Field("open", max_length=40)
    after: Shown = Field("", max_length=400)

    @field_validator("state")
    @classmethod
    def _tab(cls, state: str) -> str:
        """A tab that there is none of is the one of what waits."""
        return state if state in dict(cls.tabs) else cls.tabs[0][0]


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed, and what was wrong with it: by field, a sentence."""

    values: Mapping[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """What was typed there, with the ends of lines as we write them."""
        return lines_of(self.values.get(name, ""))


def lines_of(text: str) -> str:
    """What a browser sent: its ends of lines are two signs."""
    return text.replace("\r\n", "\n").strip()


def ticked(fields: Mapping[str, str], most: int) -> list[str]:
    """The ids of those that were ticked, or of the one whose own button was pressed."""
    one = fields.get("one", "")
    ids = sorted(name.removeprefix(PICK) for name in fields if name.startswith(PICK))
    ids = [one] if one else ids[:most]
    require_printable(*ids)
    return ids


def sentence_of(error: Exception) -> str:
    """What an error says, as a sentence."""
    text = str(error).strip() or "It can't be done now"
    return f"{text[0].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def moved(there: str) -> RedirectResponse:
    """What a press is answered with: the page that shows what it did, read anew."""
    return RedirectResponse(there, 303, headers=dict(HEADERS))
