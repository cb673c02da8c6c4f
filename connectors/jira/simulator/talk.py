"""What hangs on an issue: comments, files, links, remote links and entity properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.jira.simulator import changes, errors
from connectors.jira.simulator.drafting import read_properties
from connectors.jira.simulator.errors import JiraProblem
from connectors.jira.simulator.events import Events
from connectors.jira.simulator.records import (
    Attachment,
    Comment,
    History,
    Issue,
    IssueLink,
    LinkType,
    RemoteLink,
    User,
)
from connectors.jira.simulator.searching import SearchIndex
from connectors.jira.simulator.site import Site


class Talk:
    """Adds, changes and removes the parts of issues."""

    def __init__(self, site: Site, events: Events, index: SearchIndex) -> None:
        self._site, self.events, self.index = site, events, index

    def comment(self, user: User | None, issue: Issue, given: Mapping[str, Any]) -> Comment:
        """A new comment; `given["body"]` is a document already."""
        author = self.need(user, "ADD_COMMENTS", issue)
        now = self._site.now()
        made = Comment(
            self._site.next_id("comment"), author, given["body"], now, now, author,
            given.get("visibility"), read_properties(given.get("properties")),
        )  # fmt: skip
        issue.comments.append(made)
        self.touch(issue)
        self.events.comment("comment_created", issue, made)
        return made

    def edit_comment(
        self, user: User | None, issue: Issue, comment: Comment, document: dict[str, Any]
    ) -> None:
        """Another text; the time of the last change moves."""
        comment.update_author = self.need(user, "EDIT_ALL_COMMENTS", issue)
        comment.body, comment.updated = document, self._site.now()
        self.touch(issue)
        self.events.comment("comment_updated", issue, comment)

    def delete_comment(self, user: User | None, issue: Issue, comment: Comment) -> None:
        """Remove a comment for good."""
        self.need(user, "DELETE_ALL_COMMENTS", issue)
        issue.comments.remove(comment)
        self.touch(issue)
        self.events.comment("comment_deleted", issue, comment)

    def attach(
        self, user: User | None, issue: Issue, filename: str, mime_type: str, content: bytes
    ) -> Attachment:
        """A new file; two files may have one name."""
        author = self.need(user, "CREATE_ATTACHMENTS", issue)
        id = self._site.next_id("attachment")
        file = Attachment(id, author, filename, mime_type, content, self._site.now())
        issue.attachments.append(file)
        change = changes.item("Attachment", "attachment", (None, None), (id, filename))
        self.events.attachment("attachment_created", issue, file)
        self._record(author, issue, change)
        return file

    def detach(self, user: User | None, issue: Issue, file: Attachment) -> None:
        """Remove a file for good."""
        author = self.need(user, "DELETE_ALL_ATTACHMENTS", issue)
        issue.attachments.remove(file)
        change = changes.item("Attachment", "attachment", (file.id, file.filename), (None, None))
        self.events.attachment("attachment_deleted", issue, file)
        self._record(author, issue, change)

    def link(self, user: User | None, kind: LinkType, *, inward: Issue, outward: Issue) -> None:
        """Relate two issues; the same relation a second time changes nothing."""
        self.need(user, "LINK_ISSUES", outward)
        same = (kind, inward.id, outward.id)
        if any(
            (held.type, held.inward, held.outward) == same for held in self._site.links.values()
        ):
            return
        limit = self._site.dials.links_per_issue
        for issue in (inward, outward):
            if limit is not None and len(self._site.links_of(issue)) >= limit:
                raise JiraProblem(413, "The issue has reached its limit of issue links.")
        made = IssueLink(self._site.next_id("link"), kind, inward.id, outward.id)
        self._site.links[made.id] = made
        self.events.link("issuelink_created", made, inward)

    def link_type(self, given: Any) -> LinkType:
        """The type of a name or id; 404 for a name that the site does not have."""
        if not isinstance(given, dict):
            raise errors.unreadable()
        for kind in self._site.link_types:
            if kind.id == str(given.get("id", "")) or kind.name == given.get("name"):
                return kind
        named = given.get("name", given.get("id"))
        raise JiraProblem(404, f"No issue link type with name '{named}' found.")

    def other_end(self, user: User | None, given: Any) -> tuple[LinkType, Issue, bool]:
        """Of a link that comes with an edit: its type, its far end, whether that is inward."""
        if not isinstance(given, dict):
            raise errors.unreadable()
        kind = self.link_type(given.get("type"))
        inward = bool(given.get("inwardIssue"))
        end = given.get("inwardIssue" if inward else "outwardIssue") or {}
        return kind, self._site.see(user, str(end.get("key") or end.get("id"))), inward

    def unlink(self, user: User | None, link: IssueLink) -> None:
        """Take a relation apart."""
        issue = self._site.issues[link.outward]
        self.need(user, "LINK_ISSUES", issue)
        self.events.link("issuelink_deleted", link, issue)
        del self._site.links[link.id]

    def remote_link(
        self, user: User | None, issue: Issue, given: Mapping[str, Any]
    ) -> tuple[RemoteLink, bool]:
        """The link, and whether it is new: one `globalId` has one link in an issue.

        What an update leaves out is gone afterwards.
        """
        author = self.need(user, "LINK_ISSUES", issue)
        global_id = given.get("globalId")
        held = next((r for r in issue.remote_links if global_id and r.global_id == global_id), None)
        if held is not None:
            self.fill_remote_link(held, given)
            return held, False
        number = int(self._site.next_id("remotelink"))
        made = RemoteLink(number, global_id, None, None, {})
        self.fill_remote_link(made, given)
        issue.remote_links.append(made)
        if self._site.dials.remote_link_updates_issue:
            after = (str(number), str(made.object["title"]))
            self._record(author, issue, changes.item("RemoteIssueLink", "", (None, None), after))
        self.index.touch(issue)
        return made, True

    @staticmethod
    def fill_remote_link(link: RemoteLink, given: Mapping[str, Any]) -> None:
        """Everything of a link anew."""
        link.global_id = given.get("globalId", link.global_id)
        link.application = given.get("application")
        link.relationship = given.get("relationship")
        link.object = given["object"]

    def set_property(self, user: User | None, issue: Issue, key: str, value: Any) -> bool:
        """Set or replace an entity property; tells whether it is new."""
        self.need(user, "EDIT_ISSUES", issue)
        new = key not in issue.properties
        issue.properties[key] = value
        self.index.touch(issue)
        self.events.property("issue_property_set", issue, key, value)
        return new

    def delete_property(self, user: User | None, issue: Issue, key: str) -> None:
        """Remove an entity property; 404 where there is none."""
        self.need(user, "EDIT_ISSUES", issue)
        if key not in issue.properties:
            raise JiraProblem(404, f"The property with key '{key}' does not exist.")
        value = issue.properties.pop(key)
        self.index.touch(issue)
        self.events.property("issue_property_deleted", issue, key, value)

    def need(self, user: User | None, permission: str, issue: Issue) -> User:
        """Who does it; 401 for nobody in particular, 403 for who may not."""
        if user is None:
            raise JiraProblem(401, errors.SIGN_IN)
        if not self._site.may(user, permission, issue.project):
            raise JiraProblem(403, f"You do not have the permission {permission} for this issue.")
        return user

    def touch(self, issue: Issue) -> None:
        """The issue changed without an entry in its changelog."""
        issue.updated = self._site.now()
        self.index.touch(issue)

    def _record(self, user: User, issue: Issue, change: dict[str, Any]) -> None:
        issue.updated = self._site.now()
        entry = History(self._site.next_id("history"), user, issue.updated, [change])
        issue.history.append(entry)
        self.index.touch(issue)
        self.events.issue_updated(issue, user, entry, "issue_updated")
