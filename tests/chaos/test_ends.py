"""A ticket on its way to its end: told once, closed once, and an answer that crosses it wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.test_saying import WORDS, approve, asked, told
from tests.chaos.world import LONG, Chaos, open_chaos
from tests.shipped import SHIPPED

OPEN, SOLVED, CLOSED = "1", "3", "4"
STAGE = "hs_pipeline_stage"
ENDS = f"""
closing:
  solved: ["{SOLVED}"]
  solved_after: 1h
  to: {{property: {STAGE}, value: "{CLOSED}"}}
  reopen_to: {{property: {STAGE}, value: "{OPEN}"}}
"""
POINTS = ["apply.called:SetTicketFields"]
if LONG:
    POINTS += ["apply.intended:SetTicketFields", "apply.stored:SetTicketFields"]
    POINTS += ["record.stored:ticket", "plan.made:ticket"]
HOUR_S = 3700.0


async def solved(chaos: Chaos, *, fault: str = "") -> str:
    """A ticket whose work is done, whose customer was told by the hub, and that is solved."""
    await chaos.hub.start(fault=fault)
    chaos.watched.append(chaos.hub)
    ticket = asked(chaos)
    await chaos.settle()
    [item] = chaos.items()
    chaos.boards.person_moves_state(item.id, "Closed")
    await chaos.settle()
    await approve(chaos, ticket)
    await chaos.until(lambda: told(chaos) and (chaos.hub.ends or not fault))
    await chaos.settle()
    chaos.hubspot.person_edits_ticket(ticket, hs_pipeline_stage=SOLVED)
    await chaos.settle()
    return ticket


@pytest.mark.parametrize("point", POINTS)
async def test_hub_killed_as_it_closes_tells_once_and_closes_once(
    tmp_path: Path, point: str
) -> None:
    async with open_chaos(tmp_path, mapping=SHIPPED + ENDS) as chaos:
        assert chaos.clock is not None
        # Killed as it had told them, between telling and closing, and as it closed.
        ticket = await solved(chaos, fault="apply.called:SayToCustomer" if LONG else "")
        chaos.hub.kill()
        chaos.watched.clear()
        await chaos.hub.start(fault=point)
        chaos.watched.append(chaos.hub)
        chaos.clock.later(HOUR_S)
        await chaos.until(lambda: chaos.shown(ticket, STAGE) == CLOSED)
        await chaos.settle()
        assert chaos.hub.ends == [-9] * (3 if LONG else 2), chaos.story()
        assert (told(chaos), chaos.shown(ticket, STAGE)) == ([WORDS], CLOSED)
        assert await chaos.findings() == set()


async def test_answer_that_crosses_the_closing_wins(tmp_path: Path) -> None:
    async with open_chaos(tmp_path, mapping=SHIPPED + ENDS) as chaos:
        assert chaos.clock is not None
        ticket = await solved(chaos)
        # Its news comes late: the hub closes before it has heard.
        chaos.post.delay_s = lambda: 0.5
        chaos.clock.later(HOUR_S)
        chaos.hubspot.customer_writes(ticket, "It still fails.")
        await chaos.until(lambda: chaos.shown(ticket, STAGE) == CLOSED)
        chaos.post.delay_s = None
        await chaos.until(lambda: chaos.shown(ticket, STAGE) == OPEN)
        await chaos.settle()
        assert (told(chaos), chaos.shown(ticket, STAGE)) == ([WORDS], OPEN)
        [item] = chaos.items()
        assert chaos.comments_on(item).count("has replied") == 1
