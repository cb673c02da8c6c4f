"""Keys and addresses of work items that people wrote into a ticket: a link that was meant."""

from __future__ import annotations

import re

from bridge.core.detector import NOTHING_KNOWN, KnownSentry, is_signal_reference
from bridge.core.ledger import notes_of
from bridge.core.plain_text import lines_of
from bridge.domain.records import BODY, SUBJECT, Observation

MOST = 12
"""Mentions that are looked up; more of them suggest nothing any more."""

_URL = re.compile(r"https?://[^\s<>\"')]{4,300}")
_KEY = re.compile(r"(?<![\w/&#])(?:AB#\d{1,10}|#\d{1,10}|[A-Z][A-Z0-9]{1,9}-\d{1,7})(?![\w-])")


def mentions(ticket: Observation, known: KnownSentry = NOTHING_KNOWN) -> tuple[str, ...]:
    """What in the ticket's subject, body and notes may name a work item, each once, in order.

    References to error tracking are left out: they are never a ticket's link.
    """
    texts = [ticket.text(SUBJECT), *lines_of(ticket.text(BODY))]
    texts += [line for note in notes_of(ticket) if note.internal for line in lines_of(note.html)]
    found: dict[str, None] = {}
    for text in texts:
        addresses = _URL.findall(text)
        keys = _KEY.findall(_URL.sub(" ", text))
        found |= dict.fromkeys(each.rstrip(".,;:") for each in (*addresses, *keys))
    kept = [each for each in found if not is_signal_reference(each, known)]
    return tuple(kept[:MOST])
