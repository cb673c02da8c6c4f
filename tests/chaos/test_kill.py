"""`kill -9` at every point of the line: nothing lost, nothing created twice, each copy once.

The sweeps are blocked at the vendors, so that a lost delivery stays lost.
"""

from __future__ import annotations

from collections import Counter

import pytest

from bridge.engine.faultpoints import POINTS
from tests.chaos.world import LONG, Chaos

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
FOR_DEVELOPERS = "Happens on Safari only."
FOR_CUSTOMERS = "A fix is under way."

OPERATIONS = ("LaunchItem", "SetTicketFields", "CopyAttachment", "AddItemComment", "AddTicketNote")
EVERYWHERE = [
    "receive.stored",
    "receive.stored::3",
    "intake.stored",
    "intake.stored::3",
    "observe.read:ticket",
    "observe.read:work_item",
    "plan.made:ticket",
    "plan.made:work_item",
    *(f"apply.{step}:{kind}" for kind in OPERATIONS for step in ("intended", "called", "stored")),
    "record.stored:ticket",
    "record.stored:work_item",
]
SHORT = [
    "receive.stored",
    "intake.stored::3",
    "observe.read:ticket",
    "plan.made:work_item",
    *(f"apply.{step}:LaunchItem" for step in ("intended", "called", "stored")),
    *(f"apply.{step}:CopyAttachment" for step in ("intended", "called", "stored")),
    "record.stored:ticket",
]
# A killed process' lease must run out on PostgreSQL, which takes its time.
SHORT_POSTGRES = [each for each in SHORT if not each.endswith("CopyAttachment") or "called" in each]
CASES = [
    (engine, point)
    for engine, points in (("sqlite", SHORT), ("postgresql", SHORT_POSTGRES))
    for point in (EVERYWHERE if LONG else points)
]


@pytest.mark.parametrize("points", [EVERYWHERE, SHORT, SHORT_POSTGRES])
def test_every_named_point_is_killed_at(points: list[str]) -> None:
    assert {each.partition(":")[0] for each in points} == set(POINTS)


async def _story(chaos: Chaos) -> str:
    """A ticket with a picture and talk both ways, and its bug that is worked on."""
    ticket = chaos.new_ticket()
    chaos.attach(ticket, PICTURE)
    chaos.hubspot.person_adds_note(ticket, f"<p>#dev</p><p>{FOR_DEVELOPERS}</p>")
    await chaos.settle()
    [item] = chaos.items()
    chaos.boards.person_moves_state(item.id, "Active")
    chaos.boards.person_comments(item.id, f"<div>#customer</div><div>{FOR_CUSTOMERS}</div>")
    await chaos.settle()
    return ticket


def _assert_right(chaos: Chaos, ticket: str) -> None:
    [item] = chaos.items()
    assert not chaos.wrong(ticket)
    assert chaos.shown(ticket, "work_stage") == "In development"
    assert chaos.files_on(item) == Counter([PICTURE])
    assert chaos.comments_on(item).count(FOR_DEVELOPERS) == 1
    assert chaos.notes_on(ticket).count(FOR_CUSTOMERS) == 1


@pytest.mark.parametrize(("chaos", "point"), CASES, indirect=["chaos"])
async def test_hub_killed_at_a_point_loses_and_doubles_nothing(chaos: Chaos, point: str) -> None:
    chaos.block_sweeps()
    await chaos.hub.start(fault=point)
    chaos.watched.append(chaos.hub)
    ticket = await _story(chaos)
    assert chaos.hub.ends == [-9], f"the point was not reached\n{chaos.story()}"
    _assert_right(chaos, ticket)
