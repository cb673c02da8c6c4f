"""Morning: what an implementation left behind, and what a customer wants beyond it."""

from __future__ import annotations

from bridge.cli.demo import cast
from bridge.cli.demo.acts.parts import Parts
from bridge.cli.demo.casebook import Case
from bridge.cli.demo.narrator import PROJECTS
from bridge.cli.demo.projects import QUESTIONS, STAGES
from bridge.cli.demo.scene import Scene, StoryEnds
from bridge.cli.demo.told import leads_to_screenshots, project_cards
from bridge.cli.demo.vendors import STAGE
from connectors.rocketlane.simulator.records import Task

_ASIDE = "Their sheet was fine; our import script skips the column when its heading has a space."


async def plays_implementation(scene: Scene, parts: Parts) -> None:
    """Two tickets become tasks of projects, with their owners, questions and a card in Teams."""
    scene.narrator.chapter("Morning: what the implementation team has to do")
    await _becomes_task(scene, parts.add(scene.file_ticket(cast.WARRANTY)))
    await _lead_works(scene, parts[cast.WARRANTY.subject])
    await _becomes_task(scene, parts.add(scene.file_ticket(cast.GUEST_PORTAL)))
    await _proposal_is_sent(scene, parts[cast.GUEST_PORTAL.subject])


async def ends_project_work(scene: Scene, parts: Parts) -> None:
    """In the evening the slight change is done."""
    await _moves(scene, parts[cast.WARRANTY.subject], "Completed")


def task_of(scene: Scene, case: Case) -> Task:
    """The task of a ticket that has one; without it the story can't go on."""
    tasks = scene.vendors.tasks_of(case.ticket_id)
    if not tasks:
        raise StoryEnds(f"“{case.request.subject}” has no task in Rocketlane to go on with")
    return tasks[0]


def move_task(scene: Scene, case: Case, status: str) -> None:
    """Hugo moves the task of a ticket."""
    projects, task = scene.vendors.projects, task_of(scene, case)
    before = task.status.label
    hugo = projects.person(cast.HUGO)
    projects.rocketlane.person_moves_status(str(task.id), status, hugo)
    scene.act(PROJECTS, f"Hugo moves task #{task.id} from {before} to {status}")


async def _becomes_task(scene: Scene, case: Case) -> None:
    scene.tell_filed(case)
    vendors = scene.vendors

    def is_there() -> bool:
        tasks = vendors.tasks_of(case.ticket_id)
        return (
            len(tasks) == 1
            and [each.name for each in vendors.projects.below(tasks[0])] == [QUESTIONS]
            and scene.shows(case, STAGE, STAGES["To do"])
        )

    def told() -> str:
        task = task_of(scene, case)
        owners = " and ".join(each.first for each in task.assignees)
        return (
            f"Task #{task.id} is in the project “{task.project.name}”, given to {owners}, with the "
            f"subtask “{QUESTIONS}”; the ticket shows “{STAGES['To do']}”"
        )

    await scene.until(is_there, told)
    scene.narrator.aside(
        "The customer can read the task's name; the words of the request are in its private note."
    )
    await scene.until(
        lambda: len(project_cards(vendors, case.ticket_id)) == 1,
        "The internal Teams channel has a card with a link to the task"
        + (" and to the screenshot" if case.request.screenshot else ""),
    )
    cards = project_cards(vendors, case.ticket_id)
    if cards and case.request.screenshot and not leads_to_screenshots(cards[0]):
        scene.book.missed.append(
            f"the card of task #{task_of(scene, case).id} shows no way to the screenshot"
        )
    await scene.pause(2)


async def _lead_works(scene: Scene, case: Case) -> None:
    projects, task = scene.vendors.projects, task_of(scene, case)
    projects.rocketlane.person_comments(str(task.id), _ASIDE, projects.person(cast.HUGO))
    scene.book.keep_inside("rocketlane", _ASIDE)
    scene.act(PROJECTS, f"Hugo to Maya in #{task.id}: “{_ASIDE}”")
    await _moves(scene, case, "In progress")


async def _proposal_is_sent(scene: Scene, case: Case) -> None:
    await _moves(scene, case, "Proposal with client")
    scene.narrator.aside("Greta of sales is the third owner: this is new work, with an offer.")


async def _moves(scene: Scene, case: Case, status: str) -> None:
    move_task(scene, case, status)
    await scene.until_shown(case, STAGE, STAGES[status], f"The ticket shows “{STAGES[status]}”")
    await scene.pause()
