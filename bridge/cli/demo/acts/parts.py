"""The tickets that more than one act speaks of."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.cli.demo.casebook import Case, DeskCase


@dataclass(slots=True)
class Parts:
    """Tickets by the part they play, filled by the morning."""

    cases: dict[str, Case] = field(default_factory=dict)
    desk: dict[str, DeskCase] = field(default_factory=dict)

    def __getitem__(self, subject: str) -> Case:
        return self.cases[subject]

    def add(self, case: Case) -> Case:
        """Remember a ticket under its subject."""
        self.cases[case.request.subject] = case
        return case

    def add_desk(self, case: DeskCase) -> DeskCase:
        """Remember a ticket of the desk under its subject."""
        self.desk[case.request.subject] = case
        return case
