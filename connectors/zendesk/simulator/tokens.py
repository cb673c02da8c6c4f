"""Credentials: API tokens of people, and OAuth tokens with their refreshing.

https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.zendesk.simulator.numbers import Numbers
from connectors.zendesk.simulator.problems import Refusal

_CODE_LIVES = timedelta(seconds=120)
_SHORTEST, _LONGEST = 300, 172800
_REFRESH_DAYS = 30


@dataclass(slots=True)
class OAuthToken:
    """An access token with the one that replaces it."""

    access: str
    refresh: str
    user_id: int
    scope: str
    expires_at: datetime
    refresh_expires_at: datetime
    revoked: bool = False


@dataclass(slots=True)
class _Code:
    user_id: int
    scope: str
    redirect_uri: str
    challenge: str | None
    expires_at: datetime


class Tokens:
    """Every credential of the account."""

    def __init__(self, numbers: Numbers, api_token: str) -> None:
        self._numbers = numbers
        self.api_tokens = {api_token}
        self.client_id = "ticketbridge"
        self.client_secret = numbers.secret()
        self.oauth: list[OAuthToken] = []
        self._codes: dict[str, _Code] = {}

    def basic(self, header: str) -> str | None:
        """The email of `Basic email/token:api_token`; passwords are no longer taken."""
        try:
            raw = base64.b64decode(header.partition(" ")[2], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        name, _, token = raw.partition(":")
        email, slash, kind = name.rpartition("/")
        good = slash == "/" and kind == "token" and token in self.api_tokens
        return email if good else None

    def bearer(self, header: str, now: datetime) -> OAuthToken | None:
        """The live token of a `Bearer` header."""
        given = header.partition(" ")[2]
        for token in self.oauth:
            if token.access == given and not token.revoked and token.expires_at > now:
                return token
        return None

    def authorise(
        self, user_id: int, scope: str, redirect_uri: str, challenge: str | None, now: datetime
    ) -> str:
        """What a person's consent sends back to the redirect address; good for 120 seconds."""
        code = self._numbers.secret(32)
        expires = now + _CODE_LIVES
        self._codes[code] = _Code(user_id, scope, redirect_uri, challenge, expires)
        return code

    def issue(self, user_id: int, scope: str, now: datetime, lives: int = _LONGEST) -> OAuthToken:
        """A new pair of tokens."""
        if not _SHORTEST <= lives <= _LONGEST:
            text = f"expires_in must be between {_SHORTEST} and {_LONGEST}"
            raise _grant_refused("invalid_request", text)
        token = OAuthToken(
            self._numbers.secret(64),
            self._numbers.secret(64),
            user_id,
            scope,
            now + timedelta(seconds=lives),
            now + timedelta(days=_REFRESH_DAYS),
        )
        self.oauth.append(token)
        return token

    def grant(self, body: dict[str, Any], owner_id: int, now: datetime) -> dict[str, Any]:
        """Answers `POST /oauth/tokens`; a refresh ends both old tokens."""
        secret = body.get("client_secret")
        if body.get("client_id") != self.client_id or secret not in (self.client_secret, None):
            raise Refusal(401, {"error": "invalid_client"})
        kind, lives = body.get("grant_type"), int(body.get("expires_in") or _LONGEST)
        if kind == "refresh_token":
            token = self._refreshed(str(body.get("refresh_token")), lives, now)
        elif kind == "authorization_code":
            token = self._redeemed(body, lives, now)
        elif kind == "client_credentials" and secret is not None:
            token = self.issue(owner_id, str(body.get("scope") or "read"), now, lives)
        else:
            raise _grant_refused("unsupported_grant_type", "The grant type is not supported.")
        return {
            "access_token": token.access,
            "refresh_token": token.refresh,
            "token_type": "bearer",
            "scope": token.scope,
            "expires_in": lives,
            "refresh_token_expires_in": _REFRESH_DAYS * 86400,
        }

    def _refreshed(self, refresh: str, lives: int, now: datetime) -> OAuthToken:
        for old in self.oauth:
            if old.refresh == refresh and not old.revoked and old.refresh_expires_at > now:
                fresh = self.issue(old.user_id, old.scope, now, lives)
                old.revoked = True
                return fresh
        raise _grant_refused("invalid_grant", "The provided refresh token is invalid or expired.")

    def _redeemed(self, body: dict[str, Any], lives: int, now: datetime) -> OAuthToken:
        code = self._codes.pop(str(body.get("code")), None)
        good = (
            code is not None
            and code.expires_at > now
            and code.redirect_uri == body.get("redirect_uri")
            and (code.challenge is None or code.challenge == _s256(body.get("code_verifier")))
        )
        if code is None or not good:
            raise _grant_refused("invalid_grant", "The provided code is invalid or expired.")
        return self.issue(code.user_id, code.scope, now, lives)


def allows(scope: str, area: str, *, write: bool) -> bool:
    """Whether a token's scope covers an area of the API, `tickets` or `webhooks` for example."""
    needed = "write" if write else "read"
    return bool({needed, f"{area}:{needed}"} & set(scope.split()))


def _s256(verifier: Any) -> str:
    digest = hashlib.sha256(str(verifier).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _grant_refused(error: str, description: str) -> Refusal:
    return Refusal(400, {"error": error, "error_description": description})
