"""Digests by which something can be recognised by whoever knows it, and read by nobody."""

from __future__ import annotations

import hashlib
import secrets


def salted(text: str, salt: bytes | None = None) -> str:
    """`salt:digest` in hex, slow to compute on purpose; with the same salt it is the same."""
    used = secrets.token_bytes(16) if salt is None else salt
    made = hashlib.scrypt(text.encode("utf-8", "replace"), salt=used, n=2**14, r=8, p=1, dklen=16)
    return f"{used.hex()}:{made.hex()}"
