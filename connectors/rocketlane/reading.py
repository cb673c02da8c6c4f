"""Reading: tasks, what changed, and reference data, as observations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.domain import records
from bridge.domain.errors import RecordMissing, Rejected, Unavailable
from bridge.domain.records import Fact, Observation, Reference, Source, Value
from bridge.domain.refs import WorkItemRef
from bridge.domain.schema import Probe, Schema
from bridge.ports.roles import ChangedPage, Want
from connectors.rocketlane import cursors, payloads, render
from connectors.rocketlane.addresses import Place
from connectors.rocketlane.calls import Calls
from connectors.rocketlane.facts import comment_value, millis, task_facts
from connectors.rocketlane.note_links import links_in
from connectors.rocketlane.payloads import Person, Project, Task, User
from connectors.rocketlane.probing import probe
from connectors.rocketlane.reference import own_ids, reference_of
from connectors.rocketlane.schema import schema_of
from connectors.rocketlane.settings import RocketlaneSettings

_LEARN_FROM = timedelta(days=90)
"""Tasks that changed within it show which statuses are in use."""
_COMMENT_PAGES = 50
"""Pages of comments that are looked through for those of one task."""


class Reading:
    """The half of the tracker that changes nothing."""

    def __init__(self, name: str, settings: RocketlaneSettings, place: Place, calls: Calls) -> None:
        self._name = name
        self._settings = settings
        self._place = place
        self._calls = calls
        self._account: User | Person | None = None
        self._reference = Reference()

    async def fetch_item(self, id: str, want: Want) -> Observation:
        """The whole task."""
        self._check_id(id)
        return await self._completed(await self._calls.ask(render.read_task(id), Task), want)

    async def fetch_items(self, ids: Sequence[str], want: Want) -> list[Observation]:
        """The tasks of these ids, one a call: no list takes ids. Those not shown are left out."""
        found: list[Observation] = []
        for id in ids:
            try:
                found.append(await self.fetch_item(id, want))
            except RecordMissing:
                continue
        return found

    def item_named(self, text: str) -> str | None:
        """The id that an id, `#id` or an address of our account names."""
        return self._place.task_id(text)

    async def resolve(self, text: str) -> str | None:
        """The same: nobody needs to be asked."""
        return self._place.task_id(text)

    async def list_hyperlinked(self, cursor: str | None) -> ChangedPage:
        """A page of the tasks whose private note has links, by their time of creation.

        No filter looks into notes: every task is listed.
        """
        after, token = _list_place(cursor)
        try:
            page = await self._calls.ask(render.list_created(after, token), payloads.TaskPage)
        except Rejected:
            if token is None:
                raise
            # Tokens live for fifteen minutes.
            page = await self._calls.ask(render.list_created(after, None), payloads.TaskPage)
        seen = [self._seen(each, Source.LIST) for each in page.data if links_in(each.note or "")]
        if page.pages.more and page.pages.token:
            return ChangedPage(tuple(seen), json.dumps([after, page.pages.token]), True)
        last = max((each.created for each in page.data), default=after)
        return ChangedPage(tuple(seen), json.dumps([last, None]), False)

    def _check_id(self, id: str) -> None:
        """An id becomes part of an address: anything else must never get there."""
        if self._place.task_id(id) != id:
            raise RecordMissing("That is no id of a task.")

    def _seen(self, task: Task, source: Source) -> Observation:
        """What an answer says that was asked for everything; one that shows less is merged."""
        return Observation(
            ref=WorkItemRef(self._name, str(task.id)),
            facts=task_facts(task, self._place, whole=task.answers),
            seen_at=self._calls.now(),
            source=source,
            whole=task.answers,
        )

    async def _completed(self, task: Task, want: Want) -> Observation:
        """The task with what was asked for besides."""
        seen = self._seen(task, Source.READ)
        at = seen.facts[records.STATUS].at
        # An empty custom field is left out; to have looked and found nothing is a fact.
        facts: dict[str, Fact] = {name: Fact(None, at) for name in want.fields} | {**seen.facts}
        if want.comments:
            facts[records.COMMENTS] = Fact(await self._comments(task), at)
        return replace(seen, facts=facts)

    async def _comments(self, task: Task) -> list[Value]:
        own, token, pages = own_ids(await self._me()), None, 0
        found: dict[int, Value] = {}
        while True:
            request = render.list_comments(task.created, None, token, str(task.id))
            page = await self._calls.ask(request, payloads.CommentPage)
            for each in page.data:
                if (each.source.id, each.source.type) == (task.id, "TASK"):
                    found[each.id] = comment_value(each, own)
            token, pages = page.pages.token, pages + 1
            if not page.pages.more or token is None:
                return list(found.values())
            if pages >= _COMMENT_PAGES:
                raise Unavailable("Rocketlane shows too many comments to look through.")

    async def _me(self) -> User | Person | None:
        """Whose key it is: by the address of bridge.yaml, else learnt from what it wrote."""
        email = self._settings.account
        if self._account is None and email:
            found = (await self._calls.ask(render.list_users(email), payloads.UserPage)).data
            self._account = found[0] if found else None
        return self._account

    async def list_changed(self, cursor: str | None, since: datetime, want: Want) -> ChangedPage:
        """A page of the tasks that changed, then of those that got comments."""
        now = millis(self._calls.now())
        window = cursors.opened(cursors.parse(cursor), millis(since), now)
        try:
            return await self._turn(window, now, want)
        except Rejected:
            if window.token is None:
                raise
            # The vendor no longer takes its own token (they live for fifteen minutes).
            return await self._turn(replace(window, token=None, total=0), now, want)

    async def _turn(self, window: cursors.Cursor, now: int, want: Want) -> ChangedPage:
        seen: list[Observation] = []
        ids: list[str] = []
        if window.what == cursors.TASKS:
            request = render.list_changed(window.since, window.until, window.token)
            tasks = await self._calls.ask(request, payloads.TaskPage)
            seen = [self._seen(each, Source.LIST) for each in tasks.data]
            ids = [str(each.id) for each in tasks.data if not each.answers]
            pages = tasks.pages
        else:
            request = render.list_comments(window.since, window.until, window.token)
            said = await self._calls.ask(request, payloads.CommentPage)
            ids = [str(each.source.id) for each in said.data if each.source.type == "TASK"]
            pages = said.pages
        after, more = cursors.turned(
            window, more=pages.more, token=pages.token, total=pages.total, now=now,
            comments=want.comments,
        )  # fmt: skip
        return ChangedPage(tuple(seen), after.text(), more, tuple(dict.fromkeys(ids)))

    async def fetch_reference(self) -> Reference:
        """Fields, projects, the own account, and the statuses that recent tasks show."""
        tasks = await self._calls.ask(
            render.list_seen(self._calls.now() - _LEARN_FROM), payloads.TaskPage
        )
        fields, token = [], None
        while True:
            page = await self._calls.ask(render.list_fields(token), payloads.FieldPage)
            fields += page.data
            token = page.pages.token
            if not page.pages.more or token is None:
                break
        projects = await self._projects()
        self._reference = reference_of(
            self._settings.statuses, tasks.data, fields, projects, await self._me()
        )
        return self._reference

    async def _projects(self) -> list[Project]:
        found: list[Project] = []
        token = None
        while True:
            page = await self._calls.ask(render.list_projects(token), payloads.ProjectPage)
            found += page.data
            token = page.pages.token
            if not page.pages.more or token is None:
                return found

    async def fetch_schema(self, projects: frozenset[str] = frozenset()) -> Schema:
        """The same with the projects asked about; one that is not there is told as such."""
        own = [self._settings.project] if self._settings.project else []
        more = sorted(each for each in projects if each not in own)
        return schema_of(await self.fetch_reference(), [*own, *more], own=bool(own))

    async def probe(self, door: str, launches: frozenset[tuple[str, str]] = frozenset()) -> Probe:
        """What the key opens; no call shows the webhooks, so `door` can't be looked for."""
        has_token = bool(self._settings.webhook_tokens)
        return await probe(
            self._calls, self._settings.account, sorted(launches), door_open=has_token
        )


def _list_place(cursor: str | None) -> tuple[int, str | None]:
    try:
        after, token = json.loads(cursor or "[0,null]")
    except (ValueError, TypeError):
        return 0, None
    good = isinstance(after, int) and not isinstance(after, bool)
    return (after, token if isinstance(token, str) else None) if good else (0, None)
