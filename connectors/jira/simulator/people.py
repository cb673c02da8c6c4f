"""People at the vendor's own pages: the changes that no API client made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.jira.simulator.account import Account
from connectors.jira.simulator.api.reference import change_version, remove_version
from connectors.jira.simulator.records import (
    Comment,
    Field,
    Issue,
    Named,
    Project,
    Status,
    Transition,
    User,
    Version,
)
from connectors.jira.simulator.site import Site


class People:
    """What people and administrators do; ids are strings, as a hub keeps them."""

    jira: Account
    ana: User
    """A developer, who does what nobody else is named for."""

    @property
    def site(self) -> Site:
        """Everything that the site holds."""
        return self.jira.site

    def issue(self, id: str) -> Issue:
        """An issue by id or key."""
        found = self.site.find(id)
        if found is None:
            raise ValueError(f"no issue {id}")
        return found

    def person_creates(
        self,
        summary: str,
        project: str = "DEMO",
        type: str = "Bug",
        by: User | None = None,
        **fields: Any,
    ) -> str:
        """A person creates an issue; texts are wiki markup. Returns the id."""
        named = {"project": {"key": project}, "issuetype": {"name": type}, "summary": summary}
        return self.jira.board.create(by or self.ana, {"fields": named | fields}, 2).id

    def person_edits(self, id: str, fields: Mapping[str, Any], by: User | None = None) -> None:
        """A person sets fields; texts are wiki markup, None clears."""
        self.jira.board.edit(by or self.ana, self.issue(id), {"fields": dict(fields)}, 2)

    def person_moves_status(
        self, id: str, transition: str, by: User | None = None, **fields: Any
    ) -> None:
        """A person moves the issue along its workflow, by the name of the move."""
        issue, person = self.issue(id), by or self.ana
        move = next(m for m in self.jira.board.moves(person, issue) if m.name == transition)
        body = {"transition": {"id": move.id}, "fields": fields}
        self.jira.board.transition(person, issue, body, 2)

    def person_comments(self, id: str, document: dict[str, Any], by: User | None = None) -> str:
        """A person comments; returns the comment's id."""
        return self.jira.talk.comment(by or self.ana, self.issue(id), {"body": document}).id

    def person_edits_comment(
        self, id: str, comment_id: str, document: dict[str, Any], by: User | None = None
    ) -> None:
        """A person rewrites a comment."""
        issue = self.issue(id)
        self.jira.talk.edit_comment(by or self.ana, issue, _comment(issue, comment_id), document)

    def person_deletes_comment(self, id: str, comment_id: str, by: User | None = None) -> None:
        """A person deletes a comment."""
        issue = self.issue(id)
        self.jira.talk.delete_comment(by or self.ana, issue, _comment(issue, comment_id))

    def person_attaches(
        self, id: str, filename: str, content: bytes, mime_type: str = "text/plain"
    ) -> str:
        """A person adds a file; returns its id."""
        return self.jira.talk.attach(self.ana, self.issue(id), filename, mime_type, content).id

    def person_links(self, inward: str, outward: str, type: str = "Relates") -> None:
        """A person relates two issues."""
        kind = self.jira.talk.link_type({"name": type})
        ends = self.issue(inward), self.issue(outward)
        self.jira.talk.link(self.ana, kind, inward=ends[0], outward=ends[1])

    def person_moves_project(self, id: str, project: str, by: User | None = None) -> str:
        """A person takes the issue to another project; returns its new key."""
        issue = self.issue(id)
        self.jira.board.move(by or self.ana, issue, self._project(project))
        return issue.key

    def person_clones(self, id: str, by: User | None = None) -> str:
        """A person clones the issue, labels included; returns the id of the copy."""
        return self.jira.board.clone(by or self.ana, self.issue(id)).id

    def person_deletes(self, id: str, by: User | None = None) -> None:
        """A person deletes the issue and its subtasks for good."""
        self.jira.board.delete(by or self.ana, self.issue(id), subtasks=True)

    def add_project(self, key: str, name: str, *, public: bool = False) -> Project:
        """An administrator makes a project with the default workflow."""
        return self.site.add_project(key, name, public=public)

    def add_status(self, name: str, group: str, project: str = "DEMO") -> Status:
        """An administrator adds a status to a project's workflow, with a move from everywhere."""
        category = next(each for each in self.site.categories if each.key == group)
        made = Status(self.site.next_id("status"), name, category)
        self.site.statuses.append(made)
        move = Transition(self.site.next_id("transition"), name, made.id)
        self._project(project).transitions.append(move)
        return made

    def add_user(self, name: str, email: str, account_type: str = "atlassian") -> User:
        """An administrator invites somebody."""
        return self.site.add_user(name, email, account_type)

    def add_field(self, name: str, kind: str, options: tuple[str, ...] = ()) -> Field:
        """An administrator makes a custom field; two may share a name."""
        id = f"customfield_{self.site.next_id('field')}"
        choices = [Named(self.site.next_id("option"), option) for option in options]
        self.site.fields[id] = Field(id, name, kind, choices)
        return self.site.fields[id]

    def add_component(self, name: str, project: str = "DEMO") -> Named:
        """An administrator makes a component."""
        made = Named(self.site.next_id("component"), name)
        self._project(project).components.append(made)
        return made

    def add_version(
        self, name: str, project: str = "DEMO", release_date: str | None = None
    ) -> Version:
        """A release manager plans a version."""
        made = Version(self.site.next_id("version"), name, self._project(project))
        made.release_date = release_date
        self.site.versions[made.id] = made
        self.jira.events.version("jira:version_created", made)
        return made

    def person_edits_version(self, version: Version, **members: Any) -> None:
        """A release manager changes a version: `releaseDate`, `released`, `name`…"""
        for event in change_version(self.site, version, members):
            self.jira.events.version(event, version)

    def person_merges_versions(self, gone: Version, into: Version) -> None:
        """A release manager merges two versions: one is announced as deleted."""
        remove_version(self.site, gone, into)
        writer = {"self": f"{self.site.base_url}/rest/api/2/version/{into.id}", "id": into.id}
        merged = writer | {"name": into.name}
        self.jira.events.version("jira:version_deleted", gone, mergedTo=merged)

    def person_deletes_version(self, gone: Version) -> None:
        """A release manager deletes a version and puts no other in its place."""
        remove_version(self.site, gone, None)
        self.jira.events.version("jira:version_deleted", gone)

    def _project(self, key: str) -> Project:
        found = self.site.find_project(key)
        if found is None:
            raise ValueError(f"no project {key}")
        return found


def _comment(issue: Issue, id: str) -> Comment:
    return next(comment for comment in issue.comments if comment.id == id)
