"""What a HubSpot connection of bridge.yaml takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from bridge.ports.manifest import ConnectionSettings

API = "https://api.hubapi.com"


def _as_digits(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_secrets(value: Any) -> Any:
    """One secret or several; empty ones do not count, so that an unset one closes the door."""
    if value is None:
        return ()
    given = [value] if isinstance(value, str | SecretStr) else value
    return tuple(each for each in given if each) if isinstance(given, list | tuple) else given


Digits = Annotated[str, BeforeValidator(_as_digits), Field(pattern=r"^[0-9]{1,20}$")]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_as_secrets)]


class HubSpotSettings(ConnectionSettings):
    """One HubSpot account and the app or service key by which the hub works in it."""

    vendor: Literal["hubspot"] = "hubspot"
    token: SecretStr = Field(
        min_length=1, description="Access token of the app, or a service key (pat-…)."
    )
    webhook_secret: Secrets = Field(
        (),
        description="The app's client secret, by which HubSpot signs webhooks; a list while it "
        "is being rotated. Without it (service keys) no webhook is accepted and changes are "
        "found by sweeping.",
    )
    portal_id: Digits = Field(description="The account's id (Hub ID); events are routed by it.")
    app_id: Digits | None = Field(
        None, description="The app's id: how the hub knows its own notes, messages and changes."
    )
    speaks_as: Digits | None = Field(
        None,
        description="The userId of the agent in whose name the hub answers customers; by default "
        "whoever the conversation is assigned to.",
    )
    emails: bool = Field(
        False,
        description="Whether mail on a ticket's timeline counts as what was said to its customer "
        "and by them, where the ticket has no conversation. The token needs sales-email-read too.",
    )
    api_version: Literal["2026-03", "2026-09", "v3"] = Field(
        "2026-03", description="HubSpot's API version; each dated one is supported 18 months."
    )
    panel: bool = Field(
        False,
        description="Whether the hub's card on tickets is answered. It is signed with the app's "
        "client secret, as webhooks are.",
    )
    search_lag_s: float = Field(
        60.0,
        ge=0,
        le=3600,
        description="How far HubSpot's search may lag behind; a sweep ends that long ago.",
    )

    @model_validator(mode="after")
    def _panel_is_proven(self) -> Self:
        if self.panel and not self.webhook_secret:
            raise ValueError(
                "panel: true needs webhook_secret, by which HubSpot signs for the card"
            )
        return self

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Every secret that a webhook may be signed with now."""
        return tuple(each.get_secret_value() for each in self.webhook_secret)
