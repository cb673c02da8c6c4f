"""Merging, deleting, restoring, scrubbing, and the jobs that do it later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HandClock, Receiver, put, read


async def job(api: httpx.AsyncClient, started: httpx.Response) -> dict[str, Any]:
    status = started.json()["job_status"]
    found: dict[str, Any] = (await api.get(f"job_statuses/{status['id']}")).json()["job_status"]
    return found


async def test_a_merge_closes_the_source_tags_it_and_copies_its_files_in_private(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    target = sim.customer_creates_ticket("Target")
    source = sim.customer_creates_ticket("Source", files=[("a.txt", b"log", "text/plain")])
    asked = {"ids": [source], "target_comment": "From the other", "source_comment": "Gone over"}
    started = await api.post(f"tickets/{target}/merge", json=asked)
    assert started.json()["job_status"]["status"] == "queued"
    assert (await job(api, started))["status"] == "completed"
    gone, left = sim.tickets[source], sim.tickets[target]
    assert (gone.status, gone.tags) == ("closed", ["closed_by_merge"])
    assert (gone.comments[-1].body, gone.comments[-1].public) == ("Gone over", False)
    assert (left.comments[-1].body, left.comments[-1].public) == ("From the other", False)
    assert [file.file_name for file in left.comments[-1].attachments] == ["a.txt"]
    assert (await put(api, source, subject="x")).status_code == 422


async def test_a_merge_with_a_private_ticket_forces_its_comments_private(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    open_one = sim.customer_creates_ticket()
    hidden = {"subject": "Secret", "comment": {"body": "x", "public": False}}
    private = (await api.post("tickets", json={"ticket": hidden})).json()["ticket"]["id"]
    other = sim.customer_creates_ticket()
    for source, public in ((other, True), (private, False)):
        asked = {"ids": [source], "target_comment": "c", "target_comment_is_public": True}
        await api.post(f"tickets/{open_one}/merge", json=asked)
        assert sim.tickets[open_one].comments[-1].public is public


async def test_a_merge_is_announced_for_the_source_alone_with_its_target(
    sim: ZendeskSimulator, receiver: Receiver
) -> None:
    target, source = sim.customer_creates_ticket(), sim.customer_creates_ticket()
    sim.person_merges(target, source)
    (merged,) = [e for e in sim.pending_events if e["type"].endswith("ticket.merged")]
    assert merged["detail"]["id"] == str(source)
    assert merged["event"]["target_ticket_id"] == str(target)
    assert merged["detail"]["status"] == "CLOSED"


async def test_a_closed_ticket_makes_the_merge_job_fail(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    target, source = sim.customer_creates_ticket(), sim.customer_creates_ticket()
    sim.automation_closes(source)
    started = await api.post(f"tickets/{target}/merge", json={"ids": [source]})
    assert started.status_code == 200
    assert (await job(api, started))["status"] == "failed"
    assert len(sim.tickets[target].comments) == 1


async def test_a_deleted_ticket_is_not_found_and_comes_back_as_it_was(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.customer_creates_ticket()
    sim.person_edits_ticket(ticket, status="pending")
    assert (await api.delete(f"tickets/{ticket}.json")).status_code == 204
    for path in (f"tickets/{ticket}", f"tickets/{ticket}/comments"):
        missing = await api.get(path)
        assert missing.status_code == 404
        assert missing.json() == {"error": "RecordNotFound", "description": "Not found"}
    (row,) = (await api.get("deleted_tickets")).json()["deleted_tickets"]
    assert (row["id"], row["previous_state"]) == (ticket, "pending")
    assert (await api.put(f"deleted_tickets/{ticket}/restore")).status_code == 200
    assert (await read(api, ticket))["status"] == "pending"


async def test_a_permanent_deletion_leaves_a_number_without_content(
    sim: ZendeskSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    ticket = sim.customer_creates_ticket("Secret", "My password is x")
    assert (await api.delete(f"deleted_tickets/{ticket}")).status_code == 404
    sim.person_deletes(ticket)
    started = await api.delete(f"deleted_tickets/{ticket}")
    assert (await job(api, started))["status"] == "completed"
    assert (sim.tickets[ticket].subject, sim.tickets[ticket].comments) == ("SCRUBBED", [])
    assert (await api.put(f"deleted_tickets/{ticket}/restore")).status_code == 404
    assert [event["type"].rpartition(".")[2] for event in sim.pending_events] == [
        "created",
        "soft_deleted",
        "permanently_deleted",
    ]
    assert sim.pending_events[-1]["detail"]["status"] == "SCRUBBED"


async def test_thirty_days_after_its_deletion_a_ticket_is_scrubbed(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.customer_creates_ticket()
    sim.person_deletes(ticket)
    clock.move(days=29)
    assert (await api.get("deleted_tickets")).json()["count"] == 1
    clock.move(days=1)
    assert (await api.get("deleted_tickets")).json()["count"] == 0
    assert sim.tickets[ticket].scrubbed


async def test_a_bulk_update_is_a_job_that_succeeds_for_each_ticket_or_not(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    sim.job_delay = timedelta(seconds=5)
    one, two = sim.customer_creates_ticket(tags=["a"]), sim.customer_creates_ticket()
    sim.automation_closes(two)
    path = f"tickets/update_many.json?ids={one},{two}"
    body = {"ticket": {"additional_tags": ["b"], "remove_tags": ["a"]}}
    started = await api.put(path, json=body)
    assert (await job(api, started))["status"] == "queued"
    assert sim.tickets[one].tags == ["a"]
    clock.move(seconds=5)
    done = await job(api, started)
    assert [row["success"] for row in done["results"]] == [True, False]
    assert sim.tickets[one].tags == ["b"]
    clock.move(days=2)
    assert (await api.get(f"job_statuses/{done['id']}")).status_code == 404


async def test_a_bulk_update_is_always_a_safe_one(
    sim: ZendeskSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ticket = sim.customer_creates_ticket()
    clock.move(seconds=1)
    sim.person_edits_ticket(ticket, priority="low")
    stale = {"id": ticket, "subject": "New", "updated_stamp": "2026-11-22T12:00:00Z"}
    started = await api.put("tickets/update_many", json={"tickets": [stale]})
    (row,) = (await job(api, started))["results"]
    assert (row["success"], row["error"]) == (False, "UpdateConflict")
    assert sim.tickets[ticket].subject == "Export fails"


async def test_more_than_thirty_waiting_jobs_are_refused(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    sim.job_delay = timedelta(minutes=1)
    ticket = sim.customer_creates_ticket()
    path = f"tickets/destroy_many?ids={ticket}"
    answers = [await api.delete(path) for _ in range(31)]
    assert [a.status_code for a in answers] == [200] * 30 + [429]
    assert answers[-1].json()["error"] == "TooManyJobs"
