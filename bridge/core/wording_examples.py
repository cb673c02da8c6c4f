"""A customer's message as a made-up ticket would bring it: what whoever words it looks at. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bridge.core.detector import KnownSentry
from bridge.core.eta_ranges import told_date
from bridge.core.plain_text import said_paragraphs
from bridge.core.plain_words import Hint, hints
from bridge.core.told_wording import why_held
from bridge.core.wording import WordingProblem, check_template, render_told
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.mapping_tell import BY_HAND, ETA_SLIPPED

TICKET: Mapping[str, str] = {
    "customer": "Acme",
    "subject": "The export stops at 500 rows",
    "key": "#4711",
    "url": "https://help.example/4711",
    "id": "4711",
    "category": "Bug",
    "severity": "high",
    "plan": "Elite",
}
CONTACT = "Maria"
_PLACEHOLDERS = (
    ("contact", "what the customer who wrote last is called; may be empty"),
    ("ticket.subject", "what the customer wrote as its subject"),
    ("ticket.key", "the ticket's number as people call it"),
    ("stage", "what customers read of the stage"),
    ("eta", "the expected date; without it the message is not drafted"),
    ("release", "the release it is part of; without it the message is not drafted"),
    ("support", "who signs"),
    ("policy", "where the policy of the customer's plan is published; may be empty"),
    ("ticket.customer", "the customer's name"),
    ("ticket.plan", "the customer's plan"),
    ("ticket.severity", "how bad it is"),
    ("ticket.category", "what kind of request it is"),
    ("ticket.url", "the ticket's address in the helpdesk"),
    ("ticket.id", "the ticket's id"),
)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value that wording may name."""

    name: str
    says: str
    example: str

    @property
    def written(self) -> str:
        """As it stands in the text."""
        return f"{{{{ {self.name} }}}}"


@dataclass(frozen=True, slots=True)
class Preview:
    """The message as the example's customer would read it, and what stands in its way."""

    paragraphs: tuple[tuple[str, ...], ...] = ()
    wrong: str = ""
    hints: tuple[Hint, ...] = ()


def placeholders(mapping: MappingData, today: date) -> list[Placeholder]:
    """What wording may name, what people need most first, each with the example's value."""
    told = _told(mapping, "", "en", today, mapping.tell.signs)
    known = {**told, **{f"ticket.{name}": value for name, value in TICKET.items()}}
    return [Placeholder(name, says, known[name]) for name, says in _PLACEHOLDERS]


def preview(
    mapping: MappingData, what: str, text: str, language: str, today: date, signs: str
) -> Preview:
    """What the example's customer reads in these words."""
    if not text.strip():
        return Preview()
    wrong = " ".join(check_template(text, told=True))
    if wrong:
        return Preview(wrong=wrong)
    try:
        said = render_told(text, TICKET, _told(mapping, what, language, today, signs))
    except WordingProblem as problem:
        return Preview(wrong=str(problem))
    parts = tuple(
        tuple(" ".join(line.split()) for line in each.splitlines() if line.strip())
        for each in said.replace("\r\n", "\n").split("\n\n")
    )
    held = why_held(said_paragraphs(said), KnownSentry())
    return Preview(
        tuple(each for each in parts if each), held, tuple(hints(text, internal_words(mapping)))
    )


def internal_words(mapping: MappingData) -> list[str]:
    """What only the company's own people call things: statuses and routes that no label names."""
    labels = {each.label.casefold() for each in mapping.stages}
    return [each for each in dict.fromkeys(_internal(mapping)) if each.casefold() not in labels]


def _internal(mapping: MappingData) -> Iterator[str]:
    for table in mapping.status.values():
        yield from (each for each in table if " " in each)
    yield from (each.id for each in mapping.routes if "-" in each.id or "_" in each.id)


def _told(
    mapping: MappingData, what: str, language: str, today: date, signs: str
) -> dict[str, str]:
    stage = mapping.stage(what)
    shown = stage or next((e for e in mapping.stages if e.tell != "no"), mapping.stages[-1])
    expected = told_date(today + timedelta(days=12), language, mapping.tell.ranges, today)
    return {
        "stage": shown.label,
        "eta": expected.noun,
        "when": expected.when,
        "release": "24.2",
        "contact": CONTACT,
        "support": signs or "Your support team",
        "policy": next(
            (e.policy for e in mapping.plans if e.policy), "https://help.example/policy"
        ),
    }


def occasions(mapping: MappingData) -> list[tuple[str, str]]:
    """What wording may be for, with what people read of it."""
    stages = [(each.id, f"stage “{each.label}” is reached") for each in mapping.stages]
    return [*stages, (ETA_SLIPPED, "the expected date has moved"), (BY_HAND, "a message by hand")]
