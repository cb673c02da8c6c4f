"""One form of each value, so that equal things have equal hashes whatever the vendor's types."""

from __future__ import annotations

import hashlib
import json
import math

from bridge.domain.records import Value


def canonical(value: Value) -> str:
    """The value as one text: empty for nothing, `3` for 3, 3.0 and "3", JSON for structures."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    if isinstance(value, int | float | str):
        return str(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def digest(value: Value) -> str:
    """The hash by which values are compared; None and "" are the same nothing."""
    return sha256(canonical(value))


def sha256(text: str) -> str:
    """The text's hash, in hex; lone surrogates do no harm."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def plain(value: Value) -> str | None:
    """The value as the text a field takes; a list joined by `;`; None for what has no text."""
    if isinstance(value, dict):
        return None
    if isinstance(value, list):
        if any(isinstance(each, list | dict) for each in value):
            return None
        return ";".join(canonical(each) for each in value if each is not None)
    return canonical(value)
