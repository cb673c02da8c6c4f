"""What bridge.yaml may say of a connection: nothing unknown, nothing shown, the address kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.domain.errors import ConfigProblem, Unavailable
from bridge.kit.http import Wire
from bridge.ports.manifest import ConnectionSettings
from bridge.ports.roles import Want
from connectors.registry import CONNECTORS
from tests.conformance.line import START
from tests.conformance.rig import Rig
from tests.conformance.stand import Stand


def _texts(value: Any) -> Iterator[str]:
    """The plain texts in a value of the settings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _texts(each)


def _model(stand: Stand[Rig]) -> type[ConnectionSettings]:
    return CONNECTORS[stand.rig.vendor].settings_model


async def test_unknown_key_is_refused_by_name(stand: Stand[Rig]) -> None:
    given = stand.rig.settings() | {"tokken": "x"}
    with pytest.raises(ValidationError) as refused:
        _model(stand).model_validate(given)
    assert [each["loc"] for each in refused.value.errors()] == [("tokken",)]


async def test_settings_of_another_vendor_are_refused(stand: Stand[Rig]) -> None:
    with pytest.raises(ValidationError, match="vendor"):
        _model(stand).model_validate(stand.rig.settings() | {"vendor": "another"})
    with pytest.raises(ConfigProblem):
        CONNECTORS[stand.rig.vendor].connect("x", ConnectionSettings(vendor="another"), Wire())


async def test_settings_cannot_be_changed_later(stand: Stand[Rig]) -> None:
    settings = stand.connection.settings
    for name in type(settings).model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(settings, name, getattr(settings, name))


async def test_secret_is_kept_as_one_and_shown_nowhere(stand: Stand[Rig]) -> None:
    settings, connection = stand.connection.settings, stand.connection
    shown = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        str(settings.model_dump()),
        repr(connection),
        str(connection),
        repr(connection.receiver),
        repr(connection.helpdesk),
        repr(connection.tracker),
    ]
    assert [each for each in shown if any(secret in each for secret in stand.rig.secrets)] == []
    names = type(settings).model_fields
    plain = {text for name in names for text in _texts(getattr(settings, name))}
    assert plain.isdisjoint(stand.rig.secrets)


async def test_mistake_in_the_settings_does_not_show_the_secrets_beside_it(
    stand: Stand[Rig],
) -> None:
    given = stand.rig.settings(stand.rig.door_secret)
    model = _model(stand)
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    assert needed
    mistakes = [given | {"tokken": "x", "timeout_s": -1}]
    mistakes += [{name: given[name] for name in given if name != lost} for lost in needed]
    for mistake in mistakes:
        with pytest.raises(ValidationError) as refused:
            model.model_validate(mistake)
        said = str(refused.value.errors(include_input=False, include_url=False))
        assert not any(secret in said for secret in stand.rig.secrets)


async def test_connecting_makes_no_call(stand: Stand[Rig]) -> None:
    stand.connect()
    assert stand.rig.line.requests == []


@pytest.mark.parametrize("slash", ["", "/"])
async def test_every_call_goes_to_the_base_url(stand: Stand[Rig], slash: str) -> None:
    stand.rig.person_creates()
    stand.rig.clock.advance(minutes=5)
    stand.connection = stand.connect(base_url=stand.rig.origin + slash)
    await stand.sweep(None, START, Want(comments=True))
    assert stand.rig.line.requests
    assert {f"{r.url.scheme}://{r.url.netloc.decode()}" for r in stand.rig.line.requests} == {
        stand.rig.origin
    }
    assert [r.url.path for r in stand.rig.line.requests if "//" in r.url.path] == []


async def test_without_a_base_url_the_vendor_itself_is_called(stand: Stand[Rig]) -> None:
    stand.connection = stand.connect(base_url=None)
    stand.rig.clock.advance(minutes=5)
    await stand.sweep(None, START, Want())
    hosts = {(r.url.scheme, r.url.host) for r in stand.rig.line.requests}
    assert hosts == {("https", stand.rig.home)}


async def test_what_cannot_be_reached_is_unavailable(stand: Stand[Rig]) -> None:
    stand.rig.line.unreachable = True
    with pytest.raises(Unavailable):
        await stand.records.fetch("1", Want())


async def test_call_log_shows_no_secret(stand: Stand[Rig]) -> None:
    id = stand.rig.person_creates()
    await stand.records.fetch(id, Want(comments=True, attachments=True))
    assert stand.calls
    shown = " ".join(map(repr, stand.calls))
    assert not any(secret in shown for secret in stand.rig.secrets)
