"""Who receives a message to a ticket's customer: the people on it, as far as they are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.instants import read_instant
from bridge.domain.drafts import Draft
from bridge.domain.records import CONTACTS, Comment, Observation, comments_of

_ACTOR = "V-"
"""An actor of HubSpot's conversations is a letter and the contact's id: V-51."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody on the ticket. `name` is empty where they never wrote on it."""

    id: str
    name: str


def receivers(seen: Observation) -> tuple[Receiver, ...]:
    """The people on the ticket; called as they signed what they wrote there."""
    names = {_writer(each): " ".join(each.author.split()) for each in comments_of(seen)}
    return tuple(
        Receiver(each, names.get(each, "")) for each in dict.fromkeys(seen.texts(CONTACTS))
    )


def reached(
    seen: Observation, recipients: Sequence[str] = (), *, last: bool
) -> tuple[str, ...] | None:
    """The ids of those whom a message reaches now; None where the ticket does not show its people.

    `last`: of them only whoever wrote last. Where that can't be seen, it may be any of them.
    """
    if recipients:
        return tuple(recipients)
    if not seen.knows(CONTACTS):
        return None
    people = tuple(dict.fromkeys(seen.texts(CONTACTS)))
    said = comments_of(seen) if last else []
    came = [each for each in said if each.inbound and not each.automatic]
    newest = max(came, key=_moment, default=None)
    who = "" if newest is None else _writer(newest)
    return (who,) if who in people else people


def astray(seen: Observation, draft: Draft, *, last: bool) -> str:
    """Why what a person approved would reach somebody else by now; empty where it does not."""
    now = None if draft.recipients else reached(seen, last=last)
    if not draft.approved_by or draft.approved_for is None or now is None:
        return ""
    if set(now) <= set(draft.approved_for):
        return ""
    names = {each.id: each for each in receivers(seen)}
    before = tuple(names.get(each, Receiver(each, "")) for each in draft.approved_for)
    return (
        f"{draft.approved_by} approved it for {called(before) if before else 'nobody yet'}, and it "
        f"would go to {called(tuple(names[each] for each in now))} now. Nothing was sent: look at "
        "who receives it, and approve it again"
    )


def _writer(comment: Comment) -> str:
    """The id of the person who wrote it."""
    return comment.contact or comment.author_id.removeprefix(_ACTOR)


def _moment(comment: Comment) -> float:
    at = read_instant(comment.at)
    return 0.0 if at is None else at.timestamp()


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
