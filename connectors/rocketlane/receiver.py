"""The door: a token in constant time, because the vendor signs nothing.

https://developer.rocketlane.com/docs/webhooks-overview names no way of proof; an address with a
query always works, a header or Basic authentication where the account offers them.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from bridge.domain.events import Delivery, Hint, Ignored, InboundRequest, Refused, Verified
from bridge.kit.signatures import any_same, basic_credentials
from connectors.rocketlane.addresses import Place
from connectors.rocketlane.normalise import hints_of

HEADER = "x-bridge-token"
_LONGEST = 200


class RocketlaneReceiver:
    """Verifies and reads the webhooks of one account."""

    def __init__(self, tokens: tuple[str, ...], place: Place) -> None:
        self._tokens = tokens
        self._place = place

    def verify(self, request: InboundRequest, now: datetime) -> Verified | Refused:
        """Whether one of the three places holds a token; closed where none is configured."""
        if not self._tokens:
            return Refused("webhook_token is not configured")
        basic = basic_credentials(request.headers.get("authorization", ""))
        given = (
            request.query.get("token", ""),
            request.headers.get(HEADER, ""),
            basic[1] if basic is not None else "",
        )
        # All are always compared: the time says nothing about which one was right.
        right = [any_same(each, self._tokens) for each in given]
        return Verified((_key(request.body),)) if any(right) else Refused("no or a wrong token")

    def normalise(self, delivery: Delivery) -> tuple[Hint, ...] | Ignored:
        """What a stored delivery hints at; never raises."""
        return hints_of(delivery, self._place)


def _key(body: bytes) -> str:
    """What the delivery is told apart by: its event id, or its very bytes."""
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    id = said.get("eventId") if isinstance(said, dict) else None
    if isinstance(id, str) and id.isprintable() and 0 < len(id) <= _LONGEST:
        return id
    return "sha256:" + hashlib.sha256(body).hexdigest()
