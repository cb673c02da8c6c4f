"""Vendors on a bad day: replies lost or doubled, limits, outages, webhooks as they please."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.kit.faults import Fault, FaultKind
from tests.chaos.world import LONG, Chaos

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
FOR_DEVELOPERS = "Happens on Safari only."
FOR_CUSTOMERS = "A fix is under way."
HTML = {"content-type": "text/html"}
JSON = {"content-type": "application/json"}
ENGINES = ["sqlite", "postgresql"] if LONG else ["sqlite"]
on_engines = pytest.mark.parametrize("chaos", ENGINES, indirect=True)

LINES = {
    "create": ("boards", r"^POST .*/workitems/\$"),
    "item": ("boards", r"^PATCH .*/workitems/\d+"),
    "comment": ("boards", r"^POST .*/comments"),
    "upload": ("boards", r"^POST .*/attachments"),
    "ticket": ("hubspot", r"^PATCH .*/tickets/\d+"),
    "note": ("hubspot", r"^POST .*/notes(\?|$)"),
}
"""Every call that has an effect: which vendor, and how its request line looks."""

DOUBTS = {
    "reset": Fault("", FaultKind.RESET_AFTER),
    "html": Fault("", FaultKind.ANSWER_AFTER, status=200, headers=HTML, body=b"<html></html>"),
    "503": Fault("", FaultKind.ANSWER_AFTER, status=503),
    "502-before": Fault("", FaultKind.ANSWER, status=502),
    "reset-before": Fault("", FaultKind.RESET),
}
"""Answers after which nobody knows whether the effect happened."""
SHORT_LINES = ("create", "ticket", "upload")
SHORT_DOUBTS = ("reset", "reset-before")
CASES = [
    (line, doubt)
    for line in (LINES if LONG else SHORT_LINES)
    for doubt in (DOUBTS if LONG else SHORT_DOUBTS)
]


def _arm(chaos: Chaos, line: str, doubt: Fault, times: int = 1) -> Fault:
    vendor, match = LINES[line]
    simulator = chaos.hubspot if vendor == "hubspot" else chaos.boards
    return simulator.faults.add(replace(doubt, match=match, times=times))


async def _story(chaos: Chaos) -> str:
    """A ticket with a picture and talk both ways, and its bug that is worked on."""
    ticket = chaos.new_ticket()
    chaos.attach(ticket, PICTURE)
    chaos.hubspot.person_adds_note(ticket, f"<p>#dev</p><p>{FOR_DEVELOPERS}</p>")
    await chaos.recovered()
    [item] = chaos.items()
    chaos.boards.person_moves_state(item.id, "Active")
    chaos.boards.person_comments(item.id, f"<div>#customer</div><div>{FOR_CUSTOMERS}</div>")
    await chaos.recovered()
    return ticket


def _assert_right(chaos: Chaos, ticket: str) -> None:
    [item] = chaos.items()
    assert not chaos.wrong(ticket)
    assert chaos.files_on(item) == Counter([PICTURE])
    assert chaos.comments_on(item).count(FOR_DEVELOPERS) == 1
    assert chaos.notes_on(ticket).count(FOR_CUSTOMERS) == 1


@on_engines
@pytest.mark.parametrize(("line", "doubt"), CASES)
async def test_unclear_answer_loses_and_doubles_nothing(
    chaos: Chaos, line: str, doubt: str
) -> None:
    await chaos.hub.start()
    armed = _arm(chaos, line, DOUBTS[doubt])
    ticket = await _story(chaos)
    assert armed.times == 0, "the fault was not met"
    _assert_right(chaos, ticket)


EPISODES = {
    "429": Fault("", FaultKind.ANSWER, status=429, headers={**JSON, "Retry-After": "2"}),
    "503": Fault("", FaultKind.ANSWER, status=503),
    "html": Fault("", FaultKind.ANSWER, status=200, headers=HTML, body=b"<html>Sign in</html>"),
    "401": Fault("", FaultKind.ANSWER, status=401, headers=JSON, body=b"{}"),
    "reset": Fault("", FaultKind.RESET),
}


AWAY = [(vendor, episode) for vendor in ("hubspot", "boards") for episode in EPISODES]
SHORT_AWAY = [("hubspot", "html"), ("hubspot", "429"), ("boards", "503"), ("boards", "401")]


@on_engines
@pytest.mark.parametrize(("vendor", "episode"), AWAY if LONG else SHORT_AWAY)
async def test_vendor_that_is_away_for_a_while_is_caught_up_with(
    chaos: Chaos, vendor: str, episode: str
) -> None:
    await chaos.hub.start()
    before = chaos.new_ticket("Before")
    await chaos.settle()
    simulator = chaos.hubspot if vendor == "hubspot" else chaos.boards
    simulator.faults.add(replace(EPISODES[episode], match=".", times=10**9))
    during = chaos.new_ticket("During")
    chaos.boards.person_moves_state(chaos.items()[0].id, "Resolved")
    await chaos.until(lambda: simulator.faults.struck)
    assert chaos.clock is not None
    chaos.clock.later(30)
    await chaos.until(lambda: not chaos.hubspot.pending_events)
    simulator.faults.clear()
    await chaos.recovered()
    assert not chaos.wrong(before)
    assert not chaos.wrong(during)
    assert len(chaos.items()) == 2
    assert not await chaos.findings() & {"AUTH_EXPIRED", "REMOTE_DOWN", "RUN_FAILED"}


TRIES = 5
"""With waits of 1, 2, 4, 8 and 16 s after them nobody gets further while this test lasts."""


@on_engines
async def test_vendor_that_is_away_is_left_alone_however_much_happens(chaos: Chaos) -> None:
    await chaos.hub.start()
    tickets = [chaos.new_ticket(f"Export {n} fails") for n in range(3)]
    await chaos.settle()
    chaos.hubspot.faults.add(replace(EPISODES["503"], match=".", times=10**9))
    for state in ("Active", "Resolved", "New", "Active", "Closed", "Resolved") * 3:
        for item in chaos.items():
            chaos.boards.person_moves_state(item.id, state)
        await asyncio.sleep(0.1)
    await chaos.until(lambda: not chaos.boards.pending_notifications)
    assert 0 < len(chaos.hubspot.faults.struck) <= TRIES * len(tickets)
    chaos.hubspot.faults.clear()
    await chaos.settle()
    assert not [chaos.wrong(each) for each in tickets if chaos.wrong(each)]


@on_engines
@pytest.mark.parametrize("seed", range(8 if LONG else 1))
async def test_webhooks_as_they_please_change_only_when_the_hub_looks(
    chaos: Chaos, seed: int
) -> None:
    dice = random.Random(seed)
    await chaos.hub.start()
    chaos.hubspot.duplicate_rate = chaos.boards.duplicate_rate = 0.5
    chaos.hubspot.reorder = chaos.boards.reorder = True
    tickets = [chaos.new_ticket(f"Export {n} fails") for n in range(5)]
    await chaos.settle()
    for _ in range(15):
        chaos.hubspot.drop_webhooks = dice.randrange(3)
        chaos.boards.drop_hooks = dice.randrange(3)
        item = dice.choice(chaos.items())
        chaos.boards.person_moves_state(item.id, dice.choice(["New", "Active", "Resolved"]))
    tickets.append(chaos.new_ticket("Told by nobody"))
    chaos.hubspot.drop_webhooks = chaos.boards.drop_hooks = 0
    await chaos.recovered()
    assert not [chaos.wrong(each) for each in tickets if chaos.wrong(each)]
    assert len(chaos.items()) == len(tickets)
    assert not chaos.created_twice()


@on_engines
async def test_late_doubled_and_reordered_webhooks_bring_back_nothing_old(chaos: Chaos) -> None:
    chaos.block_sweeps()
    await chaos.hub.start()
    tickets = [chaos.new_ticket(f"Export {n} fails") for n in range(3)]
    await chaos.settle()
    chaos.hubspot.duplicate_rate = chaos.boards.duplicate_rate = 0.5
    chaos.hubspot.reorder = chaos.boards.reorder = True
    dice = random.Random(7)
    chaos.post.delay_s = lambda: dice.choice([0.0, 0.0, 0.1, 0.4])
    for state in ("Active", "Resolved", "New", "Active", "Closed", "Resolved"):
        for item in chaos.items():
            chaos.boards.person_moves_state(item.id, state)
        await asyncio.sleep(0.05)
    await chaos.settle()
    assert [chaos.shown(each, "work_stage") for each in tickets] == ["In testing"] * 3
    assert not [chaos.wrong(each) for each in tickets if chaos.wrong(each)]


@on_engines
async def test_clock_set_back_by_an_hour_holds_nothing_up(chaos: Chaos) -> None:
    assert chaos.clock is not None
    await chaos.hub.start()
    tickets = [chaos.new_ticket("Before")]
    await chaos.settle()
    [item] = chaos.items()
    chaos.clock.set_back(3600)
    chaos.boards.person_moves_state(item.id, "Active")
    await chaos.until(lambda: chaos.shown(tickets[0], "work_stage") == "In development")
    chaos.boards.person_moves_state(item.id, "Resolved")
    await chaos.until(lambda: chaos.shown(tickets[0], "work_stage") == "In testing")
    # What HubSpot signs now lies outside its window: only a sweep can find it.
    tickets.append(chaos.new_ticket("Meanwhile"))
    await chaos.settle()
    chaos.clock.set_back(0)
    await chaos.recovered()
    assert not [chaos.wrong(each) for each in tickets if chaos.wrong(each)]
    assert len(chaos.items()) == len(tickets)
    assert not await chaos.findings()


@on_engines
async def test_search_that_lags_behind_a_lost_create_makes_no_second_item(chaos: Chaos) -> None:
    await chaos.hub.start()
    chaos.boards.wiql_lag = timedelta(seconds=4)
    armed = _arm(chaos, "create", DOUBTS["reset"])
    ticket = chaos.new_ticket()
    await chaos.recovered()
    assert armed.times == 0
    assert len(chaos.items()) == 1
    assert not chaos.wrong(ticket)
