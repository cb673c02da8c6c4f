"""Who may call: the app's static token, and OAuth access tokens that live half an hour.

https://developers.hubspot.com/docs/api/oauth-quickstart-guide
"""

from __future__ import annotations

import hmac
import random
from datetime import datetime, timedelta

from connectors.hubspot.simulator.problems import ApiProblem

LIFETIME = timedelta(seconds=1800)


class Tokens:
    """Issues and checks credentials."""

    def __init__(self, token: str, client_id: str, client_secret: str, rng: random.Random) -> None:
        self.client_id = client_id
        self.refresh_token = f"refresh-{rng.getrandbits(64):016x}"
        self.authorization_code = f"code-{rng.getrandbits(64):016x}"
        self._static = token
        self._secret = client_secret
        self._rng = rng
        self._expiry: dict[str, datetime] = {}

    def check(self, header: str, now: datetime) -> str:
        """The token of an Authorization header; 401 when it is missing, wrong or expired."""
        scheme, _, token = header.partition(" ")
        token = token.strip()
        if scheme.lower() == "bearer":
            if hmac.compare_digest(token.encode(), self._static.encode()):
                return token
            expiry = self._expiry.get(token)
            if expiry is not None and expiry > now:
                return token
            if expiry is not None:
                message = f"The OAuth token used to make this call expired at {expiry}"
                raise ApiProblem(401, "EXPIRED_AUTHENTICATION", message)
        message = "Authentication credentials not found or not valid."
        raise ApiProblem(401, "INVALID_AUTHENTICATION", message)

    def is_oauth(self, token: str) -> bool:
        """Whether a token came from `issue`; such tokens have no daily limit."""
        return token in self._expiry

    def issue(self, form: dict[str, str], now: datetime) -> dict[str, object]:
        """A new access token for a code or a refresh token; 400 for anything else."""
        known = form.get("client_id") == self.client_id
        secret = hmac.compare_digest(form.get("client_secret", "").encode(), self._secret.encode())
        grants = {
            "refresh_token": form.get("refresh_token") == self.refresh_token,
            "authorization_code": form.get("code") == self.authorization_code,
        }
        if not (known and secret and grants.get(form.get("grant_type", ""), False)):
            raise ApiProblem(400, "BAD_AUTH_CODE", "missing or unknown credentials")
        token = f"oauth-{self._rng.getrandbits(96):024x}"
        self._expiry[token] = now + LIFETIME
        return {
            "access_token": token,
            "refresh_token": self.refresh_token,
            "expires_in": int(LIFETIME.total_seconds()),
            "token_type": "bearer",
        }

    def seconds_left(self, token: str, now: datetime) -> int | None:
        """The rest of an access token's life, None when it has none."""
        expiry = self._expiry.get(token)
        return None if expiry is None or expiry <= now else int((expiry - now).total_seconds())
