"""Reading: issues, what changed, and reference data, as observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bridge.domain import records
from bridge.domain.errors import RecordMissing, Rejected
from bridge.domain.records import Fact, Observation, Reference, Source, Value
from bridge.domain.refs import WorkItemRef
from bridge.domain.schema import Probe, Schema
from bridge.ports.roles import ChangedPage, Want
from connectors.jira import payloads, render
from connectors.jira.addresses import Place, is_id
from connectors.jira.answers import strange
from connectors.jira.calls import Calls
from connectors.jira.catalogue import project_names, read_project
from connectors.jira.changes import Cursor
from connectors.jira.facts import comment_value, hyperlinks, issue_facts, moment
from connectors.jira.manifest import MANIFEST
from connectors.jira.payloads import FieldSchema, Issue
from connectors.jira.probing import probe
from connectors.jira.reference import ProjectData, reference_of, schema_of
from connectors.jira.settings import JiraSettings
from connectors.jira.values import unknown_fields

_LISTED = "listed"
"""The cursor of a list that came to its end."""


class Reading:
    """The half of the tracker that changes nothing."""

    def __init__(self, name: str, settings: JiraSettings, place: Place, calls: Calls) -> None:
        self._name = name
        self._settings = settings
        self._place = place
        self._calls = calls
        self._user: payloads.User | None = None
        self._fields: dict[str, FieldSchema] = {}

    async def fetch_item(self, id: str, want: Want) -> Observation:
        """The whole issue; one that is deleted or hidden is not shown at all."""
        self._check_id(id)
        issue = await self._calls.ask(render.read_issue(id), Issue)
        return await self._completed(issue, want, Source.READ)

    async def fetch_items(self, ids: Sequence[str], want: Want) -> list[Observation]:
        """The issues of these ids, 100 a call; those not shown are left out."""
        asked, size = [each for each in ids if is_id(each)], MANIFEST.batch_read
        found: list[Observation] = []
        for start in range(0, len(asked), size):
            request = render.read_issues(asked[start : start + size])
            for issue in (await self._calls.ask(request, payloads.Batch)).issues:
                try:
                    found.append(await self._completed(issue, want, Source.READ))
                except RecordMissing:
                    continue  # deleted meanwhile
        return found

    def item_named(self, text: str) -> str | None:
        """The id or key that an id, a key or an address of our site names."""
        return self._place.names(text)

    async def resolve(self, text: str) -> str | None:
        """The id of what is named so; a key of before a move is known to the site, too."""
        name = self._place.names(text)
        if name is None or is_id(name):
            return name
        try:
            return (await self._calls.ask(render.read_issue(name, "summary"), Issue)).id
        except (RecordMissing, Rejected):
            return None

    async def list_hyperlinked(self, cursor: str | None) -> ChangedPage:
        """A page of the watched projects' issues that have remote links.

        No query finds an issue by having any: each one is asked for its links.
        https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-remote-links/
        """
        if cursor == _LISTED:
            return ChangedPage((), _LISTED, more=False)
        request = render.query_all(self._settings.projects, cursor)
        page = await self._calls.ask(request, payloads.SearchPage)
        seen: list[Observation] = []
        for issue in page.issues:
            try:
                found = await self._completed(issue, Want(), Source.READ)
            except RecordMissing:
                continue  # the index is older than a deletion
            seen += [found] if found.value(records.HYPERLINKS) else []
        return ChangedPage(tuple(seen), page.token or _LISTED, more=page.token is not None)

    async def list_changed(self, cursor: str | None, since: datetime, want: Want) -> ChangedPage:
        """A page of what the search shows as changed, each issue as the index knows it.

        Short pages, an index that lags and one that is asked by the minute only: a window reaches
        back far enough, and what is older than it is left out here.
        """
        at = Cursor.parse(cursor, since).begin(self._calls.now())
        try:
            page = await self._changed(at)
        except Rejected as refused:
            if at.token is None:
                raise self._no_search(refused) from None
            # Jira no longer takes its own token: begin the window again, or no sweep ever ends.
            at = Cursor(at.since).begin(self._calls.now())
            page = await self._changed(at)
        rows = [each for each in page.issues if self._is_due(each, at)]
        seen = [await self._row(each, want) for each in rows]
        unseen = [each.id for each, row in zip(rows, seen, strict=True) if row is None]
        ahead = at.ahead(page.token, self._lag)
        return ChangedPage(
            observations=tuple(each for each in seen if each is not None),
            cursor=ahead.text(),
            more=page.token is not None,
            changed_ids=tuple(unseen),
        )

    @property
    def _lag(self) -> timedelta:
        return timedelta(seconds=self._settings.search_lag_s)

    async def _changed(self, at: Cursor) -> payloads.SearchPage:
        # A token goes on with one query: the span in it stays that of the window's first page.
        begun, projects = at.begun or self._calls.now(), self._settings.projects
        request = render.query_changed(projects, at.since, begun, at.token)
        return await self._calls.ask(request, payloads.SearchPage)

    def _no_search(self, refused: Rejected) -> Rejected:
        """A project that Jira does not know makes it refuse the whole search."""
        if refused.detail != "status 400":
            return refused
        named = ", ".join(self._settings.projects)
        message = f"Jira does not search in the projects {named}: check projects in bridge.yaml."
        return Rejected(message, field="projects", detail=refused.detail)

    @staticmethod
    def _is_due(issue: Issue, at: Cursor) -> bool:
        changed = moment(issue.fields.get("updated"))
        return changed is None or changed >= at.since

    async def _row(self, issue: Issue, want: Want) -> Observation | None:
        """What the index says of an issue; None where that is not all that is wanted."""
        facts = issue_facts(issue, self._place, rich=True)
        if facts is None:
            return None
        if want.comments:
            page = _comments_of(issue)
            if page is None:
                return None
            facts[records.COMMENTS] = await self._comments(page, facts)
        return self._seen(issue.id, _looked_for(facts, want), Source.LIST)

    def _check_id(self, id: str) -> None:
        """An id becomes part of an address: anything else must never get there."""
        if not is_id(id):
            raise RecordMissing("That is no id of an issue.")

    async def _completed(self, issue: Issue, want: Want, source: Source) -> Observation:
        """The issue with its remote links, and with what was asked for besides."""
        facts = self._facts(issue)
        at = facts[records.STATUS].at
        links = await self._links(issue.id)
        if links is not None:
            facts[records.HYPERLINKS] = Fact(hyperlinks(links), at)
        if want.comments:
            page = _comments_of(issue) or await self._every_comment(issue.id)
            facts[records.COMMENTS] = await self._comments(page, facts)
        return self._seen(issue.id, _looked_for(facts, want), source, whole=True)

    def _facts(self, issue: Issue) -> dict[str, Fact]:
        facts = issue_facts(issue, self._place, rich=True)
        if facts is None:
            raise strange("an issue without its fields")
        return facts

    async def _links(self, id: str) -> list[payloads.RemoteLink] | None:
        """The remote links; None where the site has them switched off (403)."""
        try:
            return await self._calls.ask_list(render.read_links(id), payloads.RemoteLink)
        except Rejected as refused:
            if refused.detail != "status 403":
                raise
            return None

    async def _comments(
        self, comments: Sequence[payloads.CommentEntry], facts: Mapping[str, Fact]
    ) -> Fact:
        own = frozenset({(await self._me()).id}) if comments else frozenset()
        value: list[Value] = [comment_value(each, own) for each in comments]
        return Fact(value, facts[records.STATUS].at)

    async def _every_comment(self, id: str) -> list[payloads.CommentEntry]:
        found: list[payloads.CommentEntry] = []
        while True:
            request = render.read_comments(id, len(found))
            page = await self._calls.ask(request, payloads.CommentPage)
            found += page.comments
            if not page.comments or len(found) >= page.total:
                return found

    async def _me(self) -> payloads.User:
        if self._user is None:
            said = await self._calls.ask(render.read_caller(), payloads.User)
            if not said.id:
                raise strange("an account without its id")
            self._user = said
        return self._user

    async def _known_fields(self, names: set[str]) -> Mapping[str, FieldSchema]:
        """What custom fields hold, asked for once unless an unknown one is named."""
        if unknown_fields(names, self._fields):
            await self._read_fields()
        return self._fields

    async def _read_fields(self) -> list[payloads.FieldDefinition]:
        found = await self._calls.ask_list(render.read_fields(), payloads.FieldDefinition)
        self._fields = {each.id: each.shape for each in found}
        return found

    async def fetch_reference(self) -> Reference:
        """Statuses, fields and types of the watched projects, and the own account."""
        read = [await read_project(self._calls, each) for each in self._settings.projects]
        return reference_of(read, await self._read_fields(), await self._me())

    async def fetch_schema(self, projects: frozenset[str] = frozenset()) -> Schema:
        """The same, type by type, of these projects too; one that is not there is told as such."""
        own = {each.casefold() for each in self._settings.projects}
        more = sorted(each for each in projects if each.casefold() not in own)
        read: dict[str, ProjectData | None] = {}
        for name in (*self._settings.projects, *more):
            try:
                read[name] = await read_project(self._calls, name)
            except RecordMissing:
                read[name] = None
        found = [each for each in read.values() if each is not None]
        reference = reference_of(found, await self._read_fields(), await self._me())
        names = () if None not in read.values() else await project_names(self._calls)
        return schema_of(read, reference, names)

    async def probe(self, door: str, launches: frozenset[tuple[str, str]] = frozenset()) -> Probe:
        """Who the token is of, what it may do in each project, and where the webhooks lead."""
        projects = self._settings.projects
        default = projects[0] if len(projects) == 1 else ""
        named = {(project or default, type) for project, type in launches}
        wanted = sorted(each for each in named if each[0])
        open_ = bool(self._settings.webhook_secrets)
        return await probe(self._calls, door, projects, wanted, door_open=open_)

    def _seen(
        self, id: str, facts: Mapping[str, Fact], source: Source, *, whole: bool = False
    ) -> Observation:
        # Jira counts no revisions: whole observations are ordered by the time of the last change.
        return Observation(
            ref=WorkItemRef(self._name, id),
            facts=facts,
            seen_at=self._calls.now(),
            source=source,
            whole=whole,
        )

    def _written(self, issue: Issue) -> Observation:
        """What a write's answer shows: everything but the remote links."""
        return self._seen(issue.id, self._facts(issue), Source.WRITE)


def _looked_for(facts: dict[str, Fact], want: Want) -> dict[str, Fact]:
    """To have looked for a field and found nothing is a fact."""
    at = facts[records.STATUS].at
    return {name: Fact(None, at) for name in want.fields} | facts


def _comments_of(issue: Issue) -> list[payloads.CommentEntry] | None:
    """The comments that came with the issue; None where they are not all."""
    given = issue.fields.get("comment")
    try:
        page = payloads.CommentPage.model_validate(given)
    except ValueError:
        return None
    return page.comments if len(page.comments) >= page.total else None
