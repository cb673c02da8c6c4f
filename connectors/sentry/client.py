"""Sentry as a source of signals: what is read there. Nothing is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.domain.errors import RecordMissing, ScopeMissing
from bridge.domain.events import InboundRequest, Refused
from bridge.domain.records import Observation, ProjectInfo, Reference, Source, parse_instant
from bridge.domain.refs import SignalRef
from bridge.domain.schema import Probe
from bridge.domain.texts import Audience, Text
from bridge.ports.roles import ChangedPage
from bridge.ports.signals import FormRequest, LaunchPlace, SignalWords
from connectors.sentry import normalise, payloads, render
from connectors.sentry.addresses import Place, is_id, is_short_id
from connectors.sentry.calls import Calls
from connectors.sentry.facts import REFERENCE, facts_of
from connectors.sentry.payloads import Issue
from connectors.sentry.probing import probe
from connectors.sentry.receiver import SentryReceiver
from connectors.sentry.settings import SentrySettings

_OVERLAP = timedelta(minutes=2)
"""How far each sweep looks back: the list is searched, and how far it trails is not said."""


class SentrySignals:
    """Reads the issues of one organization."""

    def __init__(
        self,
        name: str,
        settings: SentrySettings,
        place: Place,
        calls: Calls,
        receiver: SentryReceiver,
    ) -> None:
        self._name = name
        self._settings = settings
        self._place = place
        self._calls = calls
        self._receiver = receiver
        self._installations: frozenset[str] = frozenset()

    @property
    def launch_place(self) -> LaunchPlace:
        """Where its signals' items are made."""
        return self._settings.launch_place

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts of Sentry's integrations, as configured."""
        return frozenset(self._settings.accounts)

    @property
    def launches_what_is_named(self) -> bool:
        """Whether an issue that is named on a ticket is launched."""
        return self._settings.guide == "launch"

    def reduce(self, body: bytes) -> bytes:
        """What may be stored of a delivery."""
        return normalise.reduce(body)

    def _seen(self, issue: Issue, source: Source) -> Observation:
        now = self._calls.now()
        return Observation(
            ref=SignalRef(self._name, issue.id),
            facts=facts_of(issue, self._place, now),
            seen_at=now,
            source=source,
            whole=True,
        )

    async def fetch_signal(self, id: str) -> Observation:
        """The issue without its words."""
        _require_id(id)
        issue = await self._calls.ask(render.read_issue(self._place, id), Issue)
        return self._seen(issue, Source.READ)

    async def fetch_signals(self, ids: Sequence[str]) -> list[Observation]:
        """The issues, read one by one."""
        found = []
        for id in ids:
            try:
                found.append(await self.fetch_signal(id))
            except RecordMissing:
                continue
        return found

    async def resolve(self, text: str) -> str | None:
        """The id that an id, a short id or an address names."""
        named = self._place.names(text)
        if named is None or is_id(named):
            return named
        if not is_short_id(named):
            return None
        try:
            short = await self._calls.ask(
                render.read_short(self._place, named.upper()), payloads.Short
            )
        except RecordMissing:
            return None
        return short.group_id if is_id(short.group_id) else None

    async def fetch_words(self, id: str) -> SignalWords:
        """The title, for engineers."""
        _require_id(id)
        issue = await self._calls.ask(render.read_issue(self._place, id), payloads.Worded)
        title = Text(issue.title, Audience.ENGINEERING, (f"sentry:{self._name}:{id}",))
        return SignalWords(title, self._place.page_url(issue.id))

    async def linked_pages(self, id: str) -> tuple[str, ...]:
        """What Sentry's integrations and apps have linked to the issue."""
        _require_id(id)
        own, _ = await self._calls.ask_page(
            render.list_tracker_links(self._place, id), payloads.Integration
        )
        apps, _ = await self._calls.ask_page(
            render.list_app_links(self._place, id), payloads.AppLink
        )
        pages = [link.url for each in own for link in each.links if link.url]
        return tuple(dict.fromkeys([*pages, *(each.web_url for each in apps)]))

    async def copied_comments(self, id: str) -> frozenset[str]:
        """The ids of the comments that Sentry's integrations made of the issue's notes."""
        _require_id(id)
        copies: set[str] = set()
        cursor: str | None = None
        while True:
            request = render.list_notes(self._place, id)
            turned = render.Request(
                request.method, request.path, {"cursor": cursor} if cursor else {}
            )
            notes, following = await self._calls.ask_page(turned, payloads.Note)
            copies |= {each.data.external_id for each in notes if each.data.external_id}
            if following is None or following == cursor:
                return frozenset(copies)
            cursor = following

    async def list_changed(self, cursor: str | None, since: datetime) -> ChangedPage:
        """Issues with an event since the cursor, newest first, until the page is of before it.

        A state that a person changes moves no issue up this list: the patrol finds that. Nor does a
        link that Sentry's own button makes, and no webhook tells of it: each sweep ends with the
        next page of all issues to which something is linked, over and over.
        """
        at = _Cursor.read(cursor, since)
        if at.linked:
            return await self._next_linked(at)
        request = render.list_issues(self._place, at.page)
        issues, following = await self._calls.ask_page(request, Issue)
        moments = [moment for each in issues if (moment := _last_seen(each)) is not None]
        newest = max([at.newest, *moments])
        fresh = [each for each in issues if (_last_seen(each) or newest) >= at.since - _OVERLAP]
        more = following is not None and len(fresh) == len(issues) and bool(issues)
        after = replace(at, newest=newest, page=following if more else None, linked=not more)
        seen = tuple(self._seen(each, Source.LIST) for each in fresh)
        return ChangedPage(seen, after.text(), more=True)

    async def _next_linked(self, at: _Cursor) -> ChangedPage:
        issues, following = await self._calls.ask_page(
            render.list_linked(self._place, at.turn), Issue
        )
        seen = tuple(self._seen(each, Source.LIST) for each in issues)
        after = _Cursor(at.newest, at.newest, turn=following)
        return ChangedPage(seen, after.text(), more=False)

    async def fetch_reference(self) -> Reference:
        """The states, which are Sentry's own, and the projects, by whose slugs issues are named.

        The call for an issue shows whether the token works.
        """
        await self._calls.ask_page(render.list_issues(self._place, None, 1), Issue)
        try:
            projects = await self._projects()
        except ScopeMissing:
            # `bridge check` says so; a short id then counts by its shape alone.
            projects = ()
        return replace(REFERENCE, projects=projects)

    async def _projects(self) -> tuple[ProjectInfo, ...]:
        found: list[ProjectInfo] = []
        cursor: str | None = None
        while True:
            request = render.list_projects(self._place, cursor)
            page, following = await self._calls.ask_page(request, payloads.Slugged)
            found += [ProjectInfo(each.slug, each.slug) for each in page]
            if following is None or following == cursor:
                return tuple(found)
            cursor = following

    async def probe(self) -> Probe:
        """What the token opens."""
        return await probe(self._calls, self._place, door_open=bool(self._settings.client_secrets))

    def verify_select(self, request: InboundRequest) -> Refused | None:
        """Whether Sentry's form asks for options."""
        return self._receiver.verify_select(request)

    def read_form(self, request: InboundRequest) -> FormRequest | Refused:
        """What Sentry's form asks for."""
        return self._receiver.read_form(request)

    async def knows_installation(self, uuid: str) -> bool:
        """Whether an app is installed in our organization under that id; asked once for each."""
        if uuid not in self._installations:
            found, _ = await self._calls.ask_page(
                render.list_installations(self._place), payloads.Installation
            )
            self._installations = frozenset(each.uuid for each in found)
        return uuid in self._installations


def _require_id(id: str) -> None:
    if not is_id(id):
        raise RecordMissing("That is no id of a Sentry issue.")


def _last_seen(issue: Issue) -> datetime | None:
    return None if issue.last_seen is None else parse_instant(issue.last_seen)


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a sweep is: since when it looks, the newest it saw, and the page it is at.

    `linked`: it is at the issues to which something is linked; `turn` is the page of those that
    comes next, in this sweep or a later one.
    """

    since: datetime
    newest: datetime
    page: str | None = None
    linked: bool = False
    turn: str | None = None

    @classmethod
    def read(cls, text: str | None, since: datetime) -> _Cursor:
        """The cursor of that text; from `since` where it is none or can't be read."""
        try:
            said = json.loads(text or "null")
            begun, newest = (datetime.fromisoformat(said[each]) for each in ("since", "newest"))
            page, turn = said.get("page"), said.get("turn")
            return cls(
                begun,
                newest,
                page if isinstance(page, str) else None,
                said.get("linked") is True,
                turn if isinstance(turn, str) else None,
            )
        except (TypeError, KeyError, ValueError, AttributeError):
            return cls(since, since)

    def text(self) -> str:
        """The cursor as it is stored."""
        said: dict[str, str | bool] = {
            "since": self.since.isoformat(),
            "newest": self.newest.isoformat(),
        }
        kept = {"page": self.page, "turn": self.turn}
        said |= {name: each for name, each in kept.items() if each is not None}
        return json.dumps(said | ({"linked": True} if self.linked else {}))
