"""What bridge.yaml says of an Azure DevOps connection."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from bridge.ports.manifest import ConnectionSettings

DEFAULT_ORIGIN = "https://dev.azure.com"


class AzureDevOpsSettings(ConnectionSettings):
    """One organization, read and written with one personal access token."""

    vendor: Literal["azure_devops"] = "azure_devops"
    organization: str = Field(
        pattern=r"^[^\s/\\?#]+$",
        description="The organization: acme in https://dev.azure.com/acme (a collection's name "
        "on a server of your own).",
    )
    project: str = Field(
        min_length=1, description="The project new work items go to unless a route names one."
    )
    projects: tuple[str, ...] = Field(
        (), description="Further projects whose work items are watched by the sweep."
    )
    token: SecretStr = Field(
        min_length=1, description="Personal access token with the scope Work Items (Read & write)."
    )
    webhook_user: str = Field(
        "", description="Basic authentication user name of the service hooks."
    )
    webhook_password: SecretStr | tuple[SecretStr, ...] = Field(
        (),
        description="Basic authentication password of the service hooks; a list while it is being "
        "changed. Without one every webhook is refused.",
    )

    @property
    def webhook_passwords(self) -> tuple[str, ...]:
        """Every password that is good now; empty closes the door."""
        given = self.webhook_password
        many = given if isinstance(given, tuple) else (given,)
        return tuple(each.get_secret_value() for each in many if each.get_secret_value())

    @property
    def all_projects(self) -> tuple[str, ...]:
        """The launch project and the further ones, each once."""
        return tuple(dict.fromkeys((self.project, *self.projects)))
