"""Values of properties in one form, whether a webhook or the API brought them.

Webhooks write times as milliseconds where the API writes ISO, and several choices come as
`a;b` from both. What a property holds is known by heart for HubSpot's own, and learned from the
account's schema for the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from bridge.domain.records import Value, parse_instant
from bridge.kit.clock import from_ms, rfc3339
from connectors.hubspot.payloads import Property


class Shape(StrEnum):
    """What a property holds, as far as its form depends on it."""

    PLAIN = "plain"
    CHOICES = "choices"
    DATE = "date"
    DATETIME = "datetime"


_BY_HEART = {
    "subject": Shape.PLAIN,
    "content": Shape.PLAIN,
    "hs_pipeline": Shape.PLAIN,
    "hs_pipeline_stage": Shape.PLAIN,
    "hs_ticket_priority": Shape.PLAIN,
    "hs_ticket_category": Shape.CHOICES,
    "hubspot_owner_id": Shape.PLAIN,
    "source_type": Shape.PLAIN,
    "hs_object_id": Shape.PLAIN,
    "hs_merged_object_ids": Shape.PLAIN,
    "createdate": Shape.DATETIME,
    "closed_date": Shape.DATETIME,
    "hs_lastmodifieddate": Shape.DATETIME,
}
_ENTERED = "hs_v2_date_entered_"
# Milliseconds from the year 2000 on; shorter numbers are numbers.
_MILLIS = re.compile(r"9[0-9]{11}|[1-9][0-9]{12}")


class PropertyShapes:
    """What each property holds; learns whenever the schema is read."""

    def __init__(self) -> None:
        self._learned: dict[str, Shape] = {}
        self.learned = False
        """Whether the account's schema was read in this process."""

    def learn(self, properties: Iterable[Property]) -> None:
        """Take the account's schema as the truth from now on."""
        self._learned = {each.name: _shape(each) for each in properties}
        self.learned = True

    def shape(self, name: str) -> Shape | None:
        """What the property holds; None where nobody has told yet."""
        if name.startswith(_ENTERED):
            return Shape.DATETIME
        return _BY_HEART.get(name) or self._learned.get(name)

    def is_clear(self, name: str, raw: str | None) -> bool:
        """Whether the form of this value is certain without the schema."""
        if not raw or self.shape(name) is not None:
            return True
        return ";" not in raw and not _MILLIS.fullmatch(raw)

    def value(self, name: str, raw: str | None) -> Value:
        """The value in its one form; empty is None, several choices are a list."""
        text = tidy(raw)
        if not text:
            return None
        match self.shape(name):
            case Shape.CHOICES:
                return _choices(text)
            case Shape.DATETIME:
                moment = _instant(text)
                return text if moment is None else moment
            case Shape.DATE:
                moment = _instant(text)
                return text if moment is None else moment[:10]
            case _:
                return text


def tidy(raw: str | None) -> str:
    """The text without what no database stores (NUL, halves of surrogate pairs)."""
    if raw is None:
        return ""
    return raw.replace("\x00", "").encode("utf-8", "replace").decode()


def _shape(known: Property) -> Shape:
    if known.field_type == "checkbox":
        return Shape.CHOICES
    return {"date": Shape.DATE, "datetime": Shape.DATETIME}.get(known.type, Shape.PLAIN)


def _choices(text: str) -> Value:
    parts: list[Value] = [each.strip() for each in text.split(";") if each.strip()]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else parts


def _instant(text: str) -> str | None:
    try:
        moment = from_ms(int(text)) if _MILLIS.fullmatch(text) else parse_instant(text)
    except OverflowError:
        return None
    return None if moment is None else rfc3339(moment)
