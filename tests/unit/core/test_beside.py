"""Messages that go beside another one: taken back with it, never for themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.core.beside import BESIDE
from bridge.core.drafting import MOVED_ON
from bridge.core.plan import plan_ticket
from bridge.core.situation import TicketSituation
from bridge.domain.drafts import Draft, DraftState, Said
from tests.unit.core.examples import NOW
from tests.unit.core.test_drafting import MINUTE, kept, situation, states, step, work


def approved() -> TicketSituation:
    """A stage that was reached, approved for two people in words of their own each."""
    s = step(situation())
    first = replace(
        s.drafts[0], state=DraftState.APPROVED, approved_by="kim", approved_at=NOW,
        recipients=("51",),
    )  # fmt: skip
    beside = replace(
        first, id="d-2", reason=f"{BESIDE}{first.id}", html="<p>Else.</p>", recipients=("52",)
    )
    return replace(s, drafts=(first, beside))


def sent(s: TicketSituation, draft: Draft) -> TicketSituation:
    drafts = tuple(
        replace(each, state=DraftState.SENT) if each.id == draft.id else each for each in s.drafts
    )
    said = Said("m1", NOW + MINUTE, "kim", draft.id, draft.stage)
    return replace(s, drafts=drafts, said=(said,))


def test_both_are_taken_back_and_the_first_is_for_both_again() -> None:
    s = approved()
    assert not plan_ticket(s, NOW + MINUTE).drafts
    back = step(replace(s, items=(work("Active"),)), NOW + MINUTE)
    assert [(each.state, each.error) for each in back.drafts] == [
        (DraftState.SUPERSEDED, MOVED_ON)
    ] * 2
    there = step(replace(back, items=(work(),)), NOW + 2 * MINUTE)
    assert states(there) == ["open", "superseded"]
    assert there.drafts[0].recipients == ("51", "52")
    # Whom somebody left out of the last approval stays left out.
    later = replace(back.drafts[0], approved_at=NOW + MINUTE, html=back.drafts[0].html)
    alone = replace(back, drafts=(later, back.drafts[1]), items=(work(),))
    assert step(alone, NOW + 2 * MINUTE).drafts[0].recipients == ("51",)


def test_neither_is_told_by_the_other_and_one_is_taken_back_after_the_other_was_sent() -> None:
    for which in (0, 1):
        s = approved()
        s = sent(s, s.drafts[which])
        assert not plan_ticket(s, NOW + 2 * MINUTE).drafts
        moved = replace(s, items=(work("Active", NOW + timedelta(hours=1)),))
        plan = plan_ticket(moved, NOW + timedelta(hours=1))
        assert plan.drafts.over == ((s.drafts[1 - which].id, MOVED_ON),)
        assert kept(moved, plan.drafts, plan.reached).drafts[which].state is DraftState.SENT
