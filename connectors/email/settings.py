"""What an e-mail connection of bridge.yaml takes."""

from __future__ import annotations

from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bridge.ports.manifest import ConnectionSettings


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def _is_sender(text: str) -> str:
    address = parseaddr(text)[1]
    local, _, domain = address.rpartition("@")
    if not (text.isprintable() and local and domain) or " " in address:
        raise ValueError("must be an e-mail address, with or without a name before it")
    return text


def _is_host(text: str) -> str:
    if "/" in text or ":" in text.replace("::", "") or any(sign.isspace() for sign in text):
        raise ValueError("must be the name of a mail server, without scheme and port")
    return text


class EmailSettings(ConnectionSettings):
    """One mail server that takes messages for others, and the mailbox they come from."""

    vendor: Literal["email"] = "email"
    host: Annotated[str, Field(min_length=1), AfterValidator(_is_host)] = Field(
        description="The mail server's name."
    )
    port: int = Field(587, ge=1, le=65535, description="Its port for submission.")
    user: str | None = Field(None, description="The account's name, if the server asks for one.")
    password: SecretStr | None = Field(None, description="The account's password.")
    sender: Annotated[str, AfterValidator(_is_sender)] = Field(
        description="Whom the messages come from: Support <support@example.com>."
    )
    tls: Literal["implicit", "starttls", "none"] = Field(
        "starttls",
        description="`starttls`: encrypted as soon as the server offers it; `implicit`: from the "
        "first byte (port 465); `none`: never. A password leaves this machine encrypted only.",
    )
    ca_file: Path | None = Field(
        None, description="The certificate authority of a server of one's own, as a PEM file."
    )
    audience: Literal["support", "engineering"] = Field(
        "support", description="Who reads the messages. Never customers."
    )

    @model_validator(mode="after")
    def _keeps_the_password(self) -> EmailSettings:
        if self.base_url is not None:
            raise ValueError("base_url is not for e-mail; set host and port")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.tls == "none" and self.password is not None and not is_loopback(self.host):
            raise ValueError("tls: none would send the password in clear text; use starttls")
        return self

    @property
    def address(self) -> str:
        """The sender's bare address."""
        return parseaddr(self.sender)[1]
