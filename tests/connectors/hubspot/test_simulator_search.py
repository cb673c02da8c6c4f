"""Search: its lag, its limits and its operators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.hub_world import NOON, HandClock

SEARCH = "/crm/v3/objects/tickets/search"


def filters(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"filterGroups": [{"filters": list(entries)}]}


async def found(api: httpx.AsyncClient, body: dict[str, Any]) -> list[str]:
    answer = await api.post(SEARCH, json=body)
    assert answer.status_code == 200, answer.text
    return [result["id"] for result in answer.json()["results"]]


async def test_search_right_after_a_create_finds_nothing_until_the_lag_is_over(
    sim: HubSpotSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    sim.search_lag = timedelta(seconds=30)
    ticket = sim.person_creates_ticket("Export fails")
    query = filters({"propertyName": "subject", "operator": "EQ", "value": "Export fails"})
    assert await found(api, query) == []
    assert (await api.get(f"/crm/v3/objects/tickets/{ticket}")).status_code == 200
    clock.move(seconds=30)
    assert await found(api, query) == [ticket]


async def test_search_shows_old_values_within_the_lag(
    sim: HubSpotSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.person_creates_ticket("Old")
    sim.search_lag = timedelta(seconds=30)
    clock.move(minutes=5)
    sim.person_edits_ticket(ticket, subject="New")
    answer = await api.post(SEARCH, json={"properties": ["subject"]})
    shown = answer.json()["results"][0]
    assert shown["properties"]["subject"] == "Old"
    assert shown["properties"]["hs_lastmodifieddate"] == "2026-11-22T12:00:00.000Z"


async def test_changed_since_with_paging_by_id_walks_all_equal_stamps(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    made = [sim.person_creates_ticket() for _ in range(7)]
    since = str(int(NOON.timestamp() * 1000))
    seen, last = [], "0"
    while True:
        body = filters(
            {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": since},
            {"propertyName": "hs_object_id", "operator": "GT", "value": last},
        )
        body |= {"sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}], "limit": 3}
        page = await found(api, body)
        if not page:
            break
        seen += page
        last = page[-1]
    assert seen == made


@pytest.mark.parametrize(
    ("entry", "hit"),
    [
        ({"propertyName": "subject", "operator": "CONTAINS_TOKEN", "value": "fail*"}, True),
        ({"propertyName": "subject", "operator": "NOT_CONTAINS_TOKEN", "value": "export"}, False),
        ({"propertyName": "content", "operator": "HAS_PROPERTY"}, False),
        ({"propertyName": "content", "operator": "NOT_HAS_PROPERTY"}, True),
        ({"propertyName": "hs_ticket_category", "operator": "IN", "values": ["Bug"]}, True),
        ({"propertyName": "hs_ticket_category", "operator": "NOT_IN", "values": ["Bug"]}, False),
        ({"propertyName": "subject", "operator": "IN", "values": ["export fails"]}, True),
        ({"propertyName": "subject", "operator": "IN", "values": ["Export fails"]}, False),
        ({"propertyName": "hs_ticket_priority", "operator": "NEQ", "value": "LOW"}, True),
        (
            {"propertyName": "hs_object_id", "operator": "BETWEEN", "value": "1", "highValue": "2"},
            False,
        ),
    ],
)
async def test_each_operator_decides_as_documented(
    sim: HubSpotSimulator, api: httpx.AsyncClient, entry: dict[str, Any], hit: bool
) -> None:
    sim.person_creates_ticket("Export fails", category="Bug;Additional Scope")
    assert bool(await found(api, filters(entry))) is hit


async def test_archived_and_merged_tickets_never_appear(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    one, two, gone = (sim.person_creates_ticket() for _ in range(3))
    sim.person_deletes(gone)
    new = sim.person_merges(one, two)
    assert await found(api, {}) == [new]


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 200, "after": "9801"},
        {"filterGroups": [{"filters": []}] * 6},
        {
            "filterGroups": [
                {"filters": [{"propertyName": "subject", "operator": "HAS_PROPERTY"}] * 7}
            ]
        },
        {
            "filterGroups": [
                {"filters": [{"propertyName": "subject", "operator": "HAS_PROPERTY"}] * 5}
            ]
            * 4
        },
        {"filterGroups": [{"filters": [{"propertyName": "nope", "operator": "HAS_PROPERTY"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "subject", "operator": "LIKE"}]}]},
        {"sorts": [{"propertyName": "subject"}, {"propertyName": "content"}]},
        {"query": "x" * 3000},
    ],
)
async def test_a_search_beyond_a_limit_is_refused(
    api: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    answer = await api.post(SEARCH, json=body)
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


async def test_the_last_page_has_no_paging(sim: HubSpotSimulator, api: httpx.AsyncClient) -> None:
    for _ in range(3):
        sim.person_creates_ticket()
    first = (await api.post(SEARCH, json={"limit": 2})).json()
    assert (first["total"], first["paging"]["next"]["after"]) == (3, "2")
    last = (await api.post(SEARCH, json={"limit": 2, "after": "2"})).json()
    assert "paging" not in last
