"""Phases of projects: records with keys of their own, because several launches share one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class PhaseWanted:
    """A phase that a launch needs and that has not been looked for lately."""

    connection: str
    project: str
    name: str
    create: bool
    lasts: timedelta

    @property
    def key(self) -> str:
        """The phase's own key within its connection."""
        return phase_key(self.project, self.name)


@dataclass(frozen=True, slots=True)
class KnownPhase:
    """What came of looking for a phase. `id` empty: there is none, `reason` says why if known.

    `intended_at` is set while a create is under way, or its answer never came; `looks` counts the
    looks since then that did not find it.
    """

    looked_at: datetime
    id: str = ""
    reason: str = ""
    intended_at: datetime | None = None
    looks: int = 0

    @property
    def settled(self) -> bool:
        """Whether it is decided: found, or certainly not there."""
        return self.intended_at is None


def phase_key(project: str, name: str) -> str:
    """The key of a phase: its project, and its name as it is compared."""
    return f"{project}/{name.strip().casefold()}"
