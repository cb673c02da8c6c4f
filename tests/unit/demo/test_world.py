"""The demo's hub can be asked by the commands on this machine while it runs."""

from __future__ import annotations

from pathlib import Path

import httpx

from bridge.cli.demo.world import SYSTEMS, WINDOW, open_world
from bridge.cli.local_api import read_local_api


async def test_demo_leaves_its_address_for_commands_and_takes_it_away(tmp_path: Path) -> None:
    async with open_world(tmp_path, 0) as world:
        left = read_local_api(tmp_path / "data")
        assert left is not None
        assert left.url == world.hub
        headers = {"Authorization": f"Bearer {left.token}"}
        async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
            answer = await client.get(f"{left.url}/api/v1/explain", params={"ref": "hubspot:1"})
        assert answer.status_code == 404
        assert "hubspot:1" in answer.json()["detail"]
    assert read_local_api(tmp_path / "data") is None


async def test_demo_has_a_door_for_every_system_and_a_page_that_shows_them(tmp_path: Path) -> None:
    async with open_world(tmp_path, 0) as world, httpx.AsyncClient(trust_env=False) as client:
        doors = [world.hub, *world.at.values()]
        assert len(set(doors)) == len(doors) == len(SYSTEMS) + 2
        answers = [await client.get(each) for each in doors]
        assert all(each.status_code < 500 for each in answers)
        shown = await client.get(world.at[WINDOW])
        assert "What people see" in shown.text
        assert await world.api.findings() == []
        by = {"Authorization": f"Bearer {world.token}"}
        api = f"{world.hub}/api/v1/connections"
        names = [each["name"] for each in (await client.get(api, headers=by)).json()["items"]]
        said = [await client.post(f"{api}/{each}/check", headers=by) for each in names]
        lines = [line for each in said for line in each.json()["results"]]
        assert [line["sentence"] for line in lines if not line["ok"]] == []
