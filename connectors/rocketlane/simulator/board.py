"""What can be done to tasks and phases, by a client or by a person, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.rocketlane.simulator import bodies
from connectors.rocketlane.simulator.html import kept
from connectors.rocketlane.simulator.problems import bad_request
from connectors.rocketlane.simulator.records import Person, Phase, Project, Task
from connectors.rocketlane.simulator.workspace import COMPLETED, IN_PROGRESS, Workspace

Announce = Callable[[str, str, Any, Person, dict[str, tuple[Any, Any]]], None]
"""Tells of an event: resource, verb, record, who, and the members changed from and to."""
_PLAIN = {
    "taskName": "name", "startDate": "start", "dueDate": "due", "effortInMinutes": "effort",
    "progress": "progress", "atRisk": "at_risk", "type": "type", "private": "private",
    "externalReferenceId": "reference",
}  # fmt: skip
_HTML = {"taskDescription": "description", "taskPrivateNote": "private_note"}


class Board:
    """Tasks and phases."""

    def __init__(self, workspace: Workspace, announce: Announce) -> None:
        self._w, self._announce = workspace, announce

    def create_task(self, by: Person, body: Any) -> Task:
        """A new task, with the subtasks and the form of its template."""
        given = bodies.check(body, bodies.TASK_CREATE, ("taskName", "project"))
        w = self._w
        project = w.named(w.projects, "project", given["project"], "projectId")
        task = Task(0, given["taskName"], project, w.stamp(by), w.statuses[0])
        if "phase" in given:
            task.phase = self._phase_in(project, given["phase"])
        if "parent" in given:
            task.parent = w.named(w.tasks, "parent", given["parent"], "taskId")
            if task.parent.project is not project:
                raise bad_request("The parent is a task of another project", "parent")
            task.phase = task.phase or task.parent.phase
        for member, people in (("assignees", task.assignees), ("followers", task.followers)):
            for each in (given.get(member) or {}).get("members") or []:
                people.append(w.person(each, member))
        self._set(task, given)
        self._keep(task, by)
        if "source" in given:
            self._import(task, given["source"], by)
        return task

    def _keep(self, task: Task, by: Person) -> None:
        task.id = self._w.new_id()
        self._w.tasks[task.id] = task
        self._announce("TASK", "CREATED", task, by, {})

    def _import(self, task: Task, source: dict[str, Any], by: Person) -> None:
        if not source.get("startDate"):
            raise bad_request("startDate is required", "source")
        template = self._w.named(self._w.templates, "source", source, "templateId")
        task.form = template.form
        for name in template.children:
            child = Task(0, name, task.project, self._w.stamp(by), self._w.statuses[0])
            child.parent, child.phase = task, task.phase
            self._keep(child, by)

    def _phase_in(self, project: Project, given: Any) -> Phase:
        phase = self._w.named(self._w.phases, "phase", given, "phaseId")
        if phase.project is not project:
            raise bad_request("The phase belongs to another project", "phase")
        return phase

    def update_task(self, by: Person, task: Task, body: Any) -> None:
        """Set the members that an update knows; phase, assignees, parent are none of them."""
        given = bodies.check(body, bodies.TASK_UPDATE)
        start, due = given.get("startDate", task.start), given.get("dueDate", task.due)
        if start and due and due < start:
            raise bad_request("dueDate must not be before startDate", "dueDate")
        before = _shown(task)
        self._set(task, given)
        self._changed(task, by, before)

    def _changed(self, task: Task, by: Person, before: dict[str, Any]) -> None:
        self._w.touch(task.stamps, by)
        after = _shown(task)
        changed = {n: (before[n], after[n]) for n in after if before[n] != after[n]}
        if changed:
            self._announce("TASK", "UPDATED", task, by, changed)

    def _set(self, task: Task, given: dict[str, Any]) -> None:
        status = self._w.status(given["status"]) if "status" in given else task.status
        fields = [self._field(each) for each in given.get("fields") or []]
        for member, name in _PLAIN.items():
            if member in given:
                setattr(task, name, given[member] if given[member] != "" else None)
        for member, name in _HTML.items():
            if member in given:
                text = kept(given[member], rewrite=self._w.dials.rewrite_html)
                setattr(task, name, text)
        for id, value in fields:
            task.fields[id] = value
        if status is not task.status:
            today = self._w.now().date().isoformat()
            if status.category == IN_PROGRESS:
                task.start_actual = task.start_actual or today
            task.due_actual = today if status.category == COMPLETED else None
            task.status = status

    def _field(self, given: Any) -> tuple[int, Any]:
        id = given.get("fieldId") if isinstance(given, dict) else None
        known = self._w.fields.get(id) if isinstance(id, int) else None
        if known is None or known.object_type != "TASK":
            raise bad_request("No field found for provided value", f"fields.{id}")
        value = given.get("fieldValue")
        if known.type == "SINGLE_CHOICE" and value not in (*known.options, None, ""):
            raise bad_request("No option found for provided value", f"fields.{id}")
        return known.id, value if value != "" else None

    def assign(self, by: Person, task: Task, member: str, body: Any, *, add: bool) -> None:
        """Add or take away assignees or followers."""
        given = body if isinstance(body, dict) else {}
        named = [self._w.person(each, member) for each in given.get("members") or []]
        before = _shown(task)
        people: list[Person] = getattr(task, member)
        for person in named:
            if add and person not in people:
                people.append(person)
            elif not add and person in people:
                people.remove(person)
        self._changed(task, by, before)

    def depend(self, by: Person, task: Task, body: Any, *, add: bool) -> None:
        """Add or take away what must be finished first."""
        given = body if isinstance(body, dict) else {}
        before = _shown(task)
        for each in given.get("dependencies") or []:
            other = self._w.named(self._w.tasks, "dependencies", each, "taskId")
            if add and other not in task.dependencies:
                task.dependencies.append(other)
            elif not add and other in task.dependencies:
                task.dependencies.remove(other)
        self._changed(task, by, before)

    def move(self, by: Person, task: Task, body: Any) -> None:
        """Put a task into another phase of its project."""
        given = body if isinstance(body, dict) else {}
        phase, before = self._phase_in(task.project, given.get("phase")), _shown(task)
        task.phase = phase
        self._changed(task, by, before)

    def delete_task(self, by: Person, task: Task) -> None:
        """Delete a task with its subtasks: from then on it is not found."""
        for child in self._w.children(task):
            self.delete_task(by, child)
        del self._w.tasks[task.id]
        self._announce("TASK", "DELETED", task, by, {})

    def restore_task(self, by: Person, task: Task) -> None:
        """Take a task out of the bin, as people can in the product."""
        self._w.tasks[task.id] = task
        self._w.touch(task.stamps, by)
        self._announce("TASK", "CREATED", task, by, {})

    def create_phase(self, by: Person, body: Any) -> Phase:
        """A new phase; two of one name are no mistake."""
        needed = ("phaseName", "project", "startDate", "dueDate")
        given, w = bodies.check(body, bodies.PHASE, needed), self._w
        project = w.named(w.projects, "project", given["project"], "projectId")
        status = w.status(given["status"]) if "status" in given else w.statuses[0]
        start, due = given["startDate"], given["dueDate"]
        phase = Phase(
            w.new_id(), given["phaseName"], project, start, due, w.stamp(by), status,
            given.get("private", False),
        )  # fmt: skip
        w.phases[phase.id] = phase
        self._announce("PHASE", "CREATED", phase, by, {})
        return phase

    def update_phase(self, by: Person, phase: Phase, body: Any) -> None:
        """Set the members of a phase that an update knows."""
        given = bodies.check(body, bodies.PHASE)
        changed: dict[str, tuple[Any, Any]] = {}
        names = {"phaseName": "name", "startDate": "start", "dueDate": "due", "private": "private"}
        for member, name in names.items():
            if member in given and getattr(phase, name) != given[member]:
                changed[member] = (getattr(phase, name), given[member])
                setattr(phase, name, given[member])
        if "status" in given:
            phase.status = self._w.status(given["status"])
        self._w.touch(phase.stamps, by)
        self._announce("PHASE", "UPDATED", phase, by, changed)

    def delete_phase(self, by: Person, phase: Phase) -> None:
        """Delete a phase with its tasks."""
        for task in [each for each in self._w.tasks.values() if each.phase is phase]:
            if task.id in self._w.tasks:
                self.delete_task(by, task)
        del self._w.phases[phase.id]
        self._announce("PHASE", "DELETED", phase, by, {})


def _shown(task: Task) -> dict[str, Any]:
    """What a change log compares."""
    status = {"value": task.status.value, "label": task.status.label}
    plain = {member: getattr(task, name) for member, name in (_PLAIN | _HTML).items()}
    return plain | {
        "status": status,
        "phase": task.phase and {"phaseId": task.phase.id, "phaseName": task.phase.name},
        "assignees": [person.id for person in task.assignees],
        "followers": [person.id for person in task.followers],
        "dependencies": [each.id for each in task.dependencies],
        "fields": [{"fieldId": id, "fieldValue": v} for id, v in task.fields.items()],
    }
