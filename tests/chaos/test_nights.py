"""A night in which the hub dies: what has come apart is found once, and listed once to each."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from connectors.email.simulator import EmailSimulator
from tests.chaos.test_kill_jobs import said_yes
from tests.chaos.world import LONG, Chaos, open_chaos
from tests.shipped import SHIPPED

LEADS = ("lead.one@acme.com", "lead.two@acme.com")
NIGHT = """
hygiene: {at: "02:00", time_zone: UTC}
digests:
  - {id: apart, what: hygiene, when: {at: "03:00", days: daily}, to: development_leads, via: mail}
"""
MAIL = """
  mail: {{vendor: email, host: 127.0.0.1, port: {port}, sender: "Support <support@acme.com>"}}
people:
  development_leads: [lead.one@acme.com, lead.two@acme.com]
"""
POINTS = [("sqlite", "job.stored:hygiene")]
if LONG:
    POINTS += [("sqlite", "job.prepared:hygiene")]
    POINTS += [("sqlite", f"notice.{step}:mail") for step in ("intended", "sent")]
    POINTS += [("postgresql", point) for _, point in POINTS]


def till_morning(chaos: Chaos) -> float:
    """How many seconds it is until half past three."""
    assert chaos.clock is not None
    now = chaos.clock.right()
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(3, 30), UTC)
    return (tomorrow - now).total_seconds()


@pytest.mark.parametrize(("engine", "point"), POINTS)
async def test_hub_killed_in_the_night_finds_each_once_and_lists_it_once_to_each(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, point: str
) -> None:
    url = request.getfixturevalue("postgres_url") if engine == "postgresql" else None
    mail = EmailSimulator()
    async with (
        mail.running(),
        open_chaos(
            tmp_path, database_url=url, mapping=SHIPPED + NIGHT,
            more_yaml=MAIL.format(port=mail.port),
        ) as chaos,
    ):  # fmt: skip
        assert chaos.clock is not None
        await chaos.hub.start(fault=point)
        chaos.watched.append(chaos.hub)
        tickets = [chaos.new_ticket(f"Export {n} fails") for n in range(2)]
        await chaos.settle()
        for each in tickets:
            chaos.hubspot.person_edits_ticket(each, hs_pipeline_stage="4")
        await chaos.settle()
        # Downtime and a clock that jumps belong to it: the night is over at once.
        chaos.clock.later(till_morning(chaos))
        await chaos.until(lambda: all(mail.box(each) for each in LEADS))
        await chaos.settle()
        assert chaos.hub.ends == [-9], f"the point was not reached\n{chaos.story()}"
        found = (await said_yes(chaos, "GET", "/hygiene"))["items"]
        apart = [each for each in found if each["code"] == "HYGIENE_TICKET_CLOSED"]
        assert sorted(each["ref"]["id"] for each in apart) == sorted(tickets)
        for each in LEADS:
            # A message that came again is the same message: the box holds it once.
            assert len(mail.box(each)) == 1
        chaos.clock.later(3600)
        await chaos.settle()
        assert [len(mail.box(each)) for each in LEADS] == [1, 1]
