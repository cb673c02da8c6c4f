"""What the API and the webhooks say of the organization's records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sentry.simulator.records import (
    AppLink,
    Issue,
    Note,
    Project,
    TrackerIntegration,
    User,
    stamp,
)

if TYPE_CHECKING:
    from connectors.sentry.simulator.organization import Organization

_PROJECT_FLAGS = (
    "isBookmarked", "firstTransactionEvent", "hasAccess", "hasFeedbacks", "hasFlags",
    "hasMinifiedStackTrace", "hasMonitors", "hasNewFeedbacks", "hasProfiles", "hasReplays",
    "hasSessions", "hasInsightsHttp", "hasInsightsDb", "hasInsightsAssets", "hasInsightsAppStart",
    "hasInsightsScreenLoad", "hasInsightsVitals", "hasInsightsCaches", "hasInsightsQueues",
    "hasInsightsAgentMonitoring", "hasInsightsMCP", "hasLogs", "hasTraceMetrics", "hasUserReports",
)  # fmt: skip


class Renderer:
    """Writes records as JSON."""

    def __init__(self, organization: Organization) -> None:
        self._org = organization

    def page(self, issue: Issue) -> str:
        """The address that people open."""
        return f"{self._org.base_url}/organizations/{self._org.slug}/issues/{issue.id}/"

    def user(self, user: User) -> dict[str, Any]:
        """A member."""
        return {"id": str(user.id), "name": user.name, "email": user.email, "username": user.email}

    def _core(self, issue: Issue) -> dict[str, Any]:
        """What every answer and webhook says of an issue."""
        who = issue.assigned_to
        return {
            "id": str(issue.id),
            "shareId": issue.share_id,
            "shortId": issue.short_id,
            "title": issue.title,
            "culprit": issue.culprit,
            "permalink": self.page(issue),
            "logger": None,
            "level": issue.level,
            "status": issue.status,
            "statusDetails": issue.details,
            "substatus": issue.substatus,
            "isPublic": issue.share_id is not None,
            "platform": issue.project.platform,
            "project": {
                "id": str(issue.project.id),
                "name": issue.project.name,
                "slug": issue.project.slug,
                "platform": issue.project.platform,
            },
            "type": "error",
            "metadata": {
                "type": "ReferenceError",
                "value": issue.value,
                "filename": issue.filename,
            },
            "numComments": len(issue.notes),
            "assignedTo": None
            if who is None
            else {"type": "user", "id": str(who.id), "name": who.name, "email": who.email},
            "isBookmarked": False,
            "isSubscribed": False,
            "subscriptionDetails": None,
            "hasSeen": False,
            "annotations": self._annotations(issue),
            "count": str(issue.count),
            "userCount": 1,
            "firstSeen": stamp(issue.first_seen),
            "lastSeen": stamp(issue.last_seen),
        }

    def _annotations(self, issue: Issue) -> list[dict[str, str]]:
        links = [
            {"displayName": each.key, "url": each.url}
            for several in issue.tracker_links.values()
            for each in several
        ]
        apps = [{"displayName": e.display_name, "url": e.web_url} for e in issue.app_links]
        return [*links, *apps]

    def issue(self, issue: Issue) -> dict[str, Any]:
        """A row of a list."""
        return {
            **self._core(issue),
            "issueType": "error",
            "issueCategory": "error",
            "priority": "high",
            "priorityLockedAt": None,
            "seerFixabilityScore": None,
            "seerAutofixLastTriggered": None,
            "seerExplorerAutofixLastTriggered": None,
            "isUnhandled": True,
        }

    def details(self, issue: Issue) -> dict[str, Any]:
        """An issue read alone."""
        notes = [self.note(each) for each in reversed(issue.notes)]
        return {
            **self.issue(issue),
            "activity": [*notes, *reversed(issue.activity)],
            "seenBy": [],
            "participants": [],
            "userReportCount": 0,
            "firstRelease": None,
            "lastRelease": None,
            "tags": [],
            "stats": {"24h": [], "30d": []},
        }

    def hook_issue(self, issue: Issue) -> dict[str, Any]:
        """An issue as a webhook says it: three addresses more, and none where people click."""
        url = f"{self._org.base_url}/api/0/organizations/{self._org.slug}/issues/{issue.id}/"
        said = self._core(issue)
        if self._org.dials.null_permalink:
            said["permalink"] = None
        page = self.page(issue)
        project = f"{self._org.base_url}/organizations/{self._org.slug}/issues/"
        return {"url": url, "web_url": page, "project_url": project, **said}

    def note(self, note: Note) -> dict[str, Any]:
        """A comment."""
        data = {"text": note.text}
        if note.external_id is not None:
            data["external_id"] = note.external_id
        return {
            "id": str(note.id),
            "user": self.user(note.user),
            "type": "note",
            "data": data,
            "dateCreated": stamp(note.at),
        }

    def comment(self, issue: Issue, note: Note) -> dict[str, Any]:
        """A comment as a webhook says it: the ids are numbers here."""
        return {
            "comment_id": note.id,
            "issue_id": issue.id,
            "project_slug": issue.project.slug,
            "timestamp": stamp(note.at),
            "comment": note.text,
        }

    def app_link(self, link: AppLink) -> dict[str, str]:
        """A link by an app."""
        return {
            "id": str(link.id),
            "issueId": str(link.issue_id),
            "serviceType": link.service_type,
            "displayName": link.display_name,
            "webUrl": link.web_url,
        }

    def integration(self, one: TrackerIntegration) -> dict[str, Any]:
        """One of Sentry's own integrations with trackers."""
        return {
            "id": str(one.id),
            "name": one.name,
            "icon": None,
            "domainName": one.domain,
            "accountType": None,
            "scopes": None,
            "outOfDate": False,
            "status": "active",
            "provider": {"key": one.provider, "slug": one.provider, "name": one.name},
            "configOrganization": [],
            "configData": {"sync_comments": one.copies_comments},
            "externalId": str(one.id),
            "organizationId": 1,
            "organizationIntegrationStatus": "active",
            "gracePeriodEnd": None,
        }

    def linked_through(self, one: TrackerIntegration, issue: Issue) -> dict[str, Any]:
        """An integration with the links that it made of an issue."""
        kept = ("id", "name", "icon", "domainName", "accountType", "scopes", "outOfDate", "status")
        said = {name: value for name, value in self.integration(one).items() if name in kept}
        links = [
            {"id": str(e.id), "key": e.key, "url": e.url, "title": e.title, "displayName": e.key}
            for e in issue.tracker_links.get(one.id, [])
        ]
        provider = {"key": one.provider, "slug": one.provider, "name": one.name}
        return {**said, "provider": provider, "externalIssues": links}

    def project(self, project: Project) -> dict[str, Any]:
        """A project."""
        return {
            **dict.fromkeys(_PROJECT_FLAGS, False),
            "id": str(project.id),
            "slug": project.slug,
            "name": project.name,
            "platform": project.platform,
            "dateCreated": "2026-01-01T00:00:00.000000Z",
            "isMember": True,
            "hasAccess": True,
            "features": [],
            "firstEvent": None,
            "access": list(self._org.dials.scopes),
            "team": None,
            "teams": [],
            "platforms": [project.platform],
            "environments": [],
            "latestRelease": None,
        }

    def installation(self) -> dict[str, Any]:
        """The installation of our integration."""
        return {
            "app": {"uuid": self._org.app_uuid, "slug": self._org.app_slug, "sentryAppId": 1},
            "organization": {"slug": self._org.slug, "id": 1},
            "uuid": self._org.installation,
            "status": "installed",
        }
