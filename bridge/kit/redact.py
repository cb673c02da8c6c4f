"""Redaction: what looks like a secret never reaches a log, whichever library wrote the entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "•••"

_SECRET_KEYS = re.compile(
    r"authorization|cookie|password|passwd|secret|signature|api[_-]?key|credential"
    r"|(?:^|[_-])(?:token|pat)s?$",
    re.IGNORECASE,
)
_SHAPES = (
    # Authorization: Bearer …, Basic …
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # ?token=…, &api_key=…
    (
        re.compile(
            r"([?&;](?:[\w-]*token|api[_-]?key|secret|password|sig|signature|code)=)[^&#\s'\"]+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    # scheme://user:password@host
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+@", re.IGNORECASE), rf"\1:{HIDDEN}@"),
    # our own tokens, HubSpot's, Atlassian's
    (re.compile(r"\b(?:tb_|pat-[a-z]{2}\d-|ATATT)[A-Za-z0-9_=-]{8,}"), HIDDEN),
)


class Redactor:
    """Replaces secrets: by the key they stand under, by their shape, and those it was told of."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self.remember(secrets)

    def remember(self, secrets: Iterable[str]) -> None:
        """Hide these texts from now on; very short ones would hide half the log and are left."""
        self._secrets |= {each for each in secrets if len(each) >= 6}

    def text(self, text: str) -> str:
        """The text without secrets."""
        # Longest first: a secret that contains another leaves nothing of itself behind.
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        for shape, kept in _SHAPES:
            text = shape.sub(kept, text)
        return text

    def value(self, value: Any) -> Any:
        """The value without secrets, however deep they stand."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "replace"))
        if isinstance(value, Mapping):
            return self.mapping(value)
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(each) for each in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(str(value))

    def mapping(self, entries: Mapping[Any, Any]) -> dict[str, Any]:
        """The mapping with whatever stands under a secret's key hidden."""
        return {
            str(key): HIDDEN if value and _SECRET_KEYS.search(str(key)) else self.value(value)
            for key, value in entries.items()
        }
