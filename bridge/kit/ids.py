"""Ids that sort by the time they were made, so that lists can be paged by them."""

from __future__ import annotations

import secrets
import time


def new_id() -> str:
    """26 hex digits: milliseconds since the epoch, then 56 random bits."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(7)}"
