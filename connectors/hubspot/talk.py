"""What is said on a ticket: notes of its timeline, messages of its conversations, their files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bridge.domain.errors import RecordMissing, Rejected, ScopeMissing
from bridge.domain.records import ATTACHMENTS, COMMENTS, Attachment, Comment, Fact
from connectors.hubspot.changes import THREADS, ChangedIds, Cursor
from connectors.hubspot.client import Client
from connectors.hubspot.comments import (
    attachment,
    beside,
    email_comment,
    is_said,
    message_comment,
    message_files,
    note_comment,
    note_files,
)
from connectors.hubspot.manifest import BATCH
from connectors.hubspot.payloads import (
    FileInfo,
    Message,
    Messages,
    OriginalContent,
    Page,
    Record,
    Records,
    ThreadId,
    Threads,
)
from connectors.hubspot.render import Renderer, Request
from connectors.hubspot.senders import Senders

log = structlog.get_logger(__name__)

CONVERSATIONS = "conversations.read"
_FORGET_AFTER = timedelta(hours=1)
_FILES_KEPT = 2_000

PageModel = TypeVar("PageModel", bound=Page)


class Talk:
    """Reads notes, messages and files of tickets."""

    def __init__(self, client: Client, render: Renderer, app_id: str | None) -> None:
        self._client = client
        self._render = render
        self._app_id = app_id
        self._senders = Senders(client, render)
        self._files: dict[str, FileInfo] = {}
        self._unreadable_since: datetime | None = None

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """Scopes that the last calls lacked, though the hub works without them."""
        return () if self._unreadable_since is None else (CONVERSATIONS,)

    async def threads(self, ticket_id: str) -> list[str] | None:
        """The ids of the ticket's conversations; None where the token may not read them."""
        found = await self.conversations(ticket_id)
        return None if found is None else [each.id for each in found]

    async def conversations(self, ticket_id: str) -> list[ThreadId] | None:
        """The ticket's conversations; None where the token may not read conversations.

        Not every account has an inbox or the scope: that is remembered for an hour, and the
        ticket is read without its conversations.
        """
        if self._unreadable:
            return None
        try:
            pages = self._pages(lambda after: self._render.threads(ticket_id, after), Threads)
            found = [thread async for page in pages for thread in page.results]
        except ScopeMissing:
            self._unreadable_since = self._client.now()
            return None
        self._unreadable_since = None
        return found

    async def spoken_on(self, cursor: Cursor) -> ChangedIds:
        """The tickets on whose conversations something was said, a page, and where to read on.

        A list that HubSpot refuses ends here, and the next sweep begins a new one: it must not
        hold up the tickets and notes, which are swept by the same cursor.
        """
        found = await self._listed(cursor)
        told = {
            each.id: (f"thread:{each.id}", each.latest_message_timestamp or "")
            for each in found.results
        }
        tickets = [
            each.thread_associations.associated_ticket_id
            for each in found.results
            if cursor.is_news(told[each.id])
        ]
        ahead = cursor.hearing(told.values())
        on = found.after not in (None, cursor.page)
        ahead = ahead.turned_to(THREADS, found.after) if on else ahead.next_sweep
        ids = tuple(each for each in dict.fromkeys(tickets) if each is not None)
        return ChangedIds(THREADS, ids, ahead, more=on)

    async def _listed(self, cursor: Cursor) -> Threads:
        nothing = Threads(results=())
        if self._unreadable:
            return nothing
        try:
            return await self._client.ask(
                self._render.threads_since(cursor.since, cursor.page), Threads
            )
        except ScopeMissing:
            self._unreadable_since = self._client.now()
        except (Rejected, RecordMissing) as refused:
            log.warning("conversations not listed", reason=str(refused))
        return nothing

    @property
    def _unreadable(self) -> bool:
        since = self._unreadable_since
        return since is not None and self._client.now() - since < _FORGET_AFTER

    async def notes(self, ids: Iterable[str]) -> dict[str, Record]:
        """The notes of these ids that are still there."""
        wanted = sorted(set(ids), key=int)
        found: dict[str, Record] = {}
        for start in range(0, len(wanted), BATCH):
            batch = await self._client.ask(
                self._render.notes(wanted[start : start + BATCH]), Records
            )
            found |= {note.id: note for note in batch.results if not note.archived}
        return found

    async def facts(
        self,
        notes: Sequence[Record],
        threads: Sequence[str],
        at: datetime,
        emails: Sequence[Record] = (),
        contacts: Sequence[str] = (),
    ) -> dict[str, Fact]:
        """Comments and attachments, oldest first; `contacts` are those who may have written."""
        messages = [message for thread in threads for message in await self.messages(thread)]
        comments = [note_comment(note, self._app_id) for note in notes]
        comments += [message_comment(message, self._app_id) for message in messages]
        mails = beside(emails, messages)
        whose = await self._senders.of(mails, contacts)
        comments += [email_comment(e, self._app_id, whose.get(e.id, "")) for e in mails]
        files = [id for note in notes for id in note_files(note)]
        files += [id for message in messages for id in message_files(message)]
        attachments = await self._attachments(files)
        ordered = sorted(comments, key=_when)
        return {
            COMMENTS: Fact([each.as_value() for each in ordered], at),
            ATTACHMENTS: Fact([each.as_value() for each in attachments], at),
        }

    async def messages(self, thread: str) -> list[Message]:
        """What people said in a conversation, oldest first; nothing of one that is gone."""
        pages = self._pages(lambda after: self._render.messages(thread, after), Messages)
        try:
            said = [m async for page in pages for m in page.results if is_said(m)]
            return [await self._whole(thread, message) for message in said]
        except RecordMissing:
            # The conversation was deleted meanwhile; the ticket is still there.
            return []

    async def _whole(self, thread: str, message: Message) -> Message:
        if message.truncation_status != "TRUNCATED":
            return message
        request = self._render.original(thread, message.id)
        original = await self._client.ask(request, OriginalContent)
        return message.model_copy(update={"text": original.text, "rich_text": original.rich_text})

    async def _attachments(self, ids: Iterable[str]) -> list[Attachment]:
        wanted = list(dict.fromkeys(ids))
        found = await asyncio.gather(*(self._file(id) for id in wanted))
        return [attachment(file) for file in found if file is not None]

    async def _file(self, id: str) -> FileInfo | None:
        """A file's metadata, None if it was deleted. It never changes, so it is asked once."""
        if id not in self._files:
            if len(self._files) >= _FILES_KEPT:
                del self._files[next(iter(self._files))]
            try:
                self._files[id] = await self._client.ask(self._render.file(id), FileInfo)
            except RecordMissing:
                return None
        return self._files[id]

    async def _pages(
        self, request: Callable[[str | None], Request], model: type[PageModel]
    ) -> AsyncIterator[PageModel]:
        after: str | None = None
        seen: set[str] = set()
        while True:
            page = await self._client.ask(request(after), model)
            yield page
            after = page.after
            if after is None or after in seen:
                return
            seen.add(after)


def _when(comment: Comment) -> tuple[str, str]:
    return comment.at, comment.id
