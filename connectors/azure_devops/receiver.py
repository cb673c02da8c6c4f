"""The door: Basic authentication in constant time, because the vendor signs nothing.

https://learn.microsoft.com/en-us/azure/devops/service-hooks/services/webhooks
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from bridge.domain.events import Delivery, Hint, Ignored, InboundRequest, Refused, Verified
from bridge.kit.signatures import any_same, basic_credentials, same
from connectors.azure_devops.addresses import Place
from connectors.azure_devops.normalise import hints_of

_LONGEST = 200


class AzureDevOpsReceiver:
    """Verifies and reads the service hooks of one organization."""

    def __init__(self, user: str, passwords: tuple[str, ...], place: Place) -> None:
        self._user = user
        self._passwords = passwords
        self._place = place

    def verify(self, request: InboundRequest, now: datetime) -> Verified | Refused:
        """Whether user and one of the passwords are right; closed where none is configured."""
        if not self._user or not self._passwords:
            return Refused("webhook_user and webhook_password are not configured")
        given = basic_credentials(request.headers.get("authorization", ""))
        if given is None:
            return Refused("no Basic credentials")
        # Both are always compared: the time says nothing about which one was wrong.
        right = same(given[0], self._user) & any_same(given[1], self._passwords)
        return Verified((_key(request.body),)) if right else Refused("wrong user or password")

    def normalise(self, delivery: Delivery) -> tuple[Hint, ...] | Ignored:
        """What a stored delivery hints at; never raises."""
        return hints_of(delivery, self._place)


def _key(body: bytes) -> str:
    """What the delivery is told apart by: its notification, its event id, or its very bytes."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict):
        subscription, number = _word(said.get("subscriptionId")), said.get("notificationId")
        if subscription and isinstance(number, int) and not isinstance(number, bool):
            return f"{subscription}/{number}" if abs(number) < 2**63 else _hash(body)
        if _word(said.get("id")):
            return _word(said["id"])
    return _hash(body)


def _word(value: Any) -> str:
    """A short printable text; anything else can't be an id."""
    fits = isinstance(value, str) and len(value) <= _LONGEST and value.isascii()
    return value if fits and value.isprintable() else ""


def _hash(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
