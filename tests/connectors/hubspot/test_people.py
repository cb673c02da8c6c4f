"""Who has an e-mail address, as the account's search knows it."""

from __future__ import annotations

from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.connector_world import connected
from tests.connectors.hubspot.hub_world import HandClock


async def test_contacts_are_found_by_their_address_alone(
    sim: HubSpotSimulator, clock: HandClock
) -> None:
    ana = sim.add_contact("ana@client.example", "Ana")
    sim.add_contact("anna@client.example", "Ana")
    async with connected(sim, clock) as world:
        assert await world.helpdesk.find_people("ana@client.example") == [ana]
        assert await world.helpdesk.find_people("nobody@client.example") == []
        assert {each.method for each in world.calls} == {"POST"}
        assert all(each.path.endswith("/contacts/search") for each in world.calls)
