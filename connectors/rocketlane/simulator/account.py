"""One account in one piece: what it holds, what may be done, who is told."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from connectors.rocketlane.simulator.allowance import Allowance
from connectors.rocketlane.simulator.announcing import Announcer
from connectors.rocketlane.simulator.board import Board
from connectors.rocketlane.simulator.dials import Dials
from connectors.rocketlane.simulator.outbox import Outbox
from connectors.rocketlane.simulator.workspace import Workspace


class Account:
    """The parts of the simulator that its API and its people share."""

    def __init__(
        self, dials: Dials, clock: Callable[[], datetime], rng: random.Random, base_url: str
    ) -> None:
        self.base_url = base_url
        self.workspace = Workspace(dials, clock, rng)
        self.outbox = Outbox(dials, rng, clock)
        self.announce = Announcer(self.workspace, self.outbox)
        self.board = Board(self.workspace, self.announce)
        self.allowance = Allowance(dials)
