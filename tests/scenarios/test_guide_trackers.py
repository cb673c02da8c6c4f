"""Whatever tracker the ticket's item is in: the error's item is related to it, on both sides."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bridge.kit.clock import SystemClock
from connectors.rocketlane.simulator import RocketlaneSimulator
from tests.scenarios.test_guide import answers, note, page
from tests.scenarios.test_jira import MAPPING as JIRA
from tests.scenarios.test_projects import CONNECTION, ROUTE
from tests.scenarios.test_projects import mapping as rocketlane
from tests.scenarios.test_signals import _relations, signals_world


async def test_an_item_in_jira_is_related_to_issues_of_errors_by_jiras_own_link(
    tmp_path: Path,
) -> None:
    async with signals_world(tmp_path, launch_in="jira", mapping=JIRA) as scene:
        assert scene.jira is not None
        ticket = scene.world.hubspot.person_creates_ticket(
            subject="Export fails", category="Bug", company_id=scene.world.acme
        )
        await scene.world.settle()
        [own] = scene.jira.site.issues.values()
        errors = [scene.sentry.error_occurs() for _ in range(2)]
        for each in errors:
            await note(scene, ticket, f"<p>{page(scene, each)}</p>")
        made = [each for each in scene.jira.site.issues.values() if each.id != own.id]
        assert {each.key.split("-")[0] for each in made} == {"OPS"}
        links = [{each.inward, each.outward} for each in scene.jira.site.links.values()]
        assert sorted(links, key=sorted) == sorted([{own.id, e.id} for e in made], key=sorted)
        # What the ticket shows follows its own item alone: relations enter no roll-up.
        scene.jira.person_moves_status(made[0].id, "In Progress")
        await scene.world.settle()
        assert scene.world.ticket(ticket)["work_stage"] == "Reported to engineering"
        assert scene.world.ticket(ticket)["work_items"] == own.key
        assert (await scene.get(f"/tickets/hubspot/{ticket}"))["internal_tasks"] == 2
        assert all(own.key in each for each in answers(scene))
        assert await scene.leaks(ticket) == {}


async def test_a_task_in_rocketlane_and_the_errors_item_elsewhere_lead_to_each_other(
    tmp_path: Path,
) -> None:
    sim = RocketlaneSimulator(clock=SystemClock().now, base_url="http://rocketlane.test")
    sim.add_webhook("http://bridge.test/webhooks/rocketlane?token=hook-1")
    sim.add_project("Acme rollout", "Acme")
    async with signals_world(
        tmp_path,
        mapping=rocketlane(ROUTE.replace(", implementation_lead", "")),
        more_yaml=CONNECTION.lstrip("\n"),
        others={"rocketlane.test": sim},
    ) as scene:
        ticket = scene.world.hubspot.person_creates_ticket(
            subject="Import fails", category="Post Implementation", company_id=scene.world.acme
        )
        for _ in range(100):
            await scene.world.settle()
            if sim.workspace.tasks:
                break
            await asyncio.sleep(0.05)
        [task] = [each for each in sim.workspace.tasks.values() if each.parent is None]
        await note(scene, ticket, f"<p>{page(scene, scene.sentry.error_occurs())}</p>")
        [made] = scene.world.items()
        assert f"_workitems/edit/{made.id}" in task.private_note
        assert any(str(task.id) in each for each in _relations(made, "Hyperlink"))
        assert (await scene.get(f"/tickets/hubspot/{ticket}"))["internal_tasks"] == 1
        assert len(answers(scene)) == 1
        assert await scene.leaks(ticket) == {}
