"""A fix on its way: planned into a patch, tested twice, released, and told by a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.cli.demo.acts.parts import Parts
from bridge.cli.demo.cast import first_name
from bridge.cli.demo.cast_desk import LENA, PHOTOS_LOST, PROJECT, YUSUF
from bridge.cli.demo.deeds_desk import answers_and_solves, follows, issue_of, moves
from bridge.cli.demo.desk import ETA
from bridge.cli.demo.narrator import JIRA
from bridge.cli.demo.scene import Scene

_PATCH = "Patch 7.2"
_GOOD_NEWS = (
    "Patch 7.2 is out and keeps photos that were taken without reception. Please let your crews "
    "update the app."
)
_ON_ITS_WAY = (
    ("In Progress", YUSUF[0]),
    ("In QA", YUSUF[0]),
    ("Committed", LENA[0]),
    ("Patch QA", LENA[0]),
    ("Managed Services", LENA[0]),
)


async def plans_patch(scene: Scene, parts: Parts) -> None:
    """The bug is planned into a patch, whose date becomes the ticket's."""
    scene.narrator.chapter("Midday: a patch is planned")
    case, desk = parts.desk[PHOTOS_LOST.subject], scene.vendors.desk
    issue, days = issue_of(scene, case), (9, 7)
    first, second = (f"{datetime.now(UTC) + timedelta(days=each):%Y-%m-%d}" for each in days)
    version = desk.jira.add_version(_PATCH, PROJECT, first)
    wanted = {"fixVersions": [{"name": _PATCH}]}
    desk.jira.person_edits(issue.id, wanted, desk.engineers[LENA[0]])
    scene.act(JIRA, f"{first_name(LENA[0])} plans {issue.key} into {_PATCH}, due {first}")
    await scene.until(
        lambda: desk.shown(case.ticket_id, ETA) == first,
        f"The ticket shows {first} as the expected date",
    )
    moves(scene, case, "Planned", LENA[0])
    await follows(scene, case, "Planned")
    desk.jira.person_edits_version(version, releaseDate=second)
    scene.act(JIRA, f"The whole patch moves forward to {second}")
    await scene.until(
        lambda: desk.shown(case.ticket_id, ETA) == second,
        f"The ticket shows {second}; so would every ticket of this patch",
    )
    await scene.pause()


async def ships_patch(scene: Scene, parts: Parts) -> None:
    """Each step has its own words for the customer; done is told by a person."""
    scene.narrator.chapter("Evening: the patch")
    case = parts.desk[PHOTOS_LOST.subject]
    for status, by in _ON_ITS_WAY:
        moves(scene, case, status, by)
        await follows(scene, case, status)
        await scene.pause(0.5)
    scene.narrator.aside("Fixed is not yet with the customer: the whole patch is tested first.")
    moves(scene, case, "Done", LENA[0])
    await scene.pause()
    desk = scene.vendors.desk
    [planned] = issue_of(scene, case).fields["fixVersions"]
    desk.jira.person_edits_version(desk.jira.site.versions[planned], released=True)
    scene.act(JIRA, f"{first_name(LENA[0])} releases {_PATCH}: now the customer has it")
    await follows(scene, case, "Done")
    await scene.pause()
    answers_and_solves(scene, case, _GOOD_NEWS)
