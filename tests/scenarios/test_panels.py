"""Panels with a hub at work behind them: a ticket is launched, its agent looks, and checks."""

from __future__ import annotations

from pathlib import Path

import httpx

from connectors.zendesk.simulator import ZendeskSimulator
from tests.scenarios.world import BRIDGE_YAML, open_world
from tests.scenarios.zendesk_shop import open_shop
from tests.web.paneled import HUBSPOT, ZENDESK, session_in


async def test_agent_sees_the_work_in_zendesk_and_checks_it(tmp_path: Path) -> None:
    app = ZendeskSimulator().install_app("acme")
    key = "\n".join(f"      {line}" for line in app.public_key.splitlines())
    yaml = f"    panel_installation: {app.installation_id}\n    panel_key: |\n{key}\n"
    async with open_shop(tmp_path, more_yaml=yaml) as shop:
        ticket, item = await shop.bug()
        transport = httpx.ASGITransport(app=shop.world.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bridge.test") as it:
            session = session_in(await app.open(it, ZENDESK, shop.zendesk.agent_id))
            chosen = {"session": session, "ticket": str(ticket)}
            shown = await it.post(f"{ZENDESK}/ticket", data=chosen)
            assert shown.status_code == 200, shown.text
            for said in (item, "checked", f'href="/tickets/zendesk/{ticket}"', "_workitems/edit/"):
                assert said in shown.text
            checked = await it.post(f"{ZENDESK}/check", data={"session": session_in(shown)})
    assert "Checked just now" in checked.text


async def test_agent_sees_the_work_on_hubspots_card_and_checks_it(tmp_path: Path) -> None:
    yaml = BRIDGE_YAML.replace("    app_id:", "    panel: true\n    app_id:")
    async with open_world(tmp_path, bridge_yaml=yaml) as world:
        id = str(world.hubspot.person_creates_ticket(category="Bug", company_id=world.acme))
        await world.settle()
        [item] = world.items()
        address, body = f"http://bridge.test{HUBSPOT}", {"ticket": id}
        seen = (await world.hubspot.open_card(world.client, address, body=body)).json()
        assert [each["key"] for each in seen["work"]] == [f"#{item.id}"]
        assert seen["checked_at"]
        again = await world.hubspot.open_card(world.client, f"{address}/check", body=body)
    assert again.json()["said"].startswith("Checked just now")
