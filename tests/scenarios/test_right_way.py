"""Whoever wants an error on a ticket is told the call that does what may be done; it works."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.scenarios.test_guide import page
from tests.scenarios.test_signals import Scene, signals_world


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with signals_world(tmp_path) as scene:
        yield scene


async def ask(scene: Scene, path: str, body: dict[str, Any]) -> httpx.Response:
    return await scene.world.client.post(f"/api/v1{path}", json=body, headers=scene.world.admin)


async def refused(scene: Scene, path: str, body: dict[str, Any]) -> str:
    answer = await ask(scene, path, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "sentry_never_on_ticket")
    return str(answer.json()["detail"])


async def test_the_refusal_of_a_link_names_the_call_and_the_call_does_it(scene: Scene) -> None:
    ticket, item = await scene.bug()
    issue = scene.sentry.error_occurs()
    named = {"connection": "hubspot", "id": ticket}
    for other in (
        {"connection": "boards", "url": page(scene, issue)},
        {"connection": "sentry", "id": str(issue.id)},
        {"connection": "nobody", "url": page(scene, issue)},
    ):
        said = await refused(scene, "/links", {"ticket": named, "work_item": other})
        call = re.search(r"POST /api/v1(/signals/\S+/launch) (\{.*\}\})", said)
        assert call is not None, said
        assert f"bridge launch sentry:{issue.id} --related-to boards:{item.id}" in said
        assert (await ask(scene, call[1], json.loads(call[2]))).status_code in (200, 201)
    await scene.world.settle()
    assert len(scene.world.items()) == 2
    assert (await scene.get(f"/tickets/hubspot/{ticket}"))["internal_tasks"] == 1


async def test_a_short_id_that_no_tracker_knows_is_refused_as_what_it_is(scene: Scene) -> None:
    ticket, _ = await scene.bug()
    await scene.world.sweep("sentry")
    issue = scene.sentry.error_occurs()
    named = {"connection": "hubspot", "id": ticket}
    other = {"connection": "boards", "key": issue.short_id}
    said = await refused(scene, "/links", {"ticket": named, "work_item": other})
    assert f"/signals/sentry/{issue.short_id}/launch" in said
    unknown = {"ticket": named, "work_item": {"connection": "boards", "key": "NOTHING-1AB"}}
    assert (await ask(scene, "/links", unknown)).status_code == 404


async def test_an_error_in_the_place_of_the_ticket_or_of_its_item_is_refused(scene: Scene) -> None:
    _, item = await scene.bug()
    issue = scene.sentry.error_occurs()
    own = {"connection": "boards", "id": str(item.id)}
    await refused(
        scene,
        "/links",
        {"ticket": {"connection": "sentry", "id": str(issue.id)}, "work_item": own},
    )
    await refused(scene, f"/tickets/sentry/{issue.id}/launch", {"route": "bug"})
    for other in (
        {"connection": "sentry", "id": "1"},
        {"connection": "boards", "url": page(scene, issue)},
    ):
        await refused(scene, f"/signals/sentry/{issue.id}/launch", {"related_to": other})
    explained = await scene.world.client.get(
        "/api/v1/explain", params={"ref": page(scene, issue)}, headers=scene.world.admin
    )
    assert explained.json()["code"] == "sentry_never_on_ticket"


async def test_a_ticket_without_a_work_item_is_told_to_launch_its_own_first(scene: Scene) -> None:
    ticket = scene.world.hubspot.person_creates_ticket(subject="How to", category="")
    await scene.world.settle()
    other = {"connection": "boards", "url": page(scene, scene.sentry.error_occurs())}
    body = {"ticket": {"connection": "hubspot", "id": ticket}, "work_item": other}
    said = await refused(scene, "/links", body)
    assert f"POST /api/v1/tickets/hubspot/{ticket}/launch" in said


async def test_where_sentry_tied_the_tickets_own_item_asking_again_answers_the_same(
    scene: Scene,
) -> None:
    ticket, item = await scene.bug()
    issue = scene.sentry.error_occurs()
    vsts = scene.sentry.add_integration("vsts", "boards.test")
    url = f"http://boards.test/acme/Platform/_workitems/edit/{item.id}"
    scene.sentry.organization.link_tracker(issue, vsts.id, str(item.id), url)
    first = await scene.launch(issue, item)
    await scene.world.settle()
    again = await scene.launch(issue, item)
    assert (first.status_code, again.status_code) == (201, 200), again.text
    assert first.json()["work_item"]["id"] == again.json()["work_item"]["id"] != str(item.id)
    assert (await scene.get(f"/tickets/hubspot/{ticket}"))["internal_tasks"] == 1
