"""What a Zendesk connection of bridge.yaml takes."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from bridge.ports.manifest import ConnectionSettings

_TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - public: the vendor prints it
"""With this Zendesk signs test requests of webhooks that are not made yet: everybody knows it.

https://developer.zendesk.com/documentation/webhooks/verifying/
"""


_PUBLIC_KEY = re.compile(
    r"-----BEGIN (RSA )?PUBLIC KEY-----\s[A-Za-z0-9+/=\s]+-----END (RSA )?PUBLIC KEY-----"
)


def _as_digits(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_secrets(value: Any) -> Any:
    """One secret or several; empty ones do not count, so that an unset one closes the door."""
    if value is None:
        return ()
    given = [value] if isinstance(value, str | SecretStr) else value
    return tuple(each for each in given if each) if isinstance(given, list | tuple) else given


def _not_public(secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if any(each.get_secret_value() == _TEST_SECRET for each in secrets):
        raise ValueError(
            "this is Zendesk's public secret for test requests; take the signing secret of your "
            "own webhook"
        )
    return secrets


Secrets = Annotated[
    tuple[SecretStr, ...], BeforeValidator(_as_secrets), AfterValidator(_not_public)
]


class ZendeskSettings(ConnectionSettings):
    """One Zendesk account, and the agent of its own by whom the hub works there."""

    vendor: Literal["zendesk"] = "zendesk"
    subdomain: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="`acme` of https://acme.zendesk.com."
    )
    email: str = Field(
        pattern=r"^[^\s:/@]+@[^\s:/@]+$", description="The address of the hub's own agent."
    )
    token: SecretStr = Field(min_length=1, description="An API token of the account.")
    webhook_secret: Secrets = Field(
        (),
        description="The signing secret of the webhook; a list while it is being rotated, or "
        "where several webhooks lead here. Without it no webhook is accepted and changes are "
        "found by sweeping.",
    )
    updates_per_minute: int = Field(
        100,
        ge=1,
        le=3000,
        description="Ticket updates that the account may make in a minute: 100, with the High "
        "Volume add-on 300, in a sandbox or trial 20.",
    )

    panel_key: str | None = Field(
        None,
        description="The public key (PEM) of the hub's app in Zendesk, by which its sidebar's "
        "tokens are proven. Without it there is no panel.",
    )
    panel_installation: Annotated[str, BeforeValidator(_as_digits)] | None = Field(
        None,
        pattern=r"^[0-9]{1,20}$",
        description="The id of the app's installation: a token of another one opens no panel.",
    )

    @model_validator(mode="after")
    def _panel_is_whole(self) -> Self:
        if bool(self.panel_key) != bool(self.panel_installation):
            raise ValueError("a panel needs both panel_key and panel_installation")
        if self.panel_key and not _PUBLIC_KEY.fullmatch(self.panel_key.strip()):
            raise ValueError(
                "panel_key: this is no public key in PEM; it begins with -----BEGIN PUBLIC KEY-----"
            )
        return self

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Every secret that a webhook may be signed with now."""
        return tuple(each.get_secret_value() for each in self.webhook_secret)

    @property
    def site(self) -> str:
        """Where people open the account."""
        return f"https://{self.subdomain}.zendesk.com"
