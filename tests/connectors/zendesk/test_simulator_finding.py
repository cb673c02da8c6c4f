"""Lists, search and exports: pages, delays, and what they leave out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import NOON, HandClock, api_client, put

START = int(NOON.timestamp())


async def export(api: httpx.AsyncClient, query: str) -> dict[str, Any]:
    answer = await api.get(f"incremental/tickets/cursor.json?{query}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_export_withholds_the_last_minute_and_goes_on_from_its_cursor(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    one = sim.customer_creates_ticket()
    clock.move(seconds=90)
    two = sim.customer_creates_ticket()
    first = await export(api, f"start_time={START}")
    assert ([t["id"] for t in first["tickets"]], first["end_of_stream"]) == ([one], True)
    clock.move(seconds=60)
    second = await export(api, f"cursor={first['after_cursor']}")
    assert [t["id"] for t in second["tickets"]] == [two]
    third = await export(api, f"cursor={second['after_cursor']}")
    assert (third["tickets"], third["after_cursor"]) == ([], second["after_cursor"])


async def test_an_export_tells_rows_again_whose_updated_at_did_not_move(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.customer_creates_ticket()
    clock.move(minutes=2)
    before = await export(api, f"start_time={START}")
    sim.vendor_touches(ticket)
    clock.move(minutes=2)
    (row,) = (await export(api, f"cursor={before['after_cursor']}"))["tickets"]
    assert row["updated_at"] == before["tickets"][0]["updated_at"]
    assert row["generated_timestamp"] == before["tickets"][0]["generated_timestamp"] + 120


async def test_an_export_has_pages_and_shows_deleted_and_scrubbed_tickets(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    live, gone, purged = (sim.customer_creates_ticket() for _ in range(3))
    sim.person_deletes(gone)
    sim.person_deletes(purged)
    sim.person_purges(purged)
    clock.move(minutes=2)
    body = await export(api, f"start_time={START}&per_page=2")
    assert [(t["id"], t["status"]) for t in body["tickets"]] == [(live, "new"), (gone, "deleted")]
    assert body["end_of_stream"] is False
    (last,) = (await api.get(body["after_url"])).json()["tickets"]
    assert (last["id"], last["status"], last["subject"]) == (purged, "scrubbed", "SCRUBBED")
    only = await export(api, f"start_time={START}&exclude_deleted=true")
    assert [t["id"] for t in only["tickets"]] == [live]


async def test_an_export_refuses_a_recent_start_and_everybody_but_admins(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    recent = await api.get(f"incremental/tickets/cursor?start_time={START - 30}")
    assert (recent.status_code, recent.json()["error"]) == (422, "StartTimeTooRecent")
    assert (await api.get("incremental/tickets/cursor?cursor=rubbish")).status_code == 400
    async with api_client(sim, sim.basic("ana@vendor.example")) as agent:
        refused = await agent.get(f"incremental/tickets/cursor?start_time={START - 90}")
    assert refused.status_code == 403


async def test_the_older_export_never_leaves_a_second_that_fills_a_page(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    sim.export_page = 2
    for _ in range(3):
        sim.customer_creates_ticket()
    clock.move(minutes=2)
    first = (await api.get(f"incremental/tickets?start_time={START}")).json()
    again = (await api.get(first["next_page"])).json()
    assert [t["id"] for t in again["tickets"]] == [t["id"] for t in first["tickets"]]
    assert (again["end_time"], again["end_of_stream"]) == (START, False)
    sim.export_page = 3
    rows = (await export(api, f"start_time={START}"))["tickets"]
    assert len(rows) == 3


async def test_ticket_events_carry_comments_only_when_asked(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.customer_creates_ticket()
    sim.agent_writes(ticket, "Note", public=False)
    clock.move(minutes=2)
    path = f"incremental/ticket_events?start_time={START}"
    plain = (await api.get(path)).json()["ticket_events"]
    full = (await api.get(f"{path}&include=comment_events")).json()["ticket_events"]
    assert plain[-1]["child_events"] == []
    assert full[-1]["child_events"][0]["body"] == "Note"
    assert full[-1]["updater_id"] == sim.agent_id


async def test_search_trails_behind_what_was_written(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.customer_creates_ticket()
    sim.search_lag = timedelta(minutes=3)
    query = "search.json?query=type:ticket updated>=2026-11-22T12:00:00Z status:new"
    assert (await api.get(query)).json()["count"] == 0
    clock.move(minutes=3)
    (row,) = (await api.get(query)).json()["results"]
    assert (row["id"], row["result_type"]) == (ticket, "ticket")
    sim.person_edits_ticket(ticket, status="open")
    assert (await api.get(query)).json()["count"] == 1
    clock.move(minutes=3)
    assert (await api.get(query)).json()["count"] == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type:ticket status<pending", ["A"]),
        ("type:ticket -status:new", ["B"]),
        ("type:ticket tags:vip", ["A"]),
        ("type:ticket external_id:JIRA:1", ["B"]),
        ("type:ticket requester:kim@customer.example", ["A", "B"]),
        ('type:ticket "b"', ["B"]),
        ("type:ticket created>2026-11-23", []),
    ],
)
async def test_search_understands_its_operators(
    sim: ZendeskSimulator, api: httpx.AsyncClient, query: str, found: list[str]
) -> None:
    sim.customer_creates_ticket("A", "one", tags=["vip"])
    sim.customer_creates_ticket("B", "two", status="pending", external_id="JIRA:1")
    asked = {"query": query, "sort_by": "created_at", "sort_order": "asc"}
    body = (await api.get("search", params=asked)).json()
    assert [row["subject"] for row in body["results"]] == found
    assert (await api.get("search/count", params=asked)).json() == {"count": len(found)}


async def test_search_ends_after_a_thousand_rows(api: httpx.AsyncClient) -> None:
    assert (await api.get("search?query=type:ticket&page=10")).status_code == 200
    refused = await api.get("search?query=type:ticket&page=11")
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid")


async def test_the_search_export_takes_its_type_apart_and_its_cursor_dies_in_an_hour(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    for number in range(3):
        sim.customer_creates_ticket(f"T{number}")
    path = "search/export?query=created>2026-11-21&page[size]=2"
    assert (await api.get(path)).status_code == 422
    mixed = f"{path}&filter[type]=ticket".replace("created", "type:ticket created")
    assert (await api.get(mixed)).status_code == 422
    body = (await api.get(f"{path}&filter[type]=ticket")).json()
    assert "count" not in body
    assert len(body["results"]) == 2
    (rest,) = (await api.get(body["links"]["next"])).json()["results"]
    assert rest["subject"] == "T2"
    clock.move(hours=1)
    assert (await api.get(body["links"]["next"])).status_code == 422


async def test_a_list_by_cursor_survives_deletions_behind_it(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    numbers = [sim.customer_creates_ticket() for _ in range(4)]
    first = (await api.get("tickets?page[size]=2")).json()
    assert first["meta"]["has_more"] is True
    sim.person_deletes(numbers[0])
    sim.person_deletes(numbers[1])
    second = (await api.get(first["links"]["next"])).json()
    assert [t["id"] for t in second["tickets"]] == numbers[2:]
    assert (second["meta"]["has_more"], second["links"]["next"]) == (False, None)
    sim.person_restores(numbers[1])
    end = (
        await api.get("tickets?page[size]=2&page[after]=" + second["meta"]["after_cursor"])
    ).json()
    assert end["tickets"] == []
    before = second["meta"]["before_cursor"]
    back = (await api.get(f"tickets?page[size]=2&page[before]={before}")).json()
    assert [t["id"] for t in back["tickets"]] == [numbers[1]]
    assert (await api.get("tickets?page[after]=rubbish")).status_code == 400


async def test_a_list_by_offset_counts_and_ends_after_a_hundred_pages(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    one, two = sim.customer_creates_ticket(), sim.customer_creates_ticket(external_id="X")
    clock.move(minutes=1)
    await put(api, one, priority="low")
    first = (await api.get("tickets?per_page=1&sort=-updated_at")).json()
    assert (first["tickets"][0]["id"], first["count"]) == (one, 2)
    assert (await api.get(first["next_page"])).json()["tickets"][0]["id"] == two
    assert (await api.get("tickets?page=101")).status_code == 400
    (found,) = (await api.get("tickets?external_id=X")).json()["tickets"]
    assert found["id"] == two


async def test_archived_tickets_are_missing_from_lists_and_search_but_can_be_read(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.customer_creates_ticket()
    sim.automation_closes(ticket)
    clock.move(days=120)
    assert (await api.get("tickets")).json()["count"] == 0
    assert (await api.get("search?query=type:ticket")).json()["count"] == 0
    assert (await api.get(f"tickets/{ticket}")).status_code == 200
    assert (await api.get(f"tickets/{ticket}/audits")).json()["count"] == 2


async def test_missing_ids_are_silently_absent(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    company = sim.add_organization("Acme", organization_fields={"plan": "gold"})
    person = sim.add_customer("Bo", "bo@acme.example", company)
    ticket = sim.customer_creates_ticket(by=person)
    path = f"tickets/show_many?ids={ticket},404404&include=users,organizations"
    body = (await api.get(path)).json()
    assert [t["id"] for t in body["tickets"]] == [ticket]
    assert body["organizations"][0]["organization_fields"] == {"plan": "gold"}
    assert [user["id"] for user in body["users"]] == [person]
