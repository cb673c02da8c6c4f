"""What bridge.yaml may say of a HubSpot connection."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from bridge.domain.errors import ConfigProblem
from bridge.kit.http import Wire
from bridge.ports.manifest import ConnectionSettings
from bridge.ports.roles import Connection, Connector
from connectors.hubspot.connection import CONNECTOR, HubSpotConnection
from tests.connectors.hubspot.connector_world import settings


def test_portal_is_the_account_that_events_are_routed_by() -> None:
    connector: Connector = CONNECTOR
    connection: Connection = connector.connect("support", settings(portal_id=4711), Wire())
    assert (connection.name, connection.account) == ("support", "4711")
    assert connection.tracker is None


@pytest.mark.parametrize(
    ("given", "secrets"),
    [
        ("one", ("one",)),
        (["new", "old"], ("new", "old")),
        (None, ()),
        ("", ()),
        (["", "a"], ("a",)),
    ],
)
def test_webhook_secret_is_one_or_a_list_and_empty_ones_do_not_count(
    given: object, secrets: tuple[str, ...]
) -> None:
    assert settings(webhook_secret=given).webhook_secrets == secrets


@pytest.mark.parametrize(
    "wrong",
    [
        {"portal_id": "acme"},
        {"portal_id": True},
        {"app_id": "my app"},
        {"token": ""},
        {"api_version": "v1"},
        {"webhook_secret": {"a": 1}},
        {"secret": "x"},
    ],
)
def test_wrong_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_secrets_are_not_shown() -> None:
    shown = repr(settings(token="pat-secret-1", webhook_secret=["hook-secret-2"]))
    assert "secret-1" not in shown
    assert "secret-2" not in shown


def test_every_own_setting_is_described() -> None:
    model: type[BaseModel] = CONNECTOR.settings_model
    silent = [name for name, field in model.model_fields.items() if not field.description]
    assert silent == ["vendor"]


def test_settings_of_another_vendor_are_a_configuration_problem() -> None:
    with pytest.raises(ConfigProblem):
        CONNECTOR.connect("x", ConnectionSettings(vendor="other"), Wire())


def test_manifest_names_a_page_for_each_limit() -> None:
    manifest = HubSpotConnection("x", settings(), Wire()).manifest
    assert {"clock_window", "batch_read", "create_probe_grace"} <= manifest.sources.keys()
    assert all(page.startswith("https://") for page in manifest.sources.values())
