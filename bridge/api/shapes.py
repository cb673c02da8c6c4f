"""What the API's answers are made of: refs, times and links as other programs see them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
)

from bridge.domain import records as facts
from bridge.domain.links import Link
from bridge.domain.refs import split_ref
from bridge.kit.clock import from_ms, rfc3339
from bridge.store.database import Row


def printable(text: str) -> str:
    """The text, if it has no control characters; ValueError otherwise."""
    # A NUL, for one, is no text to PostgreSQL; none of these stands in any id or name.
    if any(ord(each) < 32 or 0xD800 <= ord(each) <= 0xDFFF for each in text):
        raise ValueError("a text without control characters")
    return text


PRINTABLE = r"^[^\x00-\x1f]*$"
"""The same for the OpenAPI document, so that callers may know it beforehand."""

Word = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra={"pattern": PRINTABLE}),
    AfterValidator(printable),
]
"""A text that a caller gives: an id, a name, something to search for."""


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("a name that can be read, not only spaces")
    return text


Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        json_schema_extra={"pattern": r"^[^\x00-\x1f]*[^\x00-\x1f\s][^\x00-\x1f]*$"},
    ),
    AfterValidator(printable),
    AfterValidator(_not_blank),
]
"""What somebody or something is called from now on."""


def one_of(*names: str) -> dict[str, JsonValue]:
    """JSON Schema for an object that has exactly one of these, which are null or left out else."""
    given: list[JsonValue] = [
        {"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names
    ]
    return {"oneOf": given}


Time = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str),
    Field(examples=["2026-05-12T08:30:00Z"]),
]
"""A moment, sent as RFC 3339 in UTC."""


_DAY_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")


def _written(said: object) -> object:
    # A number would be taken for seconds, or for milliseconds if it is large.
    if not isinstance(said, str) or not _DAY_AND_TIME.match(said):
        raise ValueError("a time is a text such as 2026-05-12T08:30:00Z")
    return said


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
"""A moment that a caller gives: RFC 3339 with its offset, or Z."""


def time_of(ms: int | None) -> datetime | None:
    """The moment of a stored time; None where there is none."""
    return None if ms is None else from_ms(ms)


class Ref(BaseModel):
    """A record. `id` is the vendor's stable id; `key` is what people call it, and may change."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "connection": "boards",
                    "id": "991",
                    "key": "991",
                    "url": "https://dev.azure.com/acme/Platform/_workitems/edit/991",
                }
            ]
        }
    )

    connection: str
    id: str
    key: str | None
    url: str | None

    @classmethod
    def of_key(cls, key: str, observation: Mapping[str, Any] | None = None) -> Ref:
        """The record `connection:id`, with key and address as last observed."""
        connection, id = split_ref(key)
        seen: Mapping[str, Any] = (observation or {}).get("facts", {})
        return cls(
            connection=connection,
            id=id,
            key=_observed(seen, facts.KEY),
            url=_observed(seen, facts.URL),
        )


def _observed(seen: Mapping[str, Any], name: str) -> str | None:
    value = seen[name][0] if name in seen else None
    return str(value) if value else None


class LinkShape(BaseModel):
    """Ticket ↔ work item."""

    model_config = ConfigDict(title="Link")

    id: str = Field(examples=["019aa2c4f0d1e2b3c4d5e6f708"])
    ticket: Ref
    work_item: Ref
    route: str | None = Field(
        description="The route that launched the item; null if linked by hand.", examples=["bug"]
    )
    state: Literal["active", "broken", "ended"]
    created_at: Time
    created_by: str = Field(examples=["route bug"])

    @classmethod
    def of(cls, link: Link, seen: Mapping[str, Mapping[str, Any] | None]) -> LinkShape:
        """The link; `seen` are the stored observations of its ends, by their keys."""
        ticket, item = str(link.ticket), str(link.work_item)
        return cls(
            id=link.id,
            ticket=Ref.of_key(ticket, seen.get(ticket)),
            work_item=Ref.of_key(item, seen.get(item)),
            route=link.route,
            state=link.state.value,
            created_at=link.created_at,
            created_by=link.created_by,
        )


def view_ref(row: Row) -> Ref:
    """The ticket of a row of the ticket list."""
    return Ref(connection=row["connection"], id=row["vendor_id"], key=row["key"], url=row["url"])
