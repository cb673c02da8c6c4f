"""Whoever tells people: what arrives, once or known as the same, and what failures mean."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.domain.errors import (
    BridgeError,
    ConfigProblem,
    CredentialProblem,
    Rejected,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.domain.texts import Audience
from bridge.kit.http import CallMade, Wire
from bridge.ports.manifest import ConnectionSettings, Role
from bridge.ports.notifier import Notifier
from bridge.ports.roles import Connection
from connectors.registry import CONNECTORS
from tests.conformance.rig_notifiers import NotifierRig
from tests.conformance.rigs import NOTIFIERS
from tests.connectors.notices import message

LEAD = "lead.one@acme.com"


@dataclass
class Place:
    """A rig with the hub's connection to it."""

    rig: NotifierRig
    calls: list[CallMade] = field(default_factory=list)
    opened: list[Connection] = field(default_factory=list)

    def connect(self, **changed: Any) -> Connection:
        connector = CONNECTORS[self.rig.vendor]
        settings = connector.settings_model.model_validate({**self.rig.settings(), **changed})
        made = connector.connect("told", settings, self.rig.wire(self.calls))
        self.opened.append(made)
        return made

    @property
    def notifier(self) -> Notifier:
        found = self.connect().notifier
        assert found is not None
        return found


@pytest.fixture(params=[*NOTIFIERS])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    made = Place(NOTIFIERS[request.param]())
    async with made.rig.running():
        yield made
        for each in made.opened:
            await each.aclose()


async def test_message_arrives_with_every_fact_and_link(place: Place) -> None:
    sent = message()
    await place.notifier.send(sent)
    [text] = place.rig.shown(LEAD)
    for _, fact in sent.content.facts:
        assert fact.value in text
    for _, url in sent.content.links:
        assert url.value in text
    assert sent.acknowledge_url in text
    assert sent.id in text


async def test_same_message_sent_again_is_known_as_the_same(place: Place) -> None:
    place.rig.loses_the_answer()
    notifier = place.notifier
    with pytest.raises(UnknownOutcome):
        await notifier.send(message())
    await notifier.send(message())
    assert len(place.rig.shown(LEAD)) == 1
    await notifier.send(message(attempt=2))
    assert len(place.rig.shown(LEAD)) == 2


async def test_held_fact_is_said_to_be_held(place: Place) -> None:
    await place.notifier.send(message(held=("Subject",), facts={"Ticket": "812"}))
    [text] = place.rig.shown(LEAD)
    assert "Held back for review: Subject." in text


@pytest.mark.parametrize(
    ("happens", "error"),
    [
        ("refuses", Rejected),
        ("is_busy", (Throttled, Unavailable)),
        ("loses_the_answer", UnknownOutcome),
        ("knows_us_no_more", CredentialProblem),
        ("is_away", Unavailable),
    ],
)
async def test_failure_means_what_happens_next_and_shows_no_secret(
    place: Place, happens: str, error: Any
) -> None:
    getattr(place.rig, happens)()
    with pytest.raises(error) as raised:
        await place.notifier.send(message())
    assert isinstance(raised.value, BridgeError)
    said = f"{raised.value} {raised.value.detail} {place.calls!r}"
    assert not any(secret in said for secret in place.rig.secrets)
    if happens != "loses_the_answer":
        assert place.rig.shown(LEAD) == []


async def test_whatever_passes_is_over_the_next_time(place: Place) -> None:
    for happens in (place.rig.refuses, place.rig.is_busy):
        happens()
        notifier = place.notifier
        with pytest.raises(BridgeError):
            await notifier.send(message())
        await notifier.send(message())
    assert len(place.rig.shown(LEAD)) == 1


async def test_probe_tells_nobody_anything(place: Place) -> None:
    await place.notifier.probe()
    assert place.rig.shown(LEAD) == []


async def test_connection_plays_this_role_alone_and_customers_do_not_read(place: Place) -> None:
    connection = place.connect()
    assert connection.manifest.roles == {Role.NOTIFIER}
    assert (connection.helpdesk, connection.tracker, connection.receiver) == (None, None, None)
    assert place.notifier.audience > Audience.CUSTOMER
    with pytest.raises(ValidationError, match="audience"):
        place.connect(audience="customer")


async def test_settings_are_strict_and_keep_their_secrets(place: Place) -> None:
    connection = place.connect()
    shown = [repr(connection), repr(connection.settings), connection.settings.model_dump_json()]
    assert not any(secret in each for each in shown for secret in place.rig.secrets)
    with pytest.raises(ValidationError) as refused:
        place.connect(tokken="x")
    assert [each["loc"] for each in refused.value.errors()] == [("tokken",)]
    assert not any(secret in str(refused.value) for secret in place.rig.secrets)
    with pytest.raises(ConfigProblem):
        CONNECTORS[place.rig.vendor].connect("x", ConnectionSettings(vendor="other"), Wire())


async def test_connecting_makes_no_call(place: Place) -> None:
    place.connect()
    assert place.calls == []
