"""People as the vendor writes them, in one form whichever way they came.

Service hooks say `Ana Dev <ana@acme.com>`, REST answers an object; the string is kept.
"""

from __future__ import annotations

import re
from typing import Any

_LABEL = re.compile(r"(?P<name>[^<>]*)<(?P<unique>[^<>]+)>\s*")


def is_identity(value: Any) -> bool:
    """Whether the value is a REST identity object."""
    return isinstance(value, dict) and ("uniqueName" in value or "displayName" in value)


def label(value: Any) -> str:
    """`Display <unique>`; only the display name for who has no unique one (a group)."""
    if not is_identity(value):
        return str(value or "")
    name, unique = str(value.get("displayName") or ""), str(value.get("uniqueName") or "")
    if _LABEL.fullmatch(unique):  # the reporting feed puts the whole label there
        return unique
    return f"{name} <{unique}>" if name and unique else name or unique


def unique_name(value: Any) -> str:
    """The account id under which a person appears: the unique name in lower case."""
    text = label(value)
    found = _LABEL.fullmatch(text)
    return (found["unique"] if found else text).strip().lower()


def display_name(value: Any) -> str:
    """What people call the person."""
    text = label(value)
    found = _LABEL.fullmatch(text)
    return ((found["name"] if found else text) or text).strip()
