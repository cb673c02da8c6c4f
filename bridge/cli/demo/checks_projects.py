"""Whether the implementation team has what it needs, and customers read only what they may."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape

from bridge.cli.demo import cast
from bridge.cli.demo.casebook import Case
from bridge.cli.demo.projects import PHASE, QUESTIONS, STAGES
from bridge.cli.demo.told import leads_to_screenshots, project_cards
from bridge.cli.demo.vendors import KEYS, STAGE
from bridge.cli.demo.verdicts import Check, Day, name_of
from connectors.rocketlane.simulator.records import Task


def _one_task_each(day: Day) -> Iterator[str]:
    for case in day.book.in_projects:
        tasks = day.vendors.tasks_of(case.ticket_id)
        if len(tasks) != 1:
            yield f"{name_of(case)} has {len(tasks)} tasks in Rocketlane"
        for task in tasks:
            yield from _as_wanted(day, case, task)
    made = len(day.vendors.projects.own_tasks())
    wanted = 2 * len(day.book.in_projects)
    if made != wanted:
        yield f"the hub created {made} tasks and subtasks, {wanted} were to be"


def _as_wanted(day: Day, case: Case, task: Task) -> Iterator[str]:
    customer = case.request.customer
    place = (task.project.company.name, task.phase.name if task.phase else "")
    if place != (customer.name, PHASE):
        yield f"task #{task.id} is in {place[1]!r} of {place[0]}"
    owners = {customer.csm.email, cast.HUGO.email}
    if case.request.category == cast.ADDITIONAL_SCOPE:
        owners.add(cast.GRETA.email)
    given = {each.email for each in task.assignees}
    if given != owners:
        yield f"task #{task.id} is given to {', '.join(sorted(given))}"
    below = [each.name for each in day.vendors.projects.below(task)]
    if below != [QUESTIONS]:
        yield f"task #{task.id} has the subtasks {below}"


def _words_stay_private(day: Day) -> Iterator[str]:
    for case in day.book.in_projects:
        for task in day.vendors.tasks_of(case.ticket_id):
            if case.request.text not in unescape(task.private_note):
                yield f"the private note of task #{task.id} does not hold the request"
            if task.description or case.request.text in task.name:
                yield f"task #{task.id} shows the customer more than a name"


def _followed(day: Day) -> Iterator[str]:
    for case in day.book.in_projects:
        for task in day.vendors.tasks_of(case.ticket_id):
            wanted = {STAGE: STAGES[task.status.label], KEYS: f"#{task.id}"}
            for name, value in wanted.items():
                shown = day.vendors.shown(case.ticket_id, name)
                if shown != value:
                    yield f"{name_of(case)} shows {shown!r} in {name}, not {value!r}"


def _channel_told(day: Day) -> Iterator[str]:
    for case in day.book.in_projects:
        cards = project_cards(day.vendors, case.ticket_id)
        if len(cards) != 1:
            yield f"{name_of(case)}: {len(cards)} cards lead to its task"
        elif case.request.screenshot and not leads_to_screenshots(cards[0]):
            yield f"{name_of(case)}: its card shows no way to the screenshot"


PROJECT_CHECKS: dict[str, Check] = {
    "Each request after an implementation is a task with its owners and questions": _one_task_each,
    "The words of a request are for the team alone": _words_stay_private,
    "Tickets show what became of their tasks": _followed,
    "The internal channel has one card for each task": _channel_told,
}
