"""The state of one account: its people, customers, projects, phases, tasks and fields."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from connectors.rocketlane.simulator.dials import Dials
from connectors.rocketlane.simulator.problems import bad_request, not_found
from connectors.rocketlane.simulator.records import (
    Company,
    CustomField,
    Person,
    Phase,
    Project,
    Stamped,
    Status,
    Task,
    Template,
)

Kept = TypeVar("Kept")

TO_DO, IN_PROGRESS, COMPLETED = "to_do", "in_progress", "completed"


class Workspace:
    """Everything there is, by id."""

    def __init__(self, dials: Dials, clock: Callable[[], datetime], rng: random.Random) -> None:
        self.dials, self.rng, self._clock = dials, rng, clock
        self.people: dict[int, Person] = {}
        self.companies: dict[int, Company] = {}
        self.projects: dict[int, Project] = {}
        self.phases: dict[int, Phase] = {}
        self.tasks: dict[int, Task] = {}
        self.fields: dict[int, CustomField] = {}
        self.templates: dict[int, Template] = {}
        self.keys: dict[str, Person] = {}
        self.statuses = [
            Status(1, "To do", TO_DO),
            Status(2, "In progress", IN_PROGRESS),
            Status(3, "Completed", COMPLETED),
        ]
        self._last = 200

    def now(self) -> datetime:
        """The time."""
        return self._clock()

    def moment(self) -> int:
        """The time in epoch milliseconds."""
        return int(self._clock().timestamp() * 1000)

    def new_id(self) -> int:
        """The next id; one row of numbers serves everything."""
        self._last += 1
        return self._last

    def stamp(self, by: Person) -> Stamped:
        """The stamps of something that is made now."""
        now = self.moment()
        return Stamped(now, now, by, by)

    def touch(self, stamps: Stamped, by: Person) -> None:
        """Somebody changed it."""
        stamps.updated, stamps.updated_by = self.moment(), by

    def add_person(
        self, email: str, first: str, last: str, type: str = "TEAM_MEMBER", **more: Any
    ) -> Person:
        """Somebody new."""
        made = Person(self.new_id(), email, first, last, type, created=self.moment(), **more)
        self.people[made.id] = made
        return made

    def add_company(self, name: str) -> Company:
        """A new customer."""
        made = Company(self.new_id(), name)
        self.companies[made.id] = made
        return made

    def person(self, given: Any, field: str) -> Person:
        """Whom a member of a request names; the id wins where both are given."""
        given = given if isinstance(given, dict) else {}
        if (id := given.get("userId")) is not None:
            found = self.people.get(id)
        else:
            email = str(given.get("emailId") or "").casefold()
            found = next((p for p in self.people.values() if p.email.casefold() == email), None)
        if found is None:
            raise bad_request("No user found for provided value", field)
        return found

    def status(self, given: Any) -> Status:
        """The status that a request names by its value."""
        value = given.get("value") if isinstance(given, dict) else None
        found = next((each for each in self.statuses if each.value == value), None)
        if found is None:
            raise bad_request("No status found for provided value", "status")
        return found

    def status_named(self, label: str) -> Status:
        """The status that people call so."""
        return next(each for each in self.statuses if each.label == label)

    def company(self, given: Any) -> Company:
        """The customer that a request names; case is not looked at."""
        given = given if isinstance(given, dict) else {}
        name = str(given.get("companyName") or "").casefold()
        for each in self.companies.values():
            if each.id == given.get("companyId") or each.name.casefold() == name:
                return each
        raise bad_request("No customer company found for provided value", "customer")

    def see(self, kept: dict[int, Kept], what: str, id: str) -> Kept:
        """One record by the id of an address; 404 for anything else."""
        found = kept.get(int(id)) if id.isascii() and id.isdecimal() else None
        if found is None:
            raise not_found(what, id)
        return found

    def named(self, kept: dict[int, Kept], member: str, given: Any, key: str) -> Kept:
        """One record that a body refers to; 400 for anything else."""
        id = given.get(key) if isinstance(given, dict) else None
        found = kept.get(id) if isinstance(id, int) else None
        if found is None:
            raise bad_request(f"No {member} found for provided value", member)
        return found

    def children(self, task: Task) -> Iterable[Task]:
        """The subtasks of a task."""
        return [each for each in self.tasks.values() if each.parent is task]
