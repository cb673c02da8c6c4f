"""What of Sentry a text names, and what gives a text away as coming from there. Pure, total.

What is named leads somewhere: an address, a short id. What merely gives a text away is stricter
and for the gate: see `sentry_shapes`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from bridge.core import sentry_shapes

_MOST = 200
"""Addresses looked at in one text; of more the first are proof enough."""
_LONGEST = 2000
_ADDRESS = re.compile(r"https?://[^\s<>\"'|\])}]{1,2000}", re.IGNORECASE)
_CLOUD = "sentry.io"
_NO_PRODUCT = frozenset(
    {"docs", "blog", "develop", "status", "help", "forum", "try", "sandbox", "changelog", "jobs"}
)
_DATA_SOURCE = re.compile(r"https?://[0-9a-f]{32}(?::[0-9a-f]+)?@[\w.:-]{1,250}", re.IGNORECASE)
_INGEST = re.compile(r"(?:^|\.)ingest\.(?:[a-z]{2}\.)?sentry\.io$")
_THING = re.compile(
    r"/(?P<kind>issues|events|replays|share/issue|share/group|feedback|traces|trace|alerts|"
    r"monitors|crons)/(?P<id>[A-Za-z0-9_-]{1,100})?",
    re.IGNORECASE,
)
_KINDS = {
    "issues": "issue", "events": "event", "replays": "replay", "share/issue": "share",
    "share/group": "share", "feedback": "feedback", "traces": "trace", "trace": "trace",
    "alerts": "alert", "monitors": "monitor", "crons": "monitor",
}  # fmt: skip
_ORGANIZATION = re.compile(r"^/(?:api/0/)?organizations/([^/]{1,100})/")
_REFERRER = re.compile(r"referrer=(?:(?:jira|vsts)[a-z_]*integration|jira_server)", re.IGNORECASE)
# A project's slug in capitals, and a counter in base 32 without I, L, O and U.
_SHORT_ID = re.compile(
    r"\b([A-Z][A-Z0-9_]{0,40}(?:-[A-Z0-9_]{1,40}){0,4})-([0-9A-HJKMNP-TV-Z]{1,13})\b"
)


@dataclass(frozen=True, slots=True)
class KnownSentry:
    """What of Sentry this installation knows; empty: nothing is configured."""

    hosts: frozenset[str] = frozenset()
    """Of one's own: host, or host:port, in lower case."""
    projects: frozenset[str] = frozenset()
    """Slugs of projects, in lower case."""
    tracker_keys: frozenset[str] = frozenset()
    """Keys of the trackers' projects in capitals, by which WEB-42 is told apart."""
    accounts: frozenset[str] = frozenset()
    """The ids under which Sentry's app writes into the trackers."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing of Sentry's that a text names; empty texts where that is not known.

    `kind`: issue, event, replay, share, feedback, trace, alert, monitor, short_id, data_source.
    `sure` is False for a short id that is one by its shape alone.
    """

    kind: str
    host: str
    organization: str
    id: str
    short_id: str
    sure: bool


def references(text: str, known: KnownSentry = KnownSentry()) -> tuple[Reference, ...]:
    """All that the text names, each once, in any of the spellings in which texts travel."""
    forms = dict.fromkeys((text, html.unescape(text), unquote(html.unescape(text))))
    found = (each for form in forms for each in _named(form, known))
    return tuple(dict.fromkeys(found))


def suspicion(text: str, known: KnownSentry = KnownSentry()) -> str | None:
    """The name of the first shape that gives a text away; None where nothing does."""
    shape = sentry_shapes.suspicion(text)
    if shape is not None:
        return shape
    return "address" if any(each.sure for each in references(text, known)) else None


def _named(text: str, known: KnownSentry) -> Iterator[Reference]:
    for number, match in enumerate(_DATA_SOURCE.finditer(text)):
        if number < _MOST:
            yield Reference("data_source", _host(match[0]), "", "", "", sure=True)
    for number, match in enumerate(_ADDRESS.finditer(text)):
        if number < _MOST and (found := _address(match[0][:_LONGEST], known)) is not None:
            yield found
    yield from _short_ids(text, known)


def _host(address: str) -> str:
    return address.rpartition("@")[2].casefold()


def _address(address: str, known: KnownSentry) -> Reference | None:
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").casefold(), parts.port
    except ValueError:
        return None
    own = host in known.hosts or (port is not None and f"{host}:{port}" in known.hosts)
    if _INGEST.search(host):
        return Reference("data_source", host, "", "", "", sure=True)
    thing = _THING.search(parts.path + "/")
    if not own and not _on_cloud(host) and not _REFERRER.search(parts.query):
        return None
    if thing is None:
        return None
    named = thing["id"] or ""
    id = named if named.isdigit() or len(named) >= 32 else ""
    kind = _KINDS[thing["kind"].casefold()]
    return Reference(
        kind, host, _organization(parts, host), id, "" if id else named.upper(), sure=True
    )


def _on_cloud(host: str) -> bool:
    if host == _CLOUD:
        return True
    return host.endswith(f".{_CLOUD}") and host.split(".")[0] not in _NO_PRODUCT


def _organization(parts: SplitResult, host: str) -> str:
    named = _ORGANIZATION.match(parts.path)
    if named is not None:
        return named[1]
    first = host.removesuffix(f".{_CLOUD}")
    return first if _on_cloud(host) and first not in (_CLOUD, "www", "us", "de", "eu") else ""


def _short_ids(text: str, known: KnownSentry) -> Iterator[Reference]:
    for match in _SHORT_ID.finditer(text):
        slug, tail = match[1], match[2]
        if slug.casefold() not in known.projects:
            continue
        if tail.isdigit() and slug in known.tracker_keys:
            continue
        yield Reference("short_id", "", "", "", match[0], sure=True)
