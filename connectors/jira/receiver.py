"""The door: the signature over the raw bytes, in constant time.

https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from bridge.domain.events import Delivery, Hint, Ignored, InboundRequest, Refused, Verified
from bridge.kit.signatures import any_same, hmac_sha256_hex
from connectors.jira.addresses import Place
from connectors.jira.normalise import hints_of

_HEADER = "x-hub-signature"
_METHOD = "sha256"


class JiraReceiver:
    """Verifies and reads the webhooks of one site."""

    def __init__(self, secrets: tuple[str, ...], place: Place) -> None:
        self._secrets = secrets
        self._place = place

    def verify(self, request: InboundRequest, now: datetime) -> Verified | Refused:
        """Whether one of the secrets signed these bytes; closed where none is configured."""
        if not self._secrets:
            return Refused("webhook_secret is not configured")
        method, _, given = request.headers.get(_HEADER, "").partition("=")
        if method != _METHOD or not given:
            return Refused("no signature by a method that is known")
        expected = [hmac_sha256_hex(each, request.body) for each in self._secrets]
        if not any_same(given, expected):
            return Refused("wrong signature")
        return Verified((_key(request.body),))

    def normalise(self, delivery: Delivery) -> tuple[Hint, ...] | Ignored:
        """What a stored delivery hints at; never raises."""
        return hints_of(delivery, self._place)


def _key(body: bytes) -> str:
    """What a delivery is told apart by: its bytes, which are the same on every retry.

    Not `X-Atlassian-Webhook-Identifier`: no signature covers it, so a replay would come as new
    under another identifier, and a true delivery would be taken for a duplicate under a known one.
    """
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
