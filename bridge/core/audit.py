"""What is wrong with a ticket and the work items on it, by what was read of them. Pure.

It looks for what the hub's gate never saw: texts that people, vendors' own apps and automations
wrote. An entry says where and by which rule, never what stands there: viewers read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bridge.core.adoption import hyperlinks_of
from bridge.core.detector import NOTHING_KNOWN, KnownSentry, Reference, references, suspicion
from bridge.core.sameness import same_words, words_of
from bridge.domain.records import (
    BODY,
    CUSTOMER_FACING,
    STANDARD_FACTS,
    SUBJECT,
    Comment,
    Observation,
    comments_of,
)
from bridge.domain.refs import TicketRef, WorkItemRef

DATA_SOURCE = "data_source"
ATTRIBUTION = "attribution"


@dataclass(frozen=True, slots=True)
class Entry:
    """One violation or suspicion: what it is, on which records, where in them, by which rule."""

    code: str
    ticket: TicketRef | None
    item: WorkItemRef | None
    place: str
    rule: str


@dataclass(frozen=True, slots=True)
class Tie:
    """How a work item is known to belong to Sentry. `sure`: by more than the look of a text."""

    rule: str
    sure: bool


ORIGIN = Tie("it was launched for an issue, or Sentry tied it to one", sure=True)
AT_SENTRY = Tie("Sentry shows it as linked to an issue", sure=True)


@dataclass(frozen=True, slots=True)
class Joined:
    """A work item, and what joins it with a ticket: "" for the hub's own link."""

    item: WorkItemRef
    seen: Observation
    ties: tuple[Tie, ...]
    proven: frozenset[str] = frozenset()
    """The ids of its comments that Sentry says it wrote."""
    beside: str = ""


def judge_ticket(
    ticket: TicketRef, seen: Observation, fields: Iterable[str], known: KnownSentry
) -> list[Entry]:
    """What the ticket's own texts show of Sentry."""
    found: list[Entry] = []
    for name, place in ((SUBJECT, "Subject"), (BODY, "Description")):
        # The client wrote them: the look of a stack trace proves nothing there.
        if name != BODY or not any(each.opening for each in comments_of(seen)):
            found += _in_text(ticket, place, seen.text(name), known, shown=True, strict=False)
    told = {words_of(seen.text(each)) for each in (SUBJECT, BODY)} - {()}
    for name in sorted(set(fields) - STANDARD_FACTS):
        place, text = f"Field {name}", seen.text(name)
        if words_of(text) in told:
            continue  # the vendor's own name for one of the two
        found += _in_text(ticket, place, text, known, shown=True, strict=True)
    for each in comments_of(seen):
        found += _in_text(
            ticket,
            place_of(each),
            each.html,
            known,
            shown=not each.internal,
            # The hub's own words passed its gate, and may well speak of Sentry.
            strict=not each.own,
        )
    return found


def place_of(comment: Comment) -> str:
    """Where a comment stands."""
    kind = "Internal note" if comment.internal else "Public comment"
    return "Description" if comment.opening else f"{kind} {comment.id}"


def _in_text(
    ticket: TicketRef, place: str, text: str, known: KnownSentry, *, shown: bool, strict: bool
) -> Iterator[Entry]:
    if not text:
        return
    named = references(text, known)
    if any(each.kind == DATA_SOURCE for each in named):
        yield Entry("AUDIT_DATA_SOURCE", ticket, None, place, "a data source name")
    things = [each for each in named if each.kind != DATA_SOURCE]
    sure = [each for each in things if each.sure]
    if sure:
        code = "AUDIT_SENTRY_SHOWN" if shown else "AUDIT_SENTRY_NOTED"
        yield Entry(code, ticket, None, place, _kind(sure[0]))
        return
    shape = suspicion(text, known) if strict else None
    if shape is not None or things:
        rule = shape or _kind(things[0])
        yield Entry("AUDIT_SENTRY_SUSPECTED", ticket, None, place, rule)


def _kind(reference: Reference) -> str:
    words = {"short_id": "a short id"}
    return words.get(reference.kind, f"the address of its {reference.kind}")


def ties_of(
    seen: Observation,
    known: KnownSentry,
    *,
    origin: bool,
    at_sentry: bool,
    proven: frozenset[str] = frozenset(),
) -> tuple[Tie, ...]:
    """How the work item is known to belong to Sentry, the surest first."""
    found = [ORIGIN] if origin else []
    found += [AT_SENTRY] if at_sentry else []
    comments = comments_of(seen)
    accounts = {each.casefold() for each in known.accounts}
    if any(each.id in proven or each.author_id.casefold() in accounts for each in comments):
        found.append(Tie("Sentry wrote comments to it", sure=True))
    if any(_leads(each.url, known) for each in hyperlinks_of(seen)):
        found.append(Tie("one of its links leads to Sentry", sure=False))
    for name, what in ((BODY, "its description"), (SUBJECT, "its title")):
        if any(_is_thing(each) for each in references(seen.text(name), known)):
            found.append(Tie(f"{what} names something in Sentry", sure=False))
    if any(not each.own and suspicion(each.html, known) == ATTRIBUTION for each in comments):
        found.append(Tie("comments look as Sentry writes them", sure=False))
    return tuple(sorted(found, key=lambda each: not each.sure))


def _leads(url: str, known: KnownSentry) -> bool:
    return any(_is_thing(each) for each in references(url, known))


def _is_thing(reference: Reference) -> bool:
    return reference.sure and reference.kind != DATA_SOURCE


def judge_joined(
    ticket: TicketRef,
    seen: Observation | None,
    joined: Joined,
    known: KnownSentry = NOTHING_KNOWN,
) -> list[Entry]:
    """What is wrong with a work item on a ticket; `seen` None: the ticket itself was not read."""
    found = judge_tie(ticket, joined.item, joined.ties, joined.beside)
    if seen is not None:
        found += _copied(ticket, seen, joined, known)
    return found


def judge_tie(
    ticket: TicketRef, item: WorkItemRef, ties: Sequence[Tie], beside: str = ""
) -> list[Entry]:
    """What is wrong with the two being joined; `beside` is what joins them if not the hub."""
    if not ties:
        return []
    tie = ties[0]
    code = "AUDIT_ITEM_TIED" if tie.sure else "AUDIT_ITEM_SUSPECTED"
    if beside and tie.sure:
        code = "AUDIT_LINKED_BESIDE"
    return [Entry(code, ticket, item, beside, tie.rule)]


def judge_item(item: WorkItemRef, seen: Observation, ties: Sequence[Tie]) -> list[Entry]:
    """What is wrong with a work item whatever it hangs on."""
    if not seen.value(CUSTOMER_FACING) or not ties or not ties[0].sure:
        return []
    return [Entry("AUDIT_FACES_CUSTOMERS", None, item, "", ties[0].rule)]


def _copied(
    ticket: TicketRef, seen: Observation, joined: Joined, known: KnownSentry
) -> Iterator[Entry]:
    """Comments of the ticket that are a comment of the item which nobody may have released."""
    sources = [(words_of(each.html), rule) for each, rule in _sources(joined, known)]
    if not sources:
        return
    for comment in comments_of(seen):
        words = words_of(comment.html)
        rule = next((why for other, why in sources if same_words(words, other)), None)
        if rule is not None:
            yield Entry("AUDIT_COPIED", ticket, joined.item, place_of(comment), rule)


def _sources(joined: Joined, known: KnownSentry) -> Iterator[tuple[Comment, str]]:
    """The item's comments that must not reach a ticket, each with the reason."""
    tied = any(each.sure for each in joined.ties)
    for comment in comments_of(joined.seen):
        if comment.own:
            continue
        if comment.id in joined.proven:
            yield comment, "Sentry says that it wrote the comment"
        elif (shape := suspicion(comment.html, known)) is not None:
            yield comment, f"the comment has the shape of error tracking ({shape})"
        elif tied:
            yield comment, "the item is tied to Sentry, and all its comments are held"
