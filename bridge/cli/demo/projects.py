"""The implementation team's Rocketlane account: set up, and how to read its state."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape

from bridge.cli.demo.cast import (
    BRIGHTWATER,
    CSMS,
    CUSTOMERS,
    IMPLEMENTATION,
    PINECREST,
    SALES,
    Colleague,
)
from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.rocketlane.simulator.records import Person, Task

HUB_ACCOUNT = "hub@harborline.example"
SITE = "https://harborline.rocketlane.com"
PHASE, QUESTIONS = "Post Implementation", "Ticketing Questions"
STATUSES = (
    (4, "Proposal with client", "in_progress"),
    (5, "Proposal accepted", "in_progress"),
    (6, "Proposal declined", "removed"),
)
"""Beyond those that every account has: number, name, what it means to the hub."""
STAGES = {
    "To do": "Reported to our team",
    "In progress": "Being worked on",
    "Proposal with client": "Proposal with you",
    "Proposal accepted": "Proposal accepted",
    "Proposal declined": "Not planned",
    "Completed": "Available to you",
}
"""What a customer may hear of each status."""


@dataclass(slots=True)
class Projects:
    """The account, simulated."""

    rocketlane: RocketlaneSimulator
    key: str = field(repr=False)
    hook_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def tasks_of(self, ticket_url: str) -> list[Task]:
        """The tasks whose private note leads to the ticket."""
        return [
            each
            for each in self.rocketlane.workspace.tasks.values()
            if each.parent is None and f'"{ticket_url}"' in unescape(each.private_note)
        ]

    def person(self, colleague: Colleague) -> Person:
        """Somebody of Harborline, as the account knows them."""
        people = self.rocketlane.workspace.people.values()
        return next(each for each in people if each.email == colleague.email)

    def below(self, task: Task) -> list[Task]:
        """The subtasks of a task."""
        return [*self.rocketlane.workspace.children(task)]

    def own_tasks(self) -> list[Task]:
        """Every task that the hub's user created, subtasks included."""
        hub = self.rocketlane.account
        tasks = self.rocketlane.workspace.tasks.values()
        return [each for each in tasks if each.stamps.created_by is hub]


def open_projects() -> Projects:
    """The account with its people, and a project for each customer."""
    key = secrets.token_urlsafe(24)
    rocketlane = RocketlaneSimulator(
        email=HUB_ACCOUNT, api_key=key, clock=lambda: datetime.now(UTC)
    )
    workspace = rocketlane.workspace
    for csm in CSMS:
        workspace.add_person(csm.email, csm.first, csm.last)
    for person in (*IMPLEMENTATION, *SALES):
        workspace.add_person(person.email, person.first, person.last)
    for value, label, category in STATUSES:
        rocketlane.add_status(value, label, category)
    for customer in CUSTOMERS:
        project = rocketlane.add_project(f"{customer.name} rollout", customer.name)
        if customer in (BRIGHTWATER, PINECREST):
            rocketlane.add_phase(project, PHASE)
    return Projects(rocketlane, key)
