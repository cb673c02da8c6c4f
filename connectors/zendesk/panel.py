"""The sidebar: Zendesk opens it by a form with a token that the app's key proves.

https://developer.zendesk.com/documentation/apps/build-an-app/building-a-server-side-app/part-5-secure-the-app
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from bridge.domain.events import InboundRequest, Refused
from bridge.ports.panels import PanelReader
from connectors.zendesk.settings import ZendeskSettings

ALGORITHM = "RS256"
SKEW_S = 60
"""Seconds by which Zendesk's clock and ours may differ."""
_LONGEST_TOKEN = 16 * 1024
_LONGEST_PERSON = 200
_SMALLEST_KEY = 2048
_LATEST = 2**40
"""Beyond this a number is no time."""


class ZendeskPanel:
    """The door of one installation's sidebar."""

    def __init__(self, settings: ZendeskSettings) -> None:
        """ValueError if the key is none that proves anything."""
        try:
            self._key = RSAKey.import_key((settings.panel_key or "").strip())
        except (JoseError, ValueError, TypeError) as error:
            raise ValueError("panel_key can't be read as an RSA public key in PEM") from error
        if self._key.is_private:
            raise ValueError("panel_key is a private key; take the app's public key")
        if self._key.raw_value.key_size < _SMALLEST_KEY:
            raise ValueError(f"panel_key is shorter than {_SMALLEST_KEY} bits")
        self.framed_by = settings.site
        self._issuer = settings.site.removeprefix("https://")
        self._audience = (
            f"{settings.site}/api/v2/apps/installations/{settings.panel_installation}.json"
        )
        token = settings.token.get_secret_value()
        self.seal = hashlib.sha256(b"panel" + token.encode()).digest()

    def verify(self, request: InboundRequest, now: datetime) -> PanelReader | Refused:
        """Whether the form's token is of this installation, signed by its key, and of now."""
        given = parse_qs(request.body.decode("utf-8", "replace")).get("token", [])
        if len(given) != 1 or not given[0]:
            return Refused("there is no token; is signedUrls on?")
        if len(given[0]) > _LONGEST_TOKEN:
            return Refused("the token is too long")
        try:
            # The algorithm is ours to say: by the token's own word anybody could sign.
            claims = jwt.decode(given[0], self._key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError, TypeError, RecursionError):
            return Refused("the token is not signed by the app's key")
        problem = self._problem(claims, int(now.timestamp()))
        if problem:
            return Refused(problem)
        # It may come twice: nothing in it tells apart two tickets opened in the same second.
        return PanelReader(_person(claims))

    def _problem(self, claims: Mapping[str, Any], now: int) -> str:
        if claims.get("iss") != self._issuer:
            return "the token is of another account"
        if claims.get("aud") != self._audience:
            return "the token is of another installation"
        ends, begins, made = (claims.get(each) for each in ("exp", "nbf", "iat"))
        if not _number(ends) > now - SKEW_S:
            return "the token has expired"
        for each in (begins, made):
            if each is not None and not 0 <= _number(each) <= now + SKEW_S:
                return "the token counts only later"
        return "" if _person(claims) else "the token does not say who looks"


def _number(value: Any) -> float:
    """A time in seconds; what is none is long past."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and 0 <= value < _LATEST else -1.0


def _person(claims: Mapping[str, Any]) -> str:
    """The user's id out of the address that the token names them by."""
    said = claims.get("sub")
    if not isinstance(said, str) or not said.isprintable():
        return ""
    return said.rstrip("/").rpartition("/")[2].removesuffix(".json")[:_LONGEST_PERSON]
