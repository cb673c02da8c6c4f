"""Records as the API writes them; rich text is a document in version 3 and markup in 2."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

from connectors.jira.simulator.records import (
    Attachment,
    Comment,
    Field,
    History,
    Issue,
    LinkType,
    Named,
    Project,
    Status,
    User,
    Version,
)
from connectors.jira.simulator.stamps import stamp
from connectors.jira.simulator.wiki import to_wiki

if TYPE_CHECKING:
    from connectors.jira.simulator.site import Site

_SIZES = ("48x48", "24x24", "16x16", "32x32")


class Renderer:
    """Writes records for one version of the API, in one time zone."""

    def __init__(
        self, site: Site, api_version: int, zone: tzinfo = UTC, *, emails: bool = True
    ) -> None:
        self._site, self.version, self._zone, self._emails = site, api_version, zone, emails
        self._writers: dict[str, Callable[[Field, Any], Any]] = {
            "text": lambda _, value: self.text(value),
            "datetime": lambda _, value: stamp(value, self._zone),
            "option": lambda field, value: self.option(_of(field.options, value)),
            "options": lambda field, value: [self.option(_of(field.options, v)) for v in value],
            "cascading": self._cascading,
            "user": lambda _, value: self.user(site.users[value]),
            "users": lambda _, value: [self.user(site.users[v]) for v in value],
            "versions": lambda _, value: self._versions(value),
            "priority": lambda _, value: self.named("priority", _of(site.priorities, value)),
            "resolution": lambda _, value: self.named("resolution", _of(site.resolutions, value)),
            "issuetype": lambda _, value: self.issue_type(site.issue_type(value)),
            "status": lambda _, value: self.status(site.status(value)),
            # An index that lags may name a parent, or a version, that is gone.
            "parent": lambda _, value: (
                self.short_issue(site.issues[value]) if value in site.issues else None
            ),
        }

    def link(self, *parts: str) -> str:
        """The `self` of something."""
        return "/".join([self._site.base_url, "rest/api", str(self.version), *parts])

    def text(self, document: dict[str, Any] | None) -> Any:
        """Rich text in the spelling of this version."""
        return document if document is None or self.version == 3 else to_wiki(document)

    def user(self, user: User) -> dict[str, Any]:
        """A user; the address only where the site shows it."""
        told: dict[str, Any] = {
            "self": f"{self.link('user')}?accountId={user.account_id}",
            "accountId": user.account_id,
            "avatarUrls": {size: f"{self._site.base_url}/avatar/{size}.png" for size in _SIZES},
            "displayName": user.name,
            "active": user.active,
            "timeZone": user.time_zone,
            "accountType": user.account_type,
        }
        if self._emails and not self._site.dials.hide_emails:
            told["emailAddress"] = user.email
        return told

    def named(self, kind: str, entry: Named) -> dict[str, Any]:
        """A priority or a resolution."""
        told = {"self": self.link(kind, entry.id), "id": entry.id, "name": entry.name}
        if kind == "priority":
            icon = f"{self._site.base_url}/images/icons/priorities/{entry.name.lower()}.svg"
            return told | {"iconUrl": icon}
        return told | {"description": entry.description}

    def option(self, entry: Named) -> dict[str, Any]:
        """A choice of a select list."""
        return {
            "self": self.link("customFieldOption", entry.id),
            "value": entry.name,
            "id": entry.id,
        }

    def issue_type(self, entry: Named) -> dict[str, Any]:
        """An issue type."""
        return {
            "self": self.link("issuetype", entry.id),
            "id": entry.id,
            "description": entry.description,
            "iconUrl": f"{self._site.base_url}/images/icons/issuetypes/{entry.id}.svg",
            "name": entry.name,
            "subtask": entry.subtask,
            "hierarchyLevel": -1 if entry.subtask else 0,
        }

    def category(self, entry: Named) -> dict[str, Any]:
        """A status category; its id is a number."""
        return {
            "self": self.link("statuscategory", entry.id),
            "id": int(entry.id),
            "key": entry.key,
            "colorName": entry.colour,
            "name": entry.name,
        }

    def status(self, entry: Status) -> dict[str, Any]:
        """A status with its category."""
        return {
            "self": self.link("status", entry.id),
            "description": "",
            "iconUrl": f"{self._site.base_url}/",
            "name": entry.name,
            "id": entry.id,
            "statusCategory": self.category(entry.category),
        }

    def project(self, project: Project) -> dict[str, Any]:
        """A project as issues show it."""
        return {
            "self": self.link("project", project.id),
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.kind,
            "simplified": False,
            "avatarUrls": {size: f"{self._site.base_url}/project/{size}.png" for size in _SIZES},
        }

    def version_body(self, version: Version) -> dict[str, Any]:
        """A version in full."""
        today = self._site.now().date().isoformat()
        told = self.version_of_issue(version) | {"projectId": int(version.project.id)}
        if version.start_date:
            told["startDate"] = version.start_date
        if version.release_date:
            told["overdue"] = not version.released and version.release_date < today
        return told

    def version_of_issue(self, version: Version) -> dict[str, Any]:
        """A version as issues show it."""
        told: dict[str, Any] = {
            "self": self.link("version", version.id),
            "id": version.id,
            "description": version.description,
            "name": version.name,
            "archived": version.archived,
            "released": version.released,
        }
        return told | ({"releaseDate": version.release_date} if version.release_date else {})

    def link_type(self, entry: LinkType) -> dict[str, Any]:
        """A type of issue links."""
        told = {"id": entry.id, "name": entry.name, "inward": entry.inward}
        return told | {"outward": entry.outward, "self": self.link("issueLinkType", entry.id)}

    def comment(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        """A comment; `jsdPublic` is true everywhere and says nothing."""
        told: dict[str, Any] = {
            "self": self.link("issue", issue.id, "comment", comment.id),
            "id": comment.id,
            "author": self.user(comment.author),
            "body": self.text(comment.body),
            "updateAuthor": self.user(comment.update_author),
            "created": stamp(comment.created, self._zone),
            "updated": stamp(comment.updated, self._zone),
            "jsdPublic": True,
        }
        return told | ({"visibility": comment.visibility} if comment.visibility else {})

    def attachment(self, file: Attachment) -> dict[str, Any]:
        """What is known of a file."""
        return {
            "self": self.link("attachment", file.id),
            "id": file.id,
            "filename": file.filename,
            "author": self.user(file.author),
            "created": stamp(file.created, self._zone),
            "size": len(file.content),
            "mimeType": file.mime_type,
            "content": self.link("attachment", "content", file.id),
        }

    def history(self, entry: History) -> dict[str, Any]:
        """One entry of the changelog."""
        hidden = ("tmpFromAccountId", "tmpToAccountId")
        told: dict[str, Any] = {
            "id": entry.id,
            "author": self.user(entry.author),
            "created": stamp(entry.created, self._zone),
            "items": [{k: v for k, v in item.items() if k not in hidden} for item in entry.items],
        }
        return told | ({"historyMetadata": entry.metadata} if entry.metadata else {})

    def short_issue(self, issue: Issue) -> dict[str, Any]:
        """An issue as others refer to it."""
        shown = ("summary", "status", "priority", "issuetype")
        fields = self._site.fields
        return {
            "id": issue.id,
            "key": issue.key,
            "self": self.link("issue", issue.id),
            "fields": {name: self.value(issue, fields[name]) for name in shown},
        }

    def issue(self, issue: Issue, shown: Iterable[str] | None = None) -> dict[str, Any]:
        """An issue with the fields of these ids, or with all; None leaves `fields` out."""
        told: dict[str, Any] = {
            "id": issue.id,
            "self": self.link("issue", issue.id),
            "key": issue.key,
        }
        if shown is None:
            return told
        fields = [self._site.fields[name] for name in shown if name in self._site.fields]
        return told | {"fields": {f.id: self.value(issue, f) for f in fields}}

    def value(self, issue: Issue, field: Field) -> Any:
        """The value of one field, null when it is empty."""
        special = self._special(issue, field.id)
        if special is not None:
            return special
        stored = issue.fields.get(field.id)
        if field.kind == "components":
            known = {c.id: c for c in issue.project.components}
            return [self.named("component", known[c]) for c in stored or [] if c in known]
        if stored is None:
            return [] if field.kind in ("labels", "versions") else None
        writer = self._writers.get(field.kind)
        return stored if writer is None else writer(field, stored)

    def _special(self, issue: Issue, name: str) -> Any:
        site = self._site
        if name in ("created", "updated"):
            return stamp(getattr(issue, name), self._zone)
        if name == "creator":
            return self.user(issue.creator)
        if name == "project":
            return self.project(issue.project)
        if name == "attachment":
            return [self.attachment(file) for file in issue.attachments]
        if name == "issuelinks":
            return [self.link_side(issue, link.id) for link in site.links_of(issue)]
        if name == "subtasks":
            below = [i for i in site.issues.values() if i.fields.get("parent") == issue.id]
            return [self.short_issue(i) for i in below]
        if name == "comment":
            shown = [self.comment(issue, entry) for entry in issue.comments]
            count = len(shown)
            page = {"maxResults": count, "total": count, "startAt": 0}
            return {"comments": shown, "self": self.link("issue", issue.id, "comment")} | page
        return None

    def link_side(self, issue: Issue, link_id: str) -> dict[str, Any]:
        """An issue link seen from one of its ends: the other end under its role."""
        link = self._site.links[link_id]
        told = {
            "id": link.id,
            "self": self.link("issueLink", link.id),
            "type": self.link_type(link.type),
        }
        if issue.id == link.outward:
            return told | {"inwardIssue": self.short_issue(self._site.issues[link.inward])}
        return told | {"outwardIssue": self.short_issue(self._site.issues[link.outward])}

    def _versions(self, ids: list[str]) -> list[dict[str, Any]]:
        known = self._site.versions
        return [self.version_of_issue(known[id]) for id in ids if id in known]

    def _cascading(self, field: Field, value: tuple[str, str | None]) -> dict[str, Any]:
        told = self.option(_of(field.options, value[0]))
        if value[1] is None:
            return told
        return told | {"child": self.option(_of(field.children[value[0]], value[1]))}


def _of(entries: list[Named], id: str) -> Named:
    return next(entry for entry in entries if entry.id == id)
