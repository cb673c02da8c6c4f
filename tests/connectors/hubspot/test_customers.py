"""Companies as customers: chosen options go by the labels that people see."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.kit.faults import Fault, FaultKind
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.connector_world import World, connected
from tests.connectors.hubspot.hub_world import HandClock

PLANS = {"elite": "Elite", "standard_plus": "Standard Plus"}
WANTED = frozenset({"success_plan", "name"})


@pytest.fixture
async def world(sim: HubSpotSimulator, clock: HandClock) -> AsyncIterator[World]:
    async with connected(sim, clock) as opened:
        yield opened


def asked(world: World) -> int:
    return sum(each.endswith("/properties/2026-03/companies") for each in world.paths())


def define(sim: HubSpotSimulator, options: dict[str, str]) -> None:
    sim.add_property("companies", "success_plan", "enumeration", "select", options)


async def test_option_has_its_label_which_is_asked_for_once_an_hour(
    sim: HubSpotSimulator, world: World, clock: HandClock
) -> None:
    define(sim, PLANS)
    companies = [sim.add_company(each, success_plan=each) for each in PLANS]
    found = [await world.helpdesk.fetch_company(each, WANTED) for each in companies]
    assert [each.properties["success_plan"] for each in found] == ["elite", "standard_plus"]
    assert [each.labels["success_plan"] for each in found] == ["Elite", "Standard Plus"]
    assert asked(world) == 1
    define(sim, PLANS | {"elite": "Elite, worldwide"})
    clock.move(hours=1)
    again = await world.helpdesk.fetch_company(companies[0], WANTED)
    assert dict(again.labels) == {"success_plan": "Elite, worldwide"}


async def test_option_that_was_added_since_is_asked_for_after_a_minute(
    sim: HubSpotSimulator, world: World, clock: HandClock
) -> None:
    define(sim, PLANS)
    await world.helpdesk.fetch_company(sim.add_company("Globex", success_plan="elite"), WANTED)
    define(sim, PLANS | {"basic": "Basic"})
    acme = sim.add_company("Acme", success_plan="basic")
    assert dict((await world.helpdesk.fetch_company(acme, WANTED)).labels) == {}
    clock.move(minutes=1)
    found = await world.helpdesk.fetch_company(acme, WANTED)
    assert dict(found.labels) == {"success_plan": "Basic"}
    assert asked(world) == 2


async def test_text_and_a_company_without_a_plan_have_no_labels(
    sim: HubSpotSimulator, world: World
) -> None:
    sim.add_property("companies", "success_plan")
    assert not (await world.helpdesk.fetch_company(sim.add_company("Globex"), WANTED)).labels
    assert asked(world) == 0
    acme = await world.helpdesk.fetch_company(sim.add_company("Acme", success_plan="Elite"), WANTED)
    assert (acme.properties["success_plan"], dict(acme.labels)) == ("Elite", {})


async def test_company_is_known_though_the_schema_may_not_be_read(
    sim: HubSpotSimulator, world: World
) -> None:
    define(sim, PLANS)
    id = sim.add_company("Acme", success_plan="elite")
    refused = Fault(
        "GET .*/properties/.*companies",
        FaultKind.ANSWER,
        status=400,
        headers={"Content-Type": "application/json"},
        body=b'{"status": "error", "message": "no", "category": "VALIDATION_ERROR"}',
    )
    sim.faults.add(refused)
    found = await world.helpdesk.fetch_company(id, WANTED)
    assert refused.times == 0
    assert (found.name, found.properties["success_plan"]) == ("Acme", "elite")
    assert dict(found.labels) == {}
