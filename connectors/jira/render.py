"""What is sent: each call as method, path, query and body. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from urllib.parse import quote, urlsplit

from bridge.domain.operations import ItemField, ItemLink, NewItem
from bridge.kit.richtext.cutting import Whole
from connectors.jira.adf_writing import to_document
from connectors.jira.facts import OWN_LINK, WEIGHT_MARK, file_name, global_id
from connectors.jira.payloads import FieldSchema
from connectors.jira.values import TAG, written

PROPERTY = "ticketbridge"
"""The entity property that carries a launch's marker; nobody sees it in Jira's pages."""
PAGE = 100
HYPERLINKED_PAGE = 50
ALL = "*all"
CHANGELOG = "changelog"
"""Asked for with every whole issue: the newest entry says whose change the last one was."""
ALL_TICKETS = OWN_LINK + "all-tickets"
LONGEST_TITLE = 250
"""Characters of a link's title: ours, no page names a limit."""
RELATED = "ticketbridge:related-"
RELATES = "Relates"
"""The link type between two items, by the name that every site begins with."""
APPLICATION = {"type": "io.ticketbridge", "name": "Ticketbridge"}
RIGHTS = (
    "BROWSE_PROJECTS", "EDIT_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS", "CREATE_ATTACHMENTS",
    "LINK_ISSUES",
)  # fmt: skip
CREATE_RIGHT = "CREATE_ISSUES"

_API = "rest/api/3"
_NAME_LENGTH = 120
_BAD_IN_NAMES = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\\/:*?\"<>|#%&]+")


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `path` is below the site and percent-encoded; `json` is the body."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None


def _get(path: str, **query: str) -> Request:
    return Request("GET", f"{_API}/{path}", query)


def _post(path: str, body: Any) -> Request:
    return Request("POST", f"{_API}/{path}", {}, body)


def _escaped(text: str) -> str:
    return quote(text, safe="")


# -------------------------------------------------------------------------------------- reading


def read_issue(id_or_key: str, fields: str = ALL) -> Request:
    """One issue, wherever it lives and under whichever key."""
    more = {"expand": CHANGELOG} if fields == ALL else {}
    return _get(f"issue/{_escaped(id_or_key)}", fields=fields, **more)


def read_issues(ids: Sequence[str]) -> Request:
    """At most 100 issues; what can't be read is left out."""
    body = {"issueIdsOrKeys": list(ids), "fields": [ALL], "expand": [CHANGELOG]}
    return _post("issue/bulkfetch", body)


def read_links(id: str) -> Request:
    """The remote links of an issue."""
    return _get(f"issue/{id}/remotelink")


def read_comments(id: str, start: int) -> Request:
    """A page of comments, oldest first."""
    return _get(f"issue/{id}/comment", startAt=str(start), maxResults=str(PAGE), orderBy="created")


def read_transitions(id: str) -> Request:
    """The moves that may be made now, with the fields of their screens."""
    return _get(f"issue/{id}/transitions", expand="transitions.fields")


def _search(jql: str, token: str | None, size: int, **more: Any) -> Request:
    body: dict[str, Any] = {"jql": jql, "maxResults": size, **more}
    return _post("search/jql", body if token is None else {**body, "nextPageToken": token})


def query_tagged(since: datetime, now: datetime, token: str | None) -> Request:
    """A page of everything that bears our label since a time, in every project."""
    jql = f'labels = "{TAG}" AND created >= "{_ago(since, now)}" ORDER BY created ASC'
    more = {"fields": ["created", "creator"], "properties": [PROPERTY]}
    return _search(jql, token, PAGE, **more)


def query_changed(
    projects: Sequence[str], since: datetime, now: datetime, token: str | None
) -> Request:
    """A page of the issues that changed since a time."""
    jql = f'{_in(projects)} AND updated >= "{_ago(since, now)}" ORDER BY updated ASC'
    return _search(jql, token, PAGE, fields=[ALL], expand=CHANGELOG)


def query_all(projects: Sequence[str], token: str | None) -> Request:
    """A page of every issue; whether it has remote links can't be asked by a query."""
    return _search(f"{_in(projects)} ORDER BY key ASC", token, HYPERLINKED_PAGE, fields=[ALL])


def _in(projects: Sequence[str]) -> str:
    quoted = ", ".join(f'"{each}"' for each in projects)
    return f"project in ({quoted})"


def _ago(since: datetime, now: datetime) -> str:
    """A time as a span: dates are in the time zone of who asks, and know no seconds."""
    minutes = ceil(max(now - since, timedelta()) / timedelta(minutes=1)) + 1
    return f"-{minutes}m"


def read_caller() -> Request:
    """Who the token belongs to."""
    return _get("myself")


def read_fields() -> Request:
    """The fields of the site."""
    return _get("field")


def read_statuses(project: str) -> Request:
    """The statuses of each type of a project."""
    return _get(f"project/{_escaped(project)}/statuses")


def read_types(project: str, start: int) -> Request:
    """A page of the types that can be created in a project."""
    path = f"issue/createmeta/{_escaped(project)}/issuetypes"
    return _get(path, startAt=str(start), maxResults="50")


def read_type_fields(project: str, type_id: str, start: int) -> Request:
    """A page of the fields of a type's create screen."""
    path = f"issue/createmeta/{_escaped(project)}/issuetypes/{_escaped(type_id)}"
    return _get(path, startAt=str(start), maxResults="50")


def read_projects() -> Request:
    """The first hundred projects that the caller may see."""
    return _get("project/search", maxResults="100")


def read_rights(project: str, rights: Sequence[str]) -> Request:
    """Which of these rights the caller has in a project."""
    return _get("mypermissions", permissions=",".join(rights), projectKey=project)


def read_webhooks() -> Request:
    """The administrators' webhooks; only an administrator may see them."""
    return Request("GET", "rest/webhooks/1.0/webhook")


# -------------------------------------------------------------------------------------- writing


def create(launch: NewItem, project: str, known: Mapping[str, FieldSchema]) -> Request:
    """Create the issue with its label and its marker in the one call."""
    given = {name: value for name, value in launch.fields.items() if value is not None}
    given.setdefault("labels", [])
    whole = Whole(launch.back_link, "the ticket")
    fields = {name: written(name, value, known, whole) for name, value in given.items()}
    kind = {"id": launch.type} if launch.type.isdecimal() else {"name": launch.type}
    mark = {"marker": launch.marker, "ticket": launch.back_link}
    body = {
        "fields": {**fields, "project": {"key": project}, "issuetype": kind},
        "properties": [{"key": PROPERTY, "value": mark}],
    }
    return _post("issue", body)


def set_fields(id: str, fields: Sequence[ItemField], known: Mapping[str, FieldSchema]) -> Request:
    """Write fields; the answer is the issue as it is then."""
    body = {"fields": _values(fields, known)}
    query = {"returnIssue": "true", "expand": CHANGELOG}
    return Request("PUT", f"{_API}/issue/{id}", query, body)


def _values(fields: Sequence[ItemField], known: Mapping[str, FieldSchema]) -> dict[str, Any]:
    return {
        each.field: written(each.field, each.value, known, Whole(each.whole, "the ticket"))
        for each in fields
    }


def transition(
    id: str, move: str, fields: Sequence[ItemField], known: Mapping[str, FieldSchema]
) -> Request:
    """Move the issue along its workflow, with the fields that this move takes."""
    body: dict[str, Any] = {"transition": {"id": move}}
    if fields:
        body["fields"] = _values(fields, known)
    return _post(f"issue/{id}/transitions", body)


def add_link(id: str, link: ItemLink) -> Request:
    """Add a remote link, or change the one of that global id: may be repeated."""
    body = {
        "globalId": global_id(link.comment),
        "application": APPLICATION,
        "relationship": "reported by",
        "object": {"url": link.url, "title": _link_title(link)},
    }
    return _post(f"issue/{id}/remotelink", body)


def relate(id: str, other: str) -> Request:
    """Link two issues by *Relates*; Jira takes a repetition and keeps one link."""
    ends = {"inwardIssue": {"id": id}, "outwardIssue": {"id": other}}
    return _post("issueLink", {"type": {"name": RELATES}, **ends})


def _link_title(link: ItemLink) -> str:
    if link.comment.endswith(WEIGHT_MARK):
        return link.comment.removesuffix(WEIGHT_MARK)[:LONGEST_TITLE]
    if link.comment == ALL_TICKETS:
        return "All support tickets"
    if link.comment.startswith(RELATED):
        return "Related work item"
    number = urlsplit(link.url).path.rstrip("/").rpartition("/")[2]
    return f"Support ticket {number}".strip()


def remove_link(id: str, link_id: str) -> Request:
    """Remove a remote link."""
    return Request("DELETE", f"{_API}/issue/{id}/remotelink/{link_id}")


def add_comment(id: str, html: str) -> Request:
    """Add a comment.

    In a service project it would be shown to customers without this property, which the
    vendor's own pages set for internal notes; elsewhere it says nothing.
    """
    internal = {"key": "sd.public.comment", "value": {"internal": True}}
    return _post(f"issue/{id}/comment", {"body": to_document(html), "properties": [internal]})


def delete_comment(id: str, comment_id: str) -> Request:
    """Delete a comment for good."""
    return Request("DELETE", f"{_API}/issue/{id}/comment/{comment_id}")


def attach(id: str) -> Request:
    """Upload a file to an issue; the body is a form."""
    return Request("POST", f"{_API}/issue/{id}/attachments")


def delete_file(file_id: str) -> Request:
    """Delete a file for good."""
    return Request("DELETE", f"{_API}/attachment/{file_id}")


def upload_name(name: str, comment: str) -> str:
    """The name of an upload: nothing that a path or a form trips over, and the mark in it."""
    plain = _BAD_IN_NAMES.sub("_", name).strip(" ._") or "attachment"
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 10:
        return file_name(plain[:_NAME_LENGTH], comment)
    return file_name(f"{stem[: _NAME_LENGTH - len(ending) - 1]}.{ending}", comment)


def form_of(name: str, boundary: str) -> tuple[bytes, bytes]:
    """What stands before and after a file's bytes in the form of an upload."""
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode(), f"\r\n--{boundary}--\r\n".encode()
