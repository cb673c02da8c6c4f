"""What can come of asking a provider, named after what whoever asked does next.

Each `str()` is a sentence for people: it holds no secret and nothing that a stranger wrote.
"""

from __future__ import annotations


class NoProvider(Exception):
    """The provider can't be used now: nobody signs in by it until that is put right."""


class NotProven(Exception):
    """The answer proves nothing: nobody is signed in; to begin again is safe."""


class Declined(Exception):
    """The provider itself said no. `said` is how it put that: a text of others."""

    def __init__(self, message: str, *, said: str = "") -> None:
        super().__init__(message)
        self.said = said
