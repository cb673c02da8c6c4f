"""The desk's part of the day after the story: bugs come, go their way, and are told."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

from bridge.cli.demo.casebook import DeskCase
from bridge.cli.demo.cast_desk import LENA, MORE_DESK, YUSUF, DeskRequest
from bridge.cli.demo.deeds_desk import (
    answers_and_solves,
    asks,
    decides,
    follows,
    has_issue,
    issue_of,
    moves,
)
from bridge.cli.demo.narrator import DESK
from bridge.cli.demo.scene import Scene

_MOST_OPEN = 5
_NEW_TICKETS = 0.3
_WAY = ("To Do", "In Progress", "In QA", "Committed", "Patch QA", "Managed Services", "Done")
_NEXT = dict(pairwise(_WAY))
_WORDS = "The fix is in the patch of today. Tell me if anything is still not right."


@dataclass(slots=True)
class DeskDay:
    """What is open at the desk, and what will come."""

    chance: random.Random
    going_on: list[DeskCase] = field(default_factory=list)
    to_come: list[DeskRequest] = field(default_factory=list)

    async def goes_on(self, scene: Scene) -> None:
        """One thing happens at the desk."""
        room = len(self.going_on) < _MOST_OPEN
        if not self.going_on or (room and self.chance.random() < _NEW_TICKETS):
            self.to_come = self.to_come or self.chance.sample(MORE_DESK, len(MORE_DESK))
            await self._bug_comes(scene, self.to_come.pop())
            return
        case = self.chance.choice(self.going_on)
        status = _NEXT.get(scene.vendors.desk.status_of(issue_of(scene, case)))
        if status is None:
            self.going_on.remove(case)
            answers_and_solves(scene, case, _WORDS)
            return
        moves(scene, case, status, self.chance.choice((LENA, YUSUF))[0])
        await follows(scene, case, status)

    async def _bug_comes(self, scene: Scene, request: DeskRequest) -> None:
        case = asks(scene, request)
        await scene.pause(2)
        decides(scene, case, reproduced=True)
        scene.act(DESK, "Ines has seen it happen, and Noor escalates it")
        there = await scene.until(
            lambda: has_issue(scene, case),
            lambda: f"Bug {issue_of(scene, case).key} is in Jira and on the ticket",
        )
        if there:
            self.going_on.append(case)
