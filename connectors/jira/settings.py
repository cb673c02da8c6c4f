"""What bridge.yaml says of a Jira Cloud connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr

from bridge.ports.manifest import ConnectionSettings


def _as_secrets(value: Any) -> Any:
    """One secret or several; empty ones do not count, so that an unset one closes the door."""
    if value is None:
        return ()
    given = [value] if isinstance(value, str | SecretStr) else value
    return tuple(each for each in given if each) if isinstance(given, list | tuple) else given


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_as_secrets)]
ProjectKey = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class JiraSettings(ConnectionSettings):
    """One Jira Cloud site, read and written with one account's API token."""

    vendor: Literal["jira"] = "jira"
    site: AnyHttpUrl = Field(
        description="The site's address, https://acme.atlassian.net; links that people click "
        "begin with it."
    )
    email: str = Field(min_length=3, description="E-mail address of the hub's own account.")
    token: SecretStr = Field(min_length=1, description="API token of that account.")
    webhook_secret: Secrets = Field(
        (),
        description="Secret of the webhook, by which Jira signs; a list while it is being "
        "changed. Without one every webhook is refused.",
    )
    projects: tuple[ProjectKey, ...] = Field(
        min_length=1,
        description="Keys of the projects that the sweep watches; new issues go to the only one "
        "unless a route names another.",
    )
    transition_fields: Mapping[str, str] = Field(
        default_factory=dict,
        description="What a workflow step is given for a field that its screen requires: "
        "{resolution: Done}.",
    )
    search_lag_s: float = Field(
        60.0,
        ge=0,
        le=3600,
        description="How far Jira's search may lag behind; each sweep looks back that far.",
    )

    @property
    def project_keys(self) -> tuple[str, ...]:
        """The keys of the watched projects, in capitals as Jira writes them."""
        return tuple(each.upper() for each in self.projects)

    @property
    def site_url(self) -> str:
        """The site without a trailing slash."""
        return str(self.site).rstrip("/")

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Every secret that a webhook may be signed with now."""
        return tuple(each.get_secret_value() for each in self.webhook_secret)
