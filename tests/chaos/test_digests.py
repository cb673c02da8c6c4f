"""A night with two replicas that die, and answers that get lost: each list once to each reader."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.cli.demo.servers import address_of, listening_socket, serving
from bridge.engine.faultpoints import NOTICE_POINTS
from bridge.kit.faults import Fault, FaultKind
from connectors.email.simulator import EmailSimulator
from connectors.teams.simulator import TeamsSimulator
from tests.chaos.test_kill_jobs import said_yes
from tests.chaos.test_nights import till_morning
from tests.chaos.world import LONG, open_chaos
from tests.scenarios.telling import CHANNELS, LEADS
from tests.shipped import SHIPPED

NIGHT = """
hygiene: {at: "02:00", time_zone: UTC}
digests:
  - id: apart
    what: hygiene
    when: {at: "03:00", days: daily}
    to: development_leads
    via: [internal, mail]
"""
EVERYWHERE = [
    "digest.made",
    *(f"job.{step}:hygiene" for step in ("prepared", "stored")),
    *(f"notice.{step}:{via}" for step in ("intended", "sent") for via in ("internal", "mail")),
    "notice.sent:mail:2",
]
SOON_S = 30.0


def test_every_point_of_a_message_to_people_is_struck_at() -> None:
    assert {each.partition(":")[0] for each in EVERYWHERE} >= set(NOTICE_POINTS)


if LONG:

    @pytest.mark.parametrize("point", EVERYWHERE)
    async def test_two_replicas_that_die_in_the_night_list_what_came_apart_once_to_each(
        migrated_postgres: str, tmp_path: Path, point: str
    ) -> None:
        door, mail, teams = listening_socket(0), EmailSimulator(), TeamsSimulator()
        teams.origin = address_of(door)
        channel = teams.add_workflow()
        async with mail.running(), serving(teams.app, door):
            yaml = CHANNELS.format(teams=teams.url_of(channel), port=mail.port)
            more = yaml.replace('base_url: "http://teams.test"', f'base_url: "{teams.origin}"')
            async with open_chaos(
                tmp_path, database_url=migrated_postgres, replicas=2,
                mapping=SHIPPED + NIGHT, more_yaml=more,
            ) as pair:  # fmt: skip
                assert pair.clock is not None
                for each in pair.replicas:
                    await each.start(fault=point)
                pair.watched += pair.replicas
                tickets = [pair.new_ticket(f"Export {n} fails") for n in range(2)]
                await pair.settle()
                for id in tickets:
                    pair.hubspot.person_edits_ticket(id, hs_pipeline_stage="4")
                await pair.settle()
                # The first mail and the first card arrive, and nobody hears that they did.
                mail.lose_answers = 1
                teams.dial.faults.append(Fault("POST", FaultKind.RESET_AFTER))
                pair.clock.later(till_morning(pair))
                end = asyncio.get_running_loop().time() + SOON_S
                while True:
                    cards = [run for run in channel.shown if "came apart" in run.text]
                    if all(mail.box(each) for each in LEADS) and len(cards) >= len(LEADS):
                        break
                    assert asyncio.get_running_loop().time() < end, pair.story()
                    await pair.revive()
                    pair.clock.later(0.5)
                    await asyncio.sleep(0.2)
                # What is still to be repeated comes now, and a day that was done is not done again.
                pair.clock.later(60)
                await pair.settle()
                died = [end for each in pair.replicas for end in each.ends]
                assert set(died) == {-9}, f"the point was not reached\n{pair.story()}"
                assert [len(mail.box(each)) for each in LEADS] == [1, 1]
                footers = {run.card["body"][-1]["text"] for run in channel.shown}
                assert len(footers) == len(LEADS), footers
                found = (await said_yes(pair, "GET", "/hygiene"))["items"]
                apart = [e["ref"]["id"] for e in found if e["code"] == "HYGIENE_TICKET_CLOSED"]
                assert sorted(apart) == sorted(tickets)
