"""A list for the people who review, once a day to each of them (H7, H8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.engine import daily
from bridge.kit.clock import ManualClock, SystemClock
from bridge.store.tables import records
from tests.scenarios.telling import LEADS, Telling, telling
from tests.scenarios.test_mirror import bug
from tests.shipped import WITH_NOTICES

POINTS = "Microsoft.VSTS.Scheduling.StoryPoints"
DIGESTS = f"""
calendars:
  reviewers: {{zone: UTC, hours: {{mon-sun: "09:00-17:00"}}}}
digests:
  - id: user-stories
    what: review
    when: {{at: "16:00", days: reviewers}}
    to: development_leads
    via: [internal, mail]
    routes: [development-request]
    lacking: {POINTS}
  - id: to-tell
    what: to_tell
    when: {{at: "16:00", days: daily}}
    via: internal
    when_empty: skip
"""
MAPPING = WITH_NOTICES + DIGESTS


class Ahead(SystemClock):
    """The machine's clock as it will be."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        """The time then."""
        return super().now() + self._by


@pytest.fixture(params=["sqlite", "postgresql"])
async def told(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Telling]:
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with telling(tmp_path, database_url=url, mapping=MAPPING) as opened:
        yield opened


def at(day: datetime, hour: int, minute: int = 0) -> ManualClock:
    return ManualClock(datetime.combine(day.date(), time(hour, minute), day.tzinfo))


async def story(told: Telling, subject: str) -> str:
    """A wish that became a user story; the story's id."""
    before = {each.id for each in told.world.items()}
    told.world.hubspot.person_creates_ticket(
        subject, category="Development Request", company_id=told.world.acme
    )
    await told.world.settle()
    [item] = [each for each in told.world.items() if each.id not in before]
    return str(item.id)


async def look(told: Telling) -> None:
    """Several processes look at the same moment, and what they decide happens."""
    await asyncio.gather(*(daily.look(told.world.hub, "") for _ in range(4)))
    await told.world.settle()
    await told.pass_time()


async def test_both_reviewers_get_the_list_once_a_day_whoever_makes_it(told: Telling) -> None:
    """H7: user stories are reviewed daily by two people. H8: they set the priority."""
    world, start = told.world, told.world.hub.now()
    first = await story(told, "A darker mode")
    world.hub.db.clock = at(start + timedelta(days=1), 15, 59)
    await look(told)
    assert told.mail.mails == []

    world.hub.db.clock = at(start + timedelta(days=1), 16, 5)
    await look(told)
    await look(told)
    assert [len(told.box(each)) for each in LEADS] == [1, 1]
    assert len(told.cards()) == 2
    text = told.box(LEADS[0])[0].part("plain")
    assert f"#{first} · Acme · A darker mode" in text
    subject = str(told.box(LEADS[0])[0].message["Subject"])
    assert subject == "User stories: 1 work item waits for a priority"


async def test_next_day_names_what_is_new_and_not_what_was_decided(tmp_path: Path) -> None:
    async with telling(tmp_path, mapping=MAPPING) as told:
        world, start = told.world, told.world.hub.now()
        first, kept = await story(told, "A darker mode"), await story(told, "Shortcuts")
        world.hub.db.clock = at(start + timedelta(days=1), 16, 5)
        await look(told)
        world.boards.person_edits(first, {POINTS: 3})
        # In the morning, whatever time of day it is where the test runs.
        world.hub.db.clock = Ahead(at(start + timedelta(days=2), 9).now() - start)
        second = await story(told, "Export as CSV")
        world.hub.db.clock = at(start + timedelta(days=3), 21)
        await look(told)
        assert [len(told.box(each)) for each in LEADS] == [2, 2]
        text = told.box(LEADS[1])[1].part("plain")
        assert f"#{kept} · Acme · Shortcuts" in text
        assert f"#{second} · Acme · Export as CSV (new)" in text
        assert "darker" not in text


async def test_nothing_is_sent_of_the_day_on_which_the_list_came_to_be_or_that_passed(
    tmp_path: Path,
) -> None:
    async with telling(tmp_path, mapping=MAPPING) as told:
        await story(told, "A darker mode")
        start = told.world.hub.now()
        told.world.hub.db.clock = at(start + timedelta(days=3), 1)
        await look(told)
        assert told.mail.mails == []
        told.world.hub.db.clock = at(start + timedelta(days=3), 16)
        await look(told)
        assert [len(told.box(each)) for each in LEADS] == [1, 1]
        assert await told.world.findings() == set()
        kept = {each["route"]: each["content"] for each in await told.rows()}
        assert kept == {"@digest:user-stories": None}


async def test_recipient_that_refuses_a_list_is_a_finding_until_one_is_taken(
    tmp_path: Path,
) -> None:
    async with telling(tmp_path, mapping=MAPPING) as told:
        await story(told, "A darker mode")
        start = told.world.hub.now()
        told.mail.unknown.add(LEADS[0])
        told.world.hub.db.clock = at(start + timedelta(days=1), 16)
        await look(told)
        assert [len(told.box(each)) for each in LEADS] == [0, 1]
        assert await told.world.findings() == {"NOTICE_REFUSED"}
        async with told.world.hub.db.read() as connection:
            keys = await connection.scalars(sa.select(records.c.key))
            assert not [each for each in keys if "@digest" in each]
        told.mail.unknown.clear()
        told.world.hub.db.clock = at(start + timedelta(days=2), 16)
        await look(told)
        assert [len(told.box(each)) for each in LEADS] == [1, 2]
        assert await told.world.findings() == set()


async def test_list_of_what_came_apart_waits_for_the_look_that_is_due_with_it(
    tmp_path: Path,
) -> None:
    """After a night in which nobody looked, both are due at once."""
    apart = """
hygiene: {at: "02:00", time_zone: UTC}
digests:
  - {id: apart, what: hygiene, when: {at: "03:00", days: daily}, to: development_leads, via: mail}
"""
    async with telling(tmp_path, mapping=WITH_NOTICES + apart) as told:
        world = told.world
        ticket, _ = await bug(world, "Dispatch board blank")
        world.hubspot.person_edits_ticket(ticket, hs_pipeline_stage="4")
        await world.settle()
        sent = len(told.mail.mails)
        world.hub.db.clock = at(world.hub.now() + timedelta(days=1), 4)
        await daily.look(world.hub, "")
        assert len(told.mail.mails) == sent
        for _ in range(100):
            await world.settle()
            await told.pass_time()
            if len(told.mail.mails) > sent:
                break
        subject = str(told.mail.mails[-1].message["Subject"])
        assert subject.endswith("1 cause came apart over night"), subject
