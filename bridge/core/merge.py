"""Observations joined: whatever the order and number in which they come, the same is known.

A whole observation stands for everything up to its time: facts as old or older are replaced by
it, vendor fields that it does not have are gone. Partial ones compete fact by fact, by the
vendor's time. Standard facts (`@…`) that a whole payload does not carry are kept: webhooks of
most vendors carry neither comments nor files. Such facts are taken from an older whole one too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.core.comments import marked_digest_source
from bridge.core.instants import FIRST, latest, read_instant
from bridge.core.ledger import notes_of
from bridge.core.values import sha256
from bridge.domain.records import (
    CHANGED_AT,
    COMMENTS,
    ITERATION,
    KEY,
    STATUS,
    URL,
    Fact,
    Observation,
    Presence,
    Source,
    Value,
)

MERGED = "@merged"
"""Bookkeeping of the merge, kept among the facts: time and revision of the newest whole
observation, time of the presence."""
PRESENCE = "@presence"
"""The name under which `changed` tells a change of presence."""
ABSENCE_SPAN = timedelta(minutes=10)
_PROOF = (Presence.DELETED, Presence.MISSING, Presence.MERGED)
_ORDER = (
    Presence.PRESENT,
    Presence.ABSENT,
    Presence.MISSING,
    Presence.DELETED,
    Presence.MERGED,
)


@dataclass(frozen=True, slots=True)
class _Whole:
    """The newest whole observation: everything up to `at` is known by it."""

    at: datetime | None = None
    revision: int | None = None
    presence_at: datetime = FIRST


def merge_observation(old: Observation | None, new: Observation) -> Observation:
    """What is known after `new`, of whatever age it is."""
    if old is None:
        old = replace(new, facts={}, whole=False, revision=None)
        book = _Whole()
    else:
        book = _book(old)
    facts = {name: fact for name, fact in old.facts.items() if name != MERGED}
    at = _time_of(new)
    if new.whole and not _is_older(new, at, book):
        facts = _replaced(facts, new, at)
        book = replace(book, at=at, revision=new.revision)
    elif new.whole:
        facts |= _added(facts, new)
    else:
        for name, fact in new.facts.items():
            if name != MERGED and not _is_covered(name, fact, new.source, book.at):
                facts[name] = _newer(facts.get(name), fact, old.source, new.source)
    presence, presence_at = _presence(old, new, book, at)
    book = replace(book, presence_at=presence_at)
    facts[MERGED] = _kept(book)
    return Observation(
        ref=new.ref,
        facts=facts,
        seen_at=max(old.seen_at, new.seen_at),
        source=_source(old, new),
        revision=_newest(old.revision, new.revision),
        whole=old.whole or new.whole,
        presence=presence,
    )


def changed(old: Observation | None, new: Observation) -> frozenset[str]:
    """The facts whose values differ, and `@presence` if that does."""
    before = {} if old is None else old.facts
    names = {each for each in (*before, *new.facts) if each != MERGED}
    differing = {name for name in names if _differ(before.get(name), new.facts.get(name))}
    if old is None or old.presence is not new.presence:
        differing.add(PRESENCE)
    return frozenset(differing)


def _differ(one: Fact | None, other: Fact | None) -> bool:
    if one is other:
        return False
    if one is None or other is None:
        return True
    if isinstance(one.value, str) and isinstance(other.value, str):
        return one.value != other.value
    # 1 is not true, and 1 is not 1.0: as they are kept, not as Python compares them.
    return _json(one.value) != _json(other.value)


def misses_comments(
    before: Observation | None, after: Observation, seen: Observation, counter: str | None
) -> bool:
    """Whether what was `seen` says by its count that there are comments which it does not show.

    Their own webhook may be lost, and no list shows them: this revision is known now. Nor are the
    comments of a read all of them, if what overtook it counts others.
    """
    if before is None or counter is None:
        return False
    if seen.knows(COMMENTS):
        overtaken = not before.knows(COMMENTS) and seen.knows(counter)
        return overtaken and seen.value(counter) != after.value(counter)
    if not before.knows(COMMENTS):
        return False
    return before.knows(counter) and before.value(counter) != after.value(counter)


def mirror_digest(observation: Observation, fields: Iterable[str] = ()) -> str:
    """The hash of all that tickets may show of a work item or depend on.

    `fields` are the vendor's fields that mappings read (ETA sources, field pairs). Where it stays
    the same, no ticket need be woken.
    """
    names = sorted({STATUS, KEY, URL, ITERATION, *fields})
    shown: list[Value] = [observation.presence.value]
    shown += [[name, observation.value(name)] for name in names]
    marked = (marked_digest_source(each) for each in notes_of(observation))
    shown += sorted(each for each in marked if each)
    return sha256(_json(shown))


def _time_of(observation: Observation) -> datetime:
    """The vendor's time up to which the observation speaks; ours where it has none."""
    times = [fact.at for name, fact in observation.facts.items() if name != MERGED]
    newest = latest(read_instant(observation.text(CHANGED_AT)), *times)
    return newest if newest is not None else observation.seen_at


def _is_older(new: Observation, at: datetime, book: _Whole) -> bool:
    if book.at is None:
        return False
    if new.revision is not None and book.revision is not None:
        return (new.revision, at) < (book.revision, book.at)
    return at < book.at


def _replaced(facts: dict[str, Fact], new: Observation, at: datetime) -> dict[str, Fact]:
    """The facts once a whole observation of that time has been seen."""
    kept = {
        name: fact
        for name, fact in facts.items()
        if fact.at > at or (name.startswith("@") and name not in new.facts)
    }
    return {name: fact for name, fact in new.facts.items() if name != MERGED} | kept


def _added(facts: dict[str, Fact], new: Observation) -> dict[str, Fact]:
    """What an older whole observation still tells: that which the newer one did not carry.

    A read brings comments, and a webhook of a later revision, which brings none, may overtake it.
    """
    return {
        name: fact
        for name, fact in new.facts.items()
        if name.startswith("@") and name != MERGED
        if (known := facts.get(name)) is None or fact.at > known.at
    }


def _is_covered(name: str, fact: Fact, source: Source, whole_at: datetime | None) -> bool:
    """Whether the newest whole observation already spoke of that field and time."""
    if whole_at is None or name.startswith("@"):
        return False
    return fact.at < whole_at or (fact.at == whole_at and source is Source.WEBHOOK)


def _newer(old: Fact | None, new: Fact, old_source: Source, new_source: Source) -> Fact:
    if old is None or new.at != old.at:
        return new if old is None or new.at > old.at else old
    if (new_source is Source.WEBHOOK) != (old_source is Source.WEBHOOK):
        return old if new_source is Source.WEBHOOK else new
    if new_source is not Source.WEBHOOK:
        return new
    return max(old, new, key=lambda fact: _json(fact.value))


def _presence(
    old: Observation, new: Observation, book: _Whole, at: datetime
) -> tuple[Presence, datetime]:
    """The newest word on whether the record is there; one 404 takes back no proof.

    A webhook that only names a record does not show it: one about a part of a deleted record may
    well come after the one about its deletion.
    """
    if new.source is Source.WEBHOOK and new.presence is Presence.PRESENT and not new.facts:
        return old.presence, book.presence_at
    told_at = at if new.source is Source.WEBHOOK else new.seen_at
    if new.presence is Presence.ABSENT and book.presence_at != FIRST:
        if old.presence in _PROOF:
            return old.presence, book.presence_at
        if old.presence is Presence.ABSENT:
            first, last = sorted((book.presence_at, told_at))
            gone = last - first >= ABSENCE_SPAN
            return (Presence.MISSING if gone else Presence.ABSENT), first
    rank = (told_at, _ORDER.index(new.presence))
    if book.presence_at == FIRST or rank >= (book.presence_at, _ORDER.index(old.presence)):
        return new.presence, told_at
    return old.presence, book.presence_at


def _source(old: Observation, new: Observation) -> Source:
    newest = max((old, new), key=lambda each: (each.seen_at, each.source is not Source.WEBHOOK))
    return newest.source


def _newest(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)


def _kept(book: _Whole) -> Fact:
    value: dict[str, Value] = {
        "whole_at": book.at.isoformat() if book.at is not None else None,
        "revision": book.revision,
        "presence_at": book.presence_at.isoformat(),
    }
    return Fact(value, FIRST)


def _book(old: Observation) -> _Whole:
    """The bookkeeping of an observation; one never merged before speaks for itself."""
    value = old.value(MERGED)
    if not isinstance(value, dict):
        at = _time_of(old)
        seen_at = at if old.source is Source.WEBHOOK else old.seen_at
        return _Whole(at, old.revision, seen_at) if old.whole else _Whole(presence_at=seen_at)
    revision = value.get("revision")
    return _Whole(
        at=read_instant(str(value.get("whole_at") or "")),
        revision=revision if isinstance(revision, int) else None,
        presence_at=read_instant(str(value.get("presence_at") or "")) or old.seen_at,
    )


def _json(value: Value) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
