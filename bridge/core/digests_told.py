"""A digest in words: who gets which list, when and by which way. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.domain.mapping_hygiene import Digest

WHAT = (
    ("review", "work items that nobody has given a priority"),
    ("hygiene", "what the nightly look found"),
    ("to_tell", "customers who are to be told"),
    ("promises", "promises at risk"),
)


def digest_told(digest: Digest) -> str:
    """The digest as one sentence."""
    when = digest.when
    whom = " and ".join(each.replace("_", " ") for each in digest.to or ["the channel as a whole"])
    gets = "gets" if not digest.to or len(digest.to) == 1 else "get"
    said = f"{whom[:1].upper()}{whom[1:]} {gets} by {' and '.join(digest.via)}, {_days(when.days)}"
    said += f" at {when.at} ({when.time_zone}): {dict(WHAT)[digest.what]}."
    if when.not_on:
        said += f" Not on {', '.join(each.isoformat() for each in when.not_on)}."
    return said if digest.when_empty == "say" else f"{said} Nothing is sent where there is nothing."


def _days(days: str | Sequence[str]) -> str:
    if not isinstance(days, str):
        return " and ".join(each.capitalize() for each in days)
    named = {"mon-fri": "Monday to Friday", "daily": "every day"}
    return named.get(days, f"on the days of {days}")
