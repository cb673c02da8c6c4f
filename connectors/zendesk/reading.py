"""Tickets as Zendesk has them now: one, several, what was said on them, when a field changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from bridge.domain.errors import CredentialProblem, RecordMissing, ScopeMissing
from bridge.domain.records import Fact, Observation, Source
from bridge.domain.refs import TicketRef
from bridge.ports.roles import Want
from connectors.zendesk import render
from connectors.zendesk.client import Client
from connectors.zendesk.comments import talk_facts
from connectors.zendesk.facts import Site, moment, revision_of, ticket_facts
from connectors.zendesk.fields import SYSTEM, Learned
from connectors.zendesk.payloads import (
    Audit,
    Audits,
    Comments,
    Page,
    Ticket,
    TicketComment,
    TicketField,
    TicketFields,
    User,
    UserAnswer,
    Users,
)
from connectors.zendesk.render import Request

_UNKNOWN_AGE = timedelta(minutes=1)
_MOST_PAGES = 100
STAFF = ("agent", "admin")
"""Who may be a ticket's assignee. Roles of an account's own making count as agents."""

PageModel = TypeVar("PageModel", bound=Page)


class Reader:
    """Reads tickets of one account, and learns of the account what reading needs."""

    def __init__(self, name: str, client: Client, learned: Learned, site: Site) -> None:
        self._name = name
        self._client = client
        self._learned = learned
        self._site = site
        self._learning = asyncio.Lock()
        self._learned_at: datetime | None = None

    async def fields(self) -> list[TicketField]:
        """Every field of tickets, read now."""
        pages = self._pages(render.ticket_fields, TicketFields)
        found = [each async for page in pages for each in page.ticket_fields]
        self._learned.learn(found)
        self._learned_at = self._client.now()
        return found

    async def staff(self) -> dict[str, str]:
        """Agents and admins: id → address; none where the hub's agent may not list people."""
        found: dict[str, str] = {}
        for role in STAFF:
            try:
                async for page in self._pages(partial(render.staff, role), Users):
                    found |= {each.id: each.email for each in page.users if each.id and each.email}
            except ScopeMissing:
                break
        return found

    async def me(self) -> User:
        """The agent by whom the hub works."""
        user = (await self._client.ask(render.me(), UserAnswer)).user
        if user.id is None:
            # A call whose credential was dropped on the way is answered as nobody's.
            raise CredentialProblem("Zendesk does not see whose credential it is")
        self._learned.own_id = user.id
        return user

    async def know(self, names: Iterable[str], *, kinds: bool = False) -> None:
        """Learn what the account calls by these names, and with `kinds` what they hold.

        The fields are read once in a process, and again where a name is still unknown.
        """
        asked = [each for each in names if each not in SYSTEM]
        async with self._learning:
            known = self._learned.field if kinds else self._learned.id_of
            if all(known(each) is not None for each in asked):
                return
            last, now = self._learned_at, self._client.now()
            if last is None or now - last >= _UNKNOWN_AGE:
                await self.fields()

    async def observe(
        self, ticket: Ticket, want: Want, seen_at: datetime, source: Source = Source.READ
    ) -> Observation:
        """The observation of a ticket; the list's rows are a part, all else is the whole."""
        at = moment(ticket.updated_at, seen_at)
        times: Mapping[str, datetime] = {}
        talk: dict[str, Fact] = {}
        if source is not Source.LIST:
            times = await self._own_times(ticket, want.timed, at)
            if want.comments or want.attachments:
                talk = await self._talk(ticket, at)
        wanted = want.fields | want.timed
        facts = ticket_facts(
            ticket,
            seen_at=seen_at,
            wanted=wanted,
            learned=self._learned,
            site=self._site,
            own_times=times,
        )
        if source is Source.LIST:
            # When they changed is not in the list, and that they are old may be what counts.
            facts = {name: fact for name, fact in facts.items() if name not in want.timed}
        return Observation(
            TicketRef(self._name, ticket.id),
            facts | talk,
            seen_at,
            source,
            revision=revision_of(at),
            whole=source is not Source.LIST,
        )

    async def comment(self, ticket_id: str, comment_id: str) -> TicketComment:
        """One comment of a ticket; RecordMissing if it is not among them."""
        async for page in self._pages(_comments_of(ticket_id), Comments):
            for each in page.comments:
                if each.id == comment_id:
                    return each
        raise RecordMissing(f"ticket {ticket_id} has no comment {comment_id}")

    async def audits(self, ticket_id: str) -> AsyncIterator[Audit]:
        """The history of a ticket, oldest first."""
        pages = self._pages(lambda after: render.audits(ticket_id, after), Audits)
        async for page in pages:
            for each in page.audits:
                yield each

    async def own_id(self) -> str:
        """The id of the agent by whom the hub works."""
        if self._learned.own_id is None:
            await self.me()
        return self._learned.own_id or ""

    async def _talk(self, ticket: Ticket, at: datetime) -> dict[str, Fact]:
        own_id = await self.own_id()
        pages = [page async for page in self._pages(_comments_of(ticket.id), Comments)]
        comments = [each for page in pages for each in page.comments]
        people = [each for page in pages for each in page.users]
        return talk_facts(comments, people, own_id, at)

    async def _own_times(
        self, ticket: Ticket, timed: Iterable[str], at: datetime
    ) -> dict[str, datetime]:
        """When each of these fields got its value, by the ticket's history."""
        made = moment(ticket.created_at, at)
        names = [*filter(None, (each if each in SYSTEM else self._learned.id_of(each)
                                for each in timed))]  # fmt: skip
        if not names:
            return {}
        times = dict.fromkeys(names, made)
        if made == at:
            return times
        async for audit in self.audits(ticket.id):
            for event in audit.events:
                name = str(event.field_name or "")
                if event.type in ("Create", "Change") and name in times:
                    times[name] = max(times[name], moment(audit.created_at, made))
        return times

    async def _pages(
        self, request: Callable[[str | None], Request], model: type[PageModel]
    ) -> AsyncIterator[PageModel]:
        """Every page, by cursor; by number where the answer shows that the list has no cursors."""
        after: str | None = None
        for number in range(1, _MOST_PAGES + 1):
            asked = request(after)
            by_number = number > 1 and after is None
            page = await self._client.ask(
                render.numbered(asked, number) if by_number else asked, model
            )
            yield page
            further = page.meta.after_cursor if page.meta.has_more else None
            numbered = after is None and page.next_page is not None
            if further in (None, after) and not numbered:
                return
            after = further


def _comments_of(id: str) -> Callable[[str | None], Request]:
    return lambda after: render.comments(id, after)


def is_id(id: str) -> bool:
    """Whether it has the form of an id."""
    return id.isascii() and id.isdecimal() and len(id) <= 20


def check_id(id: str) -> None:
    """RecordMissing for what can't be an id of Zendesk's."""
    if not is_id(id):
        raise RecordMissing(f"{id[:40]!r} is not an id of Zendesk")
