"""`python -m bench [--quick] [--keep] [MEASURE…]`: measures beside their bars, and as JSON.

A figure by itself says more of the machine than of the hub, so each stands beside a reference of
the same run: the same work without the hub around it. The hub is a real `bridge serve`, the
vendors are simulators in a process of their own, and both share the machine with the load.
`--quick` takes a tenth of everything, to see whether a measure works; `--keep` also writes
`bench/results.md`, which is worth it on a machine that does nothing else.
`python -m bench profile` writes where the time goes to `bench/profiles/`.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.accepting import accept
from bench.detecting import detect
from bench.draining import drain
from bench.following import cores, fan_out, follow
from bench.growing import cost, pages
from bench.pairing import TICKETS, Cost, pairs
from bench.profiling import write_profiles
from bench.replicas import replicas

HERE = Path(__file__).parent
BUSY = 0.5
"""Above this load for each core before a measure, others were at work."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `busy`: others were at work on the machine just before."""

    measure: str
    figure: str
    reference: str
    bar: str
    holds: bool
    busy: bool = False

    @property
    def verdict(self) -> str:
        """Whether the bar is held, and whether that is worth much."""
        said = "holds" if self.holds else "MISSED"
        return f"{said} (machine busy)" if self.busy else said


async def _accept(part: float) -> list[Row]:
    hub, bare = await accept(round(5000 * part))
    rate, late = hub.rate / bare.rate, hub.p99_ms / bare.p99_ms
    said, beside = f"{hub.rate:.0f}/s, ratio {rate:.2f}", f"bare route {bare.rate:.0f}/s"
    slow = f"p99 {hub.p99_ms:.0f} ms, ratio {late:.2f}"
    return [
        Row("accept: rate", said, beside, ">= 0.7", rate >= 0.7),
        Row("accept: p99", slow, f"bare route {bare.p99_ms:.0f} ms", "<= 1.5", late <= 1.5),
        Row("accept: errors", str(hub.errors), str(bare.errors), "0", hub.errors == 0),
    ]


async def _follow(part: float) -> list[Row]:
    found = await follow(round(600 * part), tickets=round(300 * part))
    times = f"p50 {found.p50_ms:.1f} ms, p99 {found.p99_ms:.1f} ms, {found.cpu_ms:.1f} ms CPU"
    calls = f"{found.writes:.2f} writes, {found.reads:.2f} reads"
    idle = f"{found.idle_share:.1%} of a core, {found.idle_mb:.0f} MB"
    return [
        Row(
            "end to end at 20/s", times, "vendor calls without delay", "p50 < 15, p99 < 60",
            found.p50_ms < 15 and found.p99_ms < 60,
        ),
        Row(
            "calls per mirrored change", calls, "the change itself: 1 write", "1 write, 0 reads",
            round(found.writes, 2) <= 1 and round(found.reads, 2) == 0,
        ),
        Row(
            "idle", idle, f"{cores()} cores", "< 1.5 %, < 150 MB",
            found.idle_share < 0.015 and found.idle_mb < 150,
        ),
    ]  # fmt: skip


async def _drain(part: float) -> list[Row]:
    count = round(5000 * part)
    done, bare = await drain(count)
    said = f"{done.rate:.0f}/s, {done.cpu_ms:.1f} ms CPU a write, ratio {done.rate / bare.rate:.2f}"
    beside = f"bare httpx {bare.rate:.0f}/s, {bare.cpu_ms:.1f} ms"
    return [Row(f"drain of {count:,}", said, beside, ">= 200/s", done.rate >= 200)]


async def _fan_out(part: float) -> list[Row]:
    count = round(5000 * part)
    found = await fan_out(count)
    ratio = found.seconds / found.limit_s
    took = f"{found.seconds:.0f} s, {found.cpu_ms:.1f} ms CPU each, ratio {ratio:.2f}"
    beside = f"the limit alone {found.limit_s:.0f} s"
    elsewhere = f"{found.elsewhere_s:.1f} s, limit met {found.refused} times"
    return [
        Row(f"one bug, {count:,} tickets", took, beside, "<= 1.2", ratio <= 1.2),
        Row("a change elsewhere meanwhile", elsewhere, "", "< 5 s", found.elsewhere_s < 5),
    ]


async def _growth(part: float) -> list[Row]:
    links, changes = round(1_000_000 * part), max(100, round(300 * part))
    before, large = await cost(1_000, changes), await cost(links, changes)
    # What else the machine did shows as a difference between the two.
    small = min(before, await cost(1_000, changes))
    said = f"{large:.1f} ms CPU a change, ratio {large / small:.2f}"
    return [
        Row(
            f"{links:,} links", said, f"1,000 links: {small:.1f} ms", "<= 1.3", large <= small * 1.3
        )
    ]


async def _pages(part: float) -> list[Row]:
    count = round(100_000 * part)
    took = await pages(count)
    slowest = max(took, key=lambda each: took[each].ms)
    largest = max(took, key=lambda each: took[each].size)
    late, size = took[slowest].ms, took[largest].size / 1000
    beside, measure = f"{len(took)} pages", f"pages at {count:,} tickets"
    return [
        Row(measure, f"slowest {late:.0f} ms ({slowest})", beside, "< 50 ms", late < 50),
        Row(f"{measure}: size", f"{size:.0f} kB ({largest})", beside, "< 100 kB", size < 100),
    ]


async def _replicas(part: float) -> list[Row]:
    one, two = await replicas(max(80, round(400 * part)))
    ratio = two.rate / one.rate
    said = f"{two.rate:.0f}/s, {two.cpu_ms:.1f} ms CPU a write, ratio {ratio:.2f}"
    beside = f"one {one.rate:.0f}/s, {one.cpu_ms:.1f} ms"
    return [Row("two replicas", said, beside, ">= 1.7", ratio >= 1.7)]


async def _detector(part: float) -> list[Row]:
    found = detect(max(5_000, round(20_000 * part)))
    grown = f"ratio {found.ratio:.2f} ({found.stretch})"
    slow = f"{found.plain_mb_s:.1f} MB/s, hostile {found.worst_mb_s:.2f} ({found.slowest})"
    return [
        Row("detector: text twice as long", grown, "half of it", "<= 2.6", found.ratio <= 2.6),
        Row("detector: rate", slow, "", ">= 1 MB/s", found.plain_mb_s >= 1),
    ]


async def _pairs(part: float) -> list[Row]:
    return [_of_pair(each) for each in await pairs(max(1, round(50 * part / TICKETS)))]


def _of_pair(cost: Cost) -> Row:
    """A mirrored change is one write; a read only where the vendor leaves no other way."""
    said = f"{cost.writes:.2f} writes, {cost.reads:.2f} reads"
    arrived = f" ({cost.arrived} of {cost.changes} arrived)" if cost.arrived < cost.changes else ""
    once = round(cost.writes, 2) == 1 and not arrived
    return Row(
        f"{cost.desk}, {cost.board}: {cost.kind}", said + arrived, cost.reason,
        "1 write" if cost.reason else "1 write, 0 reads",
        once and (not cost.reads or bool(cost.reason)),
    )  # fmt: skip


MEASURES: dict[str, Callable[[float], Awaitable[list[Row]]]] = {
    "accept": _accept,
    "follow": _follow,
    "pairs": _pairs,
    "drain": _drain,
    "fan_out": _fan_out,
    "pages": _pages,
    "growth": _growth,
    "replicas": _replicas,
    "detector": _detector,
}


def main(given: list[str]) -> int:
    """Take the measures named (all without a name); 1 if a bar is missed, 2 for a wrong name."""
    names = [each for each in given if each not in ("--quick", "--keep")]
    if names == ["profile"]:
        for file in write_profiles(HERE / "profiles"):
            print(file.relative_to(HERE.parent))
        return 0
    unknown = [each for each in names if each not in MEASURES]
    if unknown:
        print(f"no measure {', '.join(unknown)}; there are: {', '.join(MEASURES)}, and profile")
        return 2
    part = 0.1 if "--quick" in given else 1.0
    table: list[Row] = []
    for name in names or MEASURES:
        load = os.getloadavg()[0] / cores()
        print(f"… {name}, load {load:.2f} a core", file=sys.stderr, flush=True)
        found = asyncio.run(_taken(MEASURES[name], part))
        table += [replace(each, busy=load > BUSY) for each in found]
        said = {"taken_on": _machine(), "part": part, "rows": [asdict(each) for each in table]}
        (HERE / "results.json").write_text(json.dumps(said, indent=2) + "\n")
    for each in table:
        beside = f"{each.reference:<27} {each.bar:<19} {each.verdict}"
        print(f"{each.measure:<29} {each.figure:<52} {beside}")
    if "--keep" in given:
        (HERE / "results.md").write_text(_page(table, part))
    return 1 if not all(each.holds for each in table) else 0


def _machine() -> str:
    day = datetime.now(UTC).date().isoformat()
    return f"{day}, {cores()} cores, Python {platform.python_version()}, {platform.machine()}"


def _page(table: list[Row], part: float) -> str:
    """The table as a page of its own."""
    lines = [
        "# Measures",
        "",
        f"As `make bench` found them: {_machine()}{'' if part == 1 else f', a part of {part}'}.",
        "",
        "| measure | figure | beside | bar | |",
        "|---|---|---|---|---|",
        *(
            f"| {each.measure} | {each.figure} | {each.reference} | {each.bar} | {each.verdict} |"
            for each in table
        ),
    ]
    return "\n".join(lines) + "\n"


async def _taken(measure: Callable[[float], Awaitable[list[Row]]], part: float) -> list[Row]:
    return await measure(part)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
