"""The state of one organization, and what people and code do to it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.sentry.simulator import short_ids
from connectors.sentry.simulator.canaries import Canaries
from connectors.sentry.simulator.dials import Dials
from connectors.sentry.simulator.outbox import Outbox
from connectors.sentry.simulator.problems import bad_request, not_found
from connectors.sentry.simulator.records import (
    AppLink,
    Issue,
    Note,
    Project,
    TrackerIntegration,
    TrackerLink,
    User,
    stamp,
)
from connectors.sentry.simulator.render import Renderer

AUTOMATIC = {"type": "application", "id": "sentry", "name": "Sentry"}
_FIRST_ISSUE = 4509876543
_SAME_NOTE_S = 3600
_STATUSES: Mapping[str, tuple[str, str | None, str]] = {
    # status → substatus, action of the webhook
    "resolved": ("resolved", None, "resolved"),
    "unresolved": ("unresolved", "ongoing", "unresolved"),
    "ignored": ("ignored", "archived_until_escalating", "archived"),
}


class Organization:
    """One organization with projects, issues, members and one internal integration."""

    def __init__(
        self, dials: Dials, clock: Callable[[], datetime], *, base_url: str, slug: str, seed: int
    ) -> None:
        self.dials = dials
        self.now = clock
        self.base_url = base_url
        self.slug = slug
        self.random = random.Random(seed)
        self.app_uuid, self.app_slug = self._uuid(), "ticketbridge"
        self.installation = self._uuid()
        self.projects: dict[str, Project] = {}
        self.issues: dict[int, Issue] = {}
        self.users: list[User] = []
        self.integrations: dict[int, TrackerIntegration] = {}
        self.canaries = Canaries()
        self.write = Renderer(self)
        self.outbox = Outbox(dials, self.random)
        self._ids = 100

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def hex_id(self) -> str:
        """A new id of 32 hex digits."""
        return self._uuid().replace("-", "")

    def next_id(self) -> int:
        """A new small number."""
        self._ids += 1
        return self._ids

    # what there is

    def find(self, text: str) -> Issue:
        """The issue of an id or short id; 404 otherwise."""
        if text.isdigit() and int(text) in self.issues:
            return self.issues[int(text)]
        return self.find_short(text)

    def find_short(self, text: str) -> Issue:
        """The issue of a short id, in whatever case; 404 otherwise."""
        for slug, number in short_ids.parts(text):
            for issue in self.issues.values():
                if (issue.project.slug.lower(), issue.number) == (slug, number):
                    return issue
        raise not_found()

    def add_project(self, slug: str, name: str = "", platform: str = "python") -> Project:
        """A further project."""
        made = Project(self.next_id(), slug, name or slug, platform)
        self.projects[slug] = made
        return made

    def add_user(self, name: str, email: str) -> User:
        """A further member."""
        made = User(self.next_id(), name, email)
        self.users.append(made)
        return made

    # what happens

    def new_issue(self, project: str, given: Mapping[str, str]) -> Issue:
        """An error nobody has seen yet."""
        at, place = self.now(), self.projects[project]
        place.issues += 1

        def text(field: str, plain: str) -> str:
            if field in given:
                return given[field]
            return self.canaries.plant(field) if self.dials.canaries else plain

        id = _FIRST_ISSUE + len(self.issues) * 17
        value = text("value", "x is not defined")
        issue = Issue(
            id=id,
            project=place,
            number=place.issues,
            title=text("title", f"ReferenceError: {value}"),
            culprit=text("culprit", "?(runner)"),
            value=value,
            filename=text("filename", "/runner"),
            stack_trace=text("stack_trace", 'File "runner.py", line 7, in run'),
            first_seen=at,
            last_seen=at,
            level=given.get("level", "error"),
        )
        self.issues[id] = issue
        self.announce(issue, "created", AUTOMATIC)
        return issue

    def seen_again(self, issue: Issue) -> None:
        """One more event: a resolved issue has regressed."""
        issue.last_seen = self.now()
        issue.count += 1
        if issue.status == "resolved":
            self._note_activity(issue, "set_regression", None, {})
            issue.status, issue.substatus, issue.details = "unresolved", "regressed", {}
            self.announce(issue, "unresolved", AUTOMATIC)

    def set_status(
        self,
        issue: Issue,
        status: str,
        actor: dict[str, Any],
        details: dict[str, Any] | None = None,
    ) -> None:
        """Somebody resolves, reopens or archives."""
        details = dict(details or {})
        if status == "resolvedInNextRelease":
            status, details = "resolved", {**details, "inNextRelease": True}
        if status not in _STATUSES:
            raise bad_request(f'"{status}" is not a valid choice.')
        kept, substatus, action = _STATUSES[status]
        if issue.status == kept and issue.details == details:
            return
        issue.status, issue.substatus, issue.details = kept, substatus, details
        self._note_activity(issue, f"set_{kept}", None, details)
        more = {"resolution_type": "now"} if action == "resolved" else {}
        self.announce(issue, action, actor, more)
        if action == "archived" and self.dials.archives_twice:
            self.announce(issue, "ignored", actor)

    def assign(self, issue: Issue, user: User | None, actor: dict[str, Any]) -> None:
        """Somebody is to look at it, or nobody any more; only the former is announced."""
        issue.assigned_to = user
        self._note_activity(issue, "assigned" if user else "unassigned", user, {})
        if user is not None:
            assignee = {"type": "user", "name": user.name, "id": user.id, "email": user.email}
            self.announce(issue, "assigned", actor, {"assignee": assignee})

    def add_note(self, issue: Issue, user: User, text: str) -> Note:
        """A comment; the same words of the same person within the hour are refused."""
        at = self.now()
        for note in issue.notes:
            fresh = (at - note.at).total_seconds() < _SAME_NOTE_S
            if fresh and note.user is user and note.text == text:
                raise bad_request("You have already posted that comment.")
        note = Note(self.next_id(), text, user, at)
        issue.notes.append(note)
        self.outbox.announce(
            "comment", "created", self.installation, self.write.comment(issue, note),
            {"type": "user", "id": user.id, "name": user.name}, at,
        )  # fmt: skip
        return note

    def link_app(self, issue: Issue, web_url: str, project: str, identifier: str) -> AppLink:
        """A link by our app. Each call makes a row of its own: nobody looks for an equal one."""
        made = AppLink(self.next_id(), issue.id, self.app_slug, project, identifier, web_url)
        issue.app_links.append(made)
        return made

    def link_tracker(self, issue: Issue, integration_id: int, key: str, url: str) -> TrackerLink:
        """A link by Sentry's own integration."""
        made = TrackerLink(self.next_id(), key, url, issue.title)
        issue.tracker_links.setdefault(integration_id, []).append(made)
        data = {"provider": self.integrations[integration_id].name, "location": url, "label": key}
        self._note_activity(issue, "create_issue", None, {**data, "title": made.title})
        return made

    def delete(self, issue: Issue) -> None:
        """Gone for good; there is no webhook for it."""
        del self.issues[issue.id]

    def announce(
        self,
        issue: Issue,
        action: str,
        actor: dict[str, Any],
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Tell whoever subscribed to issues."""
        data = {"issue": self.write.hook_issue(issue), **(more or {})}
        self.outbox.announce("issue", action, self.installation, data, actor, self.now())

    def _note_activity(
        self, issue: Issue, type: str, user: User | None, data: dict[str, Any]
    ) -> None:
        issue.activity.append(
            {
                "id": str(self.next_id()),
                "type": type,
                "user": None if user is None else self.write.user(user),
                "data": data,
                "dateCreated": stamp(self.now()),
            }
        )
