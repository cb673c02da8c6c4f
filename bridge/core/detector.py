"""Which things of Sentry a text names: their addresses, and short ids. Total and linear.

Hosts and shapes are those of Sentry's own lists of addresses (getsentry/cli and sentry-mcp).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bridge.core import sentry_shapes

_CLOUD = "sentry.io"
_NO_PRODUCT = frozenset(
    {"docs", "blog", "develop", "status", "help", "forum", "try", "sandbox", "changelog", "jobs"}
)
_REGIONS = frozenset({"us", "de", "eu", "www", "sentry"})
_ADDRESS = re.compile(r"https?://[^\s\"'<>|\]\[(){}\\^`]{1,2000}", re.IGNORECASE)
_ISSUE = re.compile(
    r"^/(?:(?:api/0/)?organizations/(?P<org>[^/]+)/|api/0/|(?P<first>[^/]+)/(?:[^/]+/)?)?"
    r"issues/(?P<issue>[A-Za-z0-9_-]+)(?:/|$)"
)
_OTHER = (
    ("share", re.compile(r"/share/(?:issue|group)/([0-9a-f]{8,})")),
    ("replay", re.compile(r"/replays/([\w:-]{8,})")),
    ("feedback", re.compile(r"/feedback/?$")),
    ("trace", re.compile(r"/(?:traces?|performance)/(?:trace/|trace:)?([0-9a-f]{32})")),
    ("event", re.compile(r"/events/([0-9a-f]{32})")),
    ("alert", re.compile(r"/alerts/")),
    ("monitor", re.compile(r"/(?:crons|monitors)/")),
)
_SHORT = re.compile(
    r"\b([A-Z][A-Z0-9_]{0,60}(?:-[A-Z0-9_]{1,60}){0,5})-([0-9A-HJKMNP-TV-Z]{1,13})\b"
)
_HIDDEN = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff\u00ad")


@dataclass(frozen=True, slots=True)
class KnownSentry:
    """What of Sentry this installation knows; empty: nothing is configured."""

    hosts: frozenset[str] = frozenset()
    """Self-hosted: `host` or `host:port`, in lower case."""
    projects: frozenset[str] = frozenset()
    """Slugs, in lower case."""
    tracker_keys: frozenset[str] = frozenset()
    """Keys of the trackers' projects, in upper case: WEB-42 may be theirs."""
    accounts: frozenset[str] = frozenset()
    """The accounts by which Sentry's app writes in the trackers."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing of Sentry's that a text names; what is not known of it is empty.

    `kind`: issue, event, replay, share, feedback, trace, alert, monitor, short_id, data_source.
    `sure` false: a short id by its shape alone.
    """

    kind: str
    host: str
    organization: str
    id: str
    short_id: str
    sure: bool


def references(text: str, known: KnownSentry | None = None) -> tuple[Reference, ...]:
    """Every thing of Sentry's that the text names, each once."""
    known = known or KnownSentry()
    found: dict[Reference, None] = {}
    for form in dict.fromkeys((text, html.unescape(text), unquote(html.unescape(text)))):
        plain = form.translate(_HIDDEN)
        for each in _ADDRESS.findall(plain):
            named = _of_address(each.rstrip(".,;:!)"), known)
            if named is not None:
                found[named] = None
        for slug, tail in _SHORT.findall(_ADDRESS.sub(" ", plain)):
            named = _of_short(slug, tail, known)
            if named is not None:
                found[named] = None
    return tuple(found)


def suspicion(text: str, known: KnownSentry | None = None) -> str | None:
    """The first shape that gives the text away as error tracking's; stricter than `references`."""
    shape = sentry_shapes.suspicion(text)
    if shape is not None:
        return shape
    return "address" if any(each.sure for each in references(text, known)) else None


def _of_address(address: str, known: KnownSentry) -> Reference | None:
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    place = host if port is None else f"{host}:{port}"
    label = host.removesuffix(_CLOUD).rstrip(".") if host.endswith(f".{_CLOUD}") else ""
    cloud = host == _CLOUD or (bool(label) and "." not in label and label not in _NO_PRODUCT)
    if not cloud and place not in known.hosts and host not in known.hosts:
        return None
    own = "" if label in _REGIONS else label
    issue = _ISSUE.match(parts.path)
    if issue is not None:
        word = issue["issue"]
        organization = issue["org"] or issue["first"] or own
        if word.isdigit():
            return Reference("issue", place, organization, word, "", sure=True)
        if "-" in word:
            return Reference("issue", place, organization, "", word.upper(), sure=True)
    for kind, shape in _OTHER:
        seen = shape.search(parts.path)
        if seen is not None:
            return Reference(kind, place, own, seen[1] if seen.groups() else "", "", sure=True)
    return None


def _of_short(slug: str, tail: str, known: KnownSentry) -> Reference | None:
    short = f"{slug}-{tail}"
    ours = slug.lower() in known.projects
    if slug in known.tracker_keys and tail.isdigit():
        return None
    mixed = any(sign.isdigit() for sign in tail) and any(sign.isalpha() for sign in tail)
    if not ours and not (mixed and len(tail) > 1 and slug not in known.tracker_keys):
        return None
    return Reference("short_id", "", "", "", short, sure=ours)
