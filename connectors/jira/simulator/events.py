"""What webhooks say: version 2 of the API in every body, whatever the writer spoke.

https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

from __future__ import annotations

from typing import Any

from connectors.jira.simulator.outbox import Outbox
from connectors.jira.simulator.records import (
    Attachment,
    Comment,
    History,
    Issue,
    IssueLink,
    User,
    Version,
)
from connectors.jira.simulator.render import Renderer
from connectors.jira.simulator.site import Site
from connectors.jira.simulator.stamps import millis

_REDUCED = ("summary", "issuetype", "project", "assignee", "priority", "status")
_NOT_IN_BODIES = ("comment",)


class Events:
    """Turns what happened into bodies, and hands them to the outbox."""

    def __init__(self, site: Site, outbox: Outbox) -> None:
        self._site, self._outbox = site, outbox

    def issue_created(self, issue: Issue, user: User, items: list[dict[str, Any]]) -> None:
        """A new issue; the changelog of its first values is no edit."""
        body = self._issue_body("jira:issue_created", issue, user)
        body["issue_event_type_name"] = "issue_created"
        if self._site.dials.changelog_on_create:
            body["changelog"] = {"id": self._site.next_id("history"), "items": items}
        self._outbox.emit("jira:issue_created", body, issue, fields=_ids(items))

    def issue_updated(self, issue: Issue, user: User, entry: History, type_name: str) -> None:
        """A changed issue with what changed."""
        body = self._issue_body("jira:issue_updated", issue, user)
        body["issue_event_type_name"] = type_name
        body["changelog"] = {"id": entry.id, "items": entry.items}
        self._outbox.emit("jira:issue_updated", body, issue, fields=_ids(entry.items))

    def issue_deleted(self, issue: Issue, user: User | None, links: list[IssueLink]) -> None:
        """A deleted issue as it was; its parts follow as secondary effects."""
        if user is None:
            return
        body = self._issue_body("jira:issue_deleted", issue, user)
        self._outbox.emit("jira:issue_deleted", body, issue)
        for comment in issue.comments:
            self.comment("comment_deleted", issue, comment, flow="Secondary")
        for file in issue.attachments:
            self.attachment("attachment_deleted", issue, file, flow="Secondary")
        for link in links:
            self.link("issuelink_deleted", link, issue, flow="Secondary")

    def comment(self, event: str, issue: Issue, comment: Comment, *, flow: str = "Primary") -> None:
        """A comment: few fields of its issue, and no `user` at the top."""
        writer = self._writer()
        told = writer.comment(issue, comment)
        body = self._head(event) | {"comment": told, "issue": writer.issue(issue, _REDUCED)}
        self._outbox.emit(event, body, issue, flow=flow)
        if self._site.dials.comment_updates_issue and event == "comment_created":
            update = self._issue_body("jira:issue_updated", issue, comment.author)
            update |= {"issue_event_type_name": "issue_commented", "comment": told}
            self._outbox.emit("jira:issue_updated", update, issue)

    def attachment(
        self, event: str, issue: Issue, file: Attachment, *, flow: str = "Primary"
    ) -> None:
        """A file; the body follows the REST shape, which nobody captured."""
        body = self._head(event) | {"attachment": self._writer().attachment(file)}
        self._outbox.emit(event, body, issue, flow=flow)

    def link(self, event: str, link: IssueLink, issue: Issue, *, flow: str = "Primary") -> None:
        """Two issues by id: numbers, no keys, and nobody who did it."""
        kind = link.type
        body = self._head(event) | {
            "issueLink": {
                "id": int(link.id),
                "sourceIssueId": int(link.inward),
                "destinationIssueId": int(link.outward),
                "issueLinkType": {
                    "id": int(kind.id),
                    "name": kind.name,
                    "outwardName": kind.outward,
                    "inwardName": kind.inward,
                    "isSubTaskLinkType": False,
                    "isSystemLinkType": False,
                },
                "systemLink": False,
            }
        }
        self._outbox.emit(event, body, None, flow=flow)

    def property(self, event: str, issue: Issue, key: str, value: Any) -> None:
        """An entity property; the shape of this body is not confirmed."""
        body = self._head(event) | {
            "issue": self._writer().issue(issue),
            "property": {"key": key, "value": value},
        }
        self._outbox.emit(event, body, issue, property_key=key)

    def version(self, event: str, version: Version, **more: Any) -> None:
        """A version; a merge is a deletion that says into what."""
        told = self._writer().version_body(version)
        body = self._head(event) | {"version": told} | more
        self._outbox.emit(event, body, None)

    def _issue_body(self, event: str, issue: Issue, user: User) -> dict[str, Any]:
        writer = self._writer()
        shown = [name for name in self._site.fields if name not in _NOT_IN_BODIES]
        return self._head(event) | {
            "user": writer.user(user),
            "issue": writer.issue(issue, shown),
        }

    def _head(self, event: str) -> dict[str, Any]:
        return {"timestamp": millis(self._site.now()), "webhookEvent": event}

    def _writer(self) -> Renderer:
        return Renderer(self._site, 2, self._site.dials.site_zone, emails=False)


def _ids(items: list[dict[str, Any]]) -> set[str]:
    return {str(item["fieldId"]) for item in items}
