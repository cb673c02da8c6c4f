"""Findings worked on by a person: tried once more, kept closed, and what the vendors see of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bridge.store import queue
from bridge.store.tables import findings, records
from tests.scenarios.test_by_hand import refusal
from tests.scenarios.world import World


async def bug(world: World, subject: str = "Export fails") -> str:
    """A ticket of the category Bug, and whatever comes of it; its id."""
    id = world.hubspot.person_creates_ticket(subject=subject, category="Bug", company_id=world.acme)
    await world.settle()
    return str(id)


async def found(world: World, code: str) -> list[dict[str, Any]]:
    """The findings of that code, newest first."""
    answer = await world.client.get(f"/api/v1/findings?code={code}", headers=world.admin)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def work_on(world: World, finding: dict[str, Any], how: str) -> dict[str, Any]:
    """The finding after it was worked on, and everything that followed."""
    path = f"/api/v1/findings/{finding['id']}/{how}"
    answer = await world.client.post(path, headers=world.admin)
    assert answer.status_code == 200, answer.text
    await world.settle()
    after = await world.client.get(f"/api/v1/findings/{finding['id']}", headers=world.admin)
    shape: dict[str, Any] = after.json()
    return shape


async def needs(world: World, id: str) -> list[str]:
    answer = await world.client.get(f"/api/v1/tickets/hubspot/{id}", headers=world.admin)
    return list(answer.json()["needs"])


async def test_refused_launch_is_sent_once_more_and_its_finding_closes(world: World) -> None:
    world.boards.faults.add(refusal())
    id = await bug(world)
    [finding] = await found(world, "LAUNCH_REJECTED")
    assert (finding["state"], world.items()) == ("open", [])
    assert (await work_on(world, finding, "retry"))["state"] == "resolved"
    [item] = world.items()
    assert world.ticket(id)["work_items"] == f"#{item.id}"


async def test_launch_refused_again_keeps_its_finding_open(world: World) -> None:
    world.boards.faults.add(refusal())
    await bug(world)
    world.boards.faults.add(refusal())
    [finding] = await found(world, "LAUNCH_REJECTED")
    again = await work_on(world, finding, "retry")
    assert (again["state"], again["id"]) == ("open", finding["id"])
    assert len(world.boards.faults.struck) == 2
    assert world.items() == []


async def test_lifted_limit_lets_every_waiting_ticket_launch(world: World) -> None:
    world.hub.launch_limit = 2
    for n in range(4):
        await bug(world, f"Export {n} fails")
    assert len(world.items()) == 2
    waiting = await found(world, "LAUNCH_LIMIT")
    assert len(waiting) == 2
    assert (await work_on(world, waiting[0], "retry"))["state"] == "resolved"
    assert len(world.items()) == 4
    await bug(world, "One more")
    # The limit holds again for what comes after it was lifted.
    assert len(world.items()) == 4


async def test_recategorised_ticket_gets_the_new_item_in_place_of_the_old(world: World) -> None:
    id = await bug(world)
    [old] = world.items()
    world.hubspot.person_edits_ticket(id, hs_ticket_category="Development Request")
    await world.settle()
    [finding] = await found(world, "RECATEGORISED")
    assert "needs_decision" in await needs(world, id)
    assert (await work_on(world, finding, "retry"))["state"] == "resolved"
    _, new = world.items()
    assert new.fields["System.WorkItemType"] == "User Story"
    assert world.ticket(id)["work_items"] == f"#{new.id}"
    assert [each.rel for each in old.relations if each.rel == "Hyperlink"] == []
    assert "needs_decision" not in await needs(world, id)


async def test_ignored_finding_stays_closed_until_its_cause_ended_and_began_anew(
    world: World,
) -> None:
    id = await bug(world)
    world.hubspot.person_edits_ticket(id, hs_ticket_category="Development Request")
    await world.settle()
    [finding] = await found(world, "RECATEGORISED")
    assert (await work_on(world, finding, "ignore"))["state"] == "ignored"
    assert "needs_decision" not in await needs(world, id)
    world.hubspot.person_edits_ticket(id, subject="Export still fails")
    await world.settle()
    [still] = await found(world, "RECATEGORISED")
    assert (still["state"], len(world.items())) == ("ignored", 1)
    world.hubspot.person_edits_ticket(id, hs_ticket_category="Bug")
    await world.settle()
    [over] = await found(world, "RECATEGORISED")
    assert over["state"] == "resolved"
    world.hubspot.person_edits_ticket(id, hs_ticket_category="Development Request")
    await world.settle()
    [anew] = await found(world, "RECATEGORISED")
    assert (anew["state"], anew["id"]) == ("open", finding["id"])


async def test_resolved_finding_opens_again_while_its_cause_lasts(world: World) -> None:
    world.boards.faults.add(refusal())
    id = await bug(world)
    [finding] = await found(world, "LAUNCH_REJECTED")
    await work_on(world, finding, "resolve")
    world.hubspot.person_edits_ticket(id, subject="Export still fails")
    await world.settle()
    [again] = await found(world, "LAUNCH_REJECTED")
    assert again["state"] == "open"
    assert world.items() == []


async def test_record_that_was_given_up_lives_again(world: World) -> None:
    id = await bug(world)
    async with world.hub.db.write() as connection:
        await connection.execute(
            sa.update(records)
            .where(records.c.key == f"hubspot:{id}")
            .values(dead=True, attempts=8, not_before=2**45, due_at=0)
        )
        await connection.execute(
            sa.insert(findings).values(
                id="f" * 26, code="RUN_FAILED", connection="hubspot", ref=f"hubspot:{id}",
                severity="critical", data={"reason": "ValueError", "record": f"hubspot:{id}"},
                first_seen_at=1, last_seen_at=1, state="open",
            )
        )  # fmt: skip
    [finding] = await found(world, "RUN_FAILED")
    assert (await work_on(world, finding, "retry"))["state"] == "resolved"
    async with world.hub.db.read() as connection:
        progress = await queue.progress(connection, f"hubspot:{id}")
    assert progress is not None
    assert (progress.dead, progress.dirty) == (False, progress.done)
