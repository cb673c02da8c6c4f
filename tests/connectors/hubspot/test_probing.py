"""What a token of HubSpot opens, scope by scope, and the properties that the hub makes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.domain.errors import CredentialProblem, ScopeMissing
from bridge.domain.schema import FieldKind, NewField
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.connector_world import World, connected
from tests.connectors.hubspot.hub_world import HandClock

STAGE = NewField("work_stage", "Work stage", FieldKind.TEXT, "Shows the stage.")


@pytest.fixture
async def world(sim: HubSpotSimulator, clock: HandClock) -> AsyncIterator[World]:
    """The connector in front of the account."""
    async with connected(sim, clock) as opened:
        yield opened


@pytest.mark.parametrize(
    "scope",
    [
        "tickets",
        "crm.objects.companies.read",
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "files",
        "conversations.read",
    ],
)
async def test_scope_that_the_token_lacks_is_told_alone(
    sim: HubSpotSimulator, world: World, scope: str
) -> None:
    assert [each.has for each in (await world.helpdesk.probe()).rights] == [True] * 6
    sim.withheld_scopes.add(scope)
    probe = await world.helpdesk.probe()
    [lacking] = [each for each in probe.rights if not each.has]
    assert lacking.name == scope
    assert scope in lacking.grant
    assert probe.hooks is None


async def test_token_of_another_account_opens_nothing(
    sim: HubSpotSimulator, clock: HandClock
) -> None:
    async with connected(sim, clock, portal_id=99) as world:
        with pytest.raises(CredentialProblem, match="portal_id is 99"):
            await world.helpdesk.probe()


async def test_schema_has_no_customers_where_they_may_not_be_read(
    sim: HubSpotSimulator, world: World
) -> None:
    fields = (await world.helpdesk.fetch_schema()).company_fields
    assert fields is not None
    assert "domain" in fields
    sim.withheld_scopes.add("crm.objects.companies.read")
    assert (await world.helpdesk.fetch_schema()).company_fields is None


async def test_property_is_made_beside_hubspots_own_and_never_over_one_that_is_there(
    sim: HubSpotSimulator, world: World
) -> None:
    await world.helpdesk.create_fields([STAGE])
    made = sim.portal.crm.schemas["tickets"].definitions["work_stage"]
    assert (made.type, made.field_type, made.group) == ("string", "text", "ticketinformation")
    assert made.label == "Work stage"
    made.label = "Renamed by an admin"
    await world.helpdesk.create_fields([STAGE])
    assert sim.portal.crm.schemas["tickets"].definitions["work_stage"] is made
    assert made.label == "Renamed by an admin"


async def test_property_can_not_be_made_without_the_scope(
    sim: HubSpotSimulator, world: World
) -> None:
    sim.withheld_scopes.add("tickets")
    with pytest.raises(ScopeMissing):
        await world.helpdesk.create_fields([STAGE])
    assert "work_stage" not in sim.portal.crm.schemas["tickets"].definitions
