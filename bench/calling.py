"""The reference of a drain, in its own process: the same writes by bare httpx, nothing around them.

`python -m bench.calling ADDRESS IN_FLIGHT` reads ticket ids from its standard input, one a line,
and prints JSON: writes a second, and milliseconds of its own CPU for each.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import httpx
import uvloop


async def _write(address: str, in_flight: int, tickets: list[str]) -> tuple[float, float]:
    waiting = iter(tickets)
    headers = {"Authorization": "Bearer pat-test"}
    async with httpx.AsyncClient(base_url=address, headers=headers, trust_env=False) as client:

        async def one() -> None:
            for id in waiting:
                body = {"properties": {"work_items": "#0", "work_stage": "x"}}
                answer = await client.patch(f"/crm/objects/2026-03/tickets/{id}", json=body)
                answer.raise_for_status()

        began, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(one() for _ in range(in_flight)))
        took, spent = time.perf_counter() - began, time.process_time() - used
    return len(tickets) / took, spent / len(tickets) * 1000


if __name__ == "__main__":
    written = _write(sys.argv[1], int(sys.argv[2]), sys.stdin.read().split())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(written)))
