"""What is born of a signal stays known as that, and a person's way out of what went wrong works."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.domain.refs import SignalRef
from bridge.kit.faults import Fault, FaultKind
from bridge.store import queue
from bridge.store.queue import Mark
from bridge.store.tables import launches, origins
from connectors.sentry.simulator.records import Issue
from tests.scenarios.test_findings import found, work_on
from tests.scenarios.test_signal_forms import Page
from tests.scenarios.test_signals import Scene, signals_world

RELATED = "System.LinkTypes.Related"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with signals_world(tmp_path) as scene:
        yield scene


def refusal(calls: str) -> Fault:
    said = {"message": "TF401320: Rule Error", "typeKey": "RuleError"}
    return Fault(
        calls,
        FaultKind.ANSWER,
        status=400,
        headers={"Content-Type": "application/json"},
        body=json.dumps(said).encode(),
    )


async def launched(scene: Scene, issue: Issue, item: Any = None) -> Any:
    """The item of the signal's launch."""
    before = {each.id for each in scene.world.items()}
    answer = await scene.launch(issue, item)
    assert answer.status_code == 201, answer.text
    await scene.world.settle()
    [made] = [each for each in scene.world.items() if each.id not in before]
    return made


async def forget(scene: Scene, issue: Issue, *, intended: bool) -> None:
    """The store as it is when the create's answer was lost, or when nothing was ever sent."""
    key = f"sentry:{issue.id}"
    async with scene.world.hub.db.write() as connection:
        await connection.execute(sa.delete(origins).where(origins.c.signal_key == key))
        row = launches.c.ticket_key == key
        if intended:
            values = {"state": "intended", "work_item_id": None, "probes": 0, "intended_at": 1}
            await connection.execute(sa.update(launches).where(row).values(**values))
        else:
            await connection.execute(sa.delete(launches).where(row))


async def wake(scene: Scene, issue: Issue, *, read: bool = False) -> None:
    async with scene.world.hub.db.write() as connection:
        mark = Mark(SignalRef("sentry", str(issue.id)), "test", read=read)
        await queue.mark(scene.world.hub.db, connection, [mark])
    scene.world.hub.work_wake.set()
    await scene.world.settle()


async def born_of(scene: Scene, issue: Issue) -> set[str]:
    async with scene.world.hub.db.read() as connection:
        query = sa.select(origins.c.work_item_key).where(
            origins.c.signal_key == f"sentry:{issue.id}"
        )
        return set((await connection.execute(query)).scalars())


async def state_of(scene: Scene, issue: Issue) -> str | None:
    async with scene.world.hub.db.read() as connection:
        query = sa.select(launches.c.state).where(launches.c.ticket_key == f"sentry:{issue.id}")
        return (await connection.execute(query)).scalar()


async def marks_of(scene: Scene, ticket: str) -> int:
    """How often the ticket was woken so far."""
    async with scene.world.hub.db.read() as connection:
        progress = await queue.progress(connection, f"hubspot:{ticket}")
    assert progress is not None
    return progress.dirty


async def test_a_lost_create_is_looked_for_though_another_item_was_tied(scene: Scene) -> None:
    issue = scene.sentry.error_occurs()
    made = await launched(scene, issue)
    await forget(scene, issue, intended=True)
    tied = scene.world.boards.person_creates("Bug", "Flaky export")
    page = Page(scene, scene.sentry.forms("http://bridge.test/webhooks/sentry", "/sentry/sentry"))
    assert (await page.press("link", issue, {"item": f"boards:{tied}"})).status == 200
    await scene.world.settle()
    assert await born_of(scene, issue) == {f"boards:{made.id}", f"boards:{tied}"}
    assert await state_of(scene, issue) == "created"


async def test_a_lost_create_is_looked_for_though_the_signal_is_gone(scene: Scene) -> None:
    issue = scene.sentry.error_occurs()
    made = await launched(scene, issue)
    await forget(scene, issue, intended=True)
    scene.sentry.person_deletes(issue)
    await wake(scene, issue, read=True)
    assert await born_of(scene, issue) == {f"boards:{made.id}"}


async def test_none_of_several_found_items_stays_without_its_origin_and_a_retry_decides(
    scene: Scene,
) -> None:
    issue = scene.sentry.error_occurs()
    first = await launched(scene, issue)
    await forget(scene, issue, intended=False)
    await wake(scene, issue)
    _, second = scene.world.items()
    await forget(scene, issue, intended=True)
    await wake(scene, issue)
    assert await born_of(scene, issue) == {f"boards:{each.id}" for each in (first, second)}
    [undecided] = await found(scene.world, "LAUNCH_UNDECIDED")
    assert undecided["state"] == "open"
    scene.world.boards.person_deletes(second.id)
    await scene.world.settle()
    assert (await work_on(scene.world, undecided, "retry"))["state"] == "resolved"
    assert await state_of(scene, issue) == "created"


async def test_sentrys_button_is_noticed_after_the_hub_launched_the_signal(scene: Scene) -> None:
    ticket, item = await scene.bug()
    issue = scene.sentry.error_occurs()
    made = await launched(scene, issue, item)
    url = f"http://boards.test/acme/Platform/_workitems/edit/{item.id}"
    vsts = scene.sentry.add_integration("vsts", "boards.test")
    scene.sentry.organization.link_tracker(issue, vsts.id, str(item.id), url)
    before = await marks_of(scene, ticket)
    scene.sentry.person_sets_status(issue, "resolved")
    await scene.world.settle()
    assert await born_of(scene, issue) == {f"boards:{made.id}", f"boards:{item.id}"}
    assert "SENTRY_ON_TICKET" in await scene.world.findings()
    assert await marks_of(scene, ticket) > before
    text = f"<p>#customer</p><p>{scene.sentry.canaries_planted.plant('marked')}</p>"
    scene.world.boards.person_comments(str(item.id), text)
    await scene.world.settle()
    assert await scene.leaks(ticket) == {}


async def test_a_refused_launch_of_a_signal_is_sent_once_more_by_a_retry(scene: Scene) -> None:
    scene.world.boards.faults.add(refusal(r"POST .*workitems/\$Bug"))
    await scene.launch(scene.sentry.error_occurs())
    await scene.world.settle()
    [finding] = await found(scene.world, "LAUNCH_REJECTED")
    assert (finding["state"], scene.world.items()) == ("open", [])
    assert (await work_on(scene.world, finding, "retry"))["state"] == "resolved"
    assert len(scene.world.items()) == 1


async def test_a_lifted_limit_lets_the_waiting_signals_launch(scene: Scene) -> None:
    scene.world.hub.launch_limit = 1
    await scene.bug()
    await scene.launch(scene.sentry.error_occurs(), wait=0)
    await scene.world.settle()
    [waiting] = await found(scene.world, "LAUNCH_LIMIT")
    assert len(scene.world.items()) == 1
    assert (await work_on(scene.world, waiting, "retry"))["state"] == "resolved"
    assert len(scene.world.items()) == 2


async def test_a_refused_relation_is_told_and_made_by_a_retry(scene: Scene) -> None:
    _, item = await scene.bug()
    scene.world.boards.faults.add(refusal(r"PATCH .*workitems/\d+"))
    made = await launched(scene, scene.sentry.error_occurs(), item)
    [finding] = await found(scene.world, "RELATION_REJECTED")
    assert (finding["state"], finding["ref"]["id"]) == ("open", str(made.id))
    # A pass that does not try again proves nothing.
    scene.world.boards.person_edits(str(made.id), {"System.State": "Resolved"})
    await scene.world.settle()
    assert (await found(scene.world, "RELATION_REJECTED"))[0]["state"] == "open"
    assert (await work_on(scene.world, finding, "retry"))["state"] == "resolved"
    assert [each.target for each in made.relations if each.rel == RELATED] == [item.id]


async def test_an_item_that_was_deleted_is_no_answer_and_none_is_made_in_its_place(
    scene: Scene,
) -> None:
    _, item = await scene.bug()
    issue = scene.sentry.error_occurs()
    made = await launched(scene, issue, item)
    scene.world.boards.person_deletes(made.id)
    await scene.world.settle()
    [gone] = await found(scene.world, "SIGNAL_ITEM_GONE")
    assert gone["state"] == "open"
    assert str(made.id) in gone["detail"]
    for other in (None, item):
        answer = await scene.launch(issue, other)
        assert answer.status_code == 404, answer.text
    assert [each.id for each in scene.world.items() if each.id != made.id] == [item.id]


async def test_a_link_by_sentrys_own_button_is_noticed_though_nobody_launched_anything(
    scene: Scene,
) -> None:
    ticket, item = await scene.bug()
    issue, other = scene.sentry.error_occurs(), scene.sentry.error_occurs()
    await scene.world.sweep("sentry")
    assert await born_of(scene, issue) == set()
    vsts = scene.sentry.add_integration("vsts", "boards.test")
    url = f"http://boards.test/acme/Platform/_workitems/edit/{item.id}"
    scene.sentry.organization.link_tracker(issue, vsts.id, str(item.id), url)
    await scene.world.sweep("sentry")
    assert await born_of(scene, issue) == {f"boards:{item.id}"}
    assert await born_of(scene, other) == set()
    [told] = await found(scene.world, "SENTRY_ON_TICKET")
    assert told["severity"] == "critical"
    # The link stays, its stage too; whatever is written in the item is held.
    marked = f"<p>#customer</p><p>{scene.sentry.canaries_planted.plant('marked')}</p>"
    scene.world.boards.person_comments(str(item.id), marked)
    scene.world.boards.person_moves_state(item.id, "Active")
    await scene.world.settle()
    assert scene.world.ticket(ticket)["work_stage"] == "In development"
    assert await scene.leaks(ticket) == {}
    # No item is made of it by that: nobody asked for one.
    assert len(scene.world.items()) == 1


async def test_what_sentry_tied_to_an_item_on_no_ticket_keeps_it_off_tickets(scene: Scene) -> None:
    ticket, _ = await scene.bug()
    native = scene.world.boards.person_creates("Bug", "made by Sentry's button")
    issue = scene.sentry.error_occurs()
    vsts = scene.sentry.add_integration("vsts", "boards.test")
    url = f"http://boards.test/acme/Platform/_workitems/edit/{native}"
    scene.sentry.organization.link_tracker(issue, vsts.id, str(native), url)
    await scene.world.sweep("sentry")
    body = {
        "ticket": {"connection": "hubspot", "id": ticket},
        "work_item": {"connection": "boards", "id": str(native)},
    }
    answer = await scene.world.client.post("/api/v1/links", json=body, headers=scene.world.admin)
    assert answer.json()["code"] == "sentry_never_on_ticket"
    assert "SENTRY_ON_TICKET" not in await scene.world.findings()
