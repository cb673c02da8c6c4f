"""The vendor's JSON of an issue as facts; the same from a webhook and from REST.

A webhook writes long texts as wiki markup, REST as documents: from a webhook they are left out,
and an issue whose texts changed is read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from bridge.domain import records
from bridge.domain.records import Attachment, Comment, Fact, Value, parse_instant
from bridge.kit.clock import rfc3339
from connectors.jira.addresses import Place
from connectors.jira.adf_reading import is_document, plain, to_html
from connectors.jira.manifest import RELEASE_DATE
from connectors.jira.payloads import CommentEntry, File, Issue, RemoteLink

OWN_LINK = "ticketbridge:"
WEIGHT_MARK = " (ticketbridge:weight)"
"""Ends what the hub says of the one link whose words change: in Jira these are its title."""
WEIGHT_LINK = "ticketbridge:weight"
"""The global id of that link: with other words it is the same link."""
APP = "app"
"""The account type of programs: https://developer.atlassian.com/cloud/jira/platform/rest/v3/"""
"""Begins the global id of the hub's own remote links."""

RICH_FIELDS = frozenset({"description", "environment"})
"""System fields that hold rich text."""
_APART = frozenset(
    {
        "comment", "attachment", "issuelinks", "subtasks", "worklog", "watches", "votes",
        "updated", "lastViewed", "thumbnail", "timetracking", "progress", "aggregateprogress",
        "issuerestriction",
    }
)  # fmt: skip
"""Said elsewhere, or different for each who asks."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STAMP = re.compile(_DATE.pattern + r"T[0-9:.]{8,16}(?:[+-][0-9]{2}:?[0-9]{2}|Z)")
_MARKED = re.compile(r"(?P<stem>.*)~(?P<comment>tb-[0-9a-z-]{1,60})(?P<ending>\.[^.]{1,10})?")
CUSTOM = "customfield_"


def moment(value: Any) -> datetime | None:
    """A time as the vendor writes it, in UTC; None for anything else."""
    return parse_instant(value) if isinstance(value, str) and _STAMP.fullmatch(value) else None


def person(user: Any) -> str:
    """`Ana Dev <712020:x>`: the display name with the account id, which alone is unique."""
    id, name = str(user.get("accountId") or ""), plain(str(user.get("displayName") or ""))
    return f"{name} <{id}>" if name and id else name or id


def scalar(value: Any) -> Value:
    """A field's value as JSON: what people call it, and nothing that is no JSON."""
    if isinstance(value, list):
        return [scalar(each) for each in value]
    if isinstance(value, dict):
        return _named(value)
    if isinstance(value, str):
        at = moment(value)
        return plain(value) if at is None else rfc3339(at)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float) else None


def _named(value: Mapping[str, Any]) -> Value:
    """What an object of the vendor's is called."""
    if is_document(value):
        return to_html(value)
    if "accountId" in value:
        return person(value)
    for name in ("value", "name", "key"):
        said = value.get(name)
        if isinstance(said, str):
            child = value.get("child")
            below = _named(child) if isinstance(child, dict) and name == "value" else None
            return f"{plain(said)} / {below}" if below else plain(said)
    return None


def issue_facts(issue: Issue, place: Place, *, rich: bool) -> dict[str, Fact] | None:
    """All facts of an issue; None if it is not a whole one.

    `rich`: long texts are documents (REST). Otherwise they are left out.
    """
    fields = issue.fields
    at = moment(fields.get("updated"))
    status, kind, project = (_dict(fields, n) for n in ("status", "issuetype", "project"))
    if at is None or not issue.key or not isinstance(fields.get("summary"), str):
        return None
    words = [status.get("name"), status.get("id"), kind.get("name"), project.get("key")]
    if not all(isinstance(each, str) and each for each in words):
        return None
    values = _vendor_fields(fields, rich=rich)
    values |= {
        records.SUBJECT: plain(fields["summary"]),
        records.STATUS: plain(status["id"]),
        records.TYPE: plain(kind["name"]),
        records.KEY: plain(issue.key),
        records.URL: place.page_url(plain(issue.key)),
        records.CREATED_AT: _instant(fields.get("created")),
        records.CHANGED_AT: rfc3339(at),
        records.ASSIGNEE: plain(str(_dict(fields, "assignee").get("displayName") or "")) or None,
        # A project is known by its key: that is what routes and people name.
        records.PROJECT: plain(project["key"]),
        "project": plain(project["key"]),
    }
    values |= _release(fields.get("fixVersions"))
    author = _author(issue, at) if rich else ""
    if author:
        values[records.AUTHOR] = plain(author)
    if rich:
        values[records.BODY] = to_html(fields.get("description"))
        # Customers read the issues of a service project in its portal.
        values[records.CUSTOMER_FACING] = project.get("projectTypeKey") == "service_desk"
    if isinstance(fields.get("attachment"), list):
        values[records.ATTACHMENTS] = attachments(fields["attachment"])
    return as_facts(values, at)


def as_facts(values: Mapping[str, Value], at: datetime) -> dict[str, Fact]:
    """The values, all as of one time."""
    return {name: Fact(value, at) for name, value in values.items()}


def _author(issue: Issue, at: datetime) -> str:
    """The account that made the change of that time; empty where nothing says which.

    A comment is a change that stands in no changelog, nor does the creation.
    """
    entries = issue.changelog.histories if issue.changelog is not None else []
    made = [(moment(each.created), each.author.id) for each in entries[:1] if each.author]
    made.append((moment(issue.fields.get("created")), _account(issue.fields.get("creator"))))
    comments = _dict(issue.fields, "comment").get("comments")
    for each in comments if isinstance(comments, list) else []:
        if isinstance(each, dict):
            by = _account(each.get("updateAuthor") or each.get("author"))
            made.append((moment(each.get("updated")), by))
    return next((by for when, by in made if when == at and by), "")


def _account(user: Any) -> str:
    id = user.get("accountId") if isinstance(user, dict) else None
    return id if isinstance(id, str) else ""


def _dict(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def is_ambiguous(name: str, value: Any) -> bool:
    """Whether a webhook's value of the field may be rich text in disguise: any text may."""
    return name in RICH_FIELDS or (name.startswith(CUSTOM) and isinstance(value, str))


def _vendor_fields(fields: Mapping[str, Any], *, rich: bool) -> dict[str, Value]:
    return {
        plain(name): scalar(value)
        for name, value in fields.items()
        if name not in _APART and (rich or not is_ambiguous(name, value))
    }


def _instant(value: Any) -> str | None:
    at = moment(value)
    return None if at is None else rfc3339(at)


def _release(versions: Any) -> dict[str, Value]:
    """What the issue is planned for: the first date among the fix versions still to come."""
    given = [each for each in versions if isinstance(each, dict)] if _is_list(versions) else []
    ids = [str(each["id"]) for each in given if isinstance(each.get("id"), str | int)]
    dates = [
        date
        for each in given
        if not each.get("released") and not each.get("archived")
        and isinstance(date := each.get("releaseDate"), str) and _DATE.fullmatch(date)
    ]  # fmt: skip
    found: dict[str, Value] = {RELEASE_DATE: min(dates, default=None)}
    found[records.PLANNED] = [
        _planned(each)
        for each in given
        # What is archived unreleased never comes to anybody.
        if isinstance(each.get("id"), str | int)
        and (each.get("released") or not each.get("archived"))
    ]
    return found | {records.RELEASES: [plain(each) for each in ids]}


def _planned(version: Mapping[str, Any]) -> Value:
    """A version as the hub keeps a release."""
    id, day = plain(str(version["id"])), version.get("releaseDate")
    return {
        "id": id,
        "name": plain(str(version.get("name") or "")) or id,
        "day": day if isinstance(day, str) and _DATE.fullmatch(day) else None,
        "released": bool(version.get("released")),
    }


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def file_name(name: str, comment: str) -> str:
    """The name under which a file is uploaded: Jira keeps no comment beside a file."""
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem or len(ending) > 10:
        stem, dot, ending = name, "", ""
    return f"{stem}~{comment}{dot}{ending}"


def attachments(files: Iterable[Any]) -> list[Value]:
    """The files of an issue; the mark in the name of one of ours is told apart from it."""
    return [attachment(each).as_value() for each in _files(files)]


def _files(files: Iterable[Any]) -> list[File]:
    found = []
    for each in files:
        try:
            found.append(File.model_validate(each))
        except ValidationError:
            continue
    return found


def attachment(file: File) -> Attachment:
    """One file; a name that carries a mark of ours is shown without it."""
    name = plain(file.filename)
    marked = _MARKED.fullmatch(name)
    if marked is not None:
        name = marked["stem"] + (marked["ending"] or "")
    return Attachment(
        id=file.id,
        name=name,
        size=file.size,
        content_type=plain(file.content_type) if file.content_type else None,
        comment=marked["comment"] if marked is not None else "",
    )


def link_comment(link: RemoteLink) -> str:
    """What stands beside a link: the hub's own mark, or what people called it."""
    if link.global_id == WEIGHT_LINK:
        return plain(link.target.title) + WEIGHT_MARK
    if (link.global_id or "").startswith(OWN_LINK):
        return plain(link.global_id or "")
    title = plain(link.target.title)
    # A title is required, and by it nobody makes a link look like one of ours.
    looks_own = title.startswith(OWN_LINK) or title.endswith(WEIGHT_MARK)
    return "" if title == plain(link.target.url) or looks_own else title


def global_id(comment: str) -> str:
    """By which Jira knows a link of the hub's again, from what stands beside it."""
    return WEIGHT_LINK if comment.endswith(WEIGHT_MARK) else comment[:255]


def hyperlinks(links: Iterable[RemoteLink]) -> list[Value]:
    """The links out of the issue, in the vendor's order."""
    return [{"url": plain(each.target.url), "comment": link_comment(each)} for each in links]


def comment_value(entry: CommentEntry, own: frozenset[str]) -> dict[str, Value]:
    """A comment as it is kept; engineers' comments are never public."""
    author = entry.author.id if entry.author is not None else ""
    name = entry.author.name if entry.author is not None else ""
    return Comment(
        id=entry.id,
        html=to_html(entry.body),
        author_id=plain(author),
        author=plain(name),
        at=_instant(entry.created) or "",
        internal=True,
        own=author in own,
        app=entry.author is not None and entry.author.type == APP,
    ).as_value()
