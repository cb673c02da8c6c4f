"""Work in the background and troubles of a mapping, told without saying more than is known."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.domain.findings import Finding
from bridge.engine import mapping_life, retrying_many
from bridge.engine.job_kinds import KINDS
from bridge.store import history
from bridge.store.tables import jobs
from bridge.web.health import JOBS
from tests.api.doors import Doors, open_doors
from tests.web.editing import PAGE, in_force
from tests.web.people import signed_in
from tests.web.test_findings import raised


def test_every_kind_of_job_has_its_words() -> None:
    assert KINDS.keys() <= JOBS.keys()


async def _troubled(doors: Doors, n: int) -> None:
    found = [Finding("AUDIENCE_BLOCK", "hubspot", f"hubspot:{each}") for each in range(n)]
    async with doors.hub.db.write() as store:
        await history.raise_findings(doors.hub.db, store, found, doors.hub.now())


@pytest.mark.parametrize(("more", "said"), [(0, "3 records"), (1, "at least 3 records")])
async def test_troubles_that_were_not_all_counted_say_so(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, more: int, said: str
) -> None:
    monkeypatch.setattr(mapping_life, "FINDINGS", 3)
    await in_force(doors)
    await _troubled(doors, 3 + more)
    text = (await (await signed_in(doors, "admin")).get(PAGE)).text
    assert f">{said}<" in text


async def test_two_presses_at_the_same_moment_begin_one_job(
    migrated_postgres: str, tmp_path: Path
) -> None:
    async with open_doors(tmp_path, database_url=migrated_postgres) as doors:
        await raised(doors, "STATUS_UNMAPPED", "hubspot:812")
        begun = await asyncio.gather(
            *(retrying_many.start(doors.hub, "STATUS_UNMAPPED", [], by="Ada") for _ in range(4))
        )
        assert len({each.id for each in begun if each is not None}) == 1
        async with doors.hub.db.read() as store:
            assert await store.scalar(sa.select(sa.func.count()).select_from(jobs)) == 1
