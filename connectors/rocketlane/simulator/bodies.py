"""What a request's body may say: the vendor's member types, checked before anything is done."""

from __future__ import annotations

from datetime import date
from typing import Any

from connectors.rocketlane.simulator.problems import bad_request

STAMPS: dict[str, str] = {"startDate": "date", "dueDate": "date"}
TASK_UPDATE: dict[str, str] = {
    **STAMPS,
    "taskName": "string", "taskDescription": "string", "taskPrivateNote": "string",
    "effortInMinutes": "integer", "progress": "integer", "atRisk": "boolean",
    "type": "task type", "fields": "list", "status": "object",
    "externalReferenceId": "string", "private": "boolean",
}  # fmt: skip
"""`TaskPublicUpdateAPIRequestEntity`."""
TASK_CREATE: dict[str, str] = {
    **TASK_UPDATE,
    "project": "object", "phase": "object", "parent": "object", "assignees": "object",
    "followers": "object", "source": "object",
}  # fmt: skip
"""`TaskPublicAPIRequestEntity`."""
PHASE: dict[str, str] = {
    **STAMPS, "phaseName": "string", "project": "object", "status": "object", "private": "boolean",
}  # fmt: skip
PROJECT: dict[str, str] = {
    **STAMPS, "projectName": "string", "customer": "object", "owner": "object",
    "status": "object", "visibility": "string", "externalReferenceId": "string",
    "teamMembers": "object", "autoCreateCompany": "boolean",
}  # fmt: skip
COMMENT: dict[str, str] = {"content": "string", "source": "object", "private": "boolean"}
FIELD: dict[str, str] = {
    "fieldLabel": "string", "fieldType": "string", "objectType": "string",
    "fieldDescription": "string", "fieldOptions": "list", "private": "boolean",
}  # fmt: skip

_KINDS: dict[str, type] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "list": list,
    "date": str,
    "task type": str,
}


def check(body: Any, members: dict[str, str], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The members that the operation knows, each of its type; others are not looked at."""
    if not isinstance(body, dict):
        raise bad_request("Invalid request body")
    for name in required:
        if body.get(name) in (None, "", {}):
            raise bad_request(f"{name} is required", name)
    given = {name: body[name] for name in members if body.get(name) is not None}
    for name, value in given.items():
        if not _fits(value, members[name]):
            raise bad_request("Invalid value", name)
    if given.get("startDate") and given.get("dueDate") and given["dueDate"] < given["startDate"]:
        raise bad_request("dueDate must not be before startDate", "dueDate")
    return given


def _fits(value: Any, kind: str) -> bool:
    if kind == "task type":
        return value in ("TASK", "MILESTONE")
    if kind == "date":
        return value == "" or _is_date(value)
    if kind == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, _KINDS[kind])


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
