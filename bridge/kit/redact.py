"""Redaction: what looks like a secret never reaches a log, whichever library wrote the entry."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "•••"
SHORTEST = 6
"""A secret shorter than this would hide half the log, and is no secret."""

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
    # password=…, 'token': '…', "api_key": "…": parameters and headers as libraries print them
    (
        re.compile(
            r"((?:\b|[_-])(?:password|passwd|secret|token|api[_-]?key|authorization|cookie|signature)"
            r"(?:['\"]\s*[:=]\s*['\"]|['\"],\s*b?['\"]|=['\"]?))(?!Bearer |Basic )[^\s'\"&,;)}]+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    # E-mail addresses: personal data has no business in a log; the domain says whose it is.
    (re.compile(r"(?<![\w.+%-])[\w.+%-]{1,200}@(?=[\w-]+(?:\.[\w-]+)+)"), f"{HIDDEN}@"),
    # our own tokens, HubSpot's, Atlassian's
    (re.compile(r"\b(?:tb_|pat-[a-z]{2}\d-|ATATT)[A-Za-z0-9_=-]{8,}"), HIDDEN),
)


def _is_secret(key: Any) -> bool:
    """Whether what stands under this key is a secret."""
    if isinstance(key, bytes):
        key = key.decode("latin-1")
    return isinstance(key, str) and _SECRET_KEYS.search(key) is not None


def _forms(secret: str) -> Iterator[str]:
    """The secret as it may stand in a text: plain, in an address, in JSON, within Base64."""
    yield from (secret, quote(secret, safe=""), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], repr(secret)[1:-1])
    raw = secret.encode()
    for before in range(3):
        # What stands before it (a user and a colon) moves its bits; at both ends some are shared.
        text = base64.b64encode(b"\0" * before + raw).decode()
        kept = text[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        if len(kept) >= SHORTEST:
            yield from (kept, kept.replace("+", "-").replace("/", "_"))


class Redactor:
    """Replaces secrets: by the key they stand under, by their shape, and those it was told of."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self.remember(secrets)

    def remember(self, secrets: Iterable[str]) -> None:
        """Hide these texts from now on; very short ones would hide half the log and are left."""
        for each in secrets:
            if len(each) >= SHORTEST:
                self._secrets |= set(_forms(each))

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
        if isinstance(value, list | tuple) and len(value) == 2 and _is_secret(value[0]):
            # A header, as HTTP libraries keep them.
            return [self.value(value[0]), HIDDEN]
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(each) for each in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(str(value))

    def mapping(self, entries: Mapping[Any, Any]) -> dict[str, Any]:
        """The mapping with whatever stands under a secret's key hidden."""
        return {
            self.text(str(key)): HIDDEN if value and _is_secret(str(key)) else self.value(value)
            for key, value in entries.items()
        }
