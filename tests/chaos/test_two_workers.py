"""Two workers on one PostgreSQL: the load splits, and whoever lost a lease does nothing more."""

from __future__ import annotations

import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bridge.kit.faults import Fault, FaultKind
from tests.chaos.world import LONG, Chaos, open_chaos


@pytest.fixture
async def pair(migrated_postgres: str, tmp_path: Path) -> AsyncIterator[Chaos]:
    """Two replicas, none started, with the machine's clocks: leases go by the database's."""
    async with open_chaos(
        tmp_path, database_url=migrated_postgres, replicas=2, shared_clock=False
    ) as opened:
        yield opened


async def _frozen(pair: Chaos, point: str) -> str:
    """A ticket whose first worker is frozen at the point; the second one has taken over."""
    first, second = pair.replicas
    await first.start(fault=point, how="STOP")
    ticket = pair.new_ticket()
    await pair.until(lambda: first.frozen)
    await second.start()
    return ticket


async def _thaw(pair: Chaos) -> None:
    pair.hub.signal(signal.SIGCONT)
    await pair.until(lambda: "lease lost" in pair.hub.tail(10**9))
    await pair.settle()


def _writes(pair: Chaos) -> list[tuple[str, str]]:
    made = [(c.method, c.path) for c in pair.hubspot.calls]
    made += [(c.method, c.path) for c in pair.boards.calls]
    return [each for each in made if each[0] in ("PATCH", "PUT", "DELETE")]


def _creates(pair: Chaos) -> int:
    return sum(c.method == "POST" and "/workitems/$" in c.path for c in pair.boards.calls)


async def test_worker_frozen_before_a_create_does_not_create_when_woken(pair: Chaos) -> None:
    ticket = await _frozen(pair, "apply.intended:LaunchItem")
    assert pair.items() == []
    await pair.until(lambda: pair.items() and not pair.wrong(ticket))
    await _thaw(pair)
    assert _creates(pair) == 1
    assert len(pair.items()) == 1
    assert not pair.wrong(ticket)


async def test_worker_frozen_after_a_create_stores_nothing_when_woken(pair: Chaos) -> None:
    ticket = await _frozen(pair, "apply.called:LaunchItem")
    assert len(pair.items()) == 1
    await pair.until(lambda: not pair.wrong(ticket))
    await _thaw(pair)
    assert _creates(pair) == 1
    assert not pair.wrong(ticket)


async def test_worker_frozen_before_a_write_does_not_write_old_values_when_woken(
    pair: Chaos,
) -> None:
    ticket = await _frozen(pair, "apply.intended:SetTicketFields")
    [item] = pair.items()
    pair.boards.person_moves_state(item.id, "Active")
    await pair.until(lambda: not pair.wrong(ticket))
    assert pair.shown(ticket, "work_stage") == "In development"
    before = _writes(pair)
    await _thaw(pair)
    assert _writes(pair) == before
    assert not pair.wrong(ticket)


async def test_killed_worker_is_taken_over_by_the_other(pair: Chaos) -> None:
    first, second = pair.replicas
    await first.start(fault="apply.called:SetTicketFields")
    await second.start()
    tickets = [pair.new_ticket(f"Export {n} fails") for n in range(6)]
    await pair.until(lambda: not first.alive)
    assert first.bury() == -9
    pair.hubspot.webhook_url = None  # nothing more comes in: what was taken must do
    await pair.until(lambda: not any(pair.wrong(each) for each in tickets))
    assert not pair.created_twice()


async def _done(pair: Chaos, replica: int) -> float:
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"{pair.replicas[replica].url}/metrics")).text
    found = re.findall(r'^bridge_runs_total\{[^}]*end="done"[^}]*\} (\S+)$', text, re.MULTILINE)
    return sum(float(each) for each in found)


async def test_two_workers_share_the_load(pair: Chaos) -> None:
    for each in pair.replicas:
        await each.start()
    # Calls that take their time, so that one worker alone can't have done it all.
    pair.hubspot.faults.add(Fault(r"^PATCH", FaultKind.DELAY, times=10**6, delay_s=0.15))
    pair.boards.faults.add(Fault(r"^POST", FaultKind.DELAY, times=10**6, delay_s=0.15))
    tickets = [pair.new_ticket(f"Export {n} fails") for n in range(40 if LONG else 12)]
    await pair.settle()
    assert not [pair.wrong(each) for each in tickets if pair.wrong(each)]
    assert not pair.created_twice()
    shares = [await _done(pair, n) for n in range(2)]
    assert min(shares) >= 0.1 * sum(shares), shares
