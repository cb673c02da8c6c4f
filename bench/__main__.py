"""`python -m bench [MEASURE…]`: takes the measures, prints them beside their bars, writes JSON.

A figure by itself says more of the machine than of the hub, so each stands beside a reference of
the same run: the same work without the hub around it. The hub is a real `bridge serve`, the
vendors are simulators in a process of their own, and both share the machine with the load.
`python -m bench profile` writes where the time of a drain goes to `bench/profiles/`.
"""

from __future__ import annotations

import asyncio
import io
import json
import pstats
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.accepting import accept
from bench.draining import drain
from bench.following import cores, fan_out, follow
from bench.growing import cost, pages
from bench.replicas import replicas

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `holds` is None for what is stated only."""

    measure: str
    figure: str
    reference: str
    bar: str
    holds: bool | None


async def _accept() -> list[Row]:
    hub, bare = await accept()
    rate, late = hub.rate / bare.rate, hub.p99_ms / bare.p99_ms
    said, beside = f"{hub.rate:.0f}/s, ratio {rate:.2f}", f"bare route {bare.rate:.0f}/s"
    slow = f"p99 {hub.p99_ms:.0f} ms, ratio {late:.2f}"
    return [
        Row("accept: rate", said, beside, ">= 0.7", rate >= 0.7),
        Row("accept: p99", slow, f"bare route {bare.p99_ms:.0f} ms", "<= 1.5", late <= 1.5),
        Row("accept: errors", str(hub.errors), str(bare.errors), "0", hub.errors == 0),
    ]


async def _follow() -> list[Row]:
    found = await follow()
    times = f"p50 {found.p50_ms:.1f} ms, p99 {found.p99_ms:.1f} ms"
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


async def _drain() -> list[Row]:
    done, bare = await drain()
    said = f"{done.rate:.0f}/s, {done.cpu_ms:.1f} ms CPU a write, ratio {done.rate / bare.rate:.2f}"
    beside = f"bare httpx {bare.rate:.0f}/s, {bare.cpu_ms:.1f} ms"
    return [Row("drain of 5,000", said, beside, ">= 200/s", done.rate >= 200)]


async def _fan_out() -> list[Row]:
    found = await fan_out()
    ratio = found.seconds / found.limit_s
    return [
        Row(
            "one bug, 5,000 tickets", f"{found.seconds:.0f} s, ratio {ratio:.2f}",
            f"the limit alone {found.limit_s:.0f} s", "<= 1.2", ratio <= 1.2,
        ),
        Row(
            "a change elsewhere meanwhile", f"{found.elsewhere_s:.1f} s", "", "< 5 s",
            found.elsewhere_s < 5,
        ),
    ]  # fmt: skip


async def _growth() -> list[Row]:
    small, large = await cost(1_000), await cost(1_000_000)
    said = f"{large:.1f} ms CPU a change, ratio {large / small:.2f}"
    return [
        Row("1,000,000 links", said, f"1,000 links: {small:.1f} ms", "<= 1.3", large / small <= 1.3)
    ]


async def _pages() -> list[Row]:
    took = await pages()
    slowest = max(took, key=lambda each: took[each])
    said = f"slowest {took[slowest]:.0f} ms ({slowest})"
    return [
        Row("pages at 100,000 tickets", said, f"{len(took)} pages", "< 50 ms", took[slowest] < 50)
    ]


async def _replicas() -> list[Row]:
    one, two = await replicas()
    said = f"{two:.0f}/s, ratio {two / one:.2f}"
    return [Row("two replicas", said, f"one {one:.0f}/s", ">= 1.7", two / one >= 1.7)]


MEASURES: dict[str, Callable[[], Awaitable[list[Row]]]] = {
    "accept": _accept,
    "follow": _follow,
    "drain": _drain,
    "fan_out": _fan_out,
    "pages": _pages,
    "growth": _growth,
    "replicas": _replicas,
}


def _profile() -> None:
    """Keep the profile of a drain as text: what the hub spends its time on, by function."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "drain.prof"
        asyncio.run(drain(500, profile=raw))
        text = io.StringIO()
        stats = pstats.Stats(str(raw), stream=text).strip_dirs()
        stats.sort_stats("tottime").print_stats(40)
        stats.sort_stats("cumulative").print_stats(60)
    kept = [each for each in text.getvalue().splitlines() if folder not in each]
    (HERE / "profiles").mkdir(exist_ok=True)
    (HERE / "profiles" / "drain.txt").write_text("\n".join(kept).strip() + "\n")
    print("bench/profiles/drain.txt")


def main(names: list[str]) -> int:
    """Take the measures named (all without a name); 1 if a bar is missed, 2 for a wrong name."""
    if names == ["profile"]:
        _profile()
        return 0
    unknown = [each for each in names if each not in MEASURES]
    if unknown:
        print(f"no measure {', '.join(unknown)}; there are: {', '.join(MEASURES)}, and profile")
        return 2
    table: list[Row] = []
    for name in names or MEASURES:
        print(f"… {name}", file=sys.stderr, flush=True)
        table += asyncio.run(_taken(MEASURES[name]))
        (HERE / "results.json").write_text(
            json.dumps([asdict(each) for each in table], indent=2) + "\n"
        )
    for each in table:
        mark = {True: "holds", False: "MISSED", None: ""}[each.holds]
        print(f"{each.measure:<29} {each.figure:<48} {each.reference:<27} {each.bar:<19} {mark}")
    return 1 if any(each.holds is False for each in table) else 0


async def _taken(measure: Callable[[], Awaitable[list[Row]]]) -> list[Row]:
    return await measure()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
