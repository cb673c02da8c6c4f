"""Midday: engineering works, and the tickets follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.cli.demo import cast
from bridge.cli.demo.acts.parts import Parts
from bridge.cli.demo.checks import STAGES
from bridge.cli.demo.narrator import BOARDS, HELPDESK
from bridge.cli.demo.scene import Scene
from bridge.cli.demo.vendors import (
    ENGINEERING_PRIORITY,
    ETA,
    PRIORITY,
    STAGE,
    TARGET_DATE,
    comments_of,
    notes_of,
)

_ASIDE = "Looks like the cache key drops the tenant again, the July refactoring did that."
_FOR_CUSTOMER = (
    "We found the cause. Opening a single technician's day works in the meantime; the board "
    "itself is fixed today."
)
_FOR_ENGINEERS = (
    "The guests use tablets with the cover folded behind. Turning them flat first makes no "
    "difference."
)


async def plays_midday(scene: Scene, parts: Parts) -> None:
    """States, dates, priorities and comments move; what is not meant for others stays."""
    scene.narrator.chapter("Midday: engineering works")
    await _work_begins(scene, parts)
    await _date_moves(scene, parts)
    await _priority_is_set(scene, parts)
    await _burst_of_changes(scene, parts)
    await _engineers_talk(scene, parts)
    await _support_talks(scene, parts)


async def _work_begins(scene: Scene, parts: Parts) -> None:
    case = parts[cast.BOARD_BLANK.subject]
    scene.move(case, "Active", cast.KENTON)
    await scene.until_shown(case, STAGE, STAGES["Active"], f"The ticket shows “{STAGES['Active']}”")
    await scene.pause()


async def _date_moves(scene: Scene, parts: Parts) -> None:
    case = parts[cast.BOARD_BLANK.subject]
    item = scene.item(case)
    for days, words in ((5, "promises the fix for"), (2, "moves it forward to")):
        day = f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"
        scene.vendors.boards.person_edits(item.id, {TARGET_DATE: day}, cast.KENTON)
        scene.act(BOARDS, f"Kenton {words} {day} (bug #{item.id})")
        await scene.until_shown(case, ETA, day, f"The ticket shows {day} as the expected date")
        await scene.pause()


async def _priority_is_set(scene: Scene, parts: Parts) -> None:
    case = parts[cast.BULK_REASSIGN.subject]
    item = scene.item(case)
    scene.vendors.boards.person_edits(item.id, {PRIORITY: 1}, cast.JESSICA)
    scene.act(BOARDS, f"Jessica reviews the user stories and gives #{item.id} priority 1")
    await scene.until(
        lambda: scene.shows(case, ENGINEERING_PRIORITY, "1"),
        "The ticket shows engineering's priority; what it means to the customer stays as it was",
    )
    await scene.pause()


async def _burst_of_changes(scene: Scene, parts: Parts) -> None:
    case = parts[cast.TWO_DATES.subject]
    item, boards = scene.item(case), scene.vendors.boards
    before = len(_written(scene, case.ticket_id))
    for edit in (
        {"System.State": "Active"},
        {"System.AssignedTo": cast.SAM},
        {"System.Title": "Visit report: one date format (ISO) in all columns"},
        {"System.Tags": "reports; quick win"},
        {"System.State": "Resolved"},
    ):
        boards.person_edits(item.id, edit, cast.SAM)
    scene.act(BOARDS, f"Sam fixes #{item.id} over lunch: five edits in a row, now it is Resolved")

    def told() -> str:
        writes = len(_written(scene, case.ticket_id)) - before
        times = "one write" if writes == 1 else f"{writes} writes"
        return f"The ticket shows “{STAGES['Resolved']}”, after {times}"

    await scene.until(lambda: scene.shows(case, STAGE, STAGES["Resolved"]), told)
    scene.narrator.aside("The engineers' title, tags and names are not for the ticket.")
    await scene.pause()


def _written(scene: Scene, ticket_id: str) -> list[str]:
    """What the hub wrote in the ticket's stage so far."""
    versions = scene.vendors.ticket(ticket_id).history.get(STAGE, [])
    return [version.value or "" for version in versions]


async def _engineers_talk(scene: Scene, parts: Parts) -> None:
    case = parts[cast.BOARD_BLANK.subject]
    item, boards = scene.item(case), scene.vendors.boards
    boards.person_comments(item.id, f"<div>{_ASIDE}</div>", cast.SAM)
    scene.book.keep_inside("boards", _ASIDE)
    scene.act(BOARDS, f"Sam to his colleagues in #{item.id}: “{_ASIDE}”")
    await scene.pause()
    boards.person_comments(item.id, f"<div>#customer</div><div>{_FOR_CUSTOMER}</div>", cast.KENTON)
    case.to_customer.append(_FOR_CUSTOMER)
    scene.act(BOARDS, f"Kenton in #{item.id}, marked #customer: “{_FOR_CUSTOMER}”")
    await scene.until(
        lambda: _FOR_CUSTOMER in notes_of(scene.vendors.ticket(case.ticket_id)),
        "Kenton's words are an internal note on the ticket; Sam's are not",
    )
    scene.narrator.aside("A person decides what the customer is told, and in which words.")
    await scene.pause()


async def _support_talks(scene: Scene, parts: Parts) -> None:
    case = parts[cast.SIGNATURE.subject]
    vendors = scene.vendors
    vendors.helpdesk.agent_comments(
        case.ticket_id, f"#dev {_FOR_ENGINEERS}", by=vendors.user(cast.TOM)
    )
    case.to_engineers.append(_FOR_ENGINEERS)
    scene.act(HELPDESK, f"Tom in the ticket, marked #dev: “{_FOR_ENGINEERS}”")
    await scene.until(
        lambda: _FOR_ENGINEERS in comments_of(scene.item(case)),
        lambda: f"Engineers read it in bug #{scene.item(case).id}",
    )
    await scene.pause()
