"""What a check comes to, one line for each thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was looked at. One that is `ok` and still has `what_to_do` is a hint."""

    what: str
    ok: bool
    sentence: str
    what_to_do: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Names for sentences: the connection, its vendor, and where its menus are."""

    name: str
    title: str
    credential_at: str = ""
    webhooks_at: str = ""
    fields_at: str = ""
    creates_fields: bool = False
