"""Done is not yet with the customer: releases, roll-out groups and dates that were told.

A patch on its way to everyone (C15 to C18), a monthly release that reaches one group after the
other on certain days (O10 to O13), and what the client was told of when (O25).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.kit.clock import SteeredClock, SystemClock
from connectors.jira.simulator.records import Issue, Version
from tests.scenarios.process import Desk, make_jira, open_desk
from tests.scenarios.test_mirror import bug
from tests.scenarios.test_preview import activated
from tests.scenarios.test_process_escalation import FIELDS, JUDGED, WORKFLOW
from tests.scenarios.world import open_world
from tests.shipped import SHIPPED

GROUPS = """  groups:
    pilot: {when: {field: customer, is: Pilot Town}}
    early: {when: {field: customer, is: Early Town}, after: 7d}
    everyone: {}
"""
STAGE, DAY = "Work stage", "Work ETA"
WAITS, HAS_IT = "In an upcoming release", "Available to you"
UNKEPT = {"PROMISE_BROKEN"}
"""Nobody writes to a customer in these stories."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    jira = make_jira("DEV", statuses=WORKFLOW)
    async with open_desk(tmp_path, "escalation-to-jira", FIELDS, jira, GROUPS) as opened:
        yield opened


async def escalated(desk: Desk, name: str) -> int:
    """The ticket of a client of that name, with its bug; its number."""
    customer = desk.zendesk.add_organization(name)
    ticket = desk.asks(customer, f"{name}: permits can not be paid", "Pay: 500")
    await desk.says(ticket, {"Escalation": "bug", **JUDGED})
    return ticket


async def done(desk: Desk, issue: Issue) -> None:
    """The issue goes all the way through development."""
    for status in ("In Progress", "In QA", "Ready for release", "Done"):
        await desk.moves(issue, status)


async def ask(desk: Desk, method: str, path: str, **body: Any) -> Any:
    """What the hub's API answers."""
    answer = await desk.world.client.request(
        method, f"/api/v1{path}", json=body or None, headers=desk.world.admin
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def asking(desk: Desk) -> list[dict[str, Any]]:
    """What is asked about tickets whose customer is another now."""
    found = (await ask(desk, "GET", "/findings?state=open"))["items"]
    return [each for each in found if each["code"] == "RELEASE_CUSTOMER_CHANGED"]


async def goes_by(desk: Desk, day: date) -> None:
    """It becomes noon of that day."""
    clock = SteeredClock(SystemClock())
    noon = clock.now().replace(year=day.year, month=day.month, day=day.day, hour=12)
    clock.agree(noon)
    desk.world.hub.db.clock = clock
    desk.world.hub.work_wake.set()
    await desk.settle()


def coming(weekday: int, weeks: int = 1) -> date:
    """Such a day of the week, that many weeks from now."""
    today = SystemClock().now().date()
    return today + timedelta(days=7 * weeks + (weekday - today.weekday()) % 7)


async def test_monthly_release_reaches_one_group_after_the_other(desk: Desk) -> None:
    """O10 to O13 (O12: on roll-out days); the pilot by a person, the early ones a week later."""
    names = ("Pilot Town", "Early Town", "Other Town")
    pilot, early, other = [await escalated(desk, each) for each in names]
    tuesday = coming(1)
    # O10, O11: the bugs are planned for the release; dated on a Monday, it goes out on Tuesday.
    release = desk.jira.add_version("5.4", "DEV", (tuesday - timedelta(days=1)).isoformat())
    for ticket in (pilot, early, other):
        await desk.edits(desk.issue_of(ticket), fixVersions=[{"id": release.id}])
    assert desk.shown(pilot, DAY) == tuesday.isoformat()
    assert desk.shown(other, DAY) == tuesday.isoformat()
    # O13: a week after the release's date, and again on a day with roll-outs.
    assert desk.shown(early, DAY) == (tuesday + timedelta(days=7)).isoformat()
    assert await desk.world.findings() == {"RELEASE_OFF_DAY"}
    desk.jira.person_edits_version(release, releaseDate=tuesday.isoformat())
    await desk.settle()
    assert await desk.world.findings() <= UNKEPT

    for ticket in (pilot, early, other):
        await done(desk, desk.issue_of(ticket))
    await goes_by(desk, tuesday)
    desk.jira.person_edits_version(release, released=True, name="5.4 (June)")
    await desk.settle()
    assert [desk.shown(each, STAGE) for each in (pilot, early, other)] == [WAITS] * 3
    told = await ask(desk, "GET", f"/tickets/zendesk/{pilot}/explain")
    assert told["verdict"] == "RELEASE_PENDING"
    assert any("had reached the customer" in str(each) for each in told["would_update_if"])
    [listed] = (await ask(desk, "GET", "/releases"))["items"]
    # A new name, and the same release.
    assert (listed["name"], listed["state"]) == ("5.4 (June)", "released")
    assert (listed["tickets"], listed["customers"]) == (3, 3)
    path = f"/releases/{listed['id']}"
    assert {(e["group"], e["tickets"]) for e in listed["groups"]} == {
        ("pilot", 1), ("early", 1), ("everyone", 1),
    }  # fmt: skip

    await ask(desk, "POST", f"{path}/reached", helpdesk="zendesk", group="pilot")
    await desk.settle()
    assert [desk.shown(each, STAGE) for each in (pilot, early, other)] == [HAS_IT, WAITS, WAITS]
    # By the day alone, whoever looks or not.
    await goes_by(desk, tuesday + timedelta(days=7))
    assert [desk.shown(each, STAGE) for each in (pilot, early, other)] == [HAS_IT, HAS_IT, WAITS]
    # From a day on that somebody names.
    thursday = tuesday + timedelta(days=9)
    said = {"helpdesk": "zendesk", "group": "everyone", "day": thursday.isoformat()}
    await ask(desk, "POST", f"{path}/reached", **said)
    await desk.settle()
    assert (desk.shown(other, STAGE), desk.shown(other, DAY)) == (WAITS, thursday.isoformat())
    await goes_by(desk, thursday)
    assert desk.shown(other, STAGE) == HAS_IT
    assert desk.heard[other].count(WAITS) == 1
    assert await desk.world.findings() <= UNKEPT


async def test_date_that_was_told_and_slips_asks_for_a_message_until_one_is_written(
    desk: Desk,
) -> None:
    """O25: the date is told by a person; what moves in Jira afterwards is noticed."""
    ticket = await escalated(desk, "Town of Alder")
    first, second = coming(1, 2), coming(1, 4)
    release = desk.jira.add_version("5.4", "DEV", first.isoformat())
    await desk.edits(desk.issue_of(ticket), fixVersions=[{"id": release.id}])
    seen = await desk.seen(ticket)
    assert seen["eta"] == {"told": None, "now": first.isoformat()}
    desk.clock.seconds += 70
    # An internal note tells nobody.
    desk.zendesk.agent_writes(ticket, f"Planned for {first.isoformat()}", public=False)
    await desk.says(ticket)
    assert (await desk.seen(ticket))["eta"]["told"] is None
    desk.clock.seconds += 2
    desk.zendesk.agent_writes(ticket, f"It comes on {first.day} {first:%B %Y}.")
    await desk.says(ticket)
    seen = await desk.seen(ticket)
    assert (seen["eta"]["told"], "to_tell" in seen["needs"]) == (first.isoformat(), False)

    desk.jira.person_edits_version(release, releaseDate=second.isoformat())
    await desk.settle()
    seen = await desk.seen(ticket)
    assert seen["eta"] == {"told": first.isoformat(), "now": second.isoformat()}
    assert "to_tell" in seen["needs"]
    desk.clock.seconds += 2
    desk.zendesk.agent_writes(ticket, f"Sorry, not {first.isoformat()} but {second.isoformat()}.")
    await desk.says(ticket)
    seen = await desk.seen(ticket)
    assert (seen["eta"]["told"], "to_tell" in seen["needs"]) == (second.isoformat(), False)
    # The day passes, and the fix is not there.
    await goes_by(desk, second + timedelta(days=1))
    assert "to_tell" in (await desk.seen(ticket))["needs"]
    assert await desk.world.findings() == set()


async def test_release_that_is_merged_keeps_its_tickets_and_one_that_is_deleted_blanks_nothing(
    desk: Desk,
) -> None:
    """C18: whatever becomes of a version in Jira, no ticket says more than is so, nor less."""
    ticket = await escalated(desk, "Town of Alder")
    issue, tuesday = desk.issue_of(ticket), coming(1)
    first = desk.jira.add_version("5.4", "DEV", tuesday.isoformat())
    second = desk.jira.add_version("5.5", "DEV", (tuesday + timedelta(days=7)).isoformat())
    await desk.edits(issue, fixVersions=[{"id": first.id}])
    await desk.moves(issue, "In Progress")
    desk.jira.person_merges_versions(first, second)
    await desk.settle()
    assert desk.shown(ticket, DAY) == second.release_date
    assert await desk.world.findings() == set()
    desk.jira.person_deletes_version(second)
    await desk.settle()
    assert desk.shown(ticket, DAY) == second.release_date
    for status in ("In QA", "Ready for release", "Done"):
        await desk.moves(issue, status)
    assert (desk.shown(ticket, STAGE), desk.shown(ticket, DAY)) == (WAITS, second.release_date)
    assert await desk.world.findings() == {"RELEASE_GONE"}
    third = desk.jira.add_version("6.0", "DEV", (tuesday + timedelta(days=14)).isoformat())
    await desk.edits(issue, fixVersions=[{"id": third.id}])
    assert (desk.shown(ticket, STAGE), desk.shown(ticket, DAY)) == (WAITS, third.release_date)
    assert await desk.world.findings() == set()


async def comes_and_goes(desk: Desk, ticket: int, release: Version) -> None:
    """The ticket is deleted, and closed, for a while, and its issue out of the release."""
    desk.zendesk.person_deletes(ticket)
    await desk.settle()
    await goes_by(desk, SystemClock().now().date() + timedelta(days=1))
    assert "RECORD_MISSING" in await desk.world.findings()
    desk.clock.base = desk.world.hub.db.clock
    desk.zendesk.person_restores(ticket)
    await desk.settle()
    assert "RECORD_MISSING" not in await desk.world.findings()
    for status in ("solved", "open"):
        await desk.says(ticket, status=status)
    for versions in ([], [{"id": release.id}]):
        await desk.edits(desk.issue_of(ticket), fixVersions=versions)


async def replaced(desk: Desk, release: Version) -> str:
    """5.5 takes the place of the version, and reaches everyone; its path."""
    desk.jira.person_merges_versions(
        release, desk.jira.add_version("5.5", "DEV", coming(1).isoformat())
    )
    await desk.settle()
    listed = (await ask(desk, "GET", "/releases"))["items"]
    path = f"/releases/{next(each['id'] for each in listed if each['name'] == '5.5')}"
    await ask(desk, "POST", f"{path}/reached", helpdesk="zendesk", group="everyone")
    await desk.settle()
    return path


async def test_customer_set_apart_who_is_merged_away_is_not_silently_taken_along(
    desk: Desk,
) -> None:
    """O13: nobody knows who they are now, so their ticket waits until a person says it."""
    held, other = [await escalated(desk, each) for each in ("Held Town", "Other Town")]
    release = desk.jira.add_version("5.4", "DEV", coming(1).isoformat())
    for ticket in (held, other):
        await desk.edits(desk.issue_of(ticket), fixVersions=[{"id": release.id}])
        await done(desk, desk.issue_of(ticket))
    [listed] = (await ask(desk, "GET", "/releases"))["items"]
    path = f"/releases/{listed['id']}"
    here = {"helpdesk": "zendesk"}
    await ask(desk, "POST", f"{path}/customers", **here, customer="Held Town", reason="their audit")
    await desk.settle()
    joint = desk.zendesk.add_organization("Joint Towns")
    await desk.says(held, organization_id=joint)
    # The finding is there before the group has it; and then nobody is taken along.
    assert "RELEASE_CUSTOMER_CHANGED" in await desk.world.findings()
    await ask(desk, "POST", f"{path}/reached", **here, group="everyone")
    await desk.settle()
    assert [desk.shown(each, STAGE) for each in (held, other)] == [WAITS, HAS_IT]
    [apart] = (await ask(desk, "GET", path))["apart"]
    assert (apart["customer"], apart["lost"]) == ("Held Town", True)
    # What comes and goes answers nothing, nor does whoever ignores it.
    [asked] = await asking(desk)
    await ask(desk, "POST", f"/findings/{asked['id']}/ignore")
    await comes_and_goes(desk, held, release)
    assert (desk.shown(held, STAGE), await asking(desk)) == (WAITS, [])
    # Nor does another release that takes its place: there it is asked anew.
    path = await replaced(desk, release)
    assert [desk.shown(each, STAGE) for each in (held, other)] == [WAITS, HAS_IT]
    assert [each["sentence"].count("5.5") for each in await asking(desk)] == [1]

    await ask(desk, "POST", f"{path}/customers", **here, customer="Joint Towns", was="Held Town")
    await desk.settle()
    assert "RELEASE_CUSTOMER_CHANGED" not in await desk.world.findings()
    assert desk.shown(held, STAGE) == WAITS
    [apart] = (await ask(desk, "GET", path))["apart"]
    assert (apart["customer"], apart["lost"], apart["reason"]) == (
        "Joint Towns", False, "their audit",
    )  # fmt: skip
    # This one alone has changed hands: closing the finding lets it go with its new group.
    await desk.says(held, organization_id=desk.zendesk.add_organization("New Town"))
    assert desk.shown(held, STAGE) == WAITS
    [asked] = await asking(desk)
    assert "was of Joint Towns" in asked["sentence"]
    await ask(desk, "POST", f"/findings/{asked['id']}/resolve")
    await desk.settle()
    assert desk.shown(held, STAGE) == HAS_IT


async def test_mapping_that_begins_to_speak_of_releases_finds_them_in_the_work_there_is(
    tmp_path: Path,
) -> None:
    """C17, O13: an iteration of Azure DevOps stands for a release; its end is a roll-out's day."""
    async with open_world(tmp_path) as world:
        day = coming(1)
        world.boards.add_iteration("Platform\\Sprint 9", "2026-01-01", day)
        ticket, item = await bug(world)
        world.boards.person_edits(item, {"System.IterationPath": "Platform\\Sprint 9"})
        world.boards.person_edits(item, {"System.State": "Closed"})
        await world.settle()
        assert world.ticket(ticket)["work_stage"] == "Available to you"
        more = "releases: {until_then: in_testing, sources: {boards: iteration}}"
        await activated(world, f"{SHIPPED}\n{more}\n")
        assert world.ticket(ticket)["work_stage"] == "In testing"
        assert world.ticket(ticket)["work_eta"] == day.isoformat()
        [found] = (await world.client.get("/api/v1/releases", headers=world.admin)).json()["items"]
        assert (found["name"], found["day"], found["tickets"]) == ("Sprint 9", day.isoformat(), 1)
        clock = SteeredClock(SystemClock())
        clock.agree(clock.now() + (day - clock.now().date()) + timedelta(hours=1))
        world.hub.db.clock = clock
        world.hub.work_wake.set()
        await world.settle()
        assert world.ticket(ticket)["work_stage"] == "Available to you"
