"""Which things of Sentry a text names, and what gives it away: the two questions about a text.

`references` says what is named, for the guided way, and takes no look-alike for it. `suspicion`
is the gate's: one text too many costs a look, one missed shows a client what must not be shown.
Both take any text, and their time grows with its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bridge.core.giveaways import attributed, giveaway
from bridge.core.sentry_addresses import (
    CLOUD,
    REFERRER,
    Address,
    addresses,
    certainty,
    host_forms,
    host_of,
    referred,
    thing_at,
    unknown_addresses,
)
from bridge.core.short_ids import names_project, short_ids
from bridge.core.unwrapping import REMEMBERED, SHORT, forget_readings, readings

UNREADABLE = "unreadable"
"""The shape of a text that could not be read to its end: nobody can say what it holds."""

_BY_RULE = re.compile(r"automatically created by Sentry via\b", re.IGNORECASE)
_DATA_SOURCE = re.compile(
    r"://([0-9a-f]{32})(?::[0-9a-f]{1,64})?@([\w.-]{1,253}(?::\d{1,5})?)/(?:[\w-]{1,40}/)?\d",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class KnownSentry:
    """What of Sentry this installation knows; empty where none is configured."""

    hosts: frozenset[str] = frozenset()
    """Of self-hosted ones: `host` or `host:port`, in lower case."""
    projects: frozenset[str] = frozenset()
    """Slugs of projects, in lower case."""
    tracker_keys: frozenset[str] = frozenset()
    """Keys of trackers' projects, in capitals: their items' keys may look like short ids."""
    accounts: frozenset[str] = frozenset()
    """The accounts of Sentry's integrations in the trackers."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing of Sentry that a text names; what the text does not say is empty.

    `kind`: issue, event, replay, share, feedback, trace, alert, monitor, short_id, data_source.
    `sure` False: by its shape alone, at a host or in a project that nobody named.
    """

    kind: str
    host: str = ""
    organization: str = ""
    id: str = ""
    short_id: str = ""
    sure: bool = True


NOTHING_KNOWN = KnownSentry()


def references(text: str, known: KnownSentry = NOTHING_KNOWN) -> tuple[Reference, ...]:
    """The things of Sentry that the text names, each once. Takes any text."""
    hosts = host_forms(known.hosts)
    found: dict[tuple[str, ...], Reference] = {}
    for form in readings(text).forms:
        for each in _in_form(form, known, hosts):
            key = (each.kind, each.host, each.organization, each.id, each.short_id)
            if key not in found or each.sure:
                found[key] = each
    return _told_once(list(found.values()))


def suspicion(text: str, known: KnownSentry = NOTHING_KNOWN) -> str | None:
    """The first shape that gives the text away, for the gate; None where nothing does.

    Never raises: a text on which the looking itself fails is given away by that.
    """
    try:
        return (_remembered if len(text) <= SHORT else _suspicion)(text, known)
    except Exception:  # noqa: BLE001  # whatever the fault, the text stays here
        return UNREADABLE


def _suspicion(text: str, known: KnownSentry) -> str | None:
    read, hosts = readings(text), host_forms(known.hosts)
    for form in read.forms:
        shape = giveaway(form, hosts)
        if shape is not None:
            return shape
        if known.projects and (
            any(short_ids(form, known.projects, known.tracker_keys))
            or names_project(form, known.projects)
        ):
            return "short id"
    return None if read.settled else UNREADABLE


_remembered = lru_cache(REMEMBERED)(_suspicion)


def forget_texts() -> None:
    """Let go of the short texts that were looked at lately: a name or an address may be one."""
    _remembered.cache_clear()
    forget_readings()


def is_attributed(text: str) -> bool:
    """Whether the text, however it is read, has the shape in which Sentry copies its comments."""
    return any(attributed(form) for form in readings(text).forms)


def is_signal_reference(text: str, known: KnownSentry = NOTHING_KNOWN) -> bool:
    """Whether the text names a thing of Sentry, or leads to a page of it.

    Where a client's program sends its errors names none of them. Nor does a short id with digits
    only: a tracker may have an item of that key, and the tracker says so itself.
    """
    for each in references(text, known):
        counter = each.short_id.rpartition("-")[2]
        if each.kind != "data_source" and not (each.kind == "short_id" and counter.isdigit()):
            return True
    return leads_there(text, known)


def leads_there(text: str, known: KnownSentry = NOTHING_KNOWN) -> bool:
    """Whether an address in the text is surely a page of Sentry's, whatever it is a page of."""
    hosts = host_forms(known.hosts)
    pages = (each for form in readings(text).forms for each in addresses(form, hosts))
    return any(each.certain for each in pages)


def _in_form(form: str, known: KnownSentry, hosts: frozenset[str]) -> Iterator[Reference]:
    for address in addresses(form, hosts):
        yield from _at(address)
    for address in unknown_addresses(form):
        host = address.host
        if certainty(host, hosts) is None and not host.endswith(CLOUD):
            yield from _at(address)
    for said in REFERRER.finditer(form):
        address = referred(form, said.start())
        if certainty(address.host, hosts) is None:
            yield next(_at(address), Reference("issue", address.host))
    if _BY_RULE.search(form) is not None:
        yield Reference("alert")
    if "-" in form:
        for short, sure in short_ids(form, known.projects, known.tracker_keys):
            yield Reference("short_id", short_id=short, sure=sure)
    for source in _DATA_SOURCE.finditer(form):
        yield Reference("data_source", host_of(source[2]), id=source[1].lower())


def _at(address: Address) -> Iterator[Reference]:
    named = thing_at(address)
    if named is not None:
        yield Reference(
            named.kind,
            named.host,
            named.organization,
            named.id,
            named.short_id,
            address.certain or address.referred,
        )


def _told_once(found: list[Reference]) -> tuple[Reference, ...]:
    """Without those of which another one says the same and more."""
    issues = {each.short_id for each in found if each.kind == "issue"}
    whole = {(each.kind, each.id, each.short_id) for each in found if each.host}
    kinds = {each.kind for each in found if each.id or each.short_id}
    return tuple(
        each
        for each in found
        if not (each.kind == "short_id" and each.short_id in issues)
        and not (not each.host and (each.kind, each.id, each.short_id) in whole)
        and not (not each.id and not each.short_id and not each.host and each.kind in kinds)
    )
