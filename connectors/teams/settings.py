"""What a Teams connection of bridge.yaml takes."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, Field, SecretStr, model_validator

from bridge.ports.manifest import ConnectionSettings

HOSTS = (".environment.api.powerplatform.com", ".logic.azure.com")
"""Where workflows are triggered."""
RETIRED = (".webhook.office.com", "outlook.office.com")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class TeamsSettings(ConnectionSettings):
    """One channel, by the address of the workflow that posts to it."""

    vendor: Literal["teams"] = "teams"
    webhook_url: SecretStr = Field(
        min_length=1,
        description="The address of the workflow (When a Teams webhook request is received), "
        "whole and as Teams shows it: it holds the secret.",
    )
    audience: Literal["support", "engineering"] = Field(
        "support", description="Who reads the channel. Never a channel that customers read."
    )
    mention: bool = Field(
        False,
        description="Mention the recipient by the address. One that Teams does not know may cost "
        "the whole card, and nobody is told; so only where all addresses are people's there.",
    )

    @model_validator(mode="after")
    def _goes_to_teams(self) -> TeamsSettings:
        said = urlsplit(self.webhook_url.get_secret_value())
        host = (said.hostname or "").lower()
        if host.endswith(RETIRED):
            raise ValueError(
                "webhook_url is of an Office 365 connector; those ended in May 2026: make a "
                "workflow (Send webhook alerts to a channel) and take its address"
            )
        named = None if self.base_url is None else AnyHttpUrl(str(self.base_url)).host
        if host in LOOPBACK or (named is not None and host == named):
            return self
        if said.scheme != "https" or not host.endswith(HOSTS):
            raise ValueError(
                f"webhook_url must be https and of a workflow (a host that ends in {HOSTS[0]})"
            )
        return self

    @property
    def origin_and_path(self) -> tuple[str, str]:
        """The address in its two parts, neither of them written anew."""
        url = self.webhook_url.get_secret_value().strip()
        start = url.index("//") + 2
        cut = url.find("/", start)
        return (url, "/") if cut < 0 else (url[:cut], url[cut:])
