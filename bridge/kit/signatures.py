"""The only place that compares secrets: constant time, several secrets, closed without one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence


def hmac_sha256_base64(secret: str, message: bytes) -> str:
    """Base64 of HMAC-SHA256."""
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def hmac_sha256_hex(secret: str, message: bytes) -> str:
    """HMAC-SHA256 in hexadecimal, small letters."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Whether both texts are equal, in constant time; an empty `expected` equals nothing."""
    return bool(expected) and hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )


def any_same(given: str, expected: Sequence[str]) -> bool:
    """Whether one of the expected texts is the given one; looks at all of them, always."""
    matched = False
    for each in expected:
        matched |= same(given, each)
    return matched


def basic_credentials(header: str) -> tuple[str, str] | None:
    """User and password of a Basic `Authorization` header; None for anything else."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None
