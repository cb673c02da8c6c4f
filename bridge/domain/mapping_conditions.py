"""What many parts of a mapping are made of: conditions, ids, and lists of names."""

from __future__ import annotations

from pydantic import Field, model_validator

from bridge.domain.mapping_base import Name, Part

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
