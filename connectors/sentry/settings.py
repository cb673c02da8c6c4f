"""What bridge.yaml says of a Sentry connection."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr

from bridge.ports.manifest import ConnectionSettings
from bridge.ports.signals import LaunchPlace

DEFAULT_ORIGIN = "https://sentry.io"


def _as_secrets(value: Any) -> Any:
    """One secret or several; empty ones do not count, so that an unset one closes the door."""
    if value is None:
        return ()
    given = [value] if isinstance(value, str | SecretStr) else value
    return tuple(each for each in given if each) if isinstance(given, list | tuple) else given


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_as_secrets)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class SentrySettings(ConnectionSettings):
    """One organization, read with the token of an internal integration."""

    vendor: Literal["sentry"] = "sentry"
    organization: Slug = Field(description="The organization's slug, as addresses have it.")
    token: SecretStr = Field(min_length=1, description="A token of the internal integration.")
    client_secret: Secrets = Field(
        (),
        description="The integration's Client Secret, by which Sentry signs; a list while it is "
        "being changed. Without one every webhook and form is refused.",
    )
    launch_in: str = Field(
        min_length=1, description="The tracker connection in which items for signals are made."
    )
    launch_project: str | None = Field(
        None, description="Its project; by default the tracker connection's only one."
    )
    launch_type: str = Field("Bug", min_length=1, description="The type of those items.")
    accounts: tuple[str, ...] = Field(
        (),
        description="Ids of the accounts under which Sentry's own integrations write in trackers: "
        "no comment of theirs is ever passed on.",
    )
    guide: Literal["launch", "note"] = Field(
        "launch",
        description="What an issue named in a ticket's internal note leads to: an item of its own, "
        "related to the ticket's, or only a note that says how.",
    )

    @property
    def client_secrets(self) -> tuple[str, ...]:
        """Every secret that a request may be signed with now."""
        return tuple(each.get_secret_value() for each in self.client_secret)

    @property
    def launch_place(self) -> LaunchPlace:
        """Where the items of its signals are made."""
        return LaunchPlace(self.launch_in, self.launch_project, self.launch_type)
