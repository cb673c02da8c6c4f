"""Held texts: what of a work item waits for a person, what a person sees of it, what counts.

A decision is about one text, by its hash. As soon as the text is another one, or the gate knows
more of it than it did, the text waits anew.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Literal

from bridge.core.detector import NOTHING_KNOWN, UNREADABLE, KnownSentry
from bridge.core.guard import (
    HELD_FOR_REVIEW,
    OF_A_SIGNAL,
    WRITTEN_BY_PROGRAM,
    Held,
    release_comment,
    release_pair,
    release_rewritten,
    release_rewritten_value,
)
from bridge.core.ledger import notes_of
from bridge.core.plain_text import lines_of
from bridge.core.values import plain, sha256
from bridge.domain.held import HeldState, HeldText
from bridge.domain.records import Comment, Observation
from bridge.domain.texts import BORN, BY_PROGRAM, PROVEN, Audience, Releasable, Text
from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.html_writing import write_html
from bridge.kit.richtext.model import Line

Op = Literal["keep", "drop", "add"]

FIELD, COMMENT = "#field/", "#comment/"
REJECTED = "kept internal"


@dataclass(frozen=True, slots=True)
class Shown:
    """A held text as the person who decides about it sees it."""

    content: str
    """The hash of what stands there now."""
    original: tuple[str, ...]
    """Its lines as they stand at the work item."""
    sent: tuple[str, ...]
    """The lines that the ticket would get."""
    refusal: str = ""
    """Why nobody can release it as it is: the rule; empty where a person can."""


def field_source(item: str, field: str, shown: str) -> str:
    """The name of a field's value among the held texts: whose, which, and where it would go."""
    return f"{item}{FIELD}{field}>{shown}"


def held_anew(before: Table[str, HeldText], texts: Iterable[HeldText]) -> list[str]:
    """The sources of those texts that did not wait for a person before this pass."""
    return sorted(
        each.source
        for each in texts
        if (known := before.get(each.source)) is None
        or known.state is not HeldState.OPEN
        or known.content != each.content
    )


def name_in(source: str) -> tuple[Literal["comment", "field"], str]:
    """What a held text is: a comment and its id, or a field of the work item."""
    if COMMENT in source:
        return "comment", source.partition(COMMENT)[2]
    return "field", source.partition(FIELD)[2].rpartition(">")[0]


def born(item: str, source: str, has_origin: bool) -> tuple[str, ...]:
    """The chain along which a text of a work item came."""
    return (item, source, BORN) if has_origin else (item, source)


@dataclass(frozen=True, slots=True)
class Birth:
    """What is known of where a work item's texts were written."""

    has_origin: bool = False
    """The item is, or ever was, born of a signal."""
    proven: frozenset[str] = frozenset()
    """Ids of its comments that Sentry itself says it wrote."""


def seen_content(comment: Comment) -> str:
    """The hash of all that a comment says and how: of what a person decides about."""
    return sha256(write_html(read_html(comment.html)))


def value_content(value: str) -> str:
    """The hash of a field's value."""
    return sha256(value)


def judged_comment(
    held: Table[str, HeldText],
    source: str,
    comment: Comment,
    birth: Birth,
    footer: Line,
    known: KnownSentry = NOTHING_KNOWN,
) -> Releasable | Held:
    """What the gate says of the comment, with what a person decided about this very text."""
    text = labelled(source, comment, birth, known)
    match _decision(held, source, seen_content(comment)):
        case HeldState.REJECTED:
            return Held(HELD_FOR_REVIEW, REJECTED)
        case HeldState.REWRITTEN:
            return release_rewritten(held[source].words, footer, known)
        case HeldState.RELEASED:
            return release_comment(text, footer, released=True, known=known)
        case _:
            return release_comment(text, footer, known=known)


def judged_value(
    held: Table[str, HeldText],
    source: str,
    value: str,
    audience: Audience,
    rule: str,
    has_origin: bool,
    known: KnownSentry = NOTHING_KNOWN,
) -> Releasable | Held:
    """What the gate says of a field's value, with what a person decided about this very one."""
    origin = born(source.partition("#")[0], source, has_origin)
    match _decision(held, source, value_content(value)):
        case HeldState.REJECTED:
            return Held(HELD_FOR_REVIEW, REJECTED)
        case HeldState.REWRITTEN:
            return release_rewritten_value(held[source].words, audience, known)
        case decided:
            released = decided is HeldState.RELEASED
            return release_pair(
                value, audience, rule, origin=origin, released=released, known=known
            )


def is_decided(held: Table[str, HeldText], source: str, content: str) -> bool:
    """Whether a person decided about this very text."""
    return _decision(held, source, content) is not None


def waits(held: Table[str, HeldText], source: str, content: str, found: Held) -> HeldText | None:
    """The row for a text that the gate holds; None where a person has said that it stays."""
    if found.reason == REJECTED:
        return None
    known = held.get(source)
    state = HeldState.OPEN if known is None else known.state
    # With the state that this plan saw: a decision that comes in meanwhile is told from it.
    return HeldText(source, content, found.code, found.reason, state)


def labelled(
    source: str, comment: Comment, birth: Birth, known: KnownSentry = NOTHING_KNOWN
) -> Text:
    """The comment's text with its label: by which item it came, and who is known to write it."""
    origin = born(source.partition("#")[0], source, birth.has_origin)
    accounts = {each.casefold() for each in known.accounts}
    if comment.id in birth.proven or comment.author_id.casefold() in accounts:
        origin = (PROVEN, *origin)
    elif comment.app:
        origin = (BY_PROGRAM, *origin)
    return Text(comment.html, Audience.ENGINEERING, origin)


def shown_of(
    source: str, item: Observation, birth: Birth, known: KnownSentry = NOTHING_KNOWN
) -> Shown | None:
    """What a person sees of a held text; None where it is not stored any more."""
    if COMMENT in source:
        id = source.partition(COMMENT)[2]
        comment = next((each for each in notes_of(item) if each.id == id), None)
        return None if comment is None else _shown_comment(source, comment, birth, known)
    field = source.partition(FIELD)[2].rpartition(">")[0]
    value = plain(item.value(field)) if item.knows(field) else None
    if not value:
        return None
    gate = release_pair(
        value,
        Audience.SUPPORT,
        "shown",
        origin=born(str(item.ref), source, birth.has_origin),
        released=True,
        known=known,
    )
    lines = tuple(value.splitlines())
    sent = lines if isinstance(gate, Releasable) else ()
    return Shown(value_content(value), lines, sent, _refusal(gate))


def _shown_comment(source: str, comment: Comment, birth: Birth, known: KnownSentry) -> Shown:
    text = labelled(source, comment, birth, known)
    gate = release_comment(text, released=True, known=known)
    sent = tuple(lines_of(gate.value)) if isinstance(gate, Releasable) else ()
    return Shown(seen_content(comment), tuple(lines_of(comment.html)), sent, _refusal(gate))


def _refusal(gate: Releasable | Held) -> str:
    return gate.reason if isinstance(gate, Held) else ""


def refusal_of_words(source: str, words: str, known: KnownSentry = NOTHING_KNOWN) -> str:
    """What is wrong with a person's own words; empty where they may be sent."""
    if FIELD in source:
        return _refusal(release_rewritten_value(words, Audience.SUPPORT, known))
    return _refusal(release_rewritten(words, known=known))


def _decision(held: Table[str, HeldText], source: str, content: str) -> HeldState | None:
    known = held.get(source)
    return None if known is None else known.decided(content)


WHY: Table[str, str] = {
    "attribution": 'It quotes somebody ("Name wrote:"), as comments that Sentry copies do.',
    "reference": "It names something of Sentry's.",
    "written by error tracking": "Sentry itself wrote it.",
    "sentry": "It speaks of Sentry.",
    "address": "It holds an address as Sentry has them.",
    "short id": "It holds what looks like the short id of a Sentry issue.",
    "data source": "It holds the secret address to which a program reports its errors.",
    "stack trace": "It looks like a program's stack trace or error message.",
    "opaque address": "It holds an address that hides where it leads.",
    UNREADABLE: "It can't be read to its end, so it stays.",
    WRITTEN_BY_PROGRAM: "A program's account wrote it, no person.",
    OF_A_SIGNAL: "Its work item was made for a Sentry issue: all its texts wait for a person.",
    "empty": "It says nothing.",
}


def why(rule: str) -> str:
    """The rule that holds a text, as a sentence."""
    return WHY.get(rule) or f"{rule[:1].upper()}{rule[1:]}."


LONGEST_DIFF = 400
"""Lines that are compared; comparing takes the square of them."""


def changes(shown: Shown) -> list[tuple[Op, str]]:
    """What leaves of the text line by line: `keep`, `drop` (stays inside) or `add`."""
    before, after = list(shown.original[:LONGEST_DIFF]), list(shown.sent[:LONGEST_DIFF])
    found: list[tuple[Op, str]] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for _, i, ii, k, kk in matcher.get_opcodes():
        if before[i:ii] == after[k:kk]:
            found += [("keep", line) for line in before[i:ii]]
        else:
            found += [("drop", line) for line in before[i:ii]]
            found += [("add", line) for line in after[k:kk]]
    # Nothing leaves that nobody was shown: what is too much to compare stands there as it is.
    found += [("drop", line) for line in shown.original[LONGEST_DIFF:]]
    found += [("add", line) for line in shown.sent[LONGEST_DIFF:]]
    return found
