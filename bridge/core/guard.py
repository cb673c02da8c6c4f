"""The egress gate: the only maker of `Releasable`, so the only way to a ticket or a notice.

What may reach a ticket is an allow-list: stage wording, dates, keys, fields that the mapping
opts in one by one, and comments marked for the customer, each with the way to its work item. When
in doubt a text is held for a person; being held is an answer, never an error. A person may release
what was held on suspicion; what is proven to be error tracking's own can only be said anew in
their own words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bridge.core.detector import (
    NOTHING_KNOWN,
    UNREADABLE,
    KnownSentry,
    is_attributed,
    leads_there,
    references,
    suspicion,
)
from bridge.core.marked_text import after_mark, all_said, is_blank, with_last
from bridge.core.plain_text import lines_of
from bridge.domain.texts import BY_PROGRAM, Audience, Releasable, Text
from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.html_writing import Shape, write_html
from bridge.kit.richtext.model import Line, Paragraph, RichText, Words

CUSTOMER_MARK = "#customer"
HELD_FOR_REVIEW = "HELD_FOR_REVIEW"
LEAK_SUSPECT = "LEAK_SUSPECT"
AUDIENCE_BLOCK = "AUDIENCE_BLOCK"
WITHHELD = "(withheld)"
OF_A_SIGNAL = "the work item comes from error tracking"
REWRITTEN = "rewritten by a person"
WRITTEN_BY_PROGRAM = "it was written by a program"

_KEY_SHAPE = "short id"
_WORDLESS = re.compile(
    r"(?:\d{4}-\d\d-\d\d(?:[T ][\d:.]{4,15}(?:Z|[+-]\d\d:?\d\d)?)?|[+-]?[\d.,% ]{0,6})"
)
"""A date, a time or a short number: nothing could be told in it, and no issue named."""


@dataclass(frozen=True, slots=True)
class Held:
    """A text that does not leave before a person says so. `reason` names the shape found.

    `rewrite_only`: nobody can release it as it stands.
    """

    code: str
    reason: str
    rewrite_only: bool = False


def release_wording(text: str, rule: str) -> Releasable:
    """A text of the mapping's own: the customer may read it."""
    return Releasable(text, Audience.CUSTOMER, rule)


def release_date(day: date | None, rule: str) -> Releasable:
    """A date as an ISO date; empty where there is none. For support: the customer is told it."""
    return Releasable("" if day is None else day.isoformat(), Audience.SUPPORT, rule)


def release_keys(keys: tuple[str, ...], rule: str) -> Releasable:
    """The keys of the work items, for support; without those that name error tracking."""
    return Releasable(", ".join(filter(tells_nothing, keys)), Audience.SUPPORT, rule)


def tells_nothing(key: str) -> bool:
    """Whether a record's key names no error tracking: the mere shape of a short id is any key's."""
    return _shape(NOTHING_KNOWN, key) in (None, _KEY_SHAPE)


def release_pair(
    value: str,
    audience: Audience,
    rule: str,
    *,
    origin: tuple[str, ...] = (),
    released: bool = False,
    known: KnownSentry = NOTHING_KNOWN,
) -> Releasable | Held:
    """The value of a field that the mapping opts in, unless it is not for a ticket's readers.

    `released`: a person looked at this very value and lets it pass.
    """
    if audience is Audience.ENGINEERING:
        return Held(AUDIENCE_BLOCK, "the mapping keeps it for engineering")
    if _WORDLESS.fullmatch(value):
        return Releasable(value, audience, rule)
    held = _judged(Text(value, Audience.ENGINEERING, origin), (value,), released, known)
    if held is not None:
        doubt = held.reason == OF_A_SIGNAL
        return Held(HELD_FOR_REVIEW if doubt else LEAK_SUSPECT, held.reason, held.rewrite_only)
    return Releasable(value, audience, rule)


def sayable(
    value: str,
    audience: Audience,
    origin: tuple[str, ...] = (),
    *,
    known: KnownSentry = NOTHING_KNOWN,
) -> str:
    """What an explanation may say of such a value: support reads it, who may not read all."""
    gate = release_pair(value, audience, "explained", origin=origin, known=known)
    held = isinstance(gate, Held)
    return WITHHELD if held and value else value


def release_fact(
    value: str, audience: Audience, to: Audience, rule: str, known: KnownSentry = NOTHING_KNOWN
) -> Releasable | Held:
    """A fact of a ticket for a notice whose readers are `to`; customers are never told so."""
    if to is Audience.CUSTOMER or audience > to:
        return Held(AUDIENCE_BLOCK, "not for those who read there")
    shape = _shape(known, value)
    return Releasable(value, audience, rule) if shape is None else Held(LEAK_SUSPECT, shape)


def restore_release(value: str, audience: Audience, rule: str) -> Releasable:
    """What the gate let through before, read back from where it was kept."""
    return Releasable(value, audience, rule)


def release_composed(text: str, parts: Sequence[Releasable], rule: str) -> Releasable:
    """Wording of our own around released parts; it is for those who may read all of them."""
    return Releasable(text, max((each.audience for each in parts), default=Audience.SUPPORT), rule)


def release_comment(
    text: Text,
    footer: Line = (),
    *,
    released: bool = False,
    known: KnownSentry = NOTHING_KNOWN,
) -> Releasable | Held:
    """A work item's comment as an internal note, if its first line marks it for the customer.

    Its words and their structure leave, without the mark; `footer` is the hub's own line. What
    is looked through: the comment as it stands, and all that the result says or leads to.
    `released`: a person looked at this very text and lets it pass.
    """
    body = after_mark(read_html(text.content), CUSTOMER_MARK)
    if body is None:
        return Held(HELD_FOR_REVIEW, "not marked for the customer")
    held = _judged(text, (all_said(body), write_html(body, Shape())), released, known)
    if held is not None:
        return held
    if is_blank(body):
        return Held(HELD_FOR_REVIEW, "empty")
    rule = "released by a person" if released else f"marked {CUSTOMER_MARK}"
    return Releasable(_note(body, footer), Audience.SUPPORT, rule)


def release_rewritten(
    words: str, footer: Line = (), known: KnownSentry = NOTHING_KNOWN
) -> Releasable | Held:
    """A person's own words in place of a held comment, as an internal note; checked like any."""
    lines = [each for each in (" ".join(line.split()) for line in words.splitlines()) if each]
    held = _of_own(words, lines, HELD_FOR_REVIEW, known)
    body = RichText(tuple(Paragraph((Words(line),)) for line in lines))
    return held or Releasable(_note(body, footer), Audience.SUPPORT, REWRITTEN)


def release_rewritten_value(
    words: str, audience: Audience, known: KnownSentry = NOTHING_KNOWN
) -> Releasable | Held:
    """A person's own words in place of a held field's value; checked like any."""
    line = " ".join(words.split())
    held = _of_own(words, [line] if line else [], LEAK_SUSPECT, known)
    return held or Releasable(line, audience, REWRITTEN)


def release_message(
    html: str, rule: str, *, known: KnownSentry = NOTHING_KNOWN
) -> Releasable | Held:
    """A message to the customer, unless it says something, or leads to something, of Sentry's.

    Nobody lets such a message go: what was approved on sight may lead where no eye sees.
    """
    body = read_html(html)
    sent = write_html(body, Shape())
    held = _judged(Text(html, Audience.CUSTOMER), (all_said(body), sent), False, known)
    if held is not None:
        return Held(LEAK_SUSPECT, held.reason, rewrite_only=True)
    if is_blank(body):
        return Held(LEAK_SUSPECT, "empty", rewrite_only=True)
    return Releasable(sent, Audience.CUSTOMER, rule)


def _of_own(words: str, lines: list[str], code: str, known: KnownSentry) -> Held | None:
    shape = _shape(known, words, "\n".join(lines))
    if shape is None and lines:
        return None
    return Held(code, shape or "empty", rewrite_only=True)


def _note(body: RichText, footer: Line) -> str:
    """The text as people will read it in the helpdesk."""
    return write_html(with_last(body, footer) if footer else body, Shape())


def _judged(text: Text, sent: tuple[str, ...], released: bool, known: KnownSentry) -> Held | None:
    """What keeps the text from leaving; None where nothing does. `sent`: forms of what would."""
    proof = _proof(text, sent, known)
    if proof is not None:
        return Held(HELD_FOR_REVIEW, proof, rewrite_only=True)
    shape = _shape(known, text.content, *sent)
    if shape is not None and (text.of_signal or not released):
        # What comes from error tracking and looks like it is no misunderstanding.
        return Held(HELD_FOR_REVIEW, shape, rewrite_only=text.of_signal)
    if text.of_signal and not released:
        return Held(HELD_FOR_REVIEW, OF_A_SIGNAL)
    if BY_PROGRAM in text.origin and not released:
        return Held(HELD_FOR_REVIEW, WRITTEN_BY_PROGRAM)
    return None


def _proof(text: Text, sent: tuple[str, ...], known: KnownSentry) -> str | None:
    """What proves that the text is, or names, something of error tracking's own."""
    if text.is_proven:
        return "written by error tracking"
    try:
        for form in (text.content, "\n".join(lines_of(text.content)), *sent):
            # A page with Sentry's own path is one wherever it is; a short id may be anybody's.
            named = references(form, known)
            if any(each.sure or each.kind != "short_id" for each in named):
                return "reference"
            if leads_there(form, known):
                return "reference"
            if is_attributed(form):
                return "attribution"
            if suspicion(form, known) == UNREADABLE:
                return UNREADABLE
    except Exception:  # noqa: BLE001 - in doubt it stays, whatever the text did to the detector
        return UNREADABLE
    return None


def _shape(known: KnownSentry, *texts: str) -> str | None:
    """The first shape of error tracking in these texts."""
    try:
        found = (suspicion(each, known) for each in texts)
        return next((each for each in found if each is not None), None)
    except Exception:  # noqa: BLE001 - in doubt it stays, whatever the text did to the detector
        return UNREADABLE
