"""The provider, started once for a module and made honest again before each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bridge.config.sign_in import SignIn
from bridge.engine.provider_sign_in import SignInBy, sign_in_by
from bridge.kit.http import Wire
from tests.api.doors import Doors, open_doors
from tests.oidc.journeys import Journeys, serving
from tests.oidc.provider import CLIENT, SECRET


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a provider's process."""
    with serving() as address:
        yield address


@pytest.fixture
def settings(issuer: str) -> SignIn:
    """What bridge.yaml says of it."""
    return SignIn(
        name="Acme",
        issuer=issuer,
        client_id=CLIENT,
        client_secret=SECRET,  # type: ignore[arg-type]  # as a file says it
        roles={"Support": "csm", "Admins": "admin", "Leads": "operator"},  # type: ignore[dict-item]
    )


@pytest.fixture
async def by(settings: SignIn) -> AsyncIterator[SignInBy]:
    """The provider as the hub knows it, without a hub around it."""
    made = sign_in_by(settings, Wire())
    yield made
    await made.provider.aclose()


@pytest.fixture
async def provider(issuer: str) -> AsyncIterator[Journeys]:
    """The provider as browsers and the tests know it; honest until it is told to lie."""
    async with Journeys(issuer) as journeys:
        await journeys.behave()
        yield journeys


@pytest.fixture
async def doors(tmp_path: Path, settings: SignIn) -> AsyncIterator[Doors]:
    """Open doors of a hub at which people sign in by the provider."""
    async with open_doors(tmp_path) as opened:
        opened.hub.public_url = "https://bridge.test"
        opened.hub.sign_in_by = sign_in_by(settings, Wire())
        yield opened
