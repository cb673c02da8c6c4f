"""Jira Cloud as a tracker: what is created and changed there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from bridge.domain import records
from bridge.domain.errors import RecordMissing, Rejected
from bridge.domain.operations import ItemLink, NewItem
from bridge.domain.records import Fact, Observation, Source
from bridge.ports.roles import Found, Want
from connectors.jira import payloads, render
from connectors.jira.addresses import is_id
from connectors.jira.answers import APPEND_REFUSALS, CREATE_REFUSALS, strange, unclear
from connectors.jira.facts import (
    as_facts,
    attachment,
    attachments,
    global_id,
    link_comment,
    moment,
)
from connectors.jira.moving import Moving
from connectors.jira.payloads import Issue

_CLOCK_SLACK = timedelta(minutes=10)
"""How far our clock and the vendor's may be apart when a launch is looked for by its time."""
_FILES = TypeAdapter(list[payloads.File])


class JiraTracker(Moving):
    """Reads and writes the issues of one site."""

    async def create_item(self, launch: NewItem) -> Observation:
        """Create the issue with label and marker in one call, sent at most once."""
        project = launch.project or self._only_project()
        known = await self._known_fields(set(launch.fields))
        request = render.create(launch, project, known)
        try:
            body = await self._calls.ask_once(request, CREATE_REFUSALS)
        except RecordMissing as refusal:
            message = f"Jira shows no project {project} with the type {launch.type}."
            raise Rejected(message, detail=refusal.detail) from None
        try:
            made = payloads.Created.model_validate(body)
        except ValidationError:
            raise unclear("an answer without an issue") from None
        # The answer holds no field: the item's own run reads it, which it must for the links.
        key = {records.KEY: made.key, records.URL: self._place.page_url(made.key)}
        if self._user is not None:
            key[records.AUTHOR] = self._user.id
        facts = as_facts(key, self._calls.now())
        return self._seen(made.id, facts, Source.WRITE)

    def _only_project(self) -> str:
        projects = self._settings.projects
        if len(projects) == 1:
            return projects[0]
        message = f"The route names no project, and the connection has several: {projects}."
        raise Rejected(message, field="project")

    async def find_marked(self, marker: str, since: datetime) -> list[Found]:
        """Issues whose property carries the marker, clones included."""
        now, earliest, token = self._calls.now(), since - _CLOCK_SLACK, None
        found: list[Found] = []
        while True:
            request = render.query_tagged(earliest, now, token)
            page = await self._calls.ask(request, payloads.SearchPage)
            for issue in page.issues:
                held = issue.properties.get(render.PROPERTY)
                carries = isinstance(held, dict) and held.get("marker") == marker
                if carries and _created_at(issue) >= earliest:
                    found.append(await self._found(issue, marker))
            if not page.token or page.token == token:
                return found
            token = page.token

    async def _found(self, issue: Issue, marker: str) -> Found:
        creator = issue.fields.get("creator")
        id = creator.get("accountId") if isinstance(creator, dict) else None
        own = id == (await self._me()).id
        return Found(id=issue.id, marker=marker, created_at=_created_at(issue), own=own)

    async def set_links(
        self,
        id: str,
        add: Sequence[ItemLink],
        remove: Sequence[ItemLink],
        revision: int | None,
    ) -> Observation:
        """Add and remove remote links; each is one per global id, so this may be repeated."""
        self._check_id(id)
        gone = {(each.url, each.comment) for each in remove}
        # A link that is added again under its mark is changed, not taken away.
        kept = {global_id(each.comment) for each in add}
        if gone:
            held = await self._calls.ask_list(render.read_links(id), payloads.RemoteLink)
            for each in held:
                comment = link_comment(each)
                if (each.target.url, comment) in gone and global_id(comment) not in kept:
                    await self._unlink(id, each.id)
        for link in add:
            await self._calls.ask(render.add_link(id, link), payloads.Linked)
        issue = await self._calls.ask(render.read_issue(id), Issue)
        return await self._completed(issue, Want(), Source.WRITE)

    async def relate(self, id: str, other: str) -> None:
        """Link the two by *Relates*; a repetition makes no second link."""
        self._check_id(id)
        self._check_id(other)
        try:
            await self._calls.tell(render.relate(id, other))
        except RecordMissing as refusal:
            await self._calls.ask(render.read_issue(id, "summary"), Issue)
            raise Rejected(await self._unrelated(other), detail=refusal.detail) from None

    async def _unrelated(self, other: str) -> str:
        """Why Jira has no place for a link of an issue that it does show."""
        try:
            await self._calls.ask(render.read_issue(other, "summary"), Issue)
        except RecordMissing:
            return f"Jira does not show the other issue {other}: deleted, or without the right."
        # Admins may rename or remove types, and switch linking off as a whole.
        return (
            f"Jira has no link type {render.RELATES}, or issue linking is off, or the hub's "
            "account may not link issues."
        )

    async def _unlink(self, id: str, link_id: str) -> None:
        try:
            await self._calls.tell(render.remove_link(id, link_id))
        except RecordMissing:
            return  # gone already, or the issue is: the read that follows says which

    async def attach(
        self, id: str, name: str, content: AsyncIterator[bytes], size: int | None, comment: str
    ) -> Observation:
        """Upload a file; `comment` becomes part of its name, for Jira keeps none beside it."""
        self._check_id(id)
        issue = await self._calls.ask(render.read_issue(id, "attachment"), Issue)
        held = issue.fields.get("attachment")
        before = attachments(held if isinstance(held, list) else [])
        named = render.upload_name(name, comment)
        body = await self._calls.upload_once(
            render.attach(id), named, content, size, APPEND_REFUSALS
        )
        try:
            made = _FILES.validate_python(body)
        except ValidationError:
            made = []
        if not made:
            raise unclear("an answer without a file")
        at = moment(made[0].created) or self._calls.now()
        value = [*before, *(attachment(each).as_value() for each in made)]
        return self._seen(id, {records.ATTACHMENTS: Fact(value, at)}, Source.WRITE)

    async def add_comment(self, id: str, html: str) -> str:
        """Add a comment, sent at most once; its id."""
        self._check_id(id)
        body = await self._calls.ask_once(render.add_comment(id, html), APPEND_REFUSALS)
        try:
            return payloads.CommentEntry.model_validate(body).id
        except ValidationError:
            raise unclear("an answer without a comment") from None

    async def delete_comment(self, id: str, comment_id: str) -> None:
        """Delete a comment for good."""
        self._check_id(id)
        if not is_id(comment_id):
            raise RecordMissing("That is no id of a comment.")
        try:
            await self._calls.tell(render.delete_comment(id, comment_id))
        except RecordMissing:
            # The comment or the issue: only the latter is missing.
            await self._calls.ask(render.read_issue(id, "summary"), Issue)

    async def delete_file(self, id: str, comment: str) -> bool:
        """Delete the file whose name carries that comment."""
        self._check_id(id)
        issue = await self._calls.ask(render.read_issue(id, "attachment"), Issue)
        marked = [each for each in _files_of(issue) if attachment(each).comment == comment]
        for each in marked:
            await self._calls.tell(render.delete_file(each.id))
        return bool(marked)


def _files_of(issue: Issue) -> list[payloads.File]:
    try:
        return _FILES.validate_python(issue.fields.get("attachment") or [])
    except ValidationError:
        raise strange("files without their ids") from None


def _created_at(issue: Issue) -> datetime:
    at = moment(issue.fields.get("created"))
    if at is None:
        raise strange("an issue without its date")
    return at
