"""Digests: what a list for people says, and to whom it goes. Every word passes the gate."""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bridge.core.detector import NOTHING_KNOWN, KnownSentry
from bridge.core.guard import (
    Held,
    release_composed,
    release_fact,
    release_wording,
    tells_nothing,
)
from bridge.core.notices import whom
from bridge.core.recipients import is_address
from bridge.core.values import sha256
from bridge.domain.mapping_hygiene import Digest
from bridge.domain.notices import Channel, Content, Notice, People
from bridge.domain.texts import Audience, Releasable

ROUTE = "@digest:"
"""Begins the route of a digest's notices: a word that no mapping can use."""
MOST = 20
"""Entries that a digest names; of the others it says how many there are."""
LONGEST = 200
RULE = "allow-list of digests"
NOT_AGAIN = timedelta(0)
"""Nobody acknowledges a list: it is sent once."""

_WHAT: Table[str, tuple[str, str, str]] = {
    "review": ("work item waits for a priority", "work items wait for a priority", "/"),
    "hygiene": ("cause came apart over night", "causes came apart over night", "/hygiene"),
    "to_tell": ("customer is to be told", "customers are to be told", "/?needs=to_tell"),
    "promises": ("promise is at risk", "promises are at risk", "/?needs=promise_at_risk"),
}
"""One, many, and the page of the hub where people work on it."""
_NOTHING: Table[str, str] = {
    "review": "every work item has a priority",
    "hygiene": "nothing has come apart",
    "to_tell": "every customer has been told",
    "promises": "no promise is at risk",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a digest: what it is called, and what is said of it."""

    name: str
    """A key of the ticket or the work item; also said where nothing else may be."""
    words: tuple[str, ...]
    """What a vendor or a person wrote."""
    is_new: bool = False


def told_key(key: str, *, has_origin: bool) -> str:
    """What a work item may be called to those outside engineering; empty where that is nothing."""
    return "" if has_origin or not tells_nothing(key) else key


def subject_of(helpdesk: str, digest: Digest) -> str:
    """What the notices of a digest are about: no ticket's key begins so."""
    return f"{ROUTE}{helpdesk}/{digest.id}"


def is_digest(key: str) -> bool:
    """Whether a notice about `key` is a digest's."""
    return key.startswith(ROUTE)


def recipients_of(digest: Digest, people: People) -> list[str]:
    """The addresses of everybody whom it goes to; one empty one for a channel as a whole."""
    if digest.to is None:
        return [""]
    found: dict[str, str] = {}
    for name in digest.to:
        for each in (name,) if "@" in name else people.get(name, ()):
            if is_address(each):
                found.setdefault(each.casefold(), each)
    return [*found.values()]


def notices_of(
    helpdesk: str,
    digest: Digest,
    day: date,
    entries: Sequence[Entry],
    channels: Table[str, Channel],
    people: People,
    *,
    base: str,
    known: KnownSentry = NOTHING_KNOWN,
) -> list[Notice]:
    """The day's notices to every recipient by every way: the same ids whoever makes them."""
    if not entries and digest.when_empty == "skip":
        return []
    made = []
    for via in digest.via:
        channel = channels.get(via)
        if channel is None:
            continue
        content = content_of(digest, entries, channel.audience, base=base, known=known)
        for name in recipients_of(digest, people):
            if name or not channel.addressed:
                said = f"{helpdesk}|{digest.id}|{day.isoformat()}|{via}|{name.casefold()}|digest"
                id = f"n-{sha256(said)[:24]}"
                route = f"{ROUTE}{digest.id}"
                made.append(
                    Notice(id, route, via, name, whom(name), resend=NOT_AGAIN, content=content)
                )
    return made


def content_of(
    digest: Digest,
    entries: Sequence[Entry],
    to: Audience,
    *,
    base: str,
    known: KnownSentry = NOTHING_KNOWN,
) -> Content:
    """The digest's words for whoever reads in its channel; what looks like error tracking is not
    among them.
    """
    facts: list[tuple[str, Releasable]] = []
    held = []
    for number, each in enumerate(entries[:MOST], 1):
        gate = _line(each, to, known)
        if isinstance(gate, Held):
            held.append(str(number))
            gate = release_wording("Look in Ticketbridge: this can't be told here", RULE)
        facts.append((str(number), gate))
    if len(entries) > MOST:
        more = f"{len(entries) - MOST} more in Ticketbridge"
        facts.append(("And", release_wording(more, RULE)))
    page = release_wording(f"{base}{_WHAT[digest.what][2]}", "the hub's own page")
    title = release_wording(title_of(digest, entries), RULE)
    return Content(title, tuple(facts), (("Open in Ticketbridge", page),), tuple(held))


def title_of(digest: Digest, entries: Sequence[Entry]) -> str:
    """What stands in a subject line: numbers first."""
    name = digest.id.replace("-", " ").replace("_", " ").capitalize()
    if not entries:
        return f"{name}: {_NOTHING[digest.what]}"
    one, many, _ = _WHAT[digest.what]
    n, new = len(entries), sum(each.is_new for each in entries)
    said = f"{name}: {n} {one if n == 1 else many}"
    return f"{said}, {new} new since the last list" if new and new < n else said


def _line(entry: Entry, to: Audience, known: KnownSentry) -> Releasable | Held:
    """One entry as a line; held if any word of it is."""
    parts = []
    for each in (entry.name, *entry.words):
        gate = release_fact(_cut(each), Audience.SUPPORT, to, RULE, known)
        if isinstance(gate, Held):
            return gate
        parts += [gate] if gate.value else []
    said = " · ".join(each.value for each in parts)
    return release_composed(f"{said} (new)" if entry.is_new else said, parts, RULE)


def _cut(text: str) -> str:
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
