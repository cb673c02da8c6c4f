"""Evening: work is done, customers are told by people, tickets are closed by people."""

from __future__ import annotations

from bridge.cli.demo import cast
from bridge.cli.demo.acts.implementation import ends_project_work
from bridge.cli.demo.acts.parts import Parts
from bridge.cli.demo.checks import STAGES
from bridge.cli.demo.narrator import HELPDESK
from bridge.cli.demo.scene import Scene
from bridge.cli.demo.vendors import CLOSED_STAGE, STAGE

_GOOD_NEWS = (
    "Good news: the board shows all visits again, please reload the page once. "
    "Sorry for the morning you had."
)


async def plays_evening(scene: Scene, parts: Parts) -> None:
    """A fix is released and told, a wish is declined, a closed ticket is left alone."""
    scene.narrator.chapter("Evening: done and told")
    await _fix_is_released(scene, parts)
    await _wish_is_declined(scene, parts)
    await ends_project_work(scene, parts)
    await _closed_and_left_alone(scene, parts)


async def _fix_is_released(scene: Scene, parts: Parts) -> None:
    case = parts[cast.BOARD_BLANK.subject]
    for state in ("Resolved", "Closed"):
        scene.move(case, state, cast.KENTON)
        await scene.until_shown(case, STAGE, STAGES[state], f"The ticket shows “{STAGES[state]}”")
        await scene.pause()


async def _wish_is_declined(scene: Scene, parts: Parts) -> None:
    case = parts[cast.DARK_WALL.subject]
    scene.move(case, "Removed", cast.JESSICA)
    await scene.until_shown(
        case,
        STAGE,
        STAGES["Removed"],
        f"The ticket shows “{STAGES['Removed']}”; Priya will explain it to the school district",
    )
    await scene.pause()


async def _closed_and_left_alone(scene: Scene, parts: Parts) -> None:
    case, helpdesk = parts[cast.BOARD_BLANK.subject], scene.vendors.helpdesk
    maya = scene.vendors.user(cast.MAYA)
    helpdesk.agent_replies(case.ticket_id, _GOOD_NEWS, by=maya)
    helpdesk.person_edits_ticket(case.ticket_id, by=maya, hs_pipeline_stage=CLOSED_STAGE)
    case.closed_with = scene.vendors.shown(case.ticket_id, STAGE)
    scene.act(
        HELPDESK, f"Maya to {case.request.customer.name}: “{_GOOD_NEWS}” She closes the ticket"
    )
    await scene.pause(2)
    scene.move(case, "Active", cast.KENTON)
    await scene.linger(1.5)
    if scene.shows(case, STAGE, case.closed_with):
        scene.narrator.seen(
            "The closed ticket is left alone: to the customer it is done. A finding says that its "
            "work is not"
        )
