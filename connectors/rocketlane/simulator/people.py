"""People at the vendor's own pages: the changes that no API client made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from connectors.rocketlane.simulator.account import Account
from connectors.rocketlane.simulator.records import (
    Comment,
    CustomField,
    Person,
    Phase,
    Project,
    Status,
    Task,
    Template,
)
from connectors.rocketlane.simulator.workspace import Workspace


class People:
    """What people and admins do; ids are strings, as a hub keeps them."""

    rocketlane: Account
    ana: Person
    """A consultant, who does what nobody else is named for."""
    _bin: dict[int, Task]

    @property
    def workspace(self) -> Workspace:
        """Everything that the account holds."""
        return self.rocketlane.workspace

    def task(self, id: str) -> Task:
        """A task by id."""
        return self.workspace.tasks[int(id)]

    def add_project(self, name: str, company: str, owner: Person | None = None) -> Project:
        """A project for a customer, who need not be known before."""
        w = self.workspace
        known = next((c for c in w.companies.values() if c.name == company), None)
        who = owner or self.ana
        made = Project(
            w.new_id(), name, known or w.add_company(company), who, w.stamp(who), w.statuses[0]
        )
        w.projects[made.id] = made
        return made

    def add_phase(self, project: Project, name: str) -> Phase:
        """A phase of a project."""
        day = self.workspace.now().date().isoformat()
        body = {"phaseName": name, "project": {"projectId": project.id}}
        return self.rocketlane.board.create_phase(
            self.ana, body | {"startDate": day, "dueDate": day}
        )

    def add_status(self, value: int, label: str, category: str) -> Status:
        """A further status of tasks."""
        made = Status(value, label, category)
        self.workspace.statuses.append(made)
        return made

    def add_field(self, label: str, type: str = "TEXT", options: Iterable[str] = ()) -> CustomField:
        """A custom field of tasks; options count from 1."""
        w = self.workspace
        made = CustomField(w.new_id(), label, type, options=dict(enumerate(options, 1)))
        w.fields[made.id] = made
        return made

    def add_template(self, form: str = "", children: Iterable[str] = ()) -> Template:
        """A task template; no call of the API lists it."""
        made = Template(self.workspace.new_id(), form, tuple(children))
        self.workspace.templates[made.id] = made
        return made

    def person_creates(
        self, name: str, project: Project, by: Person | None = None, **members: Any
    ) -> str:
        """A person creates a task; returns the id."""
        body = {"taskName": name, "project": {"projectId": project.id}}
        return str(self.rocketlane.board.create_task(by or self.ana, body | members).id)

    def person_edits(self, id: str, by: Person | None = None, **members: Any) -> None:
        """A person sets members of a task, by the names of the API."""
        self.rocketlane.board.update_task(by or self.ana, self.task(id), members)

    def person_moves_status(self, id: str, label: str, by: Person | None = None) -> None:
        """A person moves the task to the status of that label."""
        value = self.workspace.status_named(label).value
        self.person_edits(id, by, status={"value": value})

    def person_assigns(self, id: str, to: Person, by: Person | None = None) -> None:
        """A person puts somebody on the task."""
        members = {"members": [{"userId": to.id}]}
        self.rocketlane.board.assign(by or self.ana, self.task(id), "assignees", members, add=True)

    def person_comments(
        self, id: str, text: str, by: Person | None = None, *, private: bool = True
    ) -> str:
        """A person comments, for the team alone unless said otherwise; returns the id."""
        w, task = self.workspace, self.task(id)
        made = Comment(w.new_id(), text, by or self.ana, w.moment(), private)
        task.comments.append(made)
        return str(made.id)

    def person_clones(self, id: str, by: Person | None = None) -> str:
        """A person duplicates a task with everything on it but its comments."""
        w, task, who = self.workspace, self.task(id), by or self.ana
        copied = w.dials.clone_copies_reference
        made = replace(
            task, id=w.new_id(), stamps=w.stamp(who), comments=[], fields=dict(task.fields),
            assignees=list(task.assignees), reference=task.reference if copied else None,
        )  # fmt: skip
        w.tasks[made.id] = made
        self.rocketlane.announce("TASK", "CREATED", made, who, {})
        return str(made.id)

    def person_deletes(self, id: str, by: Person | None = None) -> None:
        """A person deletes a task."""
        task = self.task(id)
        self._bin[task.id] = task
        self.rocketlane.board.delete_task(by or self.ana, task)

    def person_restores(self, id: str, by: Person | None = None) -> None:
        """A person takes a task out of the bin."""
        self.rocketlane.board.restore_task(by or self.ana, self._bin.pop(int(id)))
