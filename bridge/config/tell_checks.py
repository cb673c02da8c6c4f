"""The words for customers: each for an occasion that there is, in names that messages may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

from bridge.config.cursor import Cursor
from bridge.config.notice_checks import NOT_SET
from bridge.config.problems import Complaint, suggest
from bridge.config.reference_checks import MappingContext
from bridge.config.shown_checks import AS_IT_STANDS
from bridge.core.detector import suspicion
from bridge.core.wording import check_template, is_template
from bridge.domain.mapping_tell import BY_HAND, ETA_SLIPPED, Reader

_NAMED = "names error tracking, of which no customer reads"
_READERS: tuple[str, ...] = get_args(Reader)
_TESTS = ("plan", "language", "audience")


def check_tell(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """What is wrong in `tell`, and with stages that are called like something else there."""
    tell = mapping.at("tell")
    stages = [each.at("id") for each in mapping.at("stages").each()]
    for each in stages:
        if each.text in (BY_HAND, ETA_SLIPPED):
            message = f'"{each.text}" means something else in tell.wording'
            yield each.complaint(message, "give the stage another id")
    yield from _signs(tell.at("signs"))
    yield from _audiences(tell.at("audience_from"))
    yield from _mail(mapping, known)
    yield from _ranges(tell.at("ranges"))
    ids = [each.text or "" for each in stages]
    earlier: dict[str, int] = {}
    for position, wording in enumerate(tell.at("wording").each()):
        yield from _occasion(wording.at("for"), ids)
        yield from _tests(mapping, tell, wording)
        yield from _words(wording.at("text"))
        yield from _reachable(wording, position, earlier)


def _mail(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """That letters can go by that way, and that the helpdesk has tickets that need them."""
    mail = mapping.at("tell", "mail")
    if not mail.is_there:
        return
    helpdesk = mapping.at("helpdesk").text
    if helpdesk in known.connections and helpdesk not in known.mailed:
        message = f"every ticket of {helpdesk} can be answered in its conversation"
        yield mail.complaint(message, "leave tell.mail out")
    via = mail.at("via")
    if via.text is not None and via.text not in known.mails:
        hint = suggest(via.text, sorted(known.mails), known="e-mail connections")
        yield via.complaint(f'"{via.text}" takes no letters to customers', hint)
    subject = mail.at("subject")
    if subject.text is not None and (is_template(subject.text) or not subject.text.isprintable()):
        yield subject.complaint(AS_IT_STANDS, "write one line: Your request")
    elif subject.text is not None and suspicion(subject.text) is not None:
        yield subject.complaint(f'"{subject.text}" {_NAMED}')


def _ranges(place: Cursor) -> Iterator[Complaint]:
    """Whole days, and quarters not before parts of a month."""
    spans: dict[str, timedelta] = {}
    for name in ("parts_after", "quarters_after"):
        text = place.at(name).text or ""
        if not re.fullmatch(r"[0-9]{1,6}[smhd]", text):
            continue
        if not text.endswith("d") or text == f"{0:0{len(text) - 1}}d":
            yield place.at(name).complaint(f'"{text}" is no number of days', "45d, for example")
            continue
        spans[name] = timedelta(days=int(text[:-1]))
    if len(spans) == 2 and spans["quarters_after"] <= spans["parts_after"]:
        message = "no date is told as a part of a month: quarters begin before"
        yield place.at("quarters_after").complaint(message, "make it longer than parts_after")


def _signs(place: Cursor) -> Iterator[Complaint]:
    if place.text is None:
        return
    if is_template(place.text):
        yield place.complaint(AS_IT_STANDS, "write who signs: Your team at Acme")
    elif suspicion(place.text) is not None:
        yield place.complaint(f'"{place.text}" {_NAMED}')


def _audiences(place: Cursor) -> Iterator[Complaint]:
    if not place.is_there:
        return
    words = [word for _, word in place.at("values").entries()]
    if not words:
        hint = "values: {<the helpdesk's value>: power_user}"
        yield place.complaint("nothing says which values mean a power_user", hint)
    for word in (*words, place.at("default")):
        if word.text is not None and word.text not in _READERS:
            hint = suggest(word.text, _READERS, known="there are")
            yield word.complaint(f'"{word.text}" is not who reads', hint)


def _occasion(place: Cursor, stages: list[str]) -> Iterator[Complaint]:
    if place.text is None or place.text in (*stages, BY_HAND, ETA_SLIPPED):
        return
    hint = suggest(place.text, [*stages, ETA_SLIPPED, BY_HAND], known="there are")
    yield place.complaint(f'no stage "{place.text}"', hint)


def _tests(mapping: Cursor, tell: Cursor, wording: Cursor) -> Iterator[Complaint]:
    """That a ticket can tell what the wording asks of it."""
    if wording.at("plan").is_there and not mapping.at("ticket", "customer", "plan").is_there:
        message = f"fits no ticket: {NOT_SET}"
        if mapping.at("ticket", "customer").is_there:
            message = "fits no ticket: the key ticket.customer.plan is not set"
        yield wording.at("plan").complaint(message)
    if wording.at("audience").is_there and not tell.at("audience_from").is_there:
        message = "no ticket tells who reads: the key tell.audience_from is not set"
        yield wording.at("audience").complaint(message)
    own = tell.at("language").text or "en"
    place = wording.at("language")
    if place.text not in (None, own) and not tell.at("language_from").is_there:
        message = f'no ticket is in "{place.text}": the key tell.language_from is not set'
        yield place.complaint(message, f"all are in {own}, as tell.language says")


def _words(place: Cursor) -> Iterator[Complaint]:
    if place.text is None:
        return
    for problem in check_template(place.text, told=True):
        yield place.complaint(problem.rstrip("."))
    if suspicion(place.text) is not None:
        yield place.complaint(f"the text {_NAMED}", "say what it means to the customer")


def _reachable(wording: Cursor, position: int, earlier: dict[str, int]) -> Iterator[Complaint]:
    occasion = wording.at("for").text
    if occasion is None:
        return
    first = earlier.get(occasion)
    if first is not None:
        message = f"is never used: tell.wording[{first}] is for every ticket of {occasion}"
        yield wording.complaint(message, "put the wording that is for all last")
    elif not any(wording.at(each).is_there for each in _TESTS):
        earlier[occasion] = position
