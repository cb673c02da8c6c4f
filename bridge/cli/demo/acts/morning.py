"""Morning: customers write, and what is work for engineering becomes work."""

from __future__ import annotations

from bridge.cli.demo import cast
from bridge.cli.demo.acts.leads import leads_are_told
from bridge.cli.demo.acts.parts import Parts
from bridge.cli.demo.casebook import Case
from bridge.cli.demo.checks import STAGES
from bridge.cli.demo.narrator import HELPDESK
from bridge.cli.demo.scene import Scene
from bridge.cli.demo.systems import own_items
from bridge.cli.demo.vendors import PRIORITY, STAGE
from bridge.kit.faults import Fault, FaultKind


async def plays_morning(scene: Scene, parts: Parts) -> None:
    """Tickets of every category, a lost reply, a company that comes late, a late category."""
    scene.narrator.chapter("Morning: customers write")
    await _reply_is_lost(scene, parts)
    await _system_is_down(scene, parts)
    await _company_comes_late(scene, parts)
    await _the_usual_post(scene, parts)
    await _category_comes_late(scene, parts)


async def _reply_is_lost(scene: Scene, parts: Parts) -> None:
    """First, because looking for the lost bug takes half a minute."""
    dial = scene.vendors.boards.faults
    dial.add(Fault(r"^POST .*/workitems/\$Bug", FaultKind.RESET_AFTER))
    case = parts.add(scene.file_ticket(cast.EXPORT_STOPS))
    scene.tell_filed(case)
    await scene.until(
        lambda: bool(dial.struck) and len(own_items(scene.vendors)) == 1,
        "Boards created the bug, but the connection broke before it could say so",
    )
    scene.narrator.trouble("The hub does not know whether the bug exists, and does not ask twice.")
    scene.narrator.aside("It waits until Boards' search can be trusted and looks for its marker.")
    await scene.pause(2)


async def _system_is_down(scene: Scene, parts: Parts) -> None:
    case = parts.add(scene.file_ticket(cast.BOARD_BLANK))
    scene.tell_filed(case)
    await _becomes_work(scene, case)
    await leads_are_told(scene, case)
    await scene.pause(2)


async def _becomes_work(scene: Scene, case: Case) -> None:
    def told() -> str:
        item = scene.item(case)
        files = " and the screenshot" if case.pictures else ""
        priority = f", priority {item.fields[PRIORITY]}"
        return (
            f"{item.type} #{item.id} is in Boards{priority}, with a link back{files}; "
            f"the ticket shows “{STAGES[item.state]}”"
        )

    await scene.until(
        lambda: scene.has_work(case) and scene.shows(case, STAGE, STAGES["New"]), told
    )


async def _company_comes_late(scene: Scene, parts: Parts) -> None:
    case = parts.add(scene.file_ticket(cast.INVOICE_CUT, company=False))
    scene.tell_filed(case, ", and forgets to say which company in the ticket")
    await scene.pause(2)
    helpdesk, request = scene.vendors.helpdesk, cast.INVOICE_CUT
    company = scene.vendors.companies[request.customer.name]
    helpdesk.person_associates(case.ticket_id, company, by=scene.vendors.user(cast.TOM))
    scene.act(HELPDESK, f"Tom (CSM) adds the company {request.customer.name} to the ticket")
    await _becomes_work(scene, case)
    scene.narrator.aside("The title of a bug names the customer, so the hub waited for it.")
    await scene.pause(2)


async def _the_usual_post(scene: Scene, parts: Parts) -> None:
    working: list[Case] = []
    staying: list[Case] = []
    for request in (
        cast.TWO_DATES,
        cast.THREE_USERS,
        cast.SIGNATURE,
        cast.BULK_REASSIGN,
        cast.ROUTE_EXPORT,
        cast.SECOND_FACTOR,
        cast.HOUR_LATE,
        cast.DARK_WALL,
        cast.SILENT_HOURS,
    ):
        case = parts.add(scene.file_ticket(request))
        scene.tell_filed(case)
        (working if case.work else staying).append(case)
        await scene.pause(0.7)

    def told() -> str:
        bugs = sum(case.work == cast.WORK[cast.BUG] for case in working)
        return (
            f"{bugs} bugs and {len(working) - bugs} user stories are in Boards and on the tickets"
        )

    await scene.until(lambda: all(scene.has_work(case) for case in working), told)
    scene.narrator.aside(f"{len(staying)} tickets stay in HubSpot: support can settle them itself.")
    await scene.pause(2)


async def _category_comes_late(scene: Scene, parts: Parts) -> None:
    case = parts.add(scene.file_ticket(cast.REPORT_TOTAL))
    scene.tell_filed(case)
    await scene.pause(2)
    scene.categorise(case, cast.BUG, cast.TOM)
    case.work = cast.WORK[cast.BUG]
    scene.act(HELPDESK, "Tom counted as well: the report is wrong. He makes the ticket a Bug")
    await _becomes_work(scene, case)
    await scene.pause(2)
