"""Who receives a message, on its page: said in words, and chosen person by person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.core.receivers import Receiver, called
from bridge.core.told_wording import CONTACT, POWER_USER
from bridge.engine.telling import Seen
from bridge.engine.whom import Beside

if TYPE_CHECKING:
    from bridge.web.telling import Typed

TO = "to-"
"""How the fields begin that say what a person gets."""
SAME, OTHER = "same", "other"
ALL = "all"
"""The field that says that it goes to whoever is on the ticket."""
READERS = {CONTACT: "contact", POWER_USER: "power user"}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the ticket who may be chosen."""

    id: str
    name: str
    chosen: bool
    """The draft names them already."""


def people_of(found: Seen) -> list[Person]:
    """Among whom may be chosen; nobody where there is no choice."""
    if not found.directs:
        return []
    named = found.draft.recipients
    return [Person(each.id, _name(each), each.id in named) for each in found.there]


def astray(found: Seen) -> bool:
    """Whether it names people whom it can't be sent to: it goes only once it names none of them."""
    named, there = found.draft.recipients, {each.id for each in found.there}
    return bool(named) and not (found.directs and there.issuperset(named))


def _name(each: Receiver) -> str:
    return each.name or f"contact {each.id}, who has not written here"


def everybody(found: Seen) -> str:
    """That the helpdesk sends it to all, where it does and there are several."""
    if found.directs or len(found.there) < 2:
        return ""
    return (
        "Everybody on the ticket reads it: an answer here can't be sent to some of them. To tell "
        "one person alone, write to them outside of the ticket."
    )


def goes_to(people: Sequence[Receiver], *, one: bool, letter: bool) -> str:
    """Who receives it as it stands."""
    if not letter:
        return called(tuple(people), one=one)
    if len(people) > 1 and one:
        return f"one of {called(tuple(people))}, by mail: whoever wrote last, else choose below"
    each = ", each by a mail of their own" if len(people) > 1 else ", by mail"
    return f"{called(tuple(people))}{each}" if people else "nobody: the ticket has no contact"


def chosen_in(fields: Mapping[str, str]) -> dict[str, str]:
    """By person, which words they get; nobody who gets none."""
    return {
        name.removeprefix(TO): value
        for name, value in fields.items()
        if name.startswith(TO) and value in (SAME, OTHER)
    }


def approval(typed: Typed) -> dict[str, Any]:
    """What the engine is asked for: who gets the words, and who gets the others beside."""
    same = tuple(id for id, words in typed.to.items() if words == SAME)
    other = tuple(id for id, words in typed.to.items() if words == OTHER)
    if not other:
        return {"text": typed.text, "recipients": same or (() if typed.all else None)}
    if not same:
        return {"text": typed.other, "recipients": other}
    return {
        "text": typed.text,
        "recipients": same,
        "beside": Beside(typed.other or "", other),
    }
