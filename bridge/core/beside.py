"""Messages that go beside another one: the same news for others on the ticket, with its fate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge.domain.drafts import Draft, DraftState

BESIDE = "beside:"
"""How the reason of such a message begins; the other one's id follows."""


def is_beside(draft: Draft) -> bool:
    """Whether it goes beside another message."""
    return draft.reason.startswith(BESIDE)


def first_of(draft: Draft) -> str:
    """The id of the message beside which it goes; its own where it goes beside none."""
    return draft.reason.removeprefix(BESIDE) if is_beside(draft) else draft.id


def as_first(drafts: Sequence[Draft], draft: Draft) -> Draft:
    """The message, about what the one is about beside which it goes."""
    about = {each.id: each.reason for each in drafts}
    return replace(draft, reason=about.get(first_of(draft), draft.reason))


def with_beside(drafts: Sequence[Draft], ids: Sequence[str]) -> list[str]:
    """These messages, and those that go beside them."""
    beside = (each.id for each in drafts if is_beside(each) and first_of(each) in ids)
    return [*ids, *(each for each in beside if each not in ids)]


def people_again(drafts: Sequence[Draft], draft: Draft) -> tuple[str, ...]:
    """Whom a message that was taken back is for again, with those who were to get one beside it."""
    if not draft.recipients:
        return ()
    beside = [
        each
        for each in drafts
        if each.reason == f"{BESIDE}{draft.id}"
        # Of the same approval: whom somebody left out at the last one stays left out.
        and (each.state, each.approved_at) == (DraftState.SUPERSEDED, draft.approved_at)
    ]
    people = (*draft.recipients, *(id for each in beside for id in each.recipients))
    return tuple(dict.fromkeys(people))
