"""Texts like no other, planted in whatever is born in Sentry: where one turns up, Sentry leaked."""

from __future__ import annotations


class Canaries:
    """Makes them, and remembers each one that was planted."""

    def __init__(self) -> None:
        self.planted: list[str] = []

    def plant(self, field: str) -> str:
        """A new one; the field is part of it, so that a leak names its source."""
        text = f"canary{len(self.planted) + 1:04d}{field}"
        self.planted.append(text)
        return text

    def found_in(self, text: str) -> list[str]:
        """Those that a text holds, whatever their case."""
        folded = text.casefold()
        return [each for each in self.planted if each.casefold() in folded]
