"""Whatever the order, number and fate of webhooks and calls, a Zendesk shop ends up right."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bridge.kit.faults import Fault, FaultKind
from tests.scenarios.zendesk_shop import Shop, open_shop

_STAGES = {
    "New": "Reported to engineering",
    "Active": "In development",
    "Resolved": "In testing",
}
_BAD = (
    # Each of them either did nothing at Zendesk and says so, or did all and was lost on the way.
    Fault("^PUT", FaultKind.RESET_AFTER),
    Fault("^GET", FaultKind.ANSWER, status=503),
    Fault("^PUT", FaultKind.ANSWER, status=429, headers={"Retry-After": "1"}, body=b"Slow down"),
    Fault(
        "^PUT",
        FaultKind.ANSWER,
        status=409,
        headers={"Content-Type": "application/json"},
        body=b'{"error": "DatabaseConflict", "description": "Database collision"}',
    ),
)


class _Storm:
    """Random deeds on two tickets, and what must come of them."""

    def __init__(self, shop: Shop, chance: random.Random, tickets: dict[int, str]) -> None:
        self.shop = shop
        self.chance = chance
        self.tickets = tickets
        self.states = dict.fromkeys(tickets, "New")
        self.to_item: dict[int, list[str]] = {each: [] for each in tickets}
        self.to_ticket: dict[int, list[str]] = {each: [] for each in tickets}

    def act(self, number: int) -> None:
        """One deed, at a second of its own."""
        zendesk, boards = self.shop.zendesk, self.shop.world.boards
        self.shop.clock.seconds += 1
        ticket = self.chance.choice([*self.tickets])
        match self.chance.randrange(6):
            case 0:
                state = self.chance.choice([*_STAGES])
                if state != self.states[ticket]:
                    boards.person_moves_state(self.tickets[ticket], state)
                    self.states[ticket] = state
            case 1:
                self.write_note(ticket, number)
            case 2:
                words = f"answer {number} of engineering"
                html = f"<div>#customer</div><div>{words}</div>"
                boards.person_comments(self.tickets[ticket], html)
                self.to_ticket[ticket].append(words)
            case 3:
                zendesk.person_edits_ticket(ticket, priority=self.chance.choice(["low", "urgent"]))
            case 4:
                zendesk.customer_writes(ticket, f"Any news? ({number})")
            case _:
                fault = self.chance.choice(_BAD)
                zendesk.faults.add(
                    Fault(fault.match, fault.kind, 1, fault.status, fault.headers, fault.body)
                )
                zendesk.drop_webhooks = self.chance.randrange(3)

    def write_note(self, ticket: int, number: int) -> None:
        """An agent has something to say to engineering."""
        words = f"seen {number} times"
        self.shop.clock.seconds += 1
        self.shop.zendesk.agent_writes(ticket, f"#dev\n\n{words}", public=False)
        self.to_item[ticket].append(words)

    def check(self) -> None:
        """Each ticket shows its item, and every marked word crossed once."""
        boards, zendesk = self.shop.world.boards, self.shop.zendesk
        assert len(self.shop.world.items()) == len(self.tickets)
        for ticket, item in self.tickets.items():
            assert self.shop.shown(ticket, "Work stage") == _STAGES[self.states[ticket]]
            arrived = [each.text for each in boards.items[int(item)].comments]
            for words in self.to_item[ticket]:
                assert sum(words in each for each in arrived) == 1, words
            assert not any("Any news" in each for each in arrived)
            notes = self.shop.notes(ticket)
            for words in self.to_ticket[ticket]:
                assert sum(words in each for each in notes) == 1, words
            hub = zendesk.admin_id
            public = [
                c for c in zendesk.tickets[ticket].comments if c.author_id == hub and c.public
            ]
            assert public == []


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_history_ends_with_everything_said_once(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    async with open_shop(tmp_path) as shop:
        tickets = dict([await shop.bug(), await shop.bug()])
        shop.zendesk.export_holdback = shop.zendesk.search_lag
        await shop.world.sweep("zendesk")
        shop.zendesk.duplicate_rate, shop.zendesk.reorder = 0.3, True
        storm = _Storm(shop, chance, tickets)
        for number in range(20):
            storm.act(number)
            if chance.random() < 0.5:
                await shop.world.deliver()
        await shop.world.settle()
        shop.zendesk.faults.clear()
        # At last no webhook comes any more: what is said now is for the sweep to find.
        for ticket in tickets:
            shop.zendesk.drop_webhooks = 100
            storm.write_note(ticket, 99)
        shop.zendesk.drop_webhooks = 0
        shop.clock.seconds += 1
        await shop.world.sweep("zendesk")
        await shop.world.sweep("boards")
        storm.check()
