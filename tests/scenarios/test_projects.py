"""Tickets become tasks in their customer's project (H14, H16, H17, H19, H20)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.phases import KnownPhase, PhaseWanted
from bridge.kit.clock import SystemClock
from bridge.kit.faults import Fault, FaultKind
from bridge.store import phases
from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.rocketlane.simulator.records import Project, Task
from tests.scenarios.world import BRIDGE_YAML, World, make_boards, make_hubspot, open_world
from tests.shipped import SHIPPED

CONNECTION = """
  rocketlane:
    vendor: rocketlane
    base_url: http://rocketlane.test
    api_key: key-test
    account: hub@acme.example
    webhook_token: hook-1
    rate: 10000
    lists_per_minute: 600000
    debounce_ms: 0
    sweep_s: 3600
    probe_grace_s: 0.1
people:
  csm: [hub@acme.example]
"""
ROUTE = """
  - id: implementation
    when: {field: category, in: [Post Implementation, Additional Scope]}
    launch:
      in: rocketlane
      project: {from: customer}
      phase: {name: Post Implementation, create: true}
      type: TASK
      assignees: [csm, implementation_lead]
      subtasks:
        - {title: Ticketing Questions, form: Ticketing Questions, questions: [Since when?, Who?]}
      fields:
        taskName: "[{{ ticket.customer }}] {{ ticket.subject }}"
        taskPrivateNote: {from: description}
      settle: 0s
"""
CSM = "  csm: [{owner: hubspot_owner_id}]\n"
LEAD = """\
  implementation_lead: [{association: company, property: implementation_lead}]
"""
STATUS = """
status:
  rocketlane: {To do: reported, In progress: in_development, Completed: available}
"""
PATH = "/api/1.0"


def mapping(route: str = ROUTE) -> str:
    """The ready-made mapping with Rocketlane in the place of a route that stays."""
    text = re.sub(r"(?m)^  - id: implementation\n(?:    .+\n)+", route.lstrip("\n"), SHIPPED)
    text = text.replace("\nstatus:\n", STATUS, 1)
    text = text.replace("    owner: work_item\n", "    owner: work_item\n    connection: boards\n")
    return text if LEAD in text else text.replace(CSM, CSM + LEAD, 1)


@dataclass
class Implementing:
    """The world with a Rocketlane account."""

    world: World
    rocketlane: RocketlaneSimulator
    project: Project
    owner: str
    """The id of an owner in HubSpot."""

    def new_ticket(self, category: str = "Post Implementation", **more: Any) -> str:
        """A ticket of Acme; its id."""
        given: dict[str, Any] = {"company_id": self.world.acme, "content": "Step 4 fails."}
        return self.world.hubspot.person_creates_ticket(
            subject="Import fails", category=category, **given | more
        )

    def tasks(self) -> list[Task]:
        """The tasks that hang below no other, oldest first."""
        return [each for each in self.rocketlane.workspace.tasks.values() if each.parent is None]

    def subtasks(self) -> list[Task]:
        """The others."""
        return [each for each in self.rocketlane.workspace.tasks.values() if each.parent]

    async def settle_tasks(self, count: int) -> None:
        """Let so many tasks come to be: tickets are woken a moment after their phase is settled."""
        for _ in range(100):
            await self.world.settle()
            if len(self.tasks()) >= count:
                return
            await asyncio.sleep(0.05)

    def phases(self) -> list[str]:
        """The names of all phases."""
        return [each.name for each in self.rocketlane.workspace.phases.values()]

    def sent(self, method: str, path: str) -> int:
        """How many of these calls reached the vendor."""
        wanted = (method, f"{PATH}/{path}")
        return [(each.method, each.path) for each in self.rocketlane.calls].count(wanted)


@asynccontextmanager
async def implementing(
    folder: Path, url: str | None = None, route: str = ROUTE
) -> AsyncIterator[Implementing]:
    """A world in which Acme has a project and a lead."""
    clock = SystemClock()
    hubspot, boards = make_hubspot(clock), make_boards(clock)
    owner = hubspot.add_owner("kim@acme.example", "Kim", "K")
    rocketlane = RocketlaneSimulator(clock=clock.now, base_url="http://rocketlane.test")
    rocketlane.add_webhook("http://bridge.test/webhooks/rocketlane?token=hook-1")
    project = rocketlane.add_project("Acme rollout", "ACME")
    rocketlane.add_project("Globex rollout", "Globex")
    async with open_world(
        folder,
        database_url=url,
        mapping=mapping(route),
        bridge_yaml=BRIDGE_YAML + CONNECTION.lstrip("\n"),
        vendors=(hubspot, boards),
        others={"rocketlane.test": rocketlane},
    ) as world:
        world.hubspot.add_property("companies", "implementation_lead")
        lead = {"implementation_lead": "ana@acme.example"}
        world.acme = world.hubspot.add_company("Acme", success_plan="Elite", **lead)
        yield Implementing(world, rocketlane, project, owner)


@pytest.fixture(params=["sqlite", "postgresql"])
async def here(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Implementing]:
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with implementing(tmp_path, url) as opened:
        yield opened


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Implementing]:
    async with implementing(tmp_path) as opened:
        yield opened


async def test_ticket_becomes_a_task_in_the_customers_project(here: Implementing) -> None:
    id = here.new_ticket()
    await here.world.settle()
    [task] = here.tasks()
    assert (task.name, task.project) == ("[Acme] Import fails", here.project)
    assert task.phase is not None
    assert here.phases() == ["Post Implementation"]
    assert {each.email for each in task.assignees} == {"hub@acme.example", "ana@acme.example"}
    assert "Step 4 fails." in task.private_note
    assert task.description == ""
    [below] = here.subtasks()
    assert (below.parent, below.name) == (task, "Ticketing Questions")
    assert "Form to attach: <strong>Ticketing Questions</strong>" in below.description
    assert "☐ Since when?" in below.description
    assert here.world.ticket(id)["work_stage"] == "Reported to engineering"
    assert here.world.ticket(id)["work_items"] == f"#{task.id}"
    here.rocketlane.person_moves_status(str(task.id), "In progress")
    await here.world.settle()
    assert here.world.ticket(id)["work_stage"] == "In development"
    assert not await here.world.findings()


async def test_tickets_at_the_same_moment_share_one_phase(here: Implementing) -> None:
    for _ in range(8):
        here.new_ticket()
    await here.settle_tasks(8)
    assert len(here.tasks()) == 8
    assert here.phases() == ["Post Implementation"]
    assert {each.phase for each in here.tasks()} == set(here.rocketlane.workspace.phases.values())
    assert here.sent("POST", "phases") == 1
    assert len(here.subtasks()) == 8


@pytest.mark.parametrize("kind", [FaultKind.RESET_AFTER, FaultKind.RESET])
async def test_phase_whose_answer_was_lost_is_looked_for_and_made_once(
    small: Implementing, kind: FaultKind
) -> None:
    fault = small.rocketlane.faults.add(Fault(f"POST {PATH}/phases", kind))
    small.new_ticket()
    await small.world.settle()
    assert fault.times == 0
    assert small.phases() == ["Post Implementation"]
    assert len(small.tasks()) == 1


async def test_subtask_whose_answer_was_lost_is_made_once(small: Implementing) -> None:
    task = f"POST {PATH}/tasks"
    small.rocketlane.faults.add(Fault(task, FaultKind.DELAY, delay_s=0.0))
    fault = small.rocketlane.faults.add(Fault(task, FaultKind.RESET_AFTER))
    small.new_ticket()
    await small.world.settle()
    assert fault.times == 0
    assert len(small.subtasks()) == 1
    assert small.sent("POST", "tasks") == 2


async def test_phase_that_is_there_is_taken_whatever_its_case(small: Implementing) -> None:
    phase = small.rocketlane.add_phase(small.project, "POST implementation")
    small.new_ticket()
    await small.world.settle()
    assert [each.phase for each in small.tasks()] == [phase]
    assert small.sent("POST", "phases") == 0


async def test_one_of_two_phases_of_the_same_name_is_taken_and_that_is_told(
    small: Implementing,
) -> None:
    first = small.rocketlane.add_phase(small.project, "Post Implementation")
    small.rocketlane.add_phase(small.project, "post implementation")
    small.new_ticket()
    await small.world.settle()
    assert [each.phase for each in small.tasks()] == [first]
    assert await small.world.findings() == {"PHASE_AMBIGUOUS"}


async def test_missing_phase_is_told_where_the_hub_may_not_create_it(tmp_path: Path) -> None:
    route = ROUTE.replace("{name: Post Implementation, create: true}", "Post Implementation")
    async with implementing(tmp_path, route=route) as on:
        on.new_ticket()
        await on.world.settle()
        assert (on.tasks(), on.phases()) == ([], [])
        assert await on.world.findings() == {"PHASE_NOT_FOUND"}


async def test_customer_without_a_project_is_told_and_nothing_is_made(small: Implementing) -> None:
    lead = {"implementation_lead": "ana@acme.example"}
    nobody = small.world.hubspot.add_company("Initech", **lead)
    small.new_ticket(company_id=nobody)
    await small.world.settle()
    assert small.rocketlane.workspace.tasks == {}
    assert await small.world.findings() == {"PROJECT_NOT_FOUND"}


async def test_customer_with_two_projects_is_a_persons_decision(small: Implementing) -> None:
    small.rocketlane.add_project("Acme, second", "Acme")
    small.new_ticket()
    await small.world.settle()
    assert small.rocketlane.workspace.tasks == {}
    assert await small.world.findings() == {"PROJECT_AMBIGUOUS"}


async def test_project_whose_id_stands_in_a_field(tmp_path: Path) -> None:
    route = ROUTE.replace("{from: customer}", "{association: company, property: rl_project}")
    async with implementing(tmp_path, route=route) as on:
        on.world.hubspot.add_property("companies", "rl_project")
        globex = next(p for p in on.rocketlane.workspace.projects.values() if p is not on.project)
        company = on.world.hubspot.add_company(
            "Acme North", rl_project=str(globex.id), implementation_lead="ana@acme.example"
        )
        on.new_ticket(company_id=company)
        await on.world.settle()
        assert [each.project for each in on.tasks()] == [globex]


async def test_role_that_nobody_plays_holds_the_launch_and_is_told(small: Implementing) -> None:
    nobody = small.world.hubspot.add_company("Acme")
    id = small.new_ticket(company_id=nobody)
    await small.world.settle()
    assert small.rocketlane.workspace.tasks == {}
    assert await small.world.findings() == {"INTAKE_INCOMPLETE"}
    answer = await small.world.client.get(
        f"/api/v1/tickets/hubspot/{id}/explain", headers=small.world.admin
    )
    assert "implementation_lead" in answer.json()["sentence"] + answer.json()["detail"]


async def test_project_that_the_hub_may_not_look_into_is_told(small: Implementing) -> None:
    said = b'{"errors": [{"errorCode": "NOT_FOUND", "errorMessage": "no"}]}'
    headers = {"Content-Type": "application/json"}
    wrong = Fault(f"GET {PATH}/phases", FaultKind.ANSWER, 9, 404, headers, said)
    small.rocketlane.faults.add(wrong)
    small.new_ticket()
    await small.world.settle()
    assert small.rocketlane.workspace.tasks == {}
    assert await small.world.findings() == {"PHASE_NOT_FOUND"}


async def test_phase_that_was_deleted_is_looked_for_again_by_a_retry(small: Implementing) -> None:
    small.new_ticket()
    await small.world.settle()
    board = small.rocketlane.rocketlane.board
    [phase] = small.rocketlane.workspace.phases.values()
    small.rocketlane.drop_webhooks = 99
    board.delete_phase(small.rocketlane.ana, phase)
    small.new_ticket()
    await small.world.settle()
    assert await small.world.findings() >= {"LAUNCH_REJECTED"}
    client, admin = small.world.client, small.world.admin
    found = (await client.get("/api/v1/findings?state=open", headers=admin)).json()["items"]
    [refused] = [each for each in found if each["code"] == "LAUNCH_REJECTED"]
    answer = await client.post(f"/api/v1/findings/{refused['id']}/retry", headers=admin)
    assert answer.status_code == 200, answer.text
    await small.world.settle()
    assert [each.phase is not None for each in small.tasks()] == [True]
    assert "LAUNCH_REJECTED" not in await small.world.findings()


async def test_refusal_that_names_no_field_has_the_phase_looked_for_again(
    small: Implementing,
) -> None:
    small.new_ticket()
    await small.world.settle()
    board = small.rocketlane.rocketlane.board
    [phase] = small.rocketlane.workspace.phases.values()
    said = b'{"errors": [{"errorCode": "BAD_REQUEST", "errorMessage": "no"}]}'
    headers = {"Content-Type": "application/json"}
    wrong = Fault(f"POST {PATH}/tasks", FaultKind.ANSWER, 1, 400, headers, said)
    small.rocketlane.faults.add(wrong)
    small.rocketlane.drop_webhooks = 99
    board.delete_phase(small.rocketlane.ana, phase)
    small.new_ticket()
    await small.world.settle()
    client, admin = small.world.client, small.world.admin
    found = (await client.get("/api/v1/findings?state=open", headers=admin)).json()["items"]
    [refused] = [each for each in found if each["code"] == "LAUNCH_REJECTED"]
    answer = await client.post(f"/api/v1/findings/{refused['id']}/retry", headers=admin)
    assert answer.status_code == 200, answer.text
    await small.world.settle()
    assert "LAUNCH_REJECTED" not in await small.world.findings()


async def test_phase_whose_deletion_is_told_is_looked_for_before_the_next_launch(
    small: Implementing,
) -> None:
    small.new_ticket()
    await small.world.settle()
    [phase] = small.rocketlane.workspace.phases.values()
    small.rocketlane.rocketlane.board.delete_phase(small.rocketlane.ana, phase)
    await small.world.settle()
    small.new_ticket()
    await small.world.settle()
    assert small.phases() == ["Post Implementation"]
    assert "LAUNCH_REJECTED" not in await small.world.findings()


async def test_other_tickets_look_does_not_end_what_is_told_of_two_phases(
    small: Implementing,
) -> None:
    small.rocketlane.add_phase(small.project, "Post Implementation")
    small.rocketlane.add_phase(small.project, "post implementation")
    small.new_ticket()
    await small.world.settle()
    hub = small.world.hub
    wanted = PhaseWanted(
        "rocketlane", str(small.project.id), "Post Implementation", True, timedelta(days=1)
    )
    before = small.sent("GET", "phases")
    async with hub.db.write(durable=False) as connection:
        await phases.ask(hub.db, connection, [wanted], "hubspot:1", hub.now())
    hub.work_wake.set()
    await small.world.settle()
    assert small.sent("GET", "phases") == before
    assert await small.world.findings() == {"PHASE_AMBIGUOUS"}


async def test_unclear_create_is_not_sent_again_where_nobody_may_create_it(
    small: Implementing,
) -> None:
    hub = small.world.hub
    wanted = PhaseWanted("rocketlane", str(small.project.id), "Later", False, timedelta(days=1))
    long_ago = hub.now() - timedelta(hours=1)
    unclear = phases.Asked(wanted, KnownPhase(long_ago, intended_at=long_ago, looks=1))
    async with hub.db.write(durable=False) as connection:
        await phases.store(hub.db, connection, unclear, hub.now())
        await phases.ask(hub.db, connection, [wanted], "hubspot:1", hub.now())
    hub.work_wake.set()
    await small.world.settle()
    assert small.phases() == []
    async with hub.db.read() as connection:
        left = await phases.load(connection, "rocketlane", wanted.key)
    assert left is not None
    assert left.known is not None
    assert left.known.settled


async def test_who_may_not_create_a_phase_takes_nothing_from_those_that_wait_and_may(
    small: Implementing,
) -> None:
    hub = small.world.hub
    may = PhaseWanted("rocketlane", str(small.project.id), "Later", True, timedelta(days=9))
    may_not = replace(may, create=False)
    async with hub.db.write(durable=False) as connection:
        for wanted, ticket in ((may_not, "hubspot:1"), (may, "hubspot:2"), (may_not, "hubspot:3")):
            await phases.ask(hub.db, connection, [wanted], ticket, hub.now())
        asked = await phases.load(connection, "rocketlane", may.key)
    assert asked is not None
    assert asked.wanted == may
    hub.work_wake.set()
    await small.world.settle()
    assert small.phases() == ["Later"]


async def test_owner_of_the_ticket_comes_before_the_group_of_that_name(small: Implementing) -> None:
    who = small.rocketlane.workspace.add_person("kim@acme.example", "Kim", "K")
    small.new_ticket(hubspot_owner_id=small.owner)
    await small.world.settle()
    [task] = small.tasks()
    assert who in task.assignees
    assert small.rocketlane.account not in task.assignees
