"""What in a text names something of error tracking, and what gives a text away."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bridge.core import sentry_shapes

_ADDRESS = re.compile(r"https?://[^\s\"'<>)\]|]{1,2000}", re.IGNORECASE)
_ISSUE = re.compile(r"/issues/(?P<id>\w[\w-]*)")


@dataclass(frozen=True, slots=True)
class KnownSentry:
    """What of Sentry this installation knows; empty where nothing is configured."""

    hosts: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    tracker_keys: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing of Sentry's that a text names. `sure` False: by its shape alone."""

    kind: str
    host: str
    organization: str
    id: str
    short_id: str
    sure: bool


def suspicion(text: str, known: KnownSentry = KnownSentry()) -> str | None:
    """The first shape that gives the text away; None where nothing does."""
    if any(host in text.casefold() for host in known.hosts):
        return "address"
    return sentry_shapes.suspicion(text)


def references(text: str, known: KnownSentry = KnownSentry()) -> tuple[Reference, ...]:
    """The addresses of Sentry's that the text holds."""
    found = []
    for form in dict.fromkeys((text, unquote(html.unescape(text)))):
        for each in _ADDRESS.findall(form):
            reference = _reference(each, known)
            if reference is not None and reference not in found:
                found.append(reference)
    return tuple(found)


def _reference(address: str, known: KnownSentry) -> Reference | None:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return None
    own = host == "sentry.io" or host.endswith(".sentry.io") or host in known.hosts
    if not own and sentry_shapes.suspicion(urlsplit(address).path) != "address":
        return None
    issue = _ISSUE.search(address)
    return Reference("issue", host, "", issue["id"] if issue else "", "", sure=True)
