"""What a fresh site comes with: statuses, workflow, types, priorities, fields, link types."""

from __future__ import annotations

from typing import Any

from connectors.jira.simulator.records import Field, LinkType, Named, Status, Transition

_CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"

KINDS: dict[str, tuple[str, str, str]] = {
    "string": ("string", "", "textfield"),
    "text": ("string", "", "textarea"),
    "number": ("number", "", "float"),
    "date": ("date", "", "datepicker"),
    "datetime": ("datetime", "", "datetime"),
    "option": ("option", "", "select"),
    "options": ("array", "option", "multiselect"),
    "cascading": ("option-with-child", "", "cascadingselect"),
    "user": ("user", "", "userpicker"),
    "users": ("array", "user", "multiuserpicker"),
    "versions": ("array", "version", "multiversion"),
    "components": ("array", "component", ""),
    "labels": ("array", "string", "labels"),
    "priority": ("priority", "", ""),
    "resolution": ("resolution", "", ""),
    "status": ("status", "", ""),
    "issuetype": ("issuetype", "", ""),
    "project": ("project", "", ""),
    "parent": ("issuelink", "", ""),
    "issuelinks": ("array", "issuelinks", ""),
    "attachments": ("array", "attachment", ""),
    "issues": ("array", "issuelinks", ""),
    "comments": ("comments-page", "", ""),
}
"""By kind: the schema's `type`, its `items`, and the name of the custom type."""


def schema_of(field: Field) -> dict[str, Any]:
    """The `schema` of a field's metadata."""
    type_name, items, custom = KINDS[field.kind]
    told: dict[str, Any] = {"type": type_name}
    if items:
        told["items"] = items
    if field.custom:
        number = int(field.id.removeprefix("customfield_"))
        return told | {"custom": _CUSTOM + custom, "customId": number}
    return told | {"system": field.id}


def categories() -> list[Named]:
    """The four status categories; their names can be edited, their keys cannot."""
    return [
        Named("1", "No Category", key="undefined", colour="medium-gray"),
        Named("2", "To Do", key="new", colour="blue-gray"),
        Named("4", "In Progress", key="indeterminate", colour="yellow"),
        Named("3", "Done", key="done", colour="green"),
    ]


def statuses(groups: list[Named]) -> list[Status]:
    """The statuses of the default workflow."""
    by_key = {group.key: group for group in groups}
    return [
        Status("10000", "To Do", by_key["new"]),
        Status("3", "In Progress", by_key["indeterminate"]),
        Status("10001", "In Review", by_key["indeterminate"]),
        Status("10002", "Done", by_key["done"]),
    ]


def workflow() -> list[Transition]:
    """Moves from everywhere, one that only a review allows, and one with a screen."""
    return [
        Transition("11", "To Do", "10000"),
        Transition("21", "In Progress", "3"),
        Transition("25", "Ready for review", "10001", sources=("3",)),
        Transition("31", "Done", "10002", screen={"resolution": True, "fixVersions": False}),
    ]


def issue_types() -> list[Named]:
    """The types of every project."""
    return [
        Named("10001", "Story", "Stories track functionality expressed as user goals."),
        Named("10002", "Task", "A task that needs to be done."),
        Named("10003", "Sub-task", "A small piece of work.", subtask=True),
        Named("10004", "Bug", "A problem or error."),
    ]


def priorities() -> list[Named]:
    """Highest first."""
    names = ("Highest", "High", "Medium", "Low", "Lowest")
    return [Named(str(number), name) for number, name in enumerate(names, 1)]


def resolutions() -> list[Named]:
    """How work may end."""
    names = ("Done", "Won't Do", "Duplicate", "Cannot Reproduce")
    return [Named(str(10000 + number), name) for number, name in enumerate(names)]


def link_types() -> list[LinkType]:
    """The usual set; administrators rename and remove them."""
    return [
        LinkType("10000", "Blocks", "is blocked by", "blocks"),
        LinkType("10001", "Cloners", "is cloned by", "clones"),
        LinkType("10002", "Duplicate", "is duplicated by", "duplicates"),
        LinkType("10003", "Relates", "relates to", "relates to"),
    ]


def fields() -> list[Field]:
    """The system fields; those that no screen sets are not editable."""
    writable = [
        Field("summary", "Summary", "string"),
        Field("issuetype", "Issue Type", "issuetype"),
        Field("project", "Project", "project"),
        Field("description", "Description", "text"),
        Field("environment", "Environment", "text"),
        Field("priority", "Priority", "priority"),
        Field("labels", "Labels", "labels"),
        Field("assignee", "Assignee", "user"),
        Field("reporter", "Reporter", "user"),
        Field("duedate", "Due date", "date"),
        Field("fixVersions", "Fix versions", "versions"),
        Field("versions", "Affects versions", "versions"),
        Field("components", "Components", "components"),
        Field("parent", "Parent", "parent"),
        Field("resolution", "Resolution", "resolution"),
    ]
    read_only = [
        Field("status", "Status", "status", editable=False),
        Field("created", "Created", "datetime", editable=False),
        Field("updated", "Updated", "datetime", editable=False),
        Field("resolutiondate", "Resolved", "datetime", editable=False),
        Field("statuscategorychangedate", "Status Category Changed", "datetime", editable=False),
        Field("creator", "Creator", "user", editable=False),
        Field("issuelinks", "Linked Issues", "issuelinks", editable=False),
        Field("subtasks", "Sub-tasks", "issues", editable=False),
        Field("attachment", "Attachment", "attachments", editable=False),
        Field("comment", "Comment", "comments", editable=False),
    ]
    return writable + read_only
