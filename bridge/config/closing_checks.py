"""Closing and reopening: spans that close nothing, statuses in two places, unknown trackers."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.config.cursor import Cursor
from bridge.config.problems import Complaint
from bridge.config.reference_checks import MappingContext, check_connection
from bridge.ports.manifest import Role

_SPANS = (("solved_after", "solved"), ("pending_after", "pending"))


def check_closing(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """What can't be meant about the end of tickets."""
    closing = mapping.at("closing")
    yield from _spans(closing)
    yield from _statuses(closing)
    yield from _final(closing.at("to", "value"), mapping, known)
    yield from _replies(mapping, known)


def _spans(closing: Cursor) -> Iterator[Complaint]:
    spans = [(closing.at(span), statuses) for span, statuses in _SPANS if closing.at(span).is_there]
    for span, statuses in spans:
        if not list(closing.at(statuses).each()):
            message = f"closes nothing: no status counts as {statuses}"
            yield span.complaint(message, f"name them: {statuses}: [<status>]")
    if spans and not closing.at("to").is_there:
        message = "needs to know the status that closes a ticket"
        yield spans[0][0].complaint(message, "add to: {property: <field>, value: <status>}")
    if closing.at("to").is_there and not spans:
        yield closing.at("to").complaint(
            "is never written: neither solved_after nor pending_after is set",
            "say after how long, or leave it out",
        )


def _statuses(closing: Cursor) -> Iterator[Complaint]:
    seen: dict[str, str] = {}
    places = [(name, each) for name in ("solved", "pending") for each in closing.at(name).each()]
    for name, place in places:
        word = (place.text or "").casefold()
        if word and seen.setdefault(word, name) != name:
            yield place.complaint(f'"{place.text}" counts as {seen[word]} already')
    to = closing.at("to", "value")
    if to.text is not None and to.text.casefold() in seen:
        where = seen[to.text.casefold()]
        message = f'"{to.text}" is one of the statuses that count as {where}'
        yield to.complaint(message, "name the status that comes after it")
    back = closing.at("reopen_to", "value")
    ended = {**seen, **({to.text.casefold(): "closed"} if to.text is not None else {})}
    if back.text is not None and back.text.casefold() in ended:
        message = f'"{back.text}" opens nothing: it counts as {ended[back.text.casefold()]}'
        yield back.complaint(message, "name a status in which a ticket is open")


def _final(to: Cursor, mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """A status that only the helpdesk itself sets."""
    final = known.finals.get(mapping.at("helpdesk").text or "", "")
    if final and to.text is not None and to.text.casefold() == final:
        yield to.complaint(
            f'"{to.text}" is final there, and the helpdesk sets it by itself',
            "leave solved_after out; pending_after may solve a ticket",
        )


def _replies(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    replies = mapping.at("on_reply")
    statuses = replies.at("reopen_to")
    for tracker, status in statuses.entries():
        yield from check_connection(status, Role.TRACKER, known, name=tracker)
    reopens = "reopen" in (replies.text, replies.at("item").text)
    if reopens and not dict(statuses.entries()):
        yield replies.complaint(
            "reopens work items and does not say to which status",
            "on_reply: {item: reopen, reopen_to: {<tracker>: <status>}}",
        )
    if statuses.is_there and not reopens:
        message = "is never written: only item: reopen moves a work item back"
        yield statuses.complaint(message, "set item: reopen, or leave it out")
