"""The demo's hub can be asked by the commands on this machine while it runs."""

from __future__ import annotations

from pathlib import Path

import httpx

from bridge.cli.demo.world import open_world
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
