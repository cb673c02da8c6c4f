"""Reading: items, what changed, and reference data, as observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bridge.domain import records
from bridge.domain.errors import CredentialProblem, RecordMissing, Rejected
from bridge.domain.records import Fact, Observation, Presence, Reference, Source, Value
from bridge.domain.refs import WorkItemRef
from bridge.domain.schema import Probe, Schema
from bridge.ports.roles import ChangedPage, Want
from connectors.azure_devops import payloads, render
from connectors.azure_devops.addresses import Place
from connectors.azure_devops.answers import strange
from connectors.azure_devops.calls import Calls
from connectors.azure_devops.facts import (
    COMMENT_COUNT,
    DELETED,
    PROJECT,
    comment_value,
    item_facts,
    row_facts,
)
from connectors.azure_devops.manifest import MANIFEST
from connectors.azure_devops.payloads import WorkItem
from connectors.azure_devops.probing import probe
from connectors.azure_devops.reference import allowed_values, own_ids, reference_of
from connectors.azure_devops.schema import ProjectData, project_names, read_project, schema_of
from connectors.azure_devops.settings import AzureDevOpsSettings

_HOMES = 10_000
"""How many items' projects are remembered; beyond that all are forgotten and learnt again."""


class Reading:
    """The half of the tracker that changes nothing."""

    def __init__(
        self, name: str, settings: AzureDevOpsSettings, place: Place, calls: Calls
    ) -> None:
        self._name = name
        self._settings = settings
        self._place = place
        self._calls = calls
        self._user: payloads.User | None = None
        self._texts = render.USUAL_TEXTS
        self._homes: dict[str, str] = {}

    async def fetch_item(self, id: str, want: Want) -> Observation:
        """The whole work item; one in the recycle bin is DELETED."""
        self._check_id(id)
        try:
            item = await self._calls.ask(render.read_item(id), WorkItem)
        except RecordMissing:
            return await self._fetch_binned(id)
        return await self._completed(item, want)

    async def fetch_items(self, ids: Sequence[str], want: Want) -> list[Observation]:
        """The items of these ids, 200 a call; those not shown are left out."""
        items = await self._read_batches([int(id) for id in ids if self._place.item_id(id) == id])
        return [await self._completed(item, want) for item in items]

    def item_named(self, text: str) -> str | None:
        """The id that an id, `#id`, `AB#id` or an address of our organization names."""
        return self._place.item_id(text)

    async def resolve(self, text: str) -> str | None:
        """The same: nobody needs to be asked."""
        return self._place.item_id(text)

    async def list_hyperlinked(self, cursor: str | None) -> ChangedPage:
        """A page of the items that have hyperlinks, by id.

        Links can be counted by a query, but not asked where they lead to.
        https://learn.microsoft.com/azure/devops/boards/queries/wiql-syntax
        """
        after = int(cursor or 0)
        answer = await self._calls.ask(render.query_hyperlinked(after), payloads.QueryAnswer)
        ids = [each.id for each in answer.items]
        items = await self._read_batches(ids)
        seen = tuple([await self._completed(item, Want()) for item in items])
        more = len(ids) >= render.HYPERLINKED_PAGE
        return ChangedPage(seen, str(ids[-1] if ids else after), more)

    def _check_id(self, id: str) -> None:
        """An id becomes part of an address: anything else must never get there."""
        if self._place.item_id(id) != id:
            raise RecordMissing("That is no id of a work item.")

    async def _fetch_binned(self, id: str) -> Observation:
        try:
            entry = await self._calls.ask(render.read_binned(id), payloads.Binned)
        except (RecordMissing, Rejected, CredentialProblem):
            # The item's own 404 came under a good token; who may not look into the bin (403)
            # knows no more than that.
            entry = None
        if entry is None:
            raise RecordMissing("Azure DevOps does not show the work item.")
        item = entry.resource or WorkItem(id=entry.id)
        # The entry does not say which links the item had.
        facts = item_facts(item.model_copy(update={"relations": None}), self._place)
        whole = facts is not None
        return self._seen(
            item.id, facts or {}, Source.READ, item.rev, whole=whole, presence=Presence.DELETED
        )

    async def _read_batches(self, ids: Sequence[int]) -> list[WorkItem]:
        size = MANIFEST.batch_read
        found: list[WorkItem] = []
        for start in range(0, len(ids), size):
            request = render.read_items(ids[start : start + size])
            batch = await self._calls.ask(request, payloads.Batch)
            found += [each for each in batch.value if each is not None]
        return found

    async def _completed(self, item: WorkItem, want: Want) -> Observation:
        """The item with what was asked for besides."""
        seen = self._whole(item, Source.READ)
        at = seen.facts[records.STATUS].at
        # An empty field is left out of the answer; to have looked and found nothing is a fact.
        facts: dict[str, Fact] = {name: Fact(None, at) for name in want.fields} | {**seen.facts}
        if want.comments:
            facts[records.COMMENTS] = Fact(await self._comments(item), at)
        return replace(seen, facts=facts)

    async def _comments(self, item: WorkItem) -> list[Value]:
        if item.fields.get(COMMENT_COUNT) == 0:
            return []
        own, token = own_ids(await self._me()), None
        found: list[Value] = []
        while True:
            request = render.read_comments(str(item.fields[PROJECT]), str(item.id), token)
            page = await self._calls.ask(request, payloads.CommentPage)
            found += [comment_value(each, own) for each in page.comments if not each.deleted]
            if not page.token or page.token == token:
                return found
            token = page.token

    async def _me(self) -> payloads.User:
        if self._user is None:
            said = await self._calls.ask(render.read_caller(), payloads.ConnectionData)
            self._user = said.user
        return self._user

    async def _project_of(self, id: str) -> str:
        """Where the item lives: comments are addressed below their project."""
        if id not in self._homes:
            self._whole(await self._calls.ask(render.read_item(id), WorkItem), Source.READ)
        return self._homes[id]

    async def list_changed(self, cursor: str | None, since: datetime, want: Want) -> ChangedPage:
        """A page of the reporting feed.

        Its rows are thin: every id is to be read, unless the row's revision is known already.
        """
        try:
            page = await self._read_feed(cursor, since)
        except Rejected:
            if cursor is None:
                raise
            # The vendor no longer takes its own token: begin again, or no sweep ever ends.
            page = await self._read_feed(None, since)
        rows = [each for each in page.values if self._watches(each)]
        seen = [self._row(each) for each in rows if not each.fields.get(DELETED)]
        return ChangedPage(
            observations=tuple(each for each in seen if each is not None),
            cursor=page.token,
            more=not page.last,
            changed_ids=tuple(dict.fromkeys(str(each.id) for each in rows)),
        )

    async def _read_feed(self, cursor: str | None, since: datetime) -> payloads.FeedPage:
        projects = self._settings.all_projects
        project = projects[0] if len(projects) == 1 else None
        return await self._calls.ask(render.read_feed(project, cursor, since), payloads.FeedPage)

    def _watches(self, row: WorkItem) -> bool:
        """Whether the row is of a watched project; the feed of one project says so by itself."""
        watched = {each.casefold() for each in self._settings.all_projects}
        home = row.fields.get(PROJECT)
        return len(watched) == 1 or home is None or str(home).casefold() in watched

    def _row(self, row: WorkItem) -> Observation | None:
        facts = row_facts(row, self._place)
        return None if facts is None else self._seen(row.id, facts, Source.LIST, row.rev)

    async def fetch_reference(self) -> Reference:
        """States, fields, types and iterations of the watched projects, and the own account."""
        read = [await read_project(self._calls, each) for each in self._settings.all_projects]
        return await self._reference(read)

    async def fetch_schema(self, projects: frozenset[str] = frozenset()) -> Schema:
        """The same, type by type, of these projects too; one that is not there is told as such."""
        own = {each.casefold() for each in self._settings.all_projects}
        more = sorted(each for each in projects if each.casefold() not in own)
        read: dict[str, ProjectData | None] = {}
        for name in (*self._settings.all_projects, *more):
            try:
                read[name] = await read_project(self._calls, name)
            except (Rejected, RecordMissing) as refused:
                if not refused.detail.startswith("status 404"):
                    raise
                read[name] = None
        reference = await self._reference([each for each in read.values() if each is not None])
        names = () if None not in read.values() else await project_names(self._calls)
        return schema_of(read, reference, names)

    async def _reference(self, read: Sequence[ProjectData]) -> Reference:
        fields = (await self._calls.ask(render.read_fields(), payloads.Fields)).value
        long_texts = {each.reference_name for each in fields if each.type == "html"}
        lines = frozenset(each.reference_name for each in fields if each.type == "string")
        self._texts = render.Texts(render.HTML_FIELDS | long_texts, lines)
        types = [each for project in read for each in project.types]
        of_types = [each for project in read for each in project.fields.values()]
        roots = [each.iterations for each in read]
        return reference_of(types, fields, allowed_values(of_types), roots, await self._me())

    async def probe(self, door: str, launches: frozenset[tuple[str, str]] = frozenset()) -> Probe:
        """Who the token is of, what it may do, and where the service hooks lead."""
        wanted = [(project or self._settings.project, type) for project, type in launches]
        open_ = bool(self._settings.webhook_user and self._settings.webhook_passwords)
        return await probe(self._calls, door, sorted(wanted), door_open=open_)

    def _whole(self, item: WorkItem, source: Source) -> Observation:
        """The observation of an answer that was asked for everything."""
        facts = item_facts(with_relations(item), self._place)
        if facts is None:
            raise strange("a work item without its fields")
        return self._seen(item.id, facts, source, item.rev, whole=True)

    def _seen(
        self,
        id: int,
        facts: Mapping[str, Fact],
        source: Source,
        revision: int,
        *,
        whole: bool = False,
        presence: Presence = Presence.PRESENT,
    ) -> Observation:
        if records.PROJECT in facts:
            if len(self._homes) >= _HOMES:
                self._homes.clear()
            self._homes[str(id)] = str(facts[records.PROJECT].value)
        return Observation(
            ref=WorkItemRef(self._name, str(id)),
            facts=facts,
            seen_at=self._calls.now(),
            source=source,
            revision=revision or None,
            whole=whole,
            presence=presence,
        )


def with_relations(item: WorkItem) -> WorkItem:
    """The item with its links, which were asked for: an answer without a list means none."""
    return item if item.relations is not None else item.model_copy(update={"relations": []})
