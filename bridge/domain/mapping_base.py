"""What every part of a mapping is made of: names, spans, conditions; unknown keys are refused."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

LONGEST_SPAN = timedelta(days=18_250)
"""Fifty years: times that are so much earlier or later can still be reckoned with."""


def parse_span(value: Any) -> Any:
    """`15m`, `1h`, `2d`, `20s` as a timedelta; anything else is left for pydantic to refuse."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}[smhd]", value):
        span = timedelta(**{units[value[-1]]: int(value[:-1])})
        if span > LONGEST_SPAN:
            raise ValueError(f"a span is at most {LONGEST_SPAN.days}d")
        return span
    if isinstance(value, timedelta):
        return value
    raise ValueError("a span is a number and a unit: 20s, 15m, 1h or 2d")


def render_span(span: timedelta) -> str:
    """The span in its largest whole unit, so that `parse_span` reads it back."""
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Span = Annotated[
    timedelta,
    BeforeValidator(parse_span),
    PlainSerializer(render_span, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6}[smhd]$", "examples": ["20s", "1h"]}),
]

Name = Annotated[str, Field(min_length=1)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


OneOrMore = Annotated[
    list[Name],
    BeforeValidator(_as_list),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
            ]
        }
    ),
]


class Part(BaseModel):
    """Base of every part of a mapping: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class PropertySource(Part):
    """Where the ticket keeps something: one of the helpdesk's fields, with a table of values."""

    property: Name = Field(description="The helpdesk's field: property, custom field id or title.")
    values: dict[str, str] | None = Field(
        None, description="The helpdesk's value → the word used in this mapping."
    )
    default: str | None = Field(
        None, description="The word used where the ticket has no value. It is not a set value."
    )
