"""Azure DevOps Boards as a tracker: what is created and changed there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from bridge.domain.errors import CredentialProblem, RecordMissing, Rejected, Stale
from bridge.domain.operations import ItemField, ItemLink, NewItem
from bridge.domain.records import Observation, Source
from bridge.ports.roles import Found
from connectors.azure_devops import payloads, render
from connectors.azure_devops.answers import APPEND_REFUSALS, CREATE_REFUSALS, strange, unclear
from connectors.azure_devops.facts import (
    CREATED_BY,
    CREATED_DATE,
    item_facts,
    link_comment,
    markdown_fields,
    moment,
)
from connectors.azure_devops.identities import unique_name
from connectors.azure_devops.manifest import MANIFEST
from connectors.azure_devops.payloads import WorkItem
from connectors.azure_devops.reading import Reading, with_relations
from connectors.azure_devops.reference import own_ids

_CLOCK_SLACK = timedelta(minutes=10)
"""How far our clock and the vendor's may be apart when a launch is looked for by its time."""


class AzureDevOpsTracker(Reading):
    """Reads and writes the work items of one organization."""

    async def create_item(self, launch: NewItem) -> Observation:
        """Create the item with tag, marker and back link in one call, sent at most once."""
        project = launch.project or self._settings.project
        request = render.create(launch, project, self._texts)
        try:
            body = await self._calls.ask_once(request, CREATE_REFUSALS)
        except RecordMissing as refusal:
            message = f"Azure DevOps shows no project {project} with the type {launch.type}."
            raise Rejected(message, detail=refusal.detail) from None
        item = _item_in(body)
        # What was created is known by its id, whatever else the answer lacks.
        facts = item_facts(with_relations(item), self._place)
        return self._seen(item.id, facts or {}, Source.WRITE, item.rev, whole=facts is not None)

    async def find_marked(self, marker: str, since: datetime) -> list[Found]:
        """Items that carry the marker beside a hyperlink, clones included."""
        query = render.query_tagged(since - _CLOCK_SLACK)
        tagged = await self._calls.ask(query, payloads.QueryAnswer)
        items = await self._read_batches([each.id for each in tagged.items])
        marked = [each for each in items if _carries(each, render.MARK + marker)]
        if not marked:
            return []
        own = own_ids(await self._me())
        return [
            Found(
                id=str(each.id),
                marker=marker,
                created_at=_created_at(each),
                own=_is_own(each.fields.get(CREATED_BY), own),
            )
            for each in marked
        ]

    async def set_fields(
        self, id: str, fields: Sequence[ItemField], revision: int | None
    ) -> Observation:
        """Write fields in one call, which may be repeated; `Stale` if no longer at `revision`."""
        self._check_id(id)
        texts = self._texts
        if any(each.field in texts.html and each.value for each in fields):
            item = await self._calls.ask(render.read_item(id), WorkItem)
            texts = replace(texts, markdown=markdown_fields(item))
        request = render.set_fields(id, fields, revision, texts)
        return self._whole(await self._calls.ask(request, WorkItem), Source.WRITE)

    async def set_links(
        self,
        id: str,
        add: Sequence[ItemLink],
        remove: Sequence[ItemLink],
        revision: int | None,
    ) -> Observation:
        """Add and remove hyperlinks in one call; removing needs a read, for the positions."""
        self._check_id(id)
        places: list[int] = []
        if remove or revision is None:
            item = await self._calls.ask(render.read_item(id), WorkItem)
            if revision not in (None, item.rev):
                raise Stale("Somebody changed the work item first.")
            relations, revision = item.relations or [], item.rev
            places = render.link_indices(relations, remove)
            add = [each for each in add if not render.link_indices(relations, [each])]
            if not places and not add:
                return self._whole(item, Source.READ)
        # Guarded by the revision, so that a repetition can't add a link twice.
        request = render.set_links(id, add, places, revision)
        return self._whole(await self._calls.ask(request, WorkItem), Source.WRITE)

    async def relate(self, id: str, other: str) -> None:
        """Add the link *Related*, unless it is there; the service refuses a second one."""
        self._check_id(id)
        self._check_id(other)
        item = await self._calls.ask(render.read_item(id), WorkItem)
        related = [each.url for each in item.relations or [] if each.rel == render.RELATED]
        if any(self._place.item_id(url) == other for url in related):
            return
        url = f"{self._place.api_base}/_apis/wit/workItems/{other}"
        await self._calls.ask(render.relate(id, url, item.rev), WorkItem)

    async def attach(
        self, id: str, name: str, content: AsyncIterator[bytes], size: int | None, comment: str
    ) -> Observation:
        """Upload a file and hang it on the item with `comment`."""
        self._check_id(id)
        limit = MANIFEST.max_attachment_bytes or 0
        if size is not None and size > limit:
            raise _too_large(limit)
        request = render.upload(await self._project_of(id), name)
        body = await self._calls.ask_raw(request, content=_whole(content, size, limit), size=size)
        try:
            file = payloads.Uploaded.model_validate(body)
        except ValidationError:
            raise strange("not the JSON of an uploaded file") from None
        # Until here nothing is seen on the item; only from here on a silence is unclear.
        request = render.link_file(id, file.url, comment)
        item = _item_in(await self._calls.ask_once(request, APPEND_REFUSALS))
        try:
            return self._whole(item, Source.WRITE)
        except CredentialProblem:
            raise unclear("an answer without the fields") from None

    async def add_comment(self, id: str, html: str) -> str:
        """Add a comment, sent at most once; its id."""
        self._check_id(id)
        request = render.add_comment(await self._project_of(id), id, html, self._place.picture_url)
        try:
            body = await self._calls.ask_once(request, APPEND_REFUSALS)
        except RecordMissing:
            self._homes.pop(id, None)  # it may have moved to another project
            raise
        try:
            return str(payloads.CommentEntry.model_validate(body).id)
        except ValidationError:
            raise unclear("an answer without a comment") from None

    async def delete_comment(self, id: str, comment_id: str) -> None:
        """Delete a comment, which the service keeps in the history of the item."""
        self._check_id(id)
        if not (comment_id.isascii() and comment_id.isdecimal()):
            raise RecordMissing("That is no id of a comment.")
        try:
            project = await self._project_of(id)
            await self._calls.tell(render.delete_comment(project, id, comment_id))
        except RecordMissing:
            self._homes.pop(id, None)  # it may have moved to another project
            await self._calls.ask(render.read_item(id), WorkItem)

    async def delete_file(self, id: str, comment: str) -> bool:
        """Take the file with that comment off the item; its history still names it."""
        self._check_id(id)
        item = await self._calls.ask(render.read_item(id), WorkItem)
        places = render.file_indices(item.relations or [], comment)
        if places:
            # Guarded by the revision: the places are those of this revision only.
            await self._calls.ask(render.remove_links(id, places, item.rev), WorkItem)
        return bool(places)


def _item_in(body: Any) -> WorkItem:
    """The item of a write's answer; without its id the outcome is unknown."""
    try:
        item = WorkItem.model_validate(body)
    except ValidationError:
        raise unclear("an answer without a work item") from None
    if not item.id:
        raise unclear("an answer without an id")
    return item


def _carries(item: WorkItem, comment: str) -> bool:
    relations = item.relations or []
    return any(each.rel == "Hyperlink" and link_comment(each) == comment for each in relations)


def _created_at(item: WorkItem) -> datetime:
    at = moment(item.fields.get(CREATED_DATE))
    if at is None:
        raise strange("a work item without its date")
    return at


def _is_own(creator: Any, own: frozenset[str]) -> bool:
    id = str(creator.get("id", "")).lower() if isinstance(creator, dict) else ""
    return id in own or unique_name(creator) in own


def _too_large(limit: int) -> Rejected:
    return Rejected(f"The file is larger than the {limit >> 20} MB that Azure DevOps takes.")


async def _whole(
    content: AsyncIterator[bytes], size: int | None, limit: int
) -> AsyncIterator[bytes]:
    """The bytes; refused as soon as they are too many, or other than announced."""
    sent = 0
    async for chunk in content:
        sent += len(chunk)
        if sent > limit:
            raise _too_large(limit)
        if size is not None and sent > size:
            raise Rejected("The file is longer than the helpdesk says.")
        yield chunk
    if size is not None and sent < size:
        raise Rejected("The file is shorter than the helpdesk says.")
