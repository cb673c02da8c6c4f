"""Reading a file's values that may be wrong: what is not of the expected kind is not there.

References are checked on these, not on the validated model, so that a misspelt key in one route
does not hide the missing connection in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.config.problems import Complaint, Path
from bridge.config.yaml_lines import Plain, Scalar


@dataclass(frozen=True, slots=True)
class Cursor:
    """A value and its path."""

    value: Plain
    path: Path = ()

    def at(self, *path: str) -> Cursor:
        """What stands below these keys; an empty value if nothing does."""
        found = self
        for key in path:
            value = found.value.get(key) if isinstance(found.value, dict) else None
            found = Cursor(value, (*found.path, key))
        return found

    def each(self) -> Iterator[Cursor]:
        """The entries of a list."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield Cursor(value, (*self.path, index))

    def entries(self) -> Iterator[tuple[str, Cursor]]:
        """The keys of a mapping and what stands at each."""
        if isinstance(self.value, dict):
            for key, value in self.value.items():
                yield key, Cursor(value, (*self.path, key))

    @property
    def text(self) -> str | None:
        """The value if it is text with something in it."""
        return self.value if isinstance(self.value, str) and self.value else None

    @property
    def scalar(self) -> Scalar:
        """The value if it is one word or number."""
        return None if isinstance(self.value, list | dict) else self.value

    @property
    def is_there(self) -> bool:
        """True if the file says anything here."""
        return self.value is not None

    def complaint(self, message: str, hint: str = "") -> Complaint:
        """A complaint about this place."""
        return Complaint(self.path, message, hint)
