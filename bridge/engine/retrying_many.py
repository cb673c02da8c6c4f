"""Many findings of one cause tried once more, as a job: watched, paused and cancelled like any."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.engine.hub import Hub
from bridge.engine.jobs import Step
from bridge.engine.retrying import FindingResolved, NothingToRetry, PayloadGone, retry
from bridge.engine.wishes import LaunchRefused
from bridge.ports.manifest import Role
from bridge.store import connections, finding_groups, jobs
from bridge.store.connection import AsyncConnection
from bridge.store.jobs import Job, Moved

KIND = "retry"
CHUNK = 10
MOST_REASONS = 5
"""Different reasons of refusals that are kept."""


async def start(hub: Hub, code: str, ids: Sequence[str], *, by: str) -> Job | None:
    """Begin to try these findings of the code again, or all open ones if none are named.

    The job that does just that already, if there is one; None if there is nothing to try.
    """
    async with hub.db.write() as connection:
        for name in sorted(hub.names(Role.HELPDESK)):
            # Two presses at the same moment: the second one waits, and finds the first one's job.
            await connections.hold(hub.db, connection, name)
        chosen = sorted(set(ids))
        for live in await jobs.live(connection, KIND, code):
            if live.params["ids"] == chosen:
                return live
        total, last = await finding_groups.newest(connection, code)
        if not total:
            return None
        job = await jobs.add(
            hub.db,
            connection,
            kind=KIND,
            target=code,
            params={"ids": chosen, "until": last},
            by=by,
            now=hub.now(),
            total=len(chosen) or total,
        )
    hub.work_wake.set()
    return job


async def prepare(hub: Hub, job: Job) -> Step:
    """Try the next findings. A step that is done twice tries twice, which does no harm."""
    chosen: list[str] = job.params["ids"]
    if chosen:
        some = [each for each in chosen if each > job.cursor][:CHUNK]
    else:
        async with hub.db.read() as connection:
            some = await finding_groups.next_open(
                connection, job.target, after=job.cursor, until=job.params["until"], limit=CHUNK
            )
    result = dict(job.result or {"tried": 0, "closed": 0, "refused": 0, "why": []})
    for id in some:
        await _try(hub, id, job.created_by, result)

    async def store(_connection: AsyncConnection) -> Moved:
        return Moved(
            cursor=some[-1] if some else job.cursor,
            done=job.done + len(some),
            result=result,
            finished=len(some) < CHUNK,
        )

    return Step(store)


async def _try(hub: Hub, id: str, by: str, result: dict[str, object]) -> None:
    """Try one, and count what came of it."""
    try:
        end = "tried" if await retry(hub, id, by=by) is not None else "closed"
    except FindingResolved:
        end = "closed"
    except (NothingToRetry, PayloadGone, LaunchRefused) as error:
        end = "refused"
        known = [str(each) for each in _listed(result["why"])]
        result["why"] = [*dict.fromkeys([*known, str(error)])][:MOST_REASONS]
    result[end] = int(str(result[end])) + 1


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
