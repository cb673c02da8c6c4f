"""Webhooks and forms as Sentry sends them."""

from __future__ import annotations

import json

import httpx
import pytest

from connectors.sentry.simulator import SentrySimulator
from connectors.sentry.simulator.signing import compact, signature
from tests.connectors.sentry.sentry_kit import HOOK, Door, HandClock

_SECRET = "sentry-client-secret-1"
_INSTALLATION = "7a485448-a9e2-4c85-8a3c-4f44175783c9"


def test_signatures_are_those_of_the_vendors_rule() -> None:
    comment = {
        "action": "created",
        "installation": {"uuid": _INSTALLATION},
        "data": {
            "comment_id": 1234,
            "issue_id": 100,
            "project_slug": "checkout",
            "timestamp": "2022-03-02T21:51:44.118160Z",
            "comment": "adding a comment",
        },
        "actor": {"type": "user", "id": 1, "name": "colleen"},
    }
    link = {
        "fields": {"issue_id": "DEMO-7"},
        "issueId": 4509876543,
        "installationId": _INSTALLATION,
        "webUrl": "https://acme.sentry.io/issues/4509876543/",
        "project": {"slug": "checkout", "id": 42},
        "actor": {"type": "user", "id": 1, "name": "colleen"},
    }
    assert (len(compact(comment)), len(compact(link))) == (270, 248)
    assert signature(_SECRET, compact(comment)) == (
        "f4d322260d93e0e575e4d6299fe748e368c2ed2de9a1667b1276dbc74de44a4e"
    )
    assert signature(_SECRET, compact(link)) == (
        "aeccac4eec2228f2980369c99fee45060760491cfb682edeefd11cbfd3c41aea"
    )
    assert signature(_SECRET, b"") == (
        "4eba3549ac917d43e655acffbc2316bf12b3b6c1f2a7a5525f2dd8bb6fa132a8"
    )


async def test_a_webhook_is_signed_over_its_compact_ascii_bytes(
    sim: SentrySimulator, door: Door
) -> None:
    sim.error_occurs(title="Überlauf")
    async with door.client() as client:
        await sim.deliver(client)
    [request] = door.requests
    assert b"\\u00dcberlauf" in request.content
    assert b'", "' not in request.content
    assert request.headers["sentry-hook-signature"] == signature(_SECRET, request.content)
    assert request.headers["sentry-hook-resource"] == "issue"
    assert len(request.headers["request-id"]) == 32


async def test_what_happens_is_told_by_its_action(
    sim: SentrySimulator, door: Door, clock: HandClock
) -> None:
    sim.archives_twice = True
    issue = sim.error_occurs()
    sim.person_assigns(issue)
    sim.person_sets_status(issue, "resolved")
    clock.move(seconds=1)
    sim.error_recurs(issue)
    sim.person_sets_status(issue, "ignored")
    sim.person_comments(issue)
    async with door.client() as client:
        assert await sim.deliver(client) == 6
    told = ["created", "assigned", "resolved", "unresolved", "archived", "ignored"]
    assert door.actions() == told
    regressed = door.bodies()[3]
    assert regressed["data"]["issue"]["substatus"] == "regressed"
    assert regressed["data"]["issue"]["permalink"] is None
    assert regressed["actor"]["id"] == "sentry"


async def test_comments_are_told_only_to_who_subscribed_to_them(sim: SentrySimulator) -> None:
    sim.subscribe(HOOK, ("comment",))
    issue = sim.error_occurs()
    sim.person_comments(issue, "a race")
    [waiting] = sim.pending
    assert json.loads(waiting.body)["data"]["comment"] == "a race"


@pytest.mark.parametrize(("public", "attempts"), [(False, 1), (True, 4)])
async def test_only_a_public_integration_is_retried(
    sim: SentrySimulator, door: Door, clock: HandClock, public: bool, attempts: int
) -> None:
    sim.public = public
    door.silent = 9
    sim.error_occurs()
    async with door.client() as client:
        for _ in range(6):
            await sim.deliver(client)
            clock.move(minutes=5)
    assert len(door.requests) == attempts
    assert not sim.pending


async def test_a_refusal_with_4xx_is_never_retried(
    sim: SentrySimulator, door: Door, clock: HandClock
) -> None:
    sim.public = True
    door.answers = [httpx.Response(401)]
    sim.error_occurs()
    async with door.client() as client:
        await sim.deliver(client)
        clock.move(minutes=5)
        assert await sim.deliver(client) == 0


async def test_a_form_keeps_a_link_only_for_three_texts_and_twice_for_two_presses(
    sim: SentrySimulator,
) -> None:
    issue, door = sim.error_occurs(), Door()
    form = sim.forms(HOOK, "/sentry/sentry")
    good = {"webUrl": "https://x.test/browse/ABC-7", "project": "ABC", "identifier": "7"}
    door.answers = [
        httpx.Response(200, json=good),
        httpx.Response(200, json=good),
        httpx.Response(200, json={**good, "identifier": 7}),
        httpx.Response(422, json={"message": "That is a ticket."}),
    ]
    async with door.client() as client:
        pressed = [
            await form.press(client, "link", issue, {"item": "jira:1"}, sim.person)
            for _ in range(4)
        ]
    assert [each.link is not None for each in pressed] == [True, True, False, False]
    assert [each.display_name for each in sim.app_links(issue)] == ["ABC#7", "ABC#7"]
    assert pressed[3].message == "That is a ticket."
    first = door.requests[0]
    assert str(first.url) == "https://hub.example.test/sentry/sentry/issue-link/link"
    assert json.loads(first.content)["issueId"] == issue.id
    assert first.headers["sentry-app-signature"] == signature(_SECRET, first.content)


async def test_a_select_signs_nothing_and_breaks_on_anything_but_options(
    sim: SentrySimulator,
) -> None:
    door, form = Door(), sim.forms(HOOK, "/sentry/sentry")
    door.answers = [
        httpx.Response(200, json=[{"label": "ABC-7 Login fails", "value": "jira:7"}]),
        httpx.Response(200, json=[{"label": "ABC-7", "value": 7}]),
    ]
    async with door.client() as client:
        found = await form.options(client, "items", "checkout", "login", {"tracker": "jira:ABC"})
        assert found == [("jira:7", "ABC-7 Login fails")]
        with pytest.raises(ValueError, match="no option"):
            await form.options(client, "items", "checkout")
    first = door.requests[0]
    assert first.headers["sentry-app-signature"] == signature(_SECRET, b"")
    assert first.url.params["dependentData"] == '{"tracker": "jira:ABC"}'
