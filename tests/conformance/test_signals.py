"""What every source of signals promises: proven deliveries, nothing kept that has words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.domain.errors import (
    CredentialProblem,
    RecordMissing,
    Rejected,
    ScopeMissing,
    Throttled,
    Unavailable,
)
from bridge.domain.events import Delivery, Event, InboundRequest, Refused, Verified
from bridge.domain.records import KEY, STATUS, URL
from bridge.domain.refs import Kind, SignalRef
from bridge.domain.texts import Audience
from bridge.kit.faults import Fault, FaultKind
from bridge.kit.http import CallMade, Wire
from bridge.ports.manifest import Role
from bridge.ports.roles import Connection, Receiver
from bridge.ports.signals import SignalSource
from connectors.registry import CONNECTORS
from tests.conformance.line import START, LetterBox
from tests.conformance.rig_sentry import SIGNALS, SignalRig

NAME = "errors"


class Source:
    """A simulated vendor and the hub's connection to it."""

    def __init__(self, rig: SignalRig) -> None:
        self.rig = rig
        self.calls: list[CallMade] = []
        self.connection = self.connect(rig.door_secret)

    def connect(self, *secrets: str) -> Connection:
        """A connection whose door is opened by these secrets."""
        connector = CONNECTORS[self.rig.vendor]
        settings = connector.settings_model.model_validate(self.rig.settings(*secrets))
        wire = Wire(self.rig.line, on_call=self.calls.append, clock=self.rig.clock)
        return connector.connect(NAME, settings, wire)

    @property
    def signals(self) -> SignalSource:
        """Its role."""
        assert self.connection.signals is not None
        return self.connection.signals

    async def letters(self) -> list[InboundRequest]:
        """The webhooks that are due."""
        box = LetterBox()
        async with box.client() as client:
            await self.rig.deliver(client)
        return box.empty()


def _receiver(connection: Connection) -> Receiver:
    assert connection.receiver is not None
    return connection.receiver


@pytest.fixture(params=[*SIGNALS])
async def source(request: pytest.FixtureRequest) -> AsyncIterator[Source]:
    made = Source(SIGNALS[request.param]())
    try:
        yield made
    finally:
        await made.connection.aclose()


async def test_it_plays_that_role_and_no_other(source: Source) -> None:
    connection = source.connection
    assert connection.manifest.roles == {Role.SIGNALS}
    assert (connection.helpdesk, connection.tracker) == (None, None)
    assert connection.manifest.comment_webhooks is False


async def test_unknown_key_is_refused_and_no_secret_is_shown(source: Source) -> None:
    model = CONNECTORS[source.rig.vendor].settings_model
    given: dict[str, Any] = source.rig.settings(source.rig.door_secret)
    with pytest.raises(ValidationError) as refused:
        model.model_validate(given | {"tokken": "x"})
    shown = f"{refused.value} {source.connection.settings!r} {source.connection!r}"
    assert not [each for each in source.rig.secrets if each in shown]


async def test_door_takes_what_is_proven_and_nothing_else(source: Source) -> None:
    source.rig.subscribe()
    source.rig.error_occurs()
    [letter] = await source.letters()
    now = source.rig.clock.now()
    assert isinstance(_receiver(source.connection).verify(letter, now), Verified)
    both = source.connect("a-new-secret", source.rig.door_secret)
    assert isinstance(_receiver(both).verify(letter, now), Verified)
    tampered = replace(letter, body=letter.body.replace(b"unresolved", b"resolved"))
    naked = replace(letter, headers={})
    for wrong in (tampered, naked):
        assert isinstance(_receiver(source.connection).verify(wrong, now), Refused)
    for closed in (source.connect(), source.connect("another")):
        assert isinstance(_receiver(closed).verify(letter, now), Refused)


async def test_what_is_stored_of_a_delivery_has_no_words_and_still_names_the_signal(
    source: Source,
) -> None:
    source.rig.subscribe()
    id = source.rig.error_occurs()
    source.rig.person_changes(id)
    letters = await source.letters()
    assert len(letters) == 2
    for letter in letters:
        assert source.rig.words_in(letter.body.decode())
        kept = source.signals.reduce(letter.body)
        assert source.rig.words_in(kept.decode()) == []
        delivery = Delivery("1", NAME, kept, "application/json", START)
        assert _receiver(source.connection).normalise(delivery) == (
            Event(Kind.SIGNAL, id, thin=True),
        )


async def test_an_observation_has_no_words(source: Source) -> None:
    id = source.rig.error_occurs()
    source.rig.person_changes(id)
    read = await source.signals.fetch_signal(id)
    [listed] = (await source.signals.list_changed(None, START)).observations
    [batched] = await source.signals.fetch_signals([id, source.rig.unknown_ids[0]])
    for seen in (read, listed, batched):
        assert seen.ref == SignalRef(NAME, id)
        assert seen.whole
        assert all(seen.text(each) for each in (KEY, URL, STATUS))
        assert source.rig.words_in(repr(seen)) == []


async def test_words_are_for_engineers_only(source: Source) -> None:
    id = source.rig.error_occurs()
    words = await source.signals.fetch_words(id)
    assert words.title.content == source.rig.words_of(id)
    assert words.title.audience is Audience.ENGINEERING
    assert words.title.origin


async def test_names_lead_to_the_stable_id(source: Source) -> None:
    id = source.rig.error_occurs()
    for text in source.rig.spellings(id):
        assert await source.signals.resolve(text) == id, text
    assert await source.signals.resolve("https://evil.example/organizations/acme/issues/1/") is None


async def test_what_is_gone_is_missing_and_no_odd_id_reaches_the_vendor(source: Source) -> None:
    id = source.rig.error_occurs()
    source.rig.person_deletes(id)
    for unknown in (id, *source.rig.unknown_ids):
        with pytest.raises(RecordMissing):
            await source.signals.fetch_signal(unknown)
    assert {each.status for each in source.calls} == {404}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Rejected),
        (401, CredentialProblem),
        (403, ScopeMissing),
        (404, RecordMissing),
        (409, Rejected),
        (429, Throttled),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_refusal_means_what_happens_next_without_the_vendors_words(
    source: Source, status: int, error: type[Exception]
) -> None:
    id = source.rig.error_occurs()
    said = source.rig.refusal(status, "kanari in the vendor's words")
    fault = Fault("", FaultKind.ANSWER, status=status, headers=said.headers, body=said.body)
    source.rig.line.strike(fault)
    with pytest.raises(error) as raised:
        await source.signals.fetch_signal(id)
    assert "kanari" not in f"{raised.value} {getattr(raised.value, 'detail', '')}"
    if isinstance(raised.value, Throttled):
        left = raised.value.until - source.rig.clock.now()
        assert abs(left - source.rig.pause).total_seconds() <= 1


async def test_a_broken_line_is_unavailable(source: Source) -> None:
    id = source.rig.error_occurs()
    source.rig.line.strike(Fault("", FaultKind.RESET))
    with pytest.raises(Unavailable):
        await source.signals.fetch_signal(id)
    source.rig.line.unreachable = True
    with pytest.raises(Unavailable):
        await source.signals.fetch_signal(id)


async def test_nothing_is_ever_written_there(source: Source) -> None:
    id = source.rig.error_occurs()
    await source.signals.fetch_words(id)
    await source.signals.linked_pages(id)
    await source.signals.copied_comments(id)
    await source.signals.probe()
    await source.signals.fetch_reference()
    assert {each.method for each in source.calls} == {"GET"}
