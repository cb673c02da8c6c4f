"""What the story did, ticket by ticket: the checks compare the vendors' state with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.cli.demo.cast import Request


@dataclass(slots=True)
class Case:
    """One ticket of the story and what should have come of it."""

    request: Request
    ticket_id: str
    work: str
    """The type of its one work item; empty: it has none."""
    to_customer: list[str] = field(default_factory=list)
    """What engineers marked for the customer: one note each."""
    to_engineers: list[str] = field(default_factory=list)
    """What support marked for engineering: one comment each."""
    pictures: list[str] = field(default_factory=list)
    """Files of the assets that the customer sent."""
    merged_into: Case | None = None
    acknowledged: bool | None = None
    """Whether the hub took it when a lead said that they know; None: nobody said so."""
    closed_with: str | None = None
    """The stage that it showed when a person closed it."""


@dataclass(slots=True)
class Casebook:
    """All tickets of the story."""

    cases: list[Case] = field(default_factory=list)
    kept_inside: list[str] = field(default_factory=list)
    """Texts of engineers that must not appear at the helpdesk."""
    dropped: int = 0
    """Events that were lost on purpose."""
    missed: list[str] = field(default_factory=list)
    """What the story waited for in vain."""

    def open(self, case: Case) -> Case:
        """Write a ticket down."""
        self.cases.append(case)
        return case

    @property
    def launched(self) -> list[Case]:
        """The tickets that became work."""
        return [case for case in self.cases if case.work]
