"""Drafts that wait, said to whoever reads by now: another kind of reader, or another name.

Only words of the hub's own are changed, and they are known by being made once more: what a person
worded stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from bridge.core.drafting import ASKED, ETA, STAGE, draft_digest
from bridge.core.facts import Facts
from bridge.core.rollout import today
from bridge.core.situation import DraftPlan, TicketSituation
from bridge.core.told_wording import CONTACT, POWER_USER, Occasion, Worded, names_of, worded
from bridge.domain.drafts import Draft, DraftState, Rewording
from bridge.domain.mapping_tell import ETA_SLIPPED


def to_readers(
    s: TicketSituation, plan: DraftPlan, shown: str | None, eta: date | None, now: datetime
) -> DraftPlan:
    """The plan, in which each draft that waits is worded for who reads it now."""
    done = {*(id for id, _ in plan.over), *(each.id for each in plan.reworded)}
    waits = [
        each
        for each in s.drafts
        if (each.state is DraftState.OPEN or each.id in plan.reopened) and each.id not in done
    ]
    stage = None if shown is None else s.mapping.stage(shown)
    label = "" if stage is None else stage.label
    anew = [said for each in waits if (said := _anew(s, each, label, eta, now)) is not None]
    return replace(plan, reworded=(*plan.reworded, *anew)) if anew else plan


def occasion_of(
    facts: Facts, draft: Draft, label: str, eta: date | None, now: datetime
) -> Occasion | None:
    """What a draft of the hub's own tells; None where it is in somebody else's words.

    `label`: what people call the stage that the ticket shows.
    """
    if draft.reason != ETA and not draft.reason.startswith((STAGE, ASKED)):
        return None
    stage = None if draft.stage is None else facts.mapping.stage(draft.stage)
    what = draft.reason.removeprefix(STAGE).removeprefix(ASKED)
    return Occasion(
        ETA_SLIPPED if draft.reason == ETA else what,
        label if stage is None else stage.label,
        eta,
        draft.release or "",
        today(facts.mapping.releases, now),
    )


def _anew(
    s: TicketSituation, draft: Draft, label: str, eta: date | None, now: datetime
) -> Rewording | None:
    """The draft for who reads now; None where it says that already, or what a person worded."""
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company, s.sentry, s.contacts)
    about = occasion_of(facts, draft, label, eta, now)
    words = None if about is None else worded(facts, about)
    if about is None or not isinstance(words, Worded) or words.html == draft.html:
        return None
    for reader in (CONTACT, POWER_USER):
        for name in names_of(facts):
            before = worded(facts, about, reader, name=name)
            if isinstance(before, Worded) and before.html == draft.html:
                day = draft.eta if draft.reason == ETA else words.eta
                return Rewording(draft.id, words.html, draft_digest(words.html), day)
    return None
