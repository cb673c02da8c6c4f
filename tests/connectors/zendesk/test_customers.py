"""Organisations as customers: the choices of their drop-downs go by the words that people see."""

from __future__ import annotations

import pytest

from bridge.domain.records import Company
from bridge.kit.faults import Fault, FaultKind
from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HandClock
from tests.connectors.zendesk.connector_kit import Desk

PLANS = {"elite": "Elite", "standard_plus": "Standard Plus"}


async def read(desk: Desk, id: int) -> Company:
    return await desk.helpdesk.fetch_company(str(id), frozenset({"plan", "name"}))


def asked(desk: Desk) -> int:
    return sum(each.url.path.endswith("/organization_fields") for each in desk.requests)


async def test_choice_has_its_title_which_is_asked_for_once(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock
) -> None:
    sim.add_organization_field("plan", "Success plan", PLANS)
    companies = [
        sim.add_organization(name, organization_fields={"plan": plan})
        for name, plan in (("Acme", "standard_plus"), ("Globex", "elite"))
    ]
    found = [await read(desk, each) for each in companies]
    assert [each.properties["plan"] for each in found] == ["standard_plus", "elite"]
    assert [dict(each.labels) for each in found] == [
        {"plan": "Standard Plus"},
        {"plan": "Elite"},
    ]
    assert asked(desk) == 1
    sim.add_organization_field("plan", "Success plan", {"elite": "Elite, worldwide"})
    clock.move(hours=1)
    assert dict((await read(desk, companies[1])).labels) == {"plan": "Elite, worldwide"}


async def test_choice_that_was_added_since_is_asked_for_after_a_minute(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock
) -> None:
    sim.add_organization_field("plan", "Success plan", PLANS)
    acme = sim.add_organization("Acme", organization_fields={"plan": "elite"})
    await read(desk, acme)
    sim.add_organization_field("plan", "Success plan", PLANS | {"basic": "Basic"})
    sim.person_edits_organization(acme, organization_fields={"plan": "basic"})
    assert dict((await read(desk, acme)).labels) == {}
    assert asked(desk) == 1
    clock.move(minutes=1)
    assert dict((await read(desk, acme)).labels) == {"plan": "Basic"}


async def test_text_is_what_it_says_and_a_customer_without_one_costs_no_call(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    sim.add_organization_field("plan", "Success plan")
    found = await read(desk, sim.add_organization("Globex"))
    assert (dict(found.properties), asked(desk)) == ({"plan": None, "name": "Globex"}, 0)
    acme = sim.add_organization("Acme", organization_fields={"plan": "Elite"})
    found = await read(desk, acme)
    assert (found.properties["plan"], dict(found.labels)) == ("Elite", {})


@pytest.mark.parametrize("status", [403, 400])
async def test_customer_is_known_though_its_fields_may_not_be_read(
    sim: ZendeskSimulator, desk: Desk, status: int
) -> None:
    sim.add_organization_field("plan", "Success plan", PLANS)
    acme = sim.add_organization("Acme", organization_fields={"plan": "elite"})
    refusal = b'{"error": "Forbidden", "description": "Not for you"}'
    fault = Fault("GET .*/organization_fields", FaultKind.ANSWER, status=status, body=refusal)
    fault = sim.faults.add(fault)
    found = await read(desk, acme)
    assert fault.times == 0
    assert found.name == "Acme"
    assert (found.properties["plan"], dict(found.labels)) == ("elite", {})
