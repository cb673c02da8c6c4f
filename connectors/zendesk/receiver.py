"""The door: Zendesk's signature over the time it names and the raw body.

https://developer.zendesk.com/documentation/webhooks/verifying/
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from bridge.domain.events import Delivery, Hint, Ignored, InboundRequest, Refused, Verified
from bridge.domain.records import parse_instant
from bridge.kit.signatures import any_same, hmac_sha256_base64
from connectors.zendesk.fields import Learned
from connectors.zendesk.manifest import MANIFEST
from connectors.zendesk.normalise import normalise, parse

_WINDOW = MANIFEST.clock_window or timedelta(0)
_LONGEST_ID = 100


class ZendeskReceiver:
    """Verifies and reads the webhooks of one connection, of both kinds."""

    def __init__(self, secrets: Sequence[str], learned: Learned) -> None:
        self._secrets = tuple(secrets)
        self._learned = learned

    def verify(self, request: InboundRequest, now: datetime) -> Verified | Refused:
        """Whether Zendesk signed these bytes within an hour of now.

        Neither the webhook's nor the account's id is signed, so nothing is made to depend on them.
        """
        if not self._secrets:
            return Refused("no webhook_secret is configured")
        given = request.headers.get("x-zendesk-webhook-signature", "")
        if not given:
            return Refused("there is no signature")
        stamp = request.headers.get("x-zendesk-webhook-signature-timestamp", "")
        signed_at = parse_instant(stamp)
        if signed_at is None:
            return Refused("the signed time is missing or unreadable")
        if abs(now - signed_at) > _WINDOW:
            return Refused("the signed time is more than an hour away")
        # The secret is used as it is written, though it looks like base64.
        message = stamp.encode("utf-8", "surrogatepass") + request.body
        expected = [hmac_sha256_base64(secret, message) for secret in self._secrets]
        if not any_same(given, expected):
            return Refused("the signature is wrong")
        return Verified((delivery_key(request.body),))

    def normalise(self, delivery: Delivery) -> tuple[Hint, ...] | Ignored:
        """What the delivery hints at."""
        return normalise(delivery, self._learned)


def delivery_key(body: bytes) -> str:
    """The event's own id, which is signed with it; of a trigger's body its hash.

    The id of the invocation is not signed, and another attempt may carry another.
    """
    said = parse(body)
    id = said.get("id") if isinstance(said, dict) else None
    if isinstance(id, str) and 0 < len(id) <= _LONGEST_ID and id.isascii() and id.isprintable():
        return id
    return hashlib.sha256(body).hexdigest()
