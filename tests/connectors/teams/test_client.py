"""What an answer to a post means."""

from __future__ import annotations

import pytest

from bridge.domain.errors import UnknownOutcome
from bridge.kit.faults import Fault, FaultKind
from connectors.teams.client import TeamsNotifier
from connectors.teams.settings import TeamsSettings
from tests.conformance.rig_notifiers import TeamsRig
from tests.connectors.notices import message

PAGE = {"Content-Type": "text/html; charset=utf-8"}


async def _send(fault: Fault) -> None:
    rig = TeamsRig()
    rig.sim.dial.add(fault)
    notifier = TeamsNotifier("told", TeamsSettings.model_validate(rig.settings()), rig.wire([]))
    try:
        await notifier.send(message())
    finally:
        await notifier.aclose()
        assert len(rig.sim.dial.struck) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_workflow_that_answers_by_itself_has_taken_the_card(status: int) -> None:
    await _send(Fault("POST", FaultKind.ANSWER_AFTER, status=status))


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_page_in_place_of_an_answer_says_nothing_of_the_card(status: int) -> None:
    with pytest.raises(UnknownOutcome):
        await _send(Fault("POST", FaultKind.ANSWER, status=status, headers=PAGE, body=b"<p>"))
