"""A stored delivery as hints: pure, and total over any bytes.

A webhook carries an issue without its remote links, and long texts as wiki markup: it is merged
in. Whatever concerns comments or long texts is a thin hint: the issue is read. Nothing goes by
key: keys change when issues move. https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

from __future__ import annotations

import json
import re
from typing import Any

from bridge.domain import records
from bridge.domain.events import Delivery, Event, Hint, Ignored, ReferenceChanged
from bridge.domain.records import Fact, Presence
from bridge.domain.refs import Kind
from connectors.jira.addresses import Place, is_id
from connectors.jira.adf_reading import plain
from connectors.jira.facts import is_ambiguous, issue_facts
from connectors.jira.payloads import Envelope, VersionOf

CREATED, UPDATED, DELETED = "jira:issue_created", "jira:issue_updated", "jira:issue_deleted"
COMMENTS = frozenset({"comment_created", "comment_updated", "comment_deleted"})
VERSIONS = frozenset(
    {
        "jira:version_updated", "jira:version_released", "jira:version_unreleased",
        "jira:version_deleted", "jira:version_merged",
    }
)  # fmt: skip
"""What may move the date of issues that are planned for a version."""
VERSIONS_GONE = frozenset({"jira:version_deleted", "jira:version_merged"})
_OF_ISSUE = re.compile(r"/issue/([0-9]+)/comment/")
_IN_COMMENT = "comment"


def hints_of(delivery: Delivery, place: Place) -> tuple[Hint, ...] | Ignored:
    """What a delivery hints at; never raises."""
    try:
        return _hints(json.loads(delivery.body), place)
    except (ValueError, RecursionError):
        return Ignored(
            "the body is not a webhook of Jira (is 'Exclude body' set?)", unreadable=True
        )


def _hints(body: Any, place: Place) -> tuple[Hint, ...] | Ignored:
    said = Envelope.model_validate(body)
    if said.event in VERSIONS and said.version is not None:
        return (_of_version(said, said.version),)
    if said.event in COMMENTS:
        return _of_comment(said)
    if said.event not in (CREATED, UPDATED, DELETED):
        return Ignored("the event is not about issues, comments or versions")
    if said.issue is None:
        return Ignored("the event names no issue")
    if said.event == DELETED:
        # Nothing brings a deleted issue back, so the word of the vendor is enough.
        return (_event(said.issue.id, presence=Presence.DELETED),)
    return (_of_issue(said, body, place),)


def _of_version(said: Envelope, version: VersionOf) -> ReferenceChanged:
    """A merge is told as a deletion that names the other version, or by an event of its own."""
    into = said.merged_to or version.merged_to
    gone = said.event in VERSIONS_GONE
    return ReferenceChanged("release", version.id, gone=gone, into=into.id if into else None)


def _event(id: str, **more: Any) -> Event:
    return Event(Kind.WORK_ITEM, id, **more)


def _of_comment(said: Envelope) -> tuple[Hint, ...] | Ignored:
    """Old sites send no issue along: its id is in the comment's own address."""
    found = _OF_ISSUE.search(said.comment.link) if said.comment is not None else None
    id = said.issue.id if said.issue is not None else (found[1] if found else "")
    return (_event(id, thin=True),) if is_id(id) else Ignored("the event names no issue")


def _of_issue(said: Envelope, body: Any, place: Place) -> Event:
    issue = said.issue
    assert issue is not None  # noqa: S101  # looked at by who calls
    facts = issue_facts(issue, place, rich=False)
    if facts is None:
        return _event(issue.id, thin=True)
    author = said.user.id if said.user is not None else ""
    if author:
        at = facts[records.CHANGED_AT].at
        facts[records.AUTHOR] = Fact(plain(author), at)
    return _event(issue.id, facts=facts, thin=_is_thin(said, body))


def _is_thin(said: Envelope, body: Any) -> bool:
    """Whether something changed that a webhook can't say: then the issue is read.

    A new issue's changelog is no list of edits: all of it is new, texts included.
    """
    if said.event == CREATED or said.changelog is None or _IN_COMMENT in body:
        return True
    issue = said.issue
    fields = issue.fields if issue is not None else {}
    # Old sites name the field only by what people call it.
    names = [each.id or each.field for each in said.changelog.items]
    return any(is_ambiguous(name, fields.get(name, "")) for name in names)
