"""Which files and comments are still to be copied: the set difference against the ledger.

Each is copied at most once. An entry that was intended and never confirmed is first looked for
at the target, by its marker; it is sent again only when a newer look did not show it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bridge.core.instants import earliest, later
from bridge.core.plain_text import text_of
from bridge.core.restored import is_newer
from bridge.core.values import sha256
from bridge.domain.links import LedgerEntry, LedgerState
from bridge.domain.records import (
    ATTACHMENTS,
    COMMENTS,
    Attachment,
    Comment,
    Observation,
    Source,
    Value,
)
from bridge.domain.refs import Ref

SHORTEST_GRACE = timedelta(seconds=30)
"""A call may still be under way in another process."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Copy(Generic[T]):
    """One thing to copy, under the name and marker by which it is known for good.

    `ref` is the record that has it now; `source` may name one that was merged into it since.
    """

    ref: Ref
    thing: T
    source: str
    content: str
    marker: str


@dataclass(frozen=True, slots=True)
class CopyPlan(Generic[T]):
    """What to send, what was found already sent, and whether the target must be read first."""

    send: tuple[Copy[T], ...] = ()
    adopted: tuple[LedgerEntry, ...] = ()
    refused: tuple[LedgerEntry, ...] = ()
    held: tuple[LedgerEntry, ...] = ()
    read_self: bool = False
    wake_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where copies go: the record as last seen, and how long a call may be under way."""

    observation: Observation
    ledger: Table[str, LedgerEntry]
    grace: timedelta
    now: datetime
    forgotten_until: datetime | None = None
    """Copies made up to then may be missing in the ledger: looked for before they are sent."""


def attachment_plan(
    files: Iterable[tuple[Ref, Attachment]], target: Target
) -> CopyPlan[Attachment]:
    """The files still to be copied; the same name and size again is the same file."""
    known = _by_content(target.ledger.values())
    copies: list[Copy[Attachment]] = []
    for ref, file in files:
        source, content = file_source(ref, file.id), file_content(file)
        taken = _taken_up(source, known.get(content, source), target)
        if taken is not None:
            copies.append(_copy(ref, file, taken, content, target))
            known.setdefault(content, taken)
    return _plan(copies, target, _marked_files(target.observation), ATTACHMENTS)


def comment_plan(
    comments: Iterable[tuple[Ref, Comment]], target: Target, former: frozenset[str] = frozenset()
) -> CopyPlan[Comment]:
    """The comments still to be copied; a merge's copy of one is that one.

    `former` are refs that were merged into those of the comments. The same words on another
    record are another comment.
    """
    listed = list(comments)
    moved = _by_content(
        each for each in target.ledger.values() if each.source.partition("#")[0] in former
    )
    copies = []
    for ref, comment in listed:
        source, content = comment_source(ref, comment), comment_content(comment)
        taken = _taken_up(source, moved.get(content, source), target)
        if taken is not None:
            copies.append(_copy(ref, comment, taken, content, target))
    return _plan(copies, target, _marked_comments(target.observation), COMMENTS)


def _by_content(entries: Iterable[LedgerEntry]) -> dict[str, str]:
    """The name under which each content stands in the ledger; a copy that was made first."""
    unmade = LedgerState.INTENDED
    ordered = sorted(entries, key=lambda each: (each.state is unmade, each.source), reverse=True)
    return {each.content: each.source for each in ordered}


def _taken_up(source: str, known: str, target: Target) -> str | None:
    """The name to go on with; None where the thing was dealt with under another, `known`.

    A merge gives files and comments new names. What was only intended under the old one may
    never have arrived: it is taken up there, marker and all, and not forgotten.
    """
    if source in target.ledger or known == source:
        return source
    entry = target.ledger.get(known)
    return known if entry is not None and entry.state is LedgerState.INTENDED else None


def comment_source(ref: Ref, comment: Comment) -> str:
    """The name of a comment in the ledger."""
    return f"{ref}#comment/{comment.id}"


def file_source(ref: Ref, id: str) -> str:
    """The name of a file in the ledger."""
    return f"{ref}#file/{id}"


def comment_content(comment: Comment) -> str:
    """The hash of a comment's words, whatever markup a vendor puts around them."""
    return sha256(text_of(comment.html))


def file_content(file: Attachment) -> str:
    """The hash that stands for a file; without a size only its id tells it apart."""
    return sha256(f"{file.name}|{file.size if file.size is not None else f'id:{file.id}'}")


def files_of(observation: Observation) -> list[Attachment]:
    """The files on a record; whatever is none is left out."""
    return [
        Attachment(
            id=str(each["id"]),
            name=_text(each, "name"),
            size=size if isinstance(size := each.get("size"), int) else None,
            content_type=_text(each, "content_type") or None,
            comment=_text(each, "comment"),
        )
        for each in _rows(observation, ATTACHMENTS)
    ]


def notes_of(observation: Observation) -> list[Comment]:
    """The comments on a record, but for its description; whatever is none is left out."""
    return [each for each in said_on(observation) if not each.opening]


def said_on(observation: Observation) -> list[Comment]:
    """The comments on a record, with the description where its staff wrote that."""
    return [
        Comment(
            id=str(each["id"]),
            html=_text(each, "html"),
            author_id=_text(each, "author_id"),
            author=_text(each, "author"),
            at=_text(each, "at"),
            internal=each.get("internal") is True,
            own=each.get("own") is True,
            app=each.get("app") is True,
            inbound=each.get("inbound") is True,
            opening=each.get("opening") is True,
            channel=_text(each, "channel"),
            automatic=each.get("automatic") is True,
            contact=_text(each, "contact"),
        )
        for each in _rows(observation, COMMENTS)
    ]


def _rows(observation: Observation, fact: str) -> list[dict[str, Value]]:
    value = observation.value(fact)
    rows = value if isinstance(value, list) else []
    return [each for each in rows if isinstance(each, dict) and each.get("id") not in (None, "")]


def _text(row: dict[str, Value], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _copy(ref: Ref, thing: T, source: str, content: str, target: Target) -> Copy[T]:
    marker = f"tb-{sha256(f'{target.observation.ref}|{source}')[:20]}"
    return Copy(ref, thing, source, content, marker)


def _marked_files(observation: Observation) -> list[tuple[str, str]]:
    return [(each.comment, each.id) for each in files_of(observation)]


def _marked_comments(observation: Observation) -> list[tuple[str, str]]:
    return [(each.html, each.id) for each in notes_of(observation)]


def _plan(
    copies: Iterable[Copy[T]], target: Target, places: list[tuple[str, str]], fact: str
) -> CopyPlan[T]:
    """Sort the copies by what the ledger and the target say of each."""
    send: list[Copy[T]] = []
    adopted: list[LedgerEntry] = []
    by_state: dict[LedgerState, list[LedgerEntry]] = {}
    waits: list[datetime] = []
    read_self = False
    for copy in {each.source: each for each in copies}.values():
        entry = target.ledger.get(copy.source) or _forgotten(copy, target)
        if entry is None:
            send.append(copy)
            continue
        by_state.setdefault(entry.state, []).append(entry)
        if entry.state is not LedgerState.INTENDED:
            continue
        found = next((id for text, id in places if entry.marker and entry.marker in text), None)
        since = (
            later(entry.intended_at, max(target.grace, SHORTEST_GRACE))
            if (entry.intended_at is not None)
            else target.now
        )
        if found is not None:
            adopted.append(replace(entry, state=LedgerState.COPIED, target_id=found))
        elif target.now < since:
            waits.append(since)
        elif _looked_since(target.observation, fact, entry.intended_at and since):
            send.append(replace(copy, marker=entry.marker or copy.marker))
        else:
            read_self = True
    return CopyPlan(
        send=tuple(send),
        adopted=tuple(adopted),
        refused=tuple(by_state.get(LedgerState.REJECTED, ())),
        held=tuple(by_state.get(LedgerState.HELD, ())),
        read_self=read_self,
        wake_at=earliest(*waits),
    )


def _forgotten(copy: Copy[T], target: Target) -> LedgerEntry | None:
    """The entry of a copy that may have been made and forgotten."""
    if target.forgotten_until is None:
        return None
    if isinstance(copy.thing, Comment) and is_newer(copy.thing.at, target.forgotten_until):
        return None
    return LedgerEntry(
        source=copy.source,
        content=copy.content,
        state=LedgerState.INTENDED,
        marker=copy.marker,
        intended_at=target.forgotten_until,
    )


def _looked_since(observation: Observation, fact: str, since: datetime | None) -> bool:
    """Whether the record was read, with this fact, after the copy must have arrived."""
    read = observation.source is Source.READ and observation.knows(fact)
    return read and (since is None or observation.seen_at >= since)
