"""Where a sweep stands: a window that looks back as far as the vendor's search may lag."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.kit.clock import from_ms, to_ms

SLACK = timedelta(minutes=1)
"""How far our clock and the vendor's may be apart, beside the lag of the search."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """From when on changes are due; within a window also when it was begun, and its next page."""

    since: datetime
    begun: datetime | None = None
    token: str | None = None

    @classmethod
    def parse(cls, text: str | None, since: datetime) -> Cursor:
        """The cursor of that text; a fresh one from `since` where it is none of ours."""
        try:
            held = json.loads(text or "")
            begun = None if held["begun"] is None else from_ms(held["begun"])
            token = held["token"]
            return cls(from_ms(held["since"]), begun, token if isinstance(token, str) else None)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            return cls(since)

    def text(self) -> str:
        """The opaque form."""
        begun = None if self.begun is None else to_ms(self.begun)
        return json.dumps({"since": to_ms(self.since), "begun": begun, "token": self.token})

    def begin(self, now: datetime) -> Cursor:
        """The cursor within a window; one that was not begun yet begins now."""
        return self if self.begun is not None else Cursor(self.since, now)

    def ahead(self, token: str | None, lag: timedelta) -> Cursor:
        """Where the next page is, or (without a token) where the next sweep begins.

        What the index did not show yet at the beginning of this one is found by the next.
        """
        if token is not None or self.begun is None:
            return Cursor(self.since, self.begun, token)
        return Cursor(max(self.since, self.begun - lag - SLACK))
