"""What the story did, ticket by ticket: the checks compare the vendors' state with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.cli.demo.cast import Request
from bridge.cli.demo.cast_desk import DeskRequest
from bridge.cli.demo.hub_api import Answer


@dataclass(slots=True)
class Case:
    """One ticket of customer success and what should have come of it."""

    request: Request
    ticket_id: str
    work: str
    """The type of its one work item in Boards; empty: it has none."""
    in_project: bool = False
    """Whether it is a task in the customer's project."""
    to_customer: list[str] = field(default_factory=list)
    """What engineers marked for the customer: one note each."""
    to_engineers: list[str] = field(default_factory=list)
    """What support marked for engineering: one comment each."""
    pictures: list[str] = field(default_factory=list)
    """Files of the assets that the customer sent."""
    merged_into: Case | None = None
    acknowledged: list[bool] = field(default_factory=list)
    """For each lead who said that they know: whether the hub took it."""
    closed_with: str | None = None
    """The stage that it showed when a person closed it."""


@dataclass(slots=True)
class DeskCase:
    """One ticket of the support desk and what should have come of it."""

    request: DeskRequest
    ticket_id: int
    escalated: bool = False
    """Whether it is a bug in Jira."""
    solved: bool = False
    """Whether a person told the customer and solved it."""

    @property
    def ref(self) -> str:
        """How the hub names the ticket."""
        return f"zendesk:{self.ticket_id}"


@dataclass(frozen=True, slots=True)
class Withheld:
    """A text that must not reach any ticket, card or mail, and the system it came from."""

    system: str
    text: str


@dataclass(slots=True)
class SignalCase:
    """An error that Sentry found, and how the hub answered what people wanted of it."""

    signal_id: int
    beside: DeskCase
    """The ticket that it has to do with, and must never hang on."""
    refused: Answer | None = None
    launched: Answer | None = None
    internal_tasks: int | None = None
    """How many technical tasks support sees beside the ticket; None: it was not asked."""


@dataclass(slots=True)
class Casebook:
    """All tickets of the story."""

    cases: list[Case] = field(default_factory=list)
    desk: list[DeskCase] = field(default_factory=list)
    signals: list[SignalCase] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    dropped: int = 0
    """Events that were lost on purpose."""
    missed: list[str] = field(default_factory=list)
    """What the story waited for in vain."""

    def open(self, case: Case) -> Case:
        """Write a ticket down."""
        self.cases.append(case)
        return case

    def keep_inside(self, system: str, *texts: str) -> None:
        """Write down what may not leave the system it was written in."""
        self.withheld += (Withheld(system, each) for each in texts)

    @property
    def launched(self) -> list[Case]:
        """The tickets that became work in Boards."""
        return [case for case in self.cases if case.work]

    @property
    def in_projects(self) -> list[Case]:
        """The tickets that became tasks of a project."""
        return [case for case in self.cases if case.in_project]

    @property
    def escalated(self) -> list[DeskCase]:
        """The desk's tickets that became bugs."""
        return [case for case in self.desk if case.escalated]
