"""Which addresses a Teams connection takes, and that the address is never written anew."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.teams.settings import TeamsSettings

GOOD = (
    "https://default1234.5a.environment.api.powerplatform.com:443/powerautomate/automations/direct"
    "/workflows/0123/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun"
    "&sv=1.0&sig=abc-DEF_123"
)


def _settings(url: str, **more: object) -> TeamsSettings:
    return TeamsSettings.model_validate({"vendor": "teams", "webhook_url": url, **more})


@pytest.mark.parametrize(
    "url", [GOOD, "https://prod-1.westeurope.logic.azure.com:443/workflows/01?sig=x"]
)
def test_address_of_a_workflow_is_taken_as_it_is(url: str) -> None:
    assert "".join(_settings(url).origin_and_path) == url


def test_office_connector_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValidationError, match="make a workflow"):
        _settings("https://acme.webhook.office.com/webhookb2/x")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/workflows/x?sig=y",
        "https://environment.api.powerplatform.com.evil.example/x",
        "http://a.environment.api.powerplatform.com/x",
        "no address",
    ],
)
def test_any_other_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        _settings(url)
    assert url not in str(refused.value)


def test_host_that_an_admin_names_is_allowed() -> None:
    url = "http://teams.test/workflows/1?sig=x"
    assert _settings(url, base_url="http://teams.test").webhook_url.get_secret_value() == url
    local = "http://127.0.0.1:8123/workflows/1?sig=x"
    assert _settings(local).origin_and_path[0] == "http://127.0.0.1:8123"


def test_channel_that_customers_read_is_none() -> None:
    with pytest.raises(ValidationError, match="audience"):
        _settings(GOOD, audience="customer")
