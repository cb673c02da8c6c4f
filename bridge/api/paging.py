"""Paging by cursor: opaque to callers, and refused by any list but its own."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bridge.api.problems import ApiProblem
from bridge.store.database import Row

T = TypeVar("T")


class Paging(BaseModel):
    """What every list takes. Unknown parameters are refused: a misspelt filter filters nothing."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(
        None,
        max_length=1000,
        description="`next_cursor` of the page before.",
        examples=["dGlja2V0cx9odWJzcG90OjgxMg"],
    )
    limit: int = Field(50, ge=1, le=200, description="How many at most.")

    def after(self, kind: str) -> str | None:
        """Where the page begins: the last row of the page before; None for the first page."""
        return None if self.cursor is None else decode(kind, self.cursor)


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(
        description="Where the next page begins; null on the last.",
        examples=["dGlja2V0cx9odWJzcG90OjgxMg"],
    )


def encode(kind: str, last: str) -> str:
    """The cursor after the row `last` of the list `kind`."""
    return base64.urlsafe_b64encode(f"{kind}\x1f{last}".encode()).decode().rstrip("=")


def decode(kind: str, cursor: str) -> str:
    """The row that the cursor names; ApiProblem `bad_cursor` if it is not one of this list."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    said, _, last = text.partition("\x1f")
    if said != kind or not last or not last.isprintable():
        raise ApiProblem(
            "bad_cursor", "Take `next_cursor` of this very list, or leave `cursor` out to begin"
        )
    return last


def cut(rows: Sequence[Row], limit: int, kind: str, column: str) -> tuple[list[Row], str | None]:
    """At most `limit` of the rows, and the cursor to the next page if there are more."""
    if len(rows) <= limit:
        return list(rows), None
    kept = list(rows[:limit])
    return kept, encode(kind, kept[-1][column])
