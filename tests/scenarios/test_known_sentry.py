"""What the hub knows of its Sentry reaches the gate and the door; proof of a copy is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.kit.faults import Fault, FaultKind
from tests.scenarios.test_findings import found
from tests.scenarios.test_signals import Scene, signals_world
from tests.scenarios.test_signals_kept import wake


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with signals_world(tmp_path) as scene:
        yield scene


async def test_the_sweep_learns_the_projects_and_the_gate_goes_by_them(scene: Scene) -> None:
    world = scene.world
    _, item = await scene.bug()
    await world.settle()
    known = world.hub.sentry
    assert known.hosts == {"sentry.test"}
    slugs = {each.slug for each in scene.sentry.organization.projects.values()}
    assert known.projects == slugs
    # Digits alone: only the list of projects tells it from a tracker's key.
    [slug, *_] = sorted(slugs)
    for said in (f"{slug.upper()}-1 is mended.", "ABC-1 is mended."):
        world.boards.person_comments(str(item.id), f"<p>#customer</p><p>{said}</p>")
    await world.settle()
    [held] = await found(world, "HELD_FOR_REVIEW")
    assert "reference" in held["detail"]


async def test_the_door_refuses_the_configured_host_and_a_projects_short_id(scene: Scene) -> None:
    world = scene.world
    ticket, _ = await scene.bug()
    issue = scene.sentry.error_occurs()
    short = f"{issue.project.slug.upper()}-1"
    for name in ("http://sentry.test/settings/", "http://sentry.test/x/y/issues/7/", short):
        body = {
            "ticket": {"connection": "hubspot", "id": ticket},
            "work_item": {"connection": "boards", "key": name},
        }
        answer = await world.client.post("/api/v1/links", json=body, headers=world.admin)
        assert (answer.status_code, answer.json()["code"]) == (422, "sentry_never_on_ticket"), name


async def test_copies_that_sentry_owns_up_to_are_told_from_other_comments(scene: Scene) -> None:
    world = scene.world
    _, item = await scene.bug()
    issue = scene.sentry.error_occurs()
    url = f"http://boards.test/acme/Platform/_workitems/edit/{item.id}"
    vsts = scene.sentry.add_integration("vsts", "boards.test")
    scene.sentry.organization.link_tracker(issue, vsts.id, str(item.id), url)
    assert (await scene.launch(issue)).status_code == 201
    await world.settle()
    note = scene.sentry.person_comments(issue)
    copy, other = (
        world.boards.person_comments(str(item.id), f"<p>#customer</p><p>{said}</p>")
        for said in ("it is the cache", "soon")
    )
    note.external_id = str(copy)
    await world.settle()
    details = [each["detail"] for each in await found(world, "HELD_FOR_REVIEW")]
    proven = [each for each in details if "written by error tracking" in each]
    assert len(details) == 2
    assert [f"comment/{copy}" in each for each in proven] == [True]
    assert not any(f"comment/{other}" in each for each in proven)


@pytest.mark.parametrize("status", [403, 404, 503])
async def test_a_source_that_is_silent_about_its_notes_stops_nothing(
    scene: Scene, status: int
) -> None:
    world = scene.world
    _, item = await scene.bug()
    issue = scene.sentry.error_occurs()
    silent = Fault("/comments/", FaultKind.ANSWER, times=1000, status=status, body=b"{}")
    scene.sentry.faults.add(silent)
    await scene.launch(issue, item)
    await wake(scene, issue, read=True)
    assert silent.times < 1000
    launched = await scene.launch(issue, item)
    assert (launched.status_code, launched.json()["work_item"] is None) == (200, False)
    assert (await world.findings()) & {"RUN_FAILED", "AUTH_EXPIRED", "REMOTE_DOWN"} == set()
