"""What the story asks the hub: every page of a list, and a hub that is silent ends no story."""

from __future__ import annotations

import json

import httpx
import pytest

from bridge.cli.demo.hub_api import Answer, HubApi


def _api(answer: httpx.MockTransport) -> HubApi:
    return HubApi(httpx.AsyncClient(transport=answer, base_url="http://hub.test"))


async def test_findings_of_every_page_are_told() -> None:
    def paged(request: httpx.Request) -> httpx.Response:
        later = "cursor" in request.url.params
        ref = {"connection": "zendesk", "id": "7"} if later else None
        finding = {"code": "HELD_FOR_REVIEW" if later else "RUN_FAILED", "ref": ref}
        return httpx.Response(200, json={"items": [finding], "next_cursor": None if later else "x"})

    api = _api(httpx.MockTransport(paged))
    assert [each["code"] for each in await api.findings() or []] == [
        "RUN_FAILED",
        "HELD_FOR_REVIEW",
    ]
    assert await api.has_finding("HELD_FOR_REVIEW", "zendesk:7")
    assert not await api.has_finding("HELD_FOR_REVIEW", "hubspot:7")
    assert not await api.has_finding("RUN_FAILED", "zendesk:7")


async def test_link_names_the_ticket_and_the_address() -> None:
    asked: list[httpx.Request] = []

    def refused(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(422, json={"code": "sentry_never_on_ticket"})

    answer = await _api(httpx.MockTransport(refused)).link("zendesk:7", "jira", "http://s.test/1")
    assert answer == Answer(422, {"code": "sentry_never_on_ticket"})
    assert json.loads(asked[0].content) == {
        "ticket": {"connection": "zendesk", "id": "7"},
        "work_item": {"connection": "jira", "url": "http://s.test/1"},
    }


@pytest.mark.parametrize("what", ["nothing", "not JSON"])
async def test_hub_that_says_nothing_readable_ends_no_story(what: str) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        if what == "nothing":
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(502, text="<html>")

    api = _api(httpx.MockTransport(silent))
    assert await api.launch_signal("A-1", "jira", "RD-1") == Answer(0, {})
    assert await api.ticket("zendesk:7") == {}
    assert await api.findings() is None
    assert not await api.has_finding("HELD_FOR_REVIEW", "zendesk:7")
