"""How fast and with how many calls tickets follow their work: one by one, and by thousands."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.seeding import at_rest, link_each
from bench.stage import Stage, at_peace, staged, until

IDLE_S = 20.0


@dataclass(frozen=True, slots=True)
class Followed:
    """Changes at a fixed pace: the hub's time, CPU and calls for each, and what it costs idle."""

    p50_ms: float
    p99_ms: float
    cpu_ms: float
    writes: float
    reads: float
    idle_share: float
    idle_mb: float


async def _asked(stage: Stage) -> tuple[int, int]:
    """Writes and reads that the vendors have answered so far."""
    asked: dict[str, dict[str, int]] = await stage.vendors.do("asked")
    reads = sum(each.get("GET", 0) + each.get("POST", 0) for each in asked.values())
    return asked["hubspot"].get("PATCH", 0), reads


async def follow(
    events: int = 600,
    *,
    tickets: int = 300,
    a_second: float = 20.0,
    profile: Path | None = None,
) -> Followed:
    """Tickets that the hub itself has launched, whose items then move one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage:
            async with stage.filling():
                pass  # The tables are there, as for every start but the first.
            hub = await stage.start(profile=profile)
            await stage.vendors.do("hooks", hub.url)
            await stage.vendors.do("tickets", tickets)

            async def launched() -> bool:
                return bool(await stage.vendors.do("launched") >= tickets)

            await until(launched)
            await at_peace(stage)
            await stage.vendors.do("pace", a_second, tickets)
            await at_peace(stage)
            before, used = await _asked(stage), hub.used_s()
            took = sorted(await stage.vendors.do("pace", a_second, events))
            await at_peace(stage)
            after, spent = await _asked(stage), hub.used_s() - used
            used = hub.used_s()
            await asyncio.sleep(IDLE_S)
            return Followed(
                p50_ms=took[len(took) // 2] * 1000,
                p99_ms=took[int(len(took) * 0.99)] * 1000,
                cpu_ms=spent / events * 1000,
                writes=(after[0] - before[0]) / events,
                reads=(after[1] - before[1]) / events,
                idle_share=(hub.used_s() - used) / IDLE_S,
                idle_mb=hub.held_mb(),
            )


@dataclass(frozen=True, slots=True)
class FannedOut:
    """One bug with many tickets: seconds till all follow, what the limit alone takes, how long a
    change elsewhere waited meanwhile, how often the limit was run into, and the hub's CPU.
    """

    seconds: float
    limit_s: float
    elsewhere_s: float
    refused: int
    cpu_ms: float


async def fan_out(count: int = 5000, limit: int = 1000) -> FannedOut:
    """All follow one bug through a helpdesk that takes `limit` calls in ten seconds."""
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage:
            tickets: list[str] = await stage.vendors.do("tickets", count + 1)
            bug, other = await stage.vendors.do("items", 2)
            async with stage.filling() as hub:
                await link_each(hub, tickets, [bug] * count + [other])
                await at_rest(hub)
            await stage.vendors.do("limit", limit)
            process = await stage.start()
            await stage.vendors.do("hooks", process.url)

            async def shown(wanted: int) -> bool:
                return bool(await stage.vendors.do("shown", "In testing") >= wanted)

            used, began = process.used_s(), time.perf_counter()
            await stage.vendors.do("move", [bug], "Resolved")
            await until(lambda: shown(count // 3), every_s=0.2)
            elsewhere = time.perf_counter()
            await stage.vendors.do("move", [other], "Resolved")

            async def followed() -> bool:
                ticket: dict[str, Any] = await stage.vendors.do("ticket", tickets[-1])
                return bool(ticket.get("work_stage") == "In testing")

            await until(followed, every_s=0.1)
            waited = time.perf_counter() - elsewhere
            await until(lambda: shown(count + 1), every_s=0.2)
            took = time.perf_counter() - began
            return FannedOut(
                seconds=took,
                limit_s=(count + 1) / limit * 10,
                elsewhere_s=waited,
                refused=await stage.vendors.do("refused"),
                cpu_ms=(process.used_s() - used) / (count + 1) * 1000,
            )


def cores() -> int:
    """The cores of this machine."""
    return psutil.cpu_count() or 1


if __name__ == "__main__":
    print(asyncio.run(follow()))
    print(asyncio.run(fan_out()))
