"""Drain: a backlog of tickets, one write each, against the same calls by bare httpx."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from pathlib import Path

from bench.seeding import seed
from bench.stage import Stage, staged, until

IN_FLIGHT = 16
DELAY_S = 0.02


@dataclass(frozen=True, slots=True)
class Drained:
    """Writes a second, and milliseconds of CPU for each."""

    rate: float
    cpu_ms: float


async def _bare(stage: Stage, tickets: list[str]) -> Drained:
    """The same writes by httpx alone, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.calling", stage.vendors.hubspot, str(IN_FLIGHT),
        stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    told, _ = await process.communicate("\n".join(tickets).encode())
    return Drained(*json.loads(told))


async def drained(
    stage: Stage,
    tickets: list[str],
    *,
    delay_s: float = DELAY_S,
    replicas: int = 1,
    profile: Path | None = None,
) -> Drained:
    """Start hubs on the stage and wait until every ticket has its write."""
    await stage.vendors.do("delay", delay_s)
    before = await _patched(stage)
    hubs = [await stage.start(profile=profile) for _ in range(replicas)]
    used, began = sum(each.used_s() for each in hubs), time.perf_counter()
    # What the first did while the second was starting does not count.
    already = await _patched(stage)

    async def done() -> bool:
        return await _patched(stage) - before >= len(tickets)

    await until(done)
    took = time.perf_counter() - began
    count = len(tickets) - (already - before)
    spent = sum(each.used_s() for each in hubs) - used
    return Drained(count / took, spent / count * 1000)


async def _patched(stage: Stage) -> int:
    asked: dict[str, dict[str, int]] = await stage.vendors.do("asked")
    return asked["hubspot"].get("PATCH", 0)


async def drain(count: int = 5000, *, profile: Path | None = None) -> tuple[Drained, Drained]:
    """The hub's drain, and the writes a second of bare calls."""
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage:
            tickets = await seed(stage, count)
            await stage.vendors.do("delay", DELAY_S)
            reference = await _bare(stage, tickets)
            return await drained(stage, tickets, profile=profile), reference


if __name__ == "__main__":
    where = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    print(asyncio.run(drain(int(sys.argv[1]), profile=where)))
