"""Promises in a mapping: hours and holidays, scales, and by when what must have happened.

Numbers such as K9 are the rules that docs/rules.md lists.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from bridge.domain.mapping_base import Name, OneOrMore, Part, Slug, Span
from bridge.domain.mapping_conditions import Condition

ALWAYS = "always"
"""The calendar that is there without being named: open at any time."""
NONE = "none"
"""What a table says where nothing is promised."""

_HOURS = r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]:[0-5][0-9]|2[0-3]:[0-5][0-9]|24:00)$"
_DAYS = r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$"
_SPAN = r"^[1-9][0-9]{0,4}(s|m|h|d|bh|bd)$"
_SPAN_OR_NONE = rf"^(none|{_SPAN[1:-1]})$"
_KEPT_BY = r"^(triaged|told_customer|linked|eta_set|acknowledged|stage:[a-z0-9][a-z0-9_-]{0,63})$"


def _worded(pattern: str, says: str, *examples: str) -> Any:
    """A text of that form, refused by a sentence that says what would be right."""

    def fits(text: str) -> str:
        if re.fullmatch(pattern[1:-1], text) is None:
            raise ValueError(says)
        return text

    schema = {"type": "string", "pattern": pattern, "examples": [*examples]}
    return Annotated[str, AfterValidator(fits), WithJsonSchema(schema)]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _kind(value: Any) -> str:
    """Which form of a choice is written: by its kind, so that a mistake is said of that form."""
    if isinstance(value, list):
        return "list"
    return "table" if isinstance(value, dict | BaseModel) else "text"


_HOURS_SAY = 'hours are written "09:00-17:00", "00:00-24:00" for a whole day'
_SPAN_SAYS = "a span is a number and a unit: 15m, 1h, 2d, 4bh (business hours), 1bd (business days)"
if TYPE_CHECKING:
    Hours = str
    Days = str
    BusinessSpan = str
    BusinessSpanOrNone = str
    KeptBy = str
else:
    Hours = _worded(_HOURS, _HOURS_SAY, "09:00-17:00")
    Days = _worded(_DAYS, "a weekday or a range of them: mon, sat, mon-fri", "mon-fri", "sat")
    BusinessSpan = _worded(_SPAN, _SPAN_SAYS, "15m", "1h", "4bh", "1bd")
    BusinessSpanOrNone = _worded(_SPAN_OR_NONE, f"{_SPAN_SAYS}; or none", "1bd", "none")
    KeptBy = _worded(
        _KEPT_BY,
        "one of triaged, told_customer, linked, eta_set, acknowledged, stage:<id>",
        "triaged",
        "told_customer",
        "stage:available",
    )
"""Of spans `s`, `m` and `h` count while the promise's calendar is open, `bh` the same and never
round the clock; `d` are 24 hours; `1bd` ends on the next business day at the same reading of the
clock."""

HoursOfDay = Annotated[
    list[Hours],
    BeforeValidator(_as_list),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _HOURS, "examples": ["09:00-17:00"]},
                {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": _HOURS}},
            ]
        }
    ),
]


class Holidays(Part):
    """The public holidays of a country, or of a part of it."""

    country: Name = Field(description="ISO 3166 code of the country.", examples=["US", "AU"])
    subdivision: Name | None = Field(
        None, description="Code of the state or province.", examples=["MN", "VIC"]
    )


class CalendarSpec(Part):
    """When people are there: hours of each weekday in a time zone, less holidays."""

    zone: Name = Field(
        description="The time zone by its IANA name, so that daylight saving works.",
        examples=["America/Chicago"],
    )
    hours: dict[Days, HoursOfDay] = Field(
        min_length=1, description="Weekday or range of weekdays → opening hours, local time."
    )
    holidays: Holidays | None = Field(None, description="Public holidays, closed all day.")
    closed: list[date] = Field(default_factory=list, description="Further days that are closed.")
    open: dict[date, HoursOfDay] = Field(
        default_factory=dict,
        description="Days with hours of their own, whatever weekday or holiday they are.",
    )


class SeverityLevel(Part):
    """One step of the scale by which tickets are judged."""

    id: Name = Field(description="The word that `ticket.severity` leads to.")
    label: Name | None = Field(None, description="What people read.")
    criteria: Name = Field(description="When a ticket is this bad, in words for who judges it.")
    when: Condition | None = Field(
        None, description="The tickets for which this step is there; without it all."
    )


class PlanTier(Part):
    """One plan that customers have."""

    id: Name = Field(description="The plan as the customer's property says it.")
    label: Name | None = Field(None, description="What people read.")
    channels: Name | None = Field(None, description="By which ways these customers may ask.")
    policy: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = Field(
        None, description="Where the support policy is published."
    )


SpanRow = Annotated[
    Annotated[BusinessSpanOrNone, Tag("text")]
    | Annotated[dict[str, BusinessSpanOrNone], Tag("table")],
    Discriminator(_kind),
]


class SpanTable(Part):
    """A span by what the ticket says, as a launch's value with `from` and `by`."""

    from_: Name = Field(alias="from", description="The ticket's fact, as in `launch.fields`.")
    by: Name | None = Field(None, description="A second fact that decides with the first.")
    values: dict[str, SpanRow] = Field(
        min_length=1, description="Word → span (`none`: nothing is promised), or a table by `by`."
    )


class SpanCase(Part):
    """A span for the tickets of a condition."""

    when: Condition | None = Field(None, description="Which tickets; without it all others.")
    use: BusinessSpanOrNone = Field(description="The span; `none`: nothing is promised.")


class CalendarCase(Part):
    """A calendar for the tickets of a condition."""

    when: Condition | None = Field(None, description="Which tickets; without it all others.")
    use: Name = Field(description="The calendar's name.")


SpanChoice = Annotated[
    Annotated[BusinessSpan, Tag("text")]
    | Annotated[SpanTable, Tag("table")]
    | Annotated[list[SpanCase], Tag("list")],
    Discriminator(_kind),
]
CalendarChoice = Annotated[
    Annotated[Name, Tag("text")] | Annotated[list[CalendarCase], Tag("list")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "text"),
]
Rest = Annotated[
    Annotated[Literal["waiting_on_customer"], Tag("text")] | Annotated[Condition, Tag("table")],
    Discriminator(_kind),
]


class PromiseTell(Part):
    """Whom a promise tells when it is at risk or broken, by which way."""

    to: OneOrMore | None = Field(None, description="As in a route's `notify`.")
    via: OneOrMore = Field(description="As in a route's `notify`.")
    at: Literal["warning", "breach", "both"] = Field(
        "both", description="Told of the warning, of the breach, or of each."
    )
    after: Span | None = Field(
        None,
        description="Told so long after the breach, if it is still broken and nobody who was told "
        "of it has said that they know.",
    )
    during: Name | None = Field(
        None, description="Told while this calendar is open; what comes before waits for it."
    )
    outside: Name | None = Field(
        None, description="Told only of what happens while this calendar is closed."
    )
    until_acknowledged: bool = Field(
        False, description="Tell again until each has acknowledged, or the promise is kept."
    )
    resend: Span = Field(
        timedelta(minutes=15), description="How long to wait before telling again."
    )

    @model_validator(mode="after")
    def _one_time(self) -> PromiseTell:
        if self.during is not None and self.outside is not None:
            raise ValueError("either during or outside")
        if self.after is not None and self.at == "warning":
            raise ValueError("after counts from the breach: at is breach, or left out")
        return self


class Promise(Part):
    """By when something must have happened for a ticket."""

    id: Slug = Field(description="The promise's name in this file; never reuse one.")
    label: Annotated[str, Field(min_length=1, max_length=120)] | None = Field(
        None, description="What people read."
    )
    when: Condition | None = Field(
        None, description="The tickets that it is made for; its clock starts when this first holds."
    )
    within: SpanChoice | None = Field(None, description="Once, so long after it was made.")
    every: SpanChoice | None = Field(None, description="Again and again, so long after the last.")
    calendar: CalendarChoice = Field(ALWAYS, description="The hours by which it counts.")
    kept_by: KeptBy = Field(
        description="What keeps it: `triaged` (severity and assignee are set), `told_customer` (a "
        "person, or the hub with approval), `linked`, `eta_set`, `acknowledged`, `stage:<id>`."
    )
    must_say: Literal["eta"] | None = Field(
        None, description="What the message to the customer must say to count."
    )
    pause_while: Rest | None = Field(
        None,
        description="The clock rests: while the helpdesk's status waits for the customer, or while "
        "the condition holds.",
    )
    warn_after: BusinessSpan | None = Field(None, description="At risk so long after its start.")
    warn_before: BusinessSpan | None = Field(None, description="At risk so long before it is due.")
    tell: Annotated[list[PromiseTell], BeforeValidator(_as_list)] = Field(
        default_factory=list, description="Whom the warning and the breach are told."
    )

    @model_validator(mode="after")
    def _one_form(self) -> Promise:
        if (self.within is None) == (self.every is None):
            raise ValueError("a promise has exactly one of: within, every")
        if self.warn_after is not None and self.warn_before is not None:
            raise ValueError("either warn_after or warn_before")
        return self

    @property
    def span(self) -> SpanChoice:
        """How long it has, whether once or again and again."""
        return self.within if self.within is not None else self.every or []

    @property
    def title(self) -> str:
        """What people read."""
        return self.label or self.id.replace("-", " ").replace("_", " ").capitalize()
