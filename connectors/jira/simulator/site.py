"""The state of one site: everything that requests, people and deliveries share."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from connectors.jira.simulator import catalogue
from connectors.jira.simulator.dials import Dials
from connectors.jira.simulator.errors import JiraProblem, no_issue
from connectors.jira.simulator.records import (
    Field,
    Issue,
    IssueLink,
    LinkType,
    Named,
    Project,
    Status,
    Transition,
    User,
    Version,
)

_FIRST = {
    "issue": 10001,
    "project": 10000,
    "comment": 10100,
    "version": 10000,
    "field": 10050,
    "status": 10100,
}


class Site:
    """A Jira Cloud site in memory."""

    def __init__(
        self, dials: Dials, clock: Callable[[], datetime], rng: random.Random, base_url: str
    ) -> None:
        self.dials, self.clock, self.rng = dials, clock, rng
        self.base_url = base_url.rstrip("/")
        self.cloud_id = self.new_uuid()
        self._numbers: Counter[str] = Counter()
        self.users: dict[str, User] = {}
        self.tokens: dict[str, tuple[str, User]] = {}
        """API tokens by e-mail address in small letters."""
        self.bearers: dict[str, User] = {}
        """Access tokens of apps."""
        self.categories = catalogue.categories()
        self.statuses = catalogue.statuses(self.categories)
        self.issue_types = catalogue.issue_types()
        self.priorities = catalogue.priorities()
        self.resolutions = catalogue.resolutions()
        self.link_types: list[LinkType] = catalogue.link_types()
        self.fields: dict[str, Field] = {f.id: f for f in catalogue.fields()}
        self.projects: list[Project] = []
        self.versions: dict[str, Version] = {}
        self.issues: dict[str, Issue] = {}
        self.links: dict[str, IssueLink] = {}
        self._keys: dict[str, str] = {}

    def now(self) -> datetime:
        """The site's time."""
        return self.clock()

    def new_uuid(self) -> str:
        """A UUID; the same ones in the same order for the same seed."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def next_id(self, kind: str) -> str:
        """The next id of a sequence."""
        self._numbers[kind] += 1
        return str(_FIRST.get(kind, 10000) + self._numbers[kind] - 1)

    def add_user(self, name: str, email: str, account_type: str = "atlassian") -> User:
        """A new account."""
        user = User(f"712020:{self.new_uuid()}", name, email, account_type)
        self.users[user.account_id] = user
        return user

    def add_project(self, key: str, name: str, *, public: bool = False) -> Project:
        """A new project with the default workflow."""
        found = Project(
            self.next_id("project"), key, name, public, transitions=catalogue.workflow()
        )
        self.projects.append(found)
        return found

    def adopt(self, issue: Issue, project: Project) -> None:
        """Give the issue the next key of a project; the old one keeps leading to it."""
        key = f"{project.key}-{project.next_number}"
        project.next_number += 1
        if issue.key:
            issue.old_keys.append(issue.key)
        issue.project, issue.key = project, key
        self._keys[key] = issue.id

    def find(self, id_or_key: str) -> Issue | None:
        """The issue of an id, a key, or a key of before a move."""
        text = id_or_key.strip()
        return self.issues.get(text) or self.issues.get(self._keys.get(text.upper(), ""))

    def may(self, user: User | None, permission: str, project: Project | None = None) -> bool:
        """Whether somebody may do something; nobody in particular may read public projects."""
        if user is None:
            reading = permission == "BROWSE_PROJECTS"
            return reading and project is not None and project.public
        if permission == "ADMINISTER" and not user.admin:
            return False
        if user.email.lower() not in self.tokens and user not in self.bearers.values():
            return True
        if project is not None and project.key in self.dials.hidden_projects:
            return False
        return permission not in self.dials.withheld

    def see(self, user: User | None, id_or_key: str) -> Issue:
        """The issue, if the caller may know that it exists; 404 otherwise."""
        found = self.find(id_or_key)
        if found is None or not self.may(user, "BROWSE_PROJECTS", found.project):
            raise no_issue()
        return found

    def project(self, user: User | None, id_or_key: str) -> Project:
        """The project, if the caller may know that it exists; 404 otherwise."""
        found = self.find_project(id_or_key)
        if found is None or not self.may(user, "BROWSE_PROJECTS", found):
            raise JiraProblem(404, f"No project could be found with key '{id_or_key}'.")
        return found

    def find_project(self, id_or_key: str) -> Project | None:
        """The project of an id or key."""
        wanted = id_or_key.upper()
        return next((p for p in self.projects if wanted in (p.key.upper(), p.id)), None)

    def version(self, id: str) -> Version:
        """The version of an id; 404 otherwise."""
        if id not in self.versions:
            raise JiraProblem(404, f"Could not find version for id '{id}'")
        return self.versions[id]

    def versions_of(self, project: Project) -> list[Version]:
        """The versions of a project, oldest first."""
        return [v for v in self.versions.values() if v.project is project]

    def status(self, id: str) -> Status:
        """The status of an id that some issue holds."""
        return next(s for s in self.statuses if s.id == id)

    def issue_type(self, id: str) -> Named:
        """The issue type of an id that some issue holds."""
        return next(t for t in self.issue_types if t.id == id)

    def links_of(self, issue: Issue) -> list[IssueLink]:
        """Links of an issue, in either direction."""
        return [link for link in self.links.values() if issue.id in (link.inward, link.outward)]

    def transitions_of(self, issue: Issue) -> list[Transition]:
        """The moves that the workflow allows from where the issue is."""
        here = issue.fields["status"]
        return [t for t in issue.project.transitions if not t.sources or here in t.sources]

    def field_named(self, name: str) -> Field | None:
        """The field of an id, `cf[10050]` or a name; the first of several of one name."""
        wanted = name.casefold()
        if wanted.startswith("cf["):
            wanted = f"customfield_{wanted[3:-1]}"
        return next(
            (f for f in self.fields.values() if wanted in (f.id.casefold(), f.name.casefold())),
            None,
        )


def by_id_or_name(entries: Sequence[Named], given: object) -> Named | None:
    """The entry that `{"id": …}` or `{"name": …}` (or value, for options) means."""
    if not isinstance(given, dict):
        return None
    if given.get("id") is not None:
        return next((e for e in entries if e.id == str(given["id"])), None)
    name = given.get("name", given.get("value"))
    return next((e for e in entries if isinstance(name, str) and e.name == name), None)
