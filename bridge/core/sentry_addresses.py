"""Addresses of Sentry: whose host it is, and which of its things a path names.

Shapes: the official lists of addresses in getsentry/cli (sentry-url-parser.ts) and
getsentry/sentry-mcp (url-helpers.test.ts), getsentry/sentry (web/urls.py, api/urls.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bridge.core.look_alikes import in_plain_letters

CLOUD = "sentry.io"
REGIONS = frozenset({"us", "de", "eu", "www"})
# Pages of the vendor about itself, where no organization's issues are.
_ABOUT = frozenset(
    {"blog", "changelog", "develop", "docs", "forum", "help", "jobs", "sandbox", "status", "try"}
)
_OWN_HOST = re.compile(r"(?:[a-z0-9]+-)?sentry(?:-[a-z0-9]+)?\.")
_HOST_RUN = re.compile(r"(?<![\w.-])[\w.-]++(?::(\d{1,5})(?!\d))?(?=[/?#])")
_PLAIN_TAIL = re.compile(r"[a-z0-9.-]{1,253}$")
_END = re.compile(r"[\s<>\"'|\\{}\[\]()^`]")
_LONGEST = 1000
_LONGEST_HOST = 260
_MOST_STEPS = 16

_OVER = r"(?!_{0,40}[A-Za-z0-9-])"
_ID = re.compile(rf"[1-9][0-9]{{0,18}}{_OVER}")
_HEX = re.compile(rf"[0-9a-f]{{8,32}}{_OVER}", re.IGNORECASE)
_LONG_HEX = re.compile(
    r"(?:[\w-]{1,100}:)?([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})" + _OVER,
    re.IGNORECASE,
)
_SHORT = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,99}}-([0-9A-TV-Za-tv-z]{{1,13}}){_OVER}")
_SMALL = {each: each + 32 for each in range(ord("A"), ord("Z") + 1)}
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_FEEDBACK = re.compile(r"feedbackSlug=([\w-]{1,100}):([0-9]{1,19})", re.IGNORECASE)
_BY_HEX = {"replays": "replay", "trace": "trace", "traces": "trace", "events": "event"}
_OBJECTS = {"alerts": "alert", "crons": "monitor", "monitors": "monitor"}

UNIQUE = re.compile(
    r"/organizations/[\w-]{1,100}/(?:issues|replays|explore|performance|traces|projects|feedback"
    r"|alerts|crons|monitors)/|/share/(?:issue|group)/(?=[0-9a-f]{8})"
    r"|/issues/\d{1,19}/events/(?=[0-9a-f]{32}|latest|oldest|recommended)"
    r"|/api/0/(?:issues|organizations|projects)/",
    re.IGNORECASE,
)
"""Paths that no other program is known to have: they tell a Sentry whose host nobody named."""

REFERRER = re.compile(
    r"\breferrer=(?:jira_server|(?:jira|vsts)[a-z_]{0,20}integration)",
    re.IGNORECASE,
)
"""What Sentry's integrations write behind the addresses that they leave in trackers."""


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that an address names; what the address does not say is empty."""

    kind: str
    host: str
    organization: str
    id: str = ""
    short_id: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """An address that may be at a Sentry.

    `certain`: its host is Sentry's own or a configured one. `referred`: Sentry itself wrote it.
    """

    host: str
    path: str
    certain: bool
    referred: bool = False


@lru_cache(maxsize=64)
def host_forms(hosts: frozenset[str]) -> frozenset[str]:
    """The hosts as they are written: with international names in each of their spellings."""
    found: set[str] = set()
    for each in hosts:
        name, colon, port = each.casefold().strip().rstrip("/").partition(":")
        name = name.rstrip(".")
        suffix = "" if port in ("", "80", "443") else colon + port
        spelled = (name, _in_ascii(name), _in_letters(name))
        # Texts are read in plain letters.
        found |= {each + suffix for e in spelled for each in (e, in_plain_letters(e).casefold())}
    return frozenset(found)


def _in_ascii(name: str) -> str:
    try:
        return name.encode("idna").decode().casefold()
    except UnicodeError:
        return name


def _in_letters(name: str) -> str:
    try:
        return name.encode().decode("idna").casefold()
    except UnicodeError:
        return name


def certainty(host: str, hosts: frozenset[str]) -> bool | None:
    """True for Sentry's own hosts and known ones, False for what is called so, None for others.

    `host` in lower case, with its port where that is not the usual one.
    """
    if host in hosts:
        return True
    name = host.partition(":")[0]
    if name == CLOUD or name.endswith(f".{CLOUD}"):
        labels = name.removesuffix(CLOUD).rstrip(".").split(".")
        # A data source's host takes events; nobody opens an issue there.
        return None if labels[-1] in _ABOUT or "ingest" in labels else True
    if _OWN_HOST.match(name) and not name.startswith(f"{CLOUD}.") and "sentry-cdn" not in name:
        return False
    return None


def addresses(form: str, hosts: frozenset[str]) -> Iterator[Address]:
    """The addresses at a Sentry's host, whole ones and those without scheme."""
    folded = lowered(form)
    if "sentry" not in folded and not any(each.partition(":")[0] in folded for each in hosts):
        return
    for run in _HOST_RUN.finditer(folded):
        before = folded[max(0, run.start() - 2) : run.start()]
        if before.endswith("/") and before not in ("//", ":/"):
            # A step of some other address' path.
            continue
        for host in _hosts_of(run[0], run[1]):
            certain = certainty(host, hosts)
            if certain is not None:
                yield Address(host, _path_from(form, run.end()), certain)
                break


def lowered(form: str) -> str:
    """The form in small letters, each at the same place."""
    lower = form.lower()
    # A few letters become two.
    return lower if len(lower) == len(form) else form.translate(_SMALL)


def _hosts_of(run: str, port: str | None) -> list[str]:
    """The host of a run of signs; also without the words of a script that needs no spaces."""
    name = run.rpartition(":")[0] if port is not None else run
    names = [name]
    if not name.isascii():
        tail = _PLAIN_TAIL.search(name[-253:])
        names = ([] if tail is None else [tail[0]]) + names
    suffix = "" if port in (None, "80", "443") else f":{port}"
    return [each.strip("_-").rstrip(".") + suffix for each in names]


def unknown_addresses(form: str) -> Iterator[Address]:
    """The addresses, at whichever host, whose path is Sentry's and nobody else's."""
    for found in UNIQUE.finditer(form):
        before = form[max(0, found.start() - _LONGEST_HOST) : found.start()]
        host = host_of(before.rpartition("//")[2]) if "//" in before else ""
        yield Address(host, _path_from(form, found.start()), False)


def referred(form: str, at: int) -> Address:
    """The address with the mark of Sentry's integrations that stands at this place."""
    begin = form.rfind("//", max(0, at - _LONGEST), at)
    if begin < 0:
        return Address("", "", False, True)
    stretch = _path_from(form, begin + 2)
    host = host_of(stretch)
    step = stretch.find("/")
    return Address(host, stretch[step:] if step > 0 else "", False, True)


def host_of(text: str) -> str:
    """The host that the text begins with, after a user's name, as hosts are compared here."""
    place = re.split(r"[/?#]", text.casefold(), maxsplit=1)[0].rpartition("@")[2]
    name, _, port = place.partition(":")
    return name.rstrip(".") + ("" if port in ("", "80", "443") else f":{port}")


def _path_from(form: str, start: int) -> str:
    """The path with its query, up to where an address ends in a text."""
    stretch = form[start : start + _LONGEST]
    end = _END.search(stretch)
    return stretch if end is None else stretch[: end.start()]


def thing_at(address: Address) -> Named | None:
    """The issue or other thing that the address names; None where it names none."""
    path, _, query = address.path.partition("?")
    path = re.split(r"[#&;,]", path, maxsplit=1)[0]
    steps = [each for each in path.split("/", _MOST_STEPS)[:_MOST_STEPS] if each]
    organization = _organization(address.host, steps)
    feedback = _FEEDBACK.search(query)
    if feedback is not None and "feedback" in (each.casefold() for each in steps):
        return Named("feedback", address.host, organization, id=feedback[2])
    for at, step in enumerate(steps):
        found = _named(step.casefold(), steps[at + 1 :])
        if found is not None:
            kind, id, short = found
            return Named(kind, address.host, organization, id, short)
    return None


def _named(step: str, rest: list[str]) -> tuple[str, str, str] | None:
    """Kind, id and short id of what this step of a path and the next ones name."""
    if not rest:
        return None
    if step == "issues":
        return _issue(rest[0])
    if step == "share" and rest[0].casefold() in ("issue", "group"):
        shared = _HEX.match(rest[1]) if len(rest) > 1 else None
        return None if shared is None else ("share", shared[0], "")
    if step in _BY_HEX:
        found = _LONG_HEX.match(rest[0])
        return None if found is None else (_BY_HEX[step], found[1], "")
    if step in _OBJECTS:
        ids = (found[0] for each in rest[::-1] if (found := _ID.match(each)) is not None)
        return _OBJECTS[step], next(ids, ""), ""
    return None


def _issue(step: str) -> tuple[str, str, str] | None:
    plain = _ID.match(step)
    if plain is not None:
        return "issue", plain[0], ""
    found = _SHORT.match(step)
    # Lists that are kept under a name look like it, in small letters without a digit.
    if found is None or (found[0].islower() and not any(each.isdigit() for each in found[1])):
        return None
    return "issue", "", found[0].upper()


def _organization(host: str, steps: list[str]) -> str:
    """The organization's slug, by the path or by the host; empty where neither says."""
    lower = [each.casefold() for each in steps]
    if "organizations" in lower[:-1]:
        slug = steps[lower.index("organizations") + 1]
        return slug if _SLUG.fullmatch(slug) else ""
    if lower[:3] == ["api", "0", "projects"] and len(steps) > 3:
        return steps[3]
    if host.endswith(f".{CLOUD}"):
        label = host.removesuffix(f".{CLOUD}")
        if label not in REGIONS:
            return label
    # The organization first, then perhaps a project: the oldest form.
    if lower[1:2] == ["issues"] or (lower[2:3] == ["issues"] and lower[0] != "api"):
        return steps[0]
    return ""
