"""A preview says what an activation then does, and does none of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bridge.core.situation import TicketSituation
from bridge.engine import preview
from bridge.engine.preview import read_draft
from bridge.engine.references import stored_reference
from bridge.engine.situations import ticket_situation
from bridge.store import connections, records
from bridge.store.jobs import Job, JobState
from bridge.store.tables import metadata
from tests.scenarios.world import World, open_world
from tests.shipped import SHIPPED

PATH = "/api/v1/mappings/hubspot-success"

BUG = "when: {field: category, is: Bug}\n    launch:"
NO_BUG = BUG.replace("is: Bug", "is: Nothing")
OWNER = "    owner: work_item"
EDITS = {
    "reworded stage": [("label: Reported to engineering", "label: With our engineers")],
    "another stage": [("Active: in_development", "Active: in_testing")],
    "most advanced": [("rollup: least_advanced", "rollup: most_advanced")],
    "ids shown": [("stage: {property: work_stage}", "stage: {property: work_stage, show: id}")],
    "values": [(OWNER, f"{OWNER}\n    values: {{1: urgent, 2: usual, 3: later}}")],
    "a route that stays": [(BUG, NO_BUG)],
    "no edit": [],
    "an eta less": [("  eta: {property: work_eta}\n", "")],
}
"""Changes to the shipped mapping, each on top of it."""


async def desk(world: World) -> None:
    """Six tickets in all sorts of states, at rest."""
    ids = []
    for subject, category in (
        ("Export fails", "Bug"), ("Import fails", "Bug"), ("Dark mode", "Development Request"),
        ("How do I", "Customer Success Ticket"), ("Login fails", "Bug"), ("Old", "Bug"),
    ):  # fmt: skip
        id = world.hubspot.person_creates_ticket(
            subject=subject, category=category, company_id=world.acme
        )
        ids.append(id)
        await world.settle()
    first, second, _, last, *_ = world.items()
    world.boards.person_moves_state(str(first.id), "Active")
    world.boards.person_moves_state(str(last.id), "Resolved")
    body = {
        "ticket": {"connection": "hubspot", "id": ids[0]},
        "work_item": {"connection": "boards", "id": str(second.id)},
    }
    answer = await world.client.post("/api/v1/links", headers=world.admin, json=body)
    assert answer.status_code == 201
    await world.settle()


async def previewed(world: World, text: str) -> dict[str, Any]:
    answer = await world.client.post(
        f"{PATH}/preview",
        content=text,
        headers={**world.admin, "Content-Type": "application/yaml"},
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def activated(world: World, text: str) -> None:
    headers = {**world.admin, "Content-Type": "application/yaml", "If-Match": "*"}
    kept = await world.client.put(f"{PATH}/draft", content=text, headers=headers)
    assert kept.status_code == 200, kept.text
    answer = await world.client.post(f"{PATH}/activate", headers=world.admin)
    assert answer.status_code == 200, answer.text
    await world.settle_campaign()


def shown(world: World) -> dict[tuple[str, str], str]:
    """Every property of every ticket that is not empty."""
    return {
        (f"hubspot:{id}", name): str(value)
        for id in world.hubspot.tickets
        for name, value in world.ticket(id).items()
        if value not in (None, "") and name.startswith(("work_", "engineering_"))
    }


def edited(name: str) -> str:
    text = SHIPPED
    for old, new in EDITS[name]:
        assert old in text, f"the shipped mapping no longer says {old!r}"
        text = text.replace(old, new)
    return text


async def test_preview_is_what_the_activation_then_writes(world: World) -> None:
    await desk(world)
    drafts = [(name, edited(name)) for name in EDITS]
    if not world.hub.db.is_sqlite:
        # Where there may be replicas each activation waits for them; two show the same.
        drafts = drafts[:2]
    for name, text in drafts:
        before, items = shown(world), len(world.items())
        said = await previewed(world, text)
        assert shown(world) == before, f"{name}: the preview itself wrote"
        await activated(world, text)
        after = shown(world)
        made = {
            (*key, before.get(key, ""), after.get(key, ""))
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
        }
        told = {(e["ref"], e["field"], e["from"] or "", e["to"] or "") for e in said["changes"]}
        assert told == made, name
        assert said["counts"]["changes"] == len(said["changes"]) == len(told), name
        assert len(world.items()) - items == said["counts"]["launches"], name
        assert said["unread"] == 0, name


async def test_preview_counts_launches_without_making_any(tmp_path: Path) -> None:
    staying = SHIPPED.replace(BUG, NO_BUG)
    async with open_world(tmp_path, mapping=staying) as world:
        for subject in ("Export fails", "Import fails"):
            world.hubspot.person_creates_ticket(
                subject=subject, category="Bug", company_id=world.acme
            )
        await world.settle()
        assert world.items() == []
        world.calls.clear()
        said = await previewed(world, SHIPPED)
        assert said["counts"]["launches"] == 2
        assert {(e["route"], e["connection"], e["type"]) for e in said["launches"]} == {
            ("bug", "boards", "Bug")
        }
        assert (world.calls, world.items()) == ([], [])
        await activated(world, SHIPPED)
        assert len(world.items()) == 2


async def test_preview_leaves_the_store_as_it_is(world: World) -> None:
    await desk(world)

    async def stored() -> dict[str, Any]:
        async with world.hub.db.read() as connection:
            return {
                table.name: sorted(map(repr, await connection.execute(sa.select(table))))
                for table in metadata.sorted_tables
                if table.name
                in ("tickets", "links", "launches", "findings", "fingerprints", "runs")
            }

    before = await stored()
    await previewed(world, edited("reworded stage"))
    assert await stored() == before


async def test_status_without_a_stage_is_a_problem_that_the_preview_names(world: World) -> None:
    await desk(world)
    said = await previewed(world, SHIPPED.replace("    Active: in_development\n", ""))
    assert {(each["code"], each["field"]) for each in said["problems"]} >= {
        ("STATUS_UNMAPPED", "boards:Active")
    }
    assert all(each["sentence"] for each in said["problems"])


CLOSING = """
closing:
  solved: ["3"]
  solved_after: 2d
  to: {property: hs_pipeline_stage, value: "4"}
"""


async def test_field_nobody_has_read_yet_is_said_to_be_unknown(world: World) -> None:
    await desk(world)
    world.hubspot.add_property("tickets", "other_stage")
    said = await previewed(world, SHIPPED.replace("property: work_stage", "property: other_stage"))
    assert said["unread"] >= 1
    assert said["problems"][0]["ref"] is None
    assert "read" in said["problems"][0]["sentence"]
    # Nor what was said to customers, where no work hangs on the ticket.
    world.hubspot.person_creates_ticket(subject="How?", category="Customer Success Ticket")
    await world.settle()
    assert (await previewed(world, SHIPPED))["unread"] == 0
    assert (await previewed(world, SHIPPED + CLOSING))["unread"] >= 1


async def test_many_tickets_are_gone_over_by_a_job(world: World) -> None:
    await desk(world)
    text = edited("reworded stage")
    at_once = await previewed(world, text)
    draft = await read_draft(world.hub, "hubspot-success", text)
    started = [
        await preview.preview(world.hub, draft, by="ada", at_once=2, chunk=4) for _ in range(2)
    ]
    first, second = started
    assert isinstance(first, Job)
    assert isinstance(second, Job)
    assert first.id == second.id, "the same question is not asked twice at once"
    job = await world.settle_job(first.id)
    assert (job["state"], job["done"], job["total"]) == ("done", 6, 6)
    assert job["result"]["counts"] == at_once["counts"]
    assert job["result"]["records"] == at_once["records"]
    for each in at_once["changes"]:
        assert each in job["result"]["changes"]


async def test_situations_of_many_are_those_of_each(world: World) -> None:
    await desk(world)
    draft = await read_draft(world.hub, "hubspot-success", edited("another stage"))
    refs = [f"hubspot:{id}" for id in world.hubspot.tickets]
    found = await preview.situations(world.hub, draft, refs)
    assert len(found) == len(refs)
    reference = await stored_reference(world.hub, "hubspot")
    for each in found:
        async with world.hub.db.read() as connection:
            stored = await records.load(connection, str(each.seen.ref))
            company = await connections.load_company(connection, "hubspot", world.acme)
        assert stored is not None
        assert stored.observation is not None
        assert company is not None
        assert isinstance(each.after, TicketSituation)
        for made, mapping in ((each.before, draft.active), (each.after, draft.mapping)):
            assert mapping is not None
            assert isinstance(made, TicketSituation)
            alone = await ticket_situation(
                world.hub, each.after.ref, stored.observation,
                reference=reference, mapping=mapping, company=company[0],
            )  # fmt: skip
            if mapping is draft.mapping:
                # A draft counts from now on: only since when differs, not what is seen.
                alone = replace(alone, telling=made.telling)
            assert made == alone


async def test_another_activation_meanwhile_fails_the_job_and_says_why(world: World) -> None:
    await desk(world)
    draft = await read_draft(world.hub, "hubspot-success", edited("ids shown"))
    before = replace(draft, active_hash="of another time")
    job = await preview.preview(world.hub, before, by="ada", at_once=2)
    assert isinstance(job, Job)
    ended = await world.settle_job(job.id)
    assert ended["state"] == JobState.FAILED.value
    assert "came into force" in ended["error"]
