"""The day after the story: it goes on slowly, at random, until somebody stops it."""

from __future__ import annotations

import asyncio
import random

from bridge.cli.demo import cast, projects
from bridge.cli.demo.acts.implementation import move_task, task_of
from bridge.cli.demo.acts.leads import leads_are_told
from bridge.cli.demo.casebook import Case
from bridge.cli.demo.checks import STAGES
from bridge.cli.demo.living_desk import DeskDay
from bridge.cli.demo.narrator import HELPDESK
from bridge.cli.demo.scene import Scene, StoryEnds
from bridge.cli.demo.vendors import CLOSED_STAGE, STAGE

_BETWEEN_S = 9.0
_MOST_OPEN = 12
_NEW_TICKETS = 0.3
_AT_THE_DESK = 0.4
_NEXT_TASK = {"To do": "In progress", "In progress": "Completed"}
_NEXT = {"New": "Active", "Active": "Resolved", "Resolved": "Closed"}

_WORDS = {
    "work": "This is done and available to you now. Tell me if anything is still not right.",
    "answer": "Here is the answer, with a link to the page that explains it. Enjoy your day!",
}

_MORE = (
    cast.Request(
        cast.CALDER,
        "Driver's photo is turned by 90 degrees",
        "Photos taken in portrait arrive lying on their side in the visit report.",
        cast.BUG,
    ),
    cast.Request(
        cast.OAKFIELD,
        "Search finds nothing when the name has an apostrophe",
        "O'Neill Primary can't be found, Oakfield Primary can.",
        cast.BUG,
        "LOW",
    ),
    cast.Request(
        cast.PINECREST,
        "Repeat a visit every second Thursday",
        "Every week and every month exist; our pools are serviced every second week.",
        cast.DEVELOPMENT,
    ),
    cast.Request(
        cast.MERIDIAN,
        "Nobody can log in with single sign-on",
        "All clinics, since a few minutes. The page says that the certificate is not valid.",
        cast.BUG,
        "HIGH",
    ),
    cast.Request(
        cast.CALDER,
        "Depot of the second warehouse was left out",
        "All vans still start from the first one; the sheet for the set-up had both.",
        cast.POST_IMPLEMENTATION,
    ),
    cast.Request(
        cast.STONEBRIDGE,
        "Which browser versions do you support?",
        "Our IT asks before the update next week.",
        cast.CUSTOMER_SUCCESS,
        "LOW",
    ),
    cast.Request(
        cast.BRIGHTWATER,
        "Meter readings are rounded in the summary",
        "The visit shows 1,204.6 and the summary 1,205; billing needs the decimals.",
        cast.BUG,
    ),
)


async def live_on(scene: Scene, seed: int = 7) -> None:
    """A ticket, a move, a closing, every few seconds; never returns."""
    chance = random.Random(seed)
    going_on: list[Case] = []
    to_come: list[cast.Request] = []
    desk = DeskDay(chance)
    while True:
        await asyncio.sleep(_BETWEEN_S / scene.speed * chance.uniform(0.6, 1.4))
        try:
            if chance.random() < _AT_THE_DESK:
                await desk.goes_on(scene)
            elif not going_on or (len(going_on) < _MOST_OPEN and chance.random() < _NEW_TICKETS):
                to_come = to_come or chance.sample(_MORE, len(_MORE))
                await _ticket_comes(scene, going_on, to_come.pop())
            else:
                await _ticket_goes_on(scene, going_on, chance.choice(going_on), chance)
        except StoryEnds as end:
            scene.narrator.missed(str(end))


async def _ticket_comes(scene: Scene, going_on: list[Case], request: cast.Request) -> None:
    case = scene.file_ticket(request)
    scene.tell_filed(case)
    there = True
    if case.in_project:
        there = await scene.until(
            lambda: len(scene.vendors.tasks_of(case.ticket_id)) == 1,
            lambda: f"Task #{task_of(scene, case).id} is in the customer's project",
        )
    elif case.work:
        there = await scene.until(
            lambda: scene.has_work(case),
            lambda: f"{case.work} #{scene.item(case).id} is in Boards and on the ticket",
        )
    if there:
        going_on.append(case)
    if there and case.work and request.priority == "HIGH":
        await leads_are_told(scene, case)


async def _ticket_goes_on(
    scene: Scene, going_on: list[Case], case: Case, chance: random.Random
) -> None:
    shown = _moves(scene, case, chance)
    if shown is None:
        going_on.remove(case)
        _is_closed(scene, case)
        return
    await scene.until_shown(case, STAGE, shown, f"“{case.request.subject}” shows “{shown}”")


def _moves(scene: Scene, case: Case, chance: random.Random) -> str | None:
    """One step of the ticket's work, and the stage that follows; None where all is done."""
    if case.in_project:
        status = _NEXT_TASK.get(task_of(scene, case).status.label)
        if status is None:
            return None
        move_task(scene, case, status)
        return projects.STAGES[status]
    items = scene.vendors.items_of(case.ticket_id)
    state = _NEXT.get(items[0].state) if items else None
    if state is None:
        return None
    scene.move(case, state, chance.choice(cast.ENGINEERS))
    return STAGES[state]


def _is_closed(scene: Scene, case: Case) -> None:
    csm, helpdesk = case.request.customer.csm, scene.vendors.helpdesk
    user = scene.vendors.user(csm)
    words = _WORDS["work" if case.work or case.in_project else "answer"]
    helpdesk.agent_replies(case.ticket_id, words, by=user)
    helpdesk.person_edits_ticket(case.ticket_id, by=user, hs_pipeline_stage=CLOSED_STAGE)
    told = f"{csm.first} tells {case.request.customer.name}"
    scene.act(HELPDESK, f"{told} and closes “{case.request.subject}”")
