"""What bridge.yaml says of a Rocketlane connection."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from bridge.domain.records import StatusCategory
from bridge.ports.manifest import ConnectionSettings

DEFAULT_ORIGIN = "https://api.rocketlane.com"


class KnownStatus(BaseModel):
    """A status of tasks as an admin knows it: no call of the API lists them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    value: int = Field(ge=0, description="The number by which the API writes it.")
    label: str = Field(min_length=1, description="What people call it.")
    category: StatusCategory = Field(description="What it means.")


class RocketlaneSettings(ConnectionSettings):
    """One account, read and written with the key of one of its users."""

    vendor: Literal["rocketlane"] = "rocketlane"
    api_key: SecretStr = Field(
        min_length=1, description="API key of the hub's own user; it expires."
    )
    account: str = Field(
        "",
        pattern=r"^$|^[^\s@]+@[^\s@]+$",
        description="E-mail address of the key's user: no call says whose key it is. By it the "
        "hub knows its own tasks and writes again.",
    )
    webhook_token: SecretStr | tuple[SecretStr, ...] = Field(
        (),
        description="What webhooks bring as ?token=, as header X-Bridge-Token or as Basic "
        "password; a list while it is being changed. Without one every webhook is refused.",
    )
    site: str = Field(
        "https://app.rocketlane.com",
        pattern=r"^https?://[^\s/?#]+/?$",
        description="Where people open Rocketlane: https://acme.rocketlane.com.",
    )
    project: str = Field(
        "", description="Project (id or name) of new tasks where a route names none."
    )
    statuses: tuple[KnownStatus, ...] = Field(
        (), description="Statuses of tasks beyond To do, In progress and Completed."
    )

    lists_per_minute: float | None = Field(
        None,
        gt=0,
        description="Calls of lists a minute at most; by default the vendor's limit of 60, less "
        "where `rate` is below the vendor's own.",
    )

    @property
    def webhook_tokens(self) -> tuple[str, ...]:
        """Every token that is good now; empty closes the door."""
        given = self.webhook_token
        many = given if isinstance(given, tuple) else (given,)
        return tuple(each.get_secret_value() for each in many if each.get_secret_value())
