"""In which words a customer is told of something: the mapping's, else those that ship."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bridge.core.detector import KnownSentry
from bridge.core.eta_ranges import told_date
from bridge.core.facts import Facts
from bridge.core.guard import Held, release_message
from bridge.core.instants import read_instant
from bridge.core.plain_text import said_paragraphs
from bridge.core.receivers import reached
from bridge.core.reviewing import why
from bridge.core.wording import NAMES, WordingProblem, lacking, render_told
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_base import PropertySource
from bridge.domain.mapping_tell import BY_HAND, ETA_SLIPPED, AudienceSource, TellWording
from bridge.domain.records import Comment, comments_of

CONTACT, POWER_USER = "contact", "power_user"
LONGEST_NAME = 80
"""Characters of somebody's name; what is longer is no name."""

_TO_WRITE = "…"
"""Where a message by hand leaves room for what is to be said."""

_HELLO = "Hello{{ ' ' ~ contact if contact else '' }},\n\n"
_ABOUT = "\"{{ ticket.subject or 'your request' }}\""
_WHEN = "{{ ' We expect it ' ~ when ~ '.' if when else '' }}"
_IN = "{{ ' It is part of release ' ~ release ~ '.' if release else '' }}"
_BYE = "\n\n{{ support or 'Your support team' }}"
_DETAIL = (
    "\n\nReference {{ ticket.key or ticket.id }}"
    "{{ ', stage ' ~ stage if stage else '' }}{{ ', release ' ~ release if release else '' }}."
)
"""What a power user reads besides (K11): facts of the ticket, never engineering's words."""

_ANY = f"There is news about {_ABOUT}. It now stands at: {{{{ stage }}}}.{_WHEN}"
_OURS = {
    "reported": "Thank you for your report. We have looked at "
    f"{_ABOUT}, and our engineers have it now.{_WHEN} We write to you as soon as there is news.",
    "scheduled": f"Our engineers have planned the work on {_ABOUT}.{_WHEN}{_IN}",
    "in_development": f"Our engineers are working on {_ABOUT} now.{_WHEN}",
    "in_testing": f"The work on {_ABOUT} is done and is being tested now.{_WHEN} "
    "We write to you as soon as you can use it.",
    "available": f"The work on {_ABOUT} is finished, and you can use it now.{_IN}\n\n"
    "Please try it. If anything is still not as it should be, just reply to this message: we "
    "then look at it again.",
    "declined": f"We have looked carefully at what you wrote about {_ABOUT}. It is not planned "
    "for now, and we know that this is not the answer you hoped for.\n\n"
    "If it keeps you from your work, please reply and tell us how: we then weigh it again.",
    ETA_SLIPPED: f"We told you when we expect to be done with {_ABOUT}. That day has moved: we "
    "now expect it {{ when }}. We are sorry for the change.",
    BY_HAND: _TO_WRITE,
}
"""What is said where a mapping has no words of its own, in English, by stage."""


def filled_in(begun: str, said: str) -> str:
    """What a message by hand begins with, with `said` in the room that it leaves, else behind."""
    if _TO_WRITE in begun:
        return begun.replace(_TO_WRITE, said, 1) if said else begun
    return "\n\n".join(filter(None, (begun, said)))


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is to be told. `what`: a stage's id, `eta_slipped` or `by_hand`."""

    what: str
    stage: str = ""
    """The label that people read of the stage."""
    eta: date | None = None
    release: str = ""
    on: date | None = None
    """The day on which it is told: by that a date is far off or not."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A message as it would be said."""

    html: str
    language: str
    eta: date | None = None
    """The date, if the words name it; of a range the day on which it ends."""


@dataclass(frozen=True, slots=True)
class Unsayable:
    """A message that can't be made; `lacks` says what nobody knows."""

    lacks: str


def worded(
    facts: Facts, occasion: Occasion, reader: str = "", *, name: str | None = None
) -> Worded | Unsayable:
    """The message to this ticket's customer; for another kind of `reader` than the ticket names.

    `name`: of whom it is for, "" for nobody by name; without it who wrote last is called.
    """
    tell = facts.mapping.tell
    own, reader = language_of(facts), reader or reader_of(facts)
    chosen, language = _chosen(facts, occasion.what, own, reader)
    text = shipped(occasion.what, reader) if chosen is None else chosen.text
    day = None
    if occasion.eta is not None:
        day = told_date(occasion.eta, language, tell.ranges, occasion.on)
    told = {
        "stage": occasion.stage,
        "eta": "" if day is None else day.noun,
        "when": "" if day is None else day.when,
        "release": occasion.release,
        "contact": contact_of(facts) if name is None else name,
        "support": tell.signs,
        "policy": policy_of(facts),
    }
    ticket = {name: ", ".join(facts.read(name).labels) for name in NAMES}
    lacks = lacking(text, ticket, told)
    if lacks:
        return Unsayable(", ".join(lacks))
    try:
        said = render_told(text, ticket, told)
    except WordingProblem as problem:
        return Unsayable(str(problem))
    until = day.day if day is not None and day.noun in said else None
    return Worded(said_paragraphs(said), language, until)


def why_held(html: str, known: KnownSentry) -> str:
    """Why a message can't be said so, and the way out; empty where it can.

    It is asked of the gate through which the message will go.
    """
    gate = release_message(html, "a message to the customer", known=known)
    if not isinstance(gate, Held):
        return ""
    if gate.reason == "empty":
        return "It says nothing. Write what the customer should read."
    return f"{why(gate.reason)} Say it so that a customer could have written it."


@dataclass(frozen=True, slots=True)
class WordingTold:
    """One wording of a mapping, as its page shows it."""

    occasion: str
    whom: str
    text: str
    ships: bool = False
    """It is the hub's own."""


def wordings(mapping: Mapping) -> list[WordingTold]:
    """In which words the mapping tells, in the order in which they are tried."""
    labels = {each.id: each.label for each in mapping.stages if each.tell != "no"}
    labels |= {ETA_SLIPPED: "the expected date has moved", BY_HAND: "a message by hand begins"}
    found = []
    for what, label in labels.items():
        own = [each for each in mapping.tell.wording if each.for_ == what]
        found += [WordingTold(label, _whom(each), each.text.strip()) for each in own]
        if any((each.plan, each.language, each.audience) == (None, None, None) for each in own):
            continue
        if labels.keys() - {ETA_SLIPPED, BY_HAND}:
            found.append(WordingTold(label, "everybody else" if own else "", shipped(what), True))
    return found


def _whom(wording: TellWording) -> str:
    plan = " or ".join(wording.plan or ())
    parts = (
        "power users" if wording.audience == POWER_USER else "",
        "contacts" if wording.audience == CONTACT else "",
        f"plan {plan}" if plan else "",
        f"who reads {wording.language}" if wording.language else "",
    )
    return ", ".join(each for each in parts if each)


def shipped(what: str, reader: str = CONTACT) -> str:
    """The words that ship with the hub, in English."""
    detail = _DETAIL if reader == POWER_USER and what != BY_HAND else ""
    return f"{_HELLO}{_OURS.get(what, _ANY)}{detail}{_BYE}"


def language_of(facts: Facts) -> str:
    """The language of the customer as far as the ticket tells it; else the mapping's."""
    tell = facts.mapping.tell
    found = _word(facts, tell.language_from).replace("_", "-").casefold()
    return found or tell.language.casefold()


def reader_of(facts: Facts) -> str:
    """Who reads: `power_user` where the ticket, or whoever it goes to, says so; else `contact`."""
    source = facts.mapping.tell.audience_from
    if source is not None and source.of == "contact":
        ids = reached(facts.observation, last=True) or ()
        return POWER_USER if ids and all(_is_power_user(facts, source, e) for e in ids) else CONTACT
    return POWER_USER if _word(facts, source) == POWER_USER else CONTACT


def _is_power_user(facts: Facts, source: AudienceSource, id: str) -> bool:
    contact = facts.contacts.get(id)
    said = "" if contact is None else contact.properties.get(source.property) or ""
    # Several choices, or tags, are one text.
    values = [each.strip() for each in said.split(";") if each.strip()]
    words = {(source.values or {}).get(each, each) for each in values} or {source.default or ""}
    return POWER_USER in words


def contact_of(facts: Facts) -> str:
    """What the customer who wrote last is called; empty where nobody knows."""
    newest = max(_signed(facts), key=lambda each: _when(each.at), default=None)
    return "" if newest is None else _name(newest)


def names_of(facts: Facts) -> tuple[str, ...]:
    """What the customer may have been called so far: those who wrote, and nobody by name."""
    return tuple(dict.fromkeys(("", *map(_name, _signed(facts)))))


def _signed(facts: Facts) -> list[Comment]:
    comments = comments_of(facts.observation)
    return [each for each in comments if each.inbound and each.author and not each.automatic]


def _name(comment: Comment) -> str:
    name = " ".join(comment.author.split())
    return name if "@" not in name and len(name) <= LONGEST_NAME else ""


def policy_of(facts: Facts) -> str:
    """Where the support policy of the customer's plan is published; empty where nobody says."""
    plans = {each.casefold() for each in (*facts.read("plan").words, *facts.read("plan").labels)}
    tiers = facts.mapping.plans
    return next((e.policy or "" for e in tiers if plans & _called(e.id, e.label)), "")


def _called(*names: str | None) -> set[str]:
    return {each.casefold() for each in names if each}


def _when(text: str) -> float:
    moment = read_instant(text)
    return 0.0 if moment is None else moment.timestamp()


def _word(facts: Facts, source: PropertySource | None) -> str:
    return "" if source is None else facts.of(source).word or ""


def _chosen(facts: Facts, what: str, own: str, reader: str) -> tuple[TellWording | None, str]:
    """The first wording that fits, and its language: the customer's own, else the mapping's."""
    plans = {each.casefold() for each in facts.read("plan").words}
    tell = facts.mapping.tell
    fitting = [
        each
        for each in tell.wording
        if each.for_ == what
        and each.audience in (None, reader)
        and (each.plan is None or plans & {one.casefold() for one in each.plan})
    ]
    for language in dict.fromkeys((own, tell.language.casefold())):
        for each in fitting:
            if each.language is None or _speaks(language, each.language.casefold()):
                return each, each.language or language
    return None, "en"


def _speaks(language: str, wording: str) -> bool:
    """Whether who reads the one reads the other: `de-at` reads `de`."""
    return language == wording or language.partition("-")[0] == wording
