"""Writing issues: all or nothing, with a changelog and word to whoever listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.jira.simulator import changes, errors
from connectors.jira.simulator.drafting import Draft, Drafting
from connectors.jira.simulator.errors import JiraProblem
from connectors.jira.simulator.records import History, Issue, LinkType, Project, Transition, User
from connectors.jira.simulator.site import Site, by_id_or_name

if TYPE_CHECKING:
    from connectors.jira.simulator.talk import Talk

_Links = list[tuple[LinkType, Issue, bool]]
_NOT_AT_CREATE = {"resolution"}
_NOT_AT_EDIT = {"resolution", "project"}


class Board:
    """The issues of a site and what may be done to them."""

    def __init__(self, site: Site, talk: Talk) -> None:
        self._site, self._talk = site, talk
        self._events, self._index = talk.events, talk.index

    def screen(self, project: Project, name: str) -> set[str]:
        """The ids of the fields that the create or edit screen of a project offers."""
        left = _NOT_AT_CREATE if name == "create" else _NOT_AT_EDIT
        every = {f.id for f in self._site.fields.values() if f.editable}
        return every - left - project.off_screen[name]

    def create(self, user: User | None, body: Mapping[str, Any], version: int) -> Issue:
        """A new issue with all that its body asks for, labels and properties included."""
        site = self._site
        project = self._project_and_type(user, body)
        if user is None or not site.may(user, "CREATE_ISSUES", project):
            raise errors.field_problem(
                project="You do not have permission to create issues in this project."
            )
        drafting = Drafting(site, project, self.screen(project, "create"), None, version)
        draft = drafting.read(body, {"summary", "issuetype"} | project.required)
        subtask = site.issue_type(draft.fields["issuetype"]).subtask
        if subtask and not draft.fields.get("parent"):
            raise errors.field_problem(
                parent="Issue type is a sub-task but parent is not specified."
            )
        links, now = self._links(user, draft), site.now()
        issue = Issue(site.next_id("issue"), "", project, user, now, now)
        first = next(t for t in project.transitions if not t.sources)
        issue.fields = {"status": first.target, "statuscategorychangedate": now}
        issue.fields |= {"priority": "3", "labels": [], "reporter": user.account_id}
        plain = {"status", "statuscategorychangedate", "reporter"}
        before = {k: v for k, v in issue.fields.items() if k in plain}
        issue.fields |= draft.fields
        site.adopt(issue, project)
        issue.properties |= draft.properties
        site.issues[issue.id] = issue
        self._index.touch(issue)
        self._events.issue_created(issue, user, changes.items_between(site, before, issue.fields))
        self._say(user, issue, draft, links)
        return issue

    def edit(self, user: User | None, issue: Issue, body: Mapping[str, Any], version: int) -> None:
        """Change what the body names; an edit refused for one field writes none."""
        self.need(user, "EDIT_ISSUES", issue)
        screen = self.screen(issue.project, "edit")
        draft = Drafting(self._site, issue.project, screen, issue, version).read(body, {"summary"})
        links = self._links(user, draft)
        self._conflict()
        for key, value in draft.properties.items():
            self._talk.set_property(user, issue, key, value)
        self._write(user, issue, draft)
        self._say(user, issue, draft, links)

    def assign(self, user: User | None, issue: Issue, account: str | None) -> None:
        """Give the issue to an account, or to nobody."""
        self.need(user, "ASSIGN_ISSUES", issue)
        body = {"fields": {"assignee": None if account is None else {"accountId": account}}}
        screen = {"assignee"}
        draft = Drafting(self._site, issue.project, screen, issue, 3).read(body, set())
        self._conflict()
        self._write(user, issue, draft)

    def transition(
        self, user: User | None, issue: Issue, body: Mapping[str, Any], version: int
    ) -> None:
        """Move the issue along its workflow, with the fields of that move's screen."""
        move = self._find_move(user, issue, body.get("transition"))
        if move.validator:
            raise JiraProblem(400, move.validator)
        needed = {name for name, required in move.screen.items() if required}
        drafting = Drafting(self._site, issue.project, set(move.screen), issue, version)
        draft = drafting.read(body, needed)
        links = self._links(user, draft)
        self._conflict()
        before = self._site.status(issue.fields["status"])
        after = self._site.status(move.target)
        now = self._site.now()
        draft.fields["status"] = move.target
        if before.category is not after.category:
            draft.fields["statuscategorychangedate"] = now
        if after.category.key != "done":
            draft.fields |= {"resolution": None, "resolutiondate": None}
        elif draft.fields.get("resolution"):
            draft.fields["resolutiondate"] = now
        self._write(user, issue, draft, "issue_generic")
        self._say(user, issue, draft, links)

    def moves(self, user: User | None, issue: Issue) -> list[Transition]:
        """The moves that the caller may make; none for who may not move the issue."""
        if user is None or not self._site.may(user, "TRANSITION_ISSUES", issue.project):
            return []
        return self._site.transitions_of(issue)

    def move(self, user: User, issue: Issue, project: Project) -> None:
        """Take the issue to another project: a new key, and the old one keeps leading to it."""
        old_key, old = issue.key, issue.project
        self._site.adopt(issue, project)
        for name in ("fixVersions", "versions", "components"):
            issue.fields.pop(name, None)
        items = [
            changes.item("project", "project", (old.id, old.name), (project.id, project.name)),
            changes.item("Key", "", (None, old_key), (None, issue.key)),
        ]
        self._record(user, issue, items, "issue_moved")

    def clone(self, user: User, issue: Issue) -> Issue:
        """A copy under its own id with fields and labels, tied to the original by a link.

        Comments, remote links and the changelog stay behind.
        """
        site, now = self._site, self._site.now()
        twin = Issue(site.next_id("issue"), "", issue.project, user, now, now)
        left = ("resolution", "resolutiondate", "status", "statuscategorychangedate")
        twin.fields = {k: v for k, v in issue.fields.items() if k not in left}
        first = next(t for t in issue.project.transitions if not t.sources)
        twin.fields |= {"status": first.target, "statuscategorychangedate": now}
        twin.fields["summary"] = f"CLONE - {issue.fields['summary']}"[:254]
        if site.dials.clone_copies_properties:
            twin.properties = dict(issue.properties)
        site.adopt(twin, issue.project)
        site.issues[twin.id] = twin
        self._index.touch(twin)
        self._events.issue_created(twin, user, [])
        if site.dials.clone_copies_attachments:
            for file in issue.attachments:
                self._talk.attach(user, twin, file.filename, file.mime_type, file.content)
        cloners = next((t for t in site.link_types if t.name == "Cloners"), None)
        if cloners is not None:
            self._talk.link(user, cloners, inward=twin, outward=issue)
        return twin

    def delete(self, user: User | None, issue: Issue, *, subtasks: bool) -> None:
        """Remove the issue for good, with its parts."""
        self.need(user, "DELETE_ISSUES", issue)
        site = self._site
        below = [i for i in site.issues.values() if i.fields.get("parent") == issue.id]
        if below and not subtasks:
            raise JiraProblem(
                400,
                f"The issue '{issue.key}' has subtasks.  "
                "You must specify the 'deleteSubtasks' parameter to delete this issue "
                "and all its subtasks.",
            )
        for child in below:
            self.delete(user, child, subtasks=True)
        self._events.issue_deleted(issue, user, site.links_of(issue))
        for link in site.links_of(issue):
            del site.links[link.id]
        del site.issues[issue.id]
        self._index.drop(issue)

    def need(self, user: User | None, permission: str, issue: Issue) -> None:
        """Refuse who may not: 401 for nobody in particular, 403 for a known account."""
        if user is None:
            raise JiraProblem(401, errors.SIGN_IN)
        if not self._site.may(user, permission, issue.project):
            raise JiraProblem(403, f"You do not have the permission {permission} for this issue.")

    def _project_and_type(self, user: User | None, body: Mapping[str, Any]) -> Project:
        fields = body.get("fields")
        if not isinstance(fields, dict):
            raise errors.unreadable()
        given, refused = fields.get("project"), {}
        named = given.get("key") or given.get("id") if isinstance(given, dict) else None
        project = self._site.find_project(str(named)) if named else None
        if project is not None and not self._site.may(user, "BROWSE_PROJECTS", project):
            project = None
        if project is None:
            refused["project"] = "Specify a valid project ID or key"
        if by_id_or_name(self._site.issue_types, fields.get("issuetype")) is None:
            refused["issuetype"] = "Specify an issue type"
        if project is None or refused:
            raise JiraProblem(400, errors=refused)
        return project

    def _find_move(self, user: User | None, issue: Issue, given: Any) -> Transition:
        if not isinstance(given, dict) or given.get("id") in (None, ""):
            raise JiraProblem(400, "Missing 'transition' identifier")
        self.need(user, "BROWSE_PROJECTS", issue)
        for move in self.moves(user, issue):
            if move.id == str(given["id"]):
                return move
        raise JiraProblem(400, f"Transition id '{given['id']}' is not valid for this issue.")

    def _links(self, user: User | None, draft: Draft) -> _Links:
        """What a draft links to, looked up before anything is written."""
        return [self._talk.other_end(user, given) for given in draft.links]

    def _conflict(self) -> None:
        if self._site.dials.conflicts > 0:
            self._site.dials.conflicts -= 1
            raise JiraProblem(409, "The issue was changed by somebody else at the same time.")

    def _write(self, user: User | None, issue: Issue, draft: Draft, type_name: str = "") -> None:
        after = issue.fields | draft.fields
        items = changes.items_between(self._site, issue.fields, after)
        issue.fields = after
        assigned = [entry["fieldId"] for entry in items] == ["assignee"]
        kind = type_name or ("issue_assigned" if assigned else "issue_updated")
        if items and user is not None:
            self._record(user, issue, items, kind, draft.history_metadata)

    def _record(
        self,
        user: User,
        issue: Issue,
        items: list[dict[str, Any]],
        type_name: str,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Put a change into the changelog and the index, and tell who listens."""
        issue.updated = self._site.now()
        entry = History(self._site.next_id("history"), user, issue.updated, items, metadata)
        issue.history.append(entry)
        self._index.touch(issue)
        self._events.issue_updated(issue, user, entry, type_name)

    def _say(self, user: User | None, issue: Issue, draft: Draft, links: _Links) -> None:
        for entry in draft.comments:
            self._talk.comment(user, issue, entry)
        for kind, other, inward in links:
            ends = (other, issue) if inward else (issue, other)
            self._talk.link(user, kind, inward=ends[0], outward=ends[1])
