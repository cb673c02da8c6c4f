"""What a hub must remember of having been restored: a part of what it did is not in its store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """An older state was put in place `at`; it knows nothing of what was done since `known_until`.

    Whatever must not happen twice is looked for at the vendor before it is done, on every record
    that is older than `at`.
    """

    at: datetime
    known_until: datetime
