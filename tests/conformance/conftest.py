"""One stand for each rig: of any role (`stand`), or of one (`desk`, `boards`)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conformance.rig import HelpdeskRig, Rig, TrackerRig
from tests.conformance.rigs import HELPDESKS, RIGS, TRACKERS
from tests.conformance.stand import Stand, standing


@pytest.fixture(params=[*RIGS])
async def stand(request: pytest.FixtureRequest) -> AsyncIterator[Stand[Rig]]:
    async with standing(RIGS[request.param]) as stand:
        yield stand


@pytest.fixture(params=[*HELPDESKS])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Stand[HelpdeskRig]]:
    async with standing(HELPDESKS[request.param]) as stand:
        yield stand


@pytest.fixture(params=[*TRACKERS])
async def boards(request: pytest.FixtureRequest) -> AsyncIterator[Stand[TrackerRig]]:
    async with standing(TRACKERS[request.param]) as stand:
        yield stand
