"""Records as the API writes them; many members are shown only to who asks for them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from connectors.rocketlane.simulator.records import (
    Comment,
    CustomField,
    Person,
    Phase,
    Project,
    Stamped,
    Status,
    Task,
)
from connectors.rocketlane.simulator.workspace import Workspace

TASK_EXTRAS = frozenset(
    {
        "startDateActual", "dueDateActual", "type", "phase", "assignees", "followers",
        "dependencies", "billable", "csatEnabled", "priority", "timeEntryCategory",
        "financialsBudget", "taskPrivateNote", "parent", "externalReferenceId",
    }
)  # fmt: skip
"""What a task shows on request only."""
PROJECT_EXTRAS = frozenset({"currentPhases", "externalReferenceId", "progressPercentage"})
USER_EXTRAS = frozenset({"role", "company", "permission", "holidayCalendar", "capacityInMinutes"})
FIELD_EXTRAS = frozenset({"options", "ratingScale"})
_PRIORITY = {"value": 2, "label": "Medium"}


def person(who: Person) -> dict[str, Any]:
    """Somebody inside another record."""
    return {
        "emailId": who.email,
        "userId": who.id,
        "firstName": who.first,
        "lastName": who.last,
    }


def status(at: Status) -> dict[str, Any]:
    """A status: value and label, never its category."""
    return {"value": at.value, "label": at.label}


def _stamps(stamps: Stamped) -> dict[str, Any]:
    return {
        "createdAt": stamps.created,
        "updatedAt": stamps.updated,
        "createdBy": person(stamps.created_by),
        "updatedBy": person(stamps.updated_by),
    }


def _said(body: dict[str, Any]) -> dict[str, Any]:
    """Members without a value are left out."""
    return {name: value for name, value in body.items() if value is not None}


def task(w: Workspace, it: Task, extras: Collection[str] = ()) -> dict[str, Any]:
    """A task, with these of the members that must be asked for."""
    told = {
        "taskId": it.id,
        "taskName": it.name,
        "taskDescription": it.description,
        "startDate": it.start,
        "dueDate": it.due,
        "archived": it.project.archived,
        "effortInMinutes": it.effort,
        "progress": it.progress,
        "atRisk": it.at_risk,
        **_stamps(it.stamps),
        "project": {"projectId": it.project.id, "projectName": it.project.name},
        "status": status(it.status),
        "fields": [_field_value(w.fields[id], value) for id, value in it.fields.items()],
        "private": it.private,
    }
    asked = _task_extras(it)
    if not it.private_note and w.dials.empty_note != "text":
        asked["taskPrivateNote"] = None
    if not it.assignees and not w.dials.assignees_when_none:
        asked["assignees"] = None
    said = _said(told | {name: asked[name] for name in extras if name in asked})
    if not it.private_note and w.dials.empty_note == "null" and "taskPrivateNote" in extras:
        said["taskPrivateNote"] = None
    return said


def _task_extras(it: Task) -> dict[str, Any]:
    phase, parent = it.phase, it.parent
    return {
        "startDateActual": it.start_actual,
        "dueDateActual": it.due_actual,
        "type": it.type,
        "phase": phase and {"phaseId": phase.id, "phaseName": phase.name},
        "assignees": {"members": [person(each) for each in it.assignees], "placeholders": []},
        "followers": {"members": [person(each) for each in it.followers]},
        "dependencies": [lite(each) for each in it.dependencies],
        "parent": parent and lite(parent),
        "priority": _PRIORITY,
        "billable": False,
        "csatEnabled": False,
        "taskPrivateNote": it.private_note,
        "externalReferenceId": it.reference,
    }


def lite(it: Task) -> dict[str, Any]:
    """A task inside another."""
    return {"taskId": it.id, "taskName": it.name}


def _field_value(known: CustomField, value: Any) -> dict[str, Any]:
    label = known.options.get(value) if known.type == "SINGLE_CHOICE" else value
    return {
        "fieldId": known.id,
        "fieldLabel": known.label,
        "fieldValue": value,
        "fieldValueLabel": None if label is None else str(label),
    }


def phase(it: Phase) -> dict[str, Any]:
    """A phase."""
    return {
        "phaseId": it.id,
        "phaseName": it.name,
        "project": {"projectId": it.project.id, "projectName": it.project.name},
        "startDate": it.start,
        "dueDate": it.due,
        **_stamps(it.stamps),
        "status": status(it.status),
        "private": it.private,
    }


def project(w: Workspace, it: Project, extras: Collection[str] = ()) -> dict[str, Any]:
    """A project, with these of the members that must be asked for."""
    told = {
        "projectId": it.id,
        "projectName": it.name,
        "startDate": it.start,
        "dueDate": it.due,
        **_stamps(it.stamps),
        "owner": person(it.owner),
        "teamMembers": {"members": [person(each) for each in it.members], "customers": []},
        "status": status(it.status),
        "fields": [],
        "customer": {"companyId": it.company.id, "companyName": it.company.name},
        "partnerCompanies": [],
        "archived": it.archived,
        "visibility": it.visibility,
    }
    if "currentPhases" in extras:
        now = [each for each in w.phases.values() if each.project is it]
        told["currentPhases"] = [{"phaseId": e.id, "phaseName": e.name} for e in now]
    if "externalReferenceId" in extras:
        told["externalReferenceId"] = it.reference
    if "progressPercentage" in extras:
        told["progressPercentage"] = 0
    return _said(told)


def comment(it: Comment, on: Task) -> dict[str, Any]:
    """A comment on a task."""
    return {
        "commentId": it.id,
        "content": it.content,
        "createdAt": it.created,
        "createdBy": person(it.by),
        "source": {"sourceId": on.id, "sourceType": "TASK"},
        "private": it.private,
    }


def field(it: CustomField, extras: Collection[str] = ()) -> dict[str, Any]:
    """The definition of a field; its options on request."""
    told = {
        "fieldId": it.id,
        "fieldLabel": it.label,
        "fieldType": it.type,
        "objectType": it.object_type,
        "createdAt": it.created,
        "updatedAt": it.created,
        "enabled": True,
        "private": it.private,
    }
    if "options" in extras:
        told["fieldOptions"] = [
            {"optionValue": value, "optionLabel": label} for value, label in it.options.items()
        ]
    return told


def user(it: Person, extras: Collection[str] = ()) -> dict[str, Any]:
    """A user: here the address is called `email`."""
    told: dict[str, Any] = {
        "userId": it.id,
        "email": it.email,
        "firstName": it.first,
        "lastName": it.last,
        "type": it.type,
        "status": it.status,
        "createdAt": it.created,
    }
    if "company" in extras and it.company is not None:
        told["company"] = {"companyId": it.company.id, "companyName": it.company.name}
    return told
