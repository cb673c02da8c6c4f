"""Morning at the support desk: what it can't solve becomes a bug, by severity and plan."""

from __future__ import annotations

from bridge.cli.demo.acts.parts import Parts
from bridge.cli.demo.casebook import DeskCase
from bridge.cli.demo.cast_desk import (
    BATTERY,
    INES,
    OLD_PHONES,
    PHOTOS_LOST,
    SOLVED,
    due_priority,
)
from bridge.cli.demo.deeds_desk import (
    answers_and_solves,
    asks,
    decides,
    edits,
    has_issue,
    issue_of,
)
from bridge.cli.demo.desk import ESCALATION, REPRODUCED, STAGES
from bridge.cli.demo.narrator import DESK, MAIL
from bridge.cli.demo.scene import Scene
from bridge.cli.demo.told import mails_naming

_OLD_PHONES_DO = "Yes, from 2018 on. I have put the list into this mail."
_LOOKING_S = 1.0


async def plays_escalation(scene: Scene, parts: Parts) -> None:
    """One ticket is solved by support, two become bugs of different priorities."""
    scene.narrator.chapter("Morning: the support desk of the technicians' app")
    await _support_solves(scene, parts)
    await _not_reproduced_yet(scene, parts)
    await _same_severity_other_plan(scene, parts)


async def _support_solves(scene: Scene, parts: Parts) -> None:
    case = parts.add_desk(asks(scene, OLD_PHONES))
    await scene.pause()
    edits(scene, case, INES[0], **{ESCALATION: SOLVED})
    answers_and_solves(scene, case, _OLD_PHONES_DO)
    scene.narrator.aside("What support can solve itself stays in Zendesk.")
    await scene.pause()


async def _not_reproduced_yet(scene: Scene, parts: Parts) -> None:
    case = parts.add_desk(asks(scene, PHOTOS_LOST))
    await scene.pause(2)
    decides(scene, case, reproduced=False)
    scene.act(DESK, "Noor (escalation team) takes it for a bug; nobody has seen it happen yet")
    before = len(scene.vendors.desk.own_issues())
    await scene.linger(_LOOKING_S)
    if len(scene.vendors.desk.own_issues()) == before:
        scene.narrator.seen("Nothing is created: a bug has to be reproduced first")
    edits(scene, case, INES[0], **{REPRODUCED: True})
    case.escalated = True
    scene.act(DESK, "Ines loses four photos on her own phone, and ticks “Reproduced”")
    await _becomes_bug(scene, case)
    await _csm_is_told(scene, case)
    await scene.pause(2)


async def _same_severity_other_plan(scene: Scene, parts: Parts) -> None:
    case = parts.add_desk(asks(scene, BATTERY))
    await scene.pause(2)
    decides(scene, case, reproduced=True)
    scene.act(DESK, "Noor escalates it: reproduced, in production, severity Normal like the other")
    await _becomes_bug(scene, case)
    scene.narrator.aside("Severity and success plan together say how soon.")
    await scene.pause(2)


async def _becomes_bug(scene: Scene, case: DeskCase) -> None:
    def told() -> str:
        issue, plan = issue_of(scene, case), case.request.customer.plan
        files = ", with the screenshot" if case.request.screenshot else ""
        return (
            f"Bug {issue.key} is in Jira, priority {scene.vendors.desk.priority_of(issue)} for a "
            f"customer with {plan}{files}; the ticket shows “{STAGES['To Do']}”"
        )

    def is_there() -> bool:
        desk = scene.vendors.desk
        return has_issue(scene, case) and (
            desk.priority_of(issue_of(scene, case)) == due_priority(case.request)
        )

    await scene.until(is_there, told)


async def _csm_is_told(scene: Scene, case: DeskCase) -> None:
    csm = case.request.customer.csm
    key = issue_of(scene, case).key
    await scene.until(
        lambda: len(mails_naming(scene.vendors, csm.email, key)) == 1,
        f"{csm.first}, who looks after {case.request.customer.name}, is told of {key} by mail",
    )
    scene.narrator.aside(f"The {MAIL} names the bug, not what the engineers write in it.")
