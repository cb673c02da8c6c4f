"""Who receives a message to a ticket's customer: the people on it, as far as they are known."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.domain.records import CONTACTS, Observation, comments_of


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody on the ticket. `name` is empty where they never wrote on it."""

    id: str
    name: str


def receivers(seen: Observation) -> tuple[Receiver, ...]:
    """The people on the ticket; called as they signed what they wrote there."""
    # An actor of HubSpot's conversations is a letter and the contact's id: V-51.
    names = {
        each.author_id.removeprefix("V-"): " ".join(each.author.split())
        for each in comments_of(seen)
    }
    return tuple(
        Receiver(each, names.get(each, "")) for each in dict.fromkeys(seen.texts(CONTACTS))
    )


def called(people: tuple[Receiver, ...], *, one: bool = False) -> str:
    """Who receives it, in words; `one`: only whoever of them wrote last."""
    if one and len(people) > 1:
        return f"whoever wrote last of {called(people)}"
    named = [each.name for each in people if each.name]
    others = len(people) - len(named)
    if not people:
        return "whoever the helpdesk has on the ticket"
    if not others:
        return ", ".join(named)
    more = "1 person" if others == 1 else f"{others} people"
    return f"{', '.join(named)} and {more} more" if named else f"{more} on the ticket"
