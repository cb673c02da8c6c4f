"""The client keeps below the allowance that the account says it has (vendor: usage details)."""

from __future__ import annotations

import pytest

from bridge.kit.http import Wire
from connectors.hubspot.client import Client
from connectors.hubspot.payloads import Record
from connectors.hubspot.render import Request
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.connector_world import Line, SteppingClock, settings
from tests.connectors.hubspot.hub_world import HandClock


async def _asked(sim: HubSpotSimulator, clock: HandClock, **given: float | None) -> Client:
    client = Client(
        "hubspot", settings(**given), Wire(transport=Line(sim), clock=SteppingClock(clock))
    )
    id = sim.person_creates_ticket()
    await client.ask(Request("GET", f"/crm/objects/2026-03/tickets/{id}"), Record)
    return client


@pytest.mark.parametrize(
    ("limit", "given", "rate"),
    [(None, None, None), (190, None, 18.05), (100, None, 9.5), (190, 3.0, 3.0)],
)
async def test_allowance_in_the_answers_sets_the_pace_unless_the_operator_did(
    sim: HubSpotSimulator,
    clock: HandClock,
    limit: int | None,
    given: float | None,
    rate: float | None,
) -> None:
    sim.burst_limit = limit
    client = await _asked(sim, clock, rate=given)
    assert client.rate == (None if rate is None else pytest.approx(rate))
    await client.aclose()
