"""The simulator answers as Power Automate does: 202 for whatever it could start."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.teams.simulator import TeamsSimulator, Workflow

_CARD: dict[str, Any] = {
    "type": "AdaptiveCard",
    "version": "1.4",
    "body": [{"type": "TextBlock", "text": "Hi <at>Ana</at>"}],
    "msteams": {"entities": [{"type": "mention", "text": "<at>Ana</at>"}]},
}
KIND = "application/vnd.microsoft.card.adaptive"


def _posted(card: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {"type": "message", "attachments": [{"contentType": KIND, "content": card}]} | changed


async def _post(sim: TeamsSimulator, url: str, body: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sim.app)) as client:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await client.post(url, content=content)


@pytest.fixture
def sim() -> TeamsSimulator:
    return TeamsSimulator()


@pytest.fixture
def workflow(sim: TeamsSimulator) -> Workflow:
    return sim.add_workflow()


@pytest.mark.parametrize("old", [True, False])
async def test_card_is_taken_with_202_and_no_body(
    sim: TeamsSimulator, workflow: Workflow, old: bool
) -> None:
    answer = await _post(sim, sim.url_of(workflow, old=old), _posted(_CARD))
    assert (answer.status_code, answer.content) == (202, b"")
    [run] = workflow.shown
    assert run.text == "Hi <at>Ana</at>"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (_CARD, "the type is not message"),
        (_posted(_CARD, attachments=[]), "foreach: attachments is of type Null"),
        (_posted(_CARD | {"version": "1.6"}), "Teams does not know version 1.6"),
        (_posted(_CARD | {"msteams": {}}), "the mention <at>Ana</at> has no match"),
        (_posted(_CARD | {"actions": [{"type": "Action.Submit"}]}), "no such action"),
        (_posted(_CARD | {"body": [{"type": "Image", "url": "http://x"}]}), "https"),
        (_posted(_CARD | {"fallbackText": "x" * 30_000}), "Request Entity too large"),
    ],
)
async def test_what_teams_cannot_show_is_taken_all_the_same_and_fails_unseen(
    sim: TeamsSimulator, workflow: Workflow, message: dict[str, Any], error: str
) -> None:
    answer = await _post(sim, sim.url_of(workflow), message)
    assert answer.status_code == 202
    assert workflow.shown == []
    assert error in workflow.runs[0].error


async def test_wrong_signature_unknown_retired_and_broken_are_refused(
    sim: TeamsSimulator, workflow: Workflow
) -> None:
    url = sim.url_of(workflow)
    assert (await _post(sim, url[:-1], _posted(_CARD))).status_code == 401
    unknown = url.replace(workflow.id, "0" * 32)
    assert (await _post(sim, unknown, _posted(_CARD))).status_code == 404
    assert (await _post(sim, url, b"{")).status_code == 400
    workflow.retired = True
    assert (await _post(sim, url, _posted(_CARD))).status_code == 410
    assert workflow.runs == []
