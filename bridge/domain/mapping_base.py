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
    model_validator,
)


def parse_span(value: Any) -> Any:
    """`15m`, `1h`, `2d`, `20s` as a timedelta; anything else is left for pydantic to refuse."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}[smhd]", value):
        return timedelta(**{units[value[-1]]: int(value[:-1])})
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


class Part(BaseModel):
    """Base of every part of a mapping: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


Scalar = str | int | float | bool


class Condition(Part):
    """A structured condition: exactly one of a test of one `field`, `all`, `any`, `not`."""

    field: str | None = Field(
        None,
        description="`category`, `severity`, `customer`, `plan`, `subject`, or `property:<name>`.",
    )
    is_: Scalar | None = Field(None, alias="is", description="Exactly this value.")
    in_: list[Scalar] | None = Field(None, alias="in", description="One of these values.")
    contains: Name | None = Field(None, description="Contains this text, letter case ignored.")
    present: bool | None = Field(None, description="Whether there is a value at all.")
    all: list[Condition] | None = Field(None, description="Each of these conditions holds.")
    any: list[Condition] | None = Field(None, description="At least one of them holds.")
    not_: Condition | None = Field(None, alias="not", description="This condition does not hold.")

    @model_validator(mode="after")
    def _one_form(self) -> Condition:
        tests = [each is not None for each in (self.is_, self.in_, self.contains, self.present)]
        forms = [each is not None for each in (self.field, self.all, self.any, self.not_)]
        if sum(forms) != 1:
            raise ValueError("a condition is exactly one of: field with a test, all, any, not")
        if self.field is not None and sum(tests) != 1:
            raise ValueError("a field needs exactly one test: is, in, contains or present")
        if self.field is None and any(tests):
            raise ValueError("is, in, contains and present go with a field")
        return self


Condition.model_rebuild()
