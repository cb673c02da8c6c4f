"""What the hub is to a provider, and what a browser keeps while it is there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows the hub by."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...] = ("openid", "profile", "email")


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser keeps between its way there and back; nobody else may know it."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @classmethod
    def new(cls) -> Begun:
        """Three secrets that nobody can guess."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))

    def packed(self) -> str:
        """As one word, for a cookie."""
        return f"{self.state}.{self.nonce}.{self.verifier}"

    @classmethod
    def unpacked(cls, word: str) -> Begun | None:
        """What `packed` made; None for anything else."""
        parts = word.split(".")
        if len(parts) != 3 or not all(len(each) >= 43 for each in parts):
            return None
        return cls(*parts)
