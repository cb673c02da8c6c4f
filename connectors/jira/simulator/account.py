"""One site with everything that works on it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from connectors.jira.simulator.allowance import Allowance
from connectors.jira.simulator.board import Board
from connectors.jira.simulator.dials import Dials
from connectors.jira.simulator.errors import JiraProblem
from connectors.jira.simulator.events import Events
from connectors.jira.simulator.jql import parse
from connectors.jira.simulator.matching import Matcher
from connectors.jira.simulator.outbox import Outbox
from connectors.jira.simulator.records import Issue
from connectors.jira.simulator.searching import SearchIndex
from connectors.jira.simulator.site import Site
from connectors.jira.simulator.talk import Talk


class Account:
    """The parts of a site, put together."""

    def __init__(
        self, dials: Dials, clock: Callable[[], datetime], rng: random.Random, base_url: str
    ) -> None:
        self.dials = dials
        self.site = Site(dials, clock, rng, base_url)
        self.index = SearchIndex(self.site)
        self.outbox = Outbox(dials, rng, clock, self.site.new_uuid)
        self.outbox.wanted = self._wanted
        self.events = Events(self.site, self.outbox)
        self.talk = Talk(self.site, self.events, self.index)
        self.board = Board(self.site, self.talk)
        self.allowance = Allowance(dials)

    def _wanted(self, jql: str, issue: Issue) -> bool:
        """Whether an issue fits the filter of a webhook; a broken filter wants nothing."""
        try:
            where = parse(jql).where
            return Matcher(self.site, None, self.site.now()).fits(where, issue)
        except JiraProblem:
            return False
