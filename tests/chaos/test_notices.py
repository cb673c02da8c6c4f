"""`kill -9` on the way of a notice: everybody is told, and the same message comes as the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.cli.demo.servers import address_of, listening_socket, serving
from connectors.email.simulator import EmailSimulator
from connectors.teams.simulator import TeamsSimulator
from tests.chaos.world import LONG, open_chaos
from tests.scenarios.telling import CHANNELS, LEADS
from tests.shipped import WITH_NOTICES

POINTS = [
    ("sqlite", "notice.intended:mail"),
    ("sqlite", "notice.sent:mail"),
    ("sqlite", "notice.sent:internal"),
    ("postgresql", "notice.sent:mail"),
]
if LONG:
    POINTS += [
        (engine, f"notice.{step}:{channel}:{count}")
        for engine in ("sqlite", "postgresql")
        for step in ("intended", "sent")
        for channel in ("mail", "internal")
        for count in (1, 2)
    ]
SOON_S = 20.0


@pytest.mark.parametrize(("engine", "point"), POINTS)
async def test_hub_killed_at_a_notice_tells_both_leads_once_each(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, point: str
) -> None:
    url = request.getfixturevalue("migrated_postgres") if engine == "postgresql" else None
    door, mail, teams = listening_socket(0), EmailSimulator(), TeamsSimulator()
    teams.origin = address_of(door)
    channel = teams.add_workflow()
    async with mail.running(), serving(teams.app, door):
        yaml = CHANNELS.format(teams=teams.url_of(channel), port=mail.port)
        more = yaml.replace('base_url: "http://teams.test"', f'base_url: "{teams.origin}"')
        async with open_chaos(
            tmp_path, database_url=url, mapping=WITH_NOTICES, more_yaml=more
        ) as chaos:
            await chaos.hub.start(fault=point)
            chaos.watched.append(chaos.hub)
            chaos.new_ticket()
            await chaos.settle()
            end = asyncio.get_running_loop().time() + SOON_S
            told = [0, 0]
            while not all(told):
                assert asyncio.get_running_loop().time() < end, chaos.story()
                await asyncio.sleep(0.05)
                cards = [sum(lead in run.text for run in channel.shown) for lead in LEADS]
                told = [*(len(mail.box(lead)) for lead in LEADS), *cards]
            assert chaos.hub.ends == [-9], f"the point was not reached\n{chaos.story()}"
            # A mail that came twice is the same mail; of cards the id tells.
            assert [len(mail.box(lead)) for lead in LEADS] == [1, 1]
            for lead in LEADS:
                footers = {
                    run.card["body"][-1]["text"] for run in channel.shown if lead in run.text
                }
                assert len(footers) == 1
