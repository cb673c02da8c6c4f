"""The door: HubSpot's v3 signature, and nothing else.

https://developers.hubspot.com/docs/api/webhooks/validating-requests
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bridge.domain.events import Delivery, Hint, Ignored, InboundRequest, Refused, Verified
from bridge.kit.clock import to_ms
from bridge.kit.signatures import any_same, hmac_sha256_base64
from connectors.hubspot.manifest import MANIFEST
from connectors.hubspot.normalise import normalise, parse_events
from connectors.hubspot.properties import PropertyShapes

_WINDOW_MS = 0 if MANIFEST.clock_window is None else MANIFEST.clock_window.total_seconds() * 1000
_MILLIS = re.compile(r"[0-9]{1,15}")
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'",
    "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ESCAPES = re.compile("|".join(_DECODED), re.IGNORECASE)
_LONGEST_KEY = 200


class HubSpotReceiver:
    """Verifies and reads the webhooks of one connection."""

    def __init__(self, secrets: Sequence[str], shapes: PropertyShapes) -> None:
        self._secrets = tuple(secrets)
        self._shapes = shapes

    def verify(self, request: InboundRequest, now: datetime) -> Verified | Refused:
        """Whether HubSpot signed these bytes for this address within five minutes of now."""
        if not self._secrets:
            return Refused("no webhook_secret is configured")
        given = request.headers.get("x-hubspot-signature-v3", "")
        if not given:
            # The older signatures cover less and no time; they are sent beside this one.
            return Refused("there is no v3 signature")
        stamp = request.headers.get("x-hubspot-request-timestamp", "")
        if not _MILLIS.fullmatch(stamp):
            return Refused("the signed time is missing or unreadable")
        if abs(to_ms(now) - int(stamp)) > _WINDOW_MS:
            return Refused("the signed time is more than five minutes away")
        if not any_same(given, self._signatures(request, stamp)):
            return Refused("the v3 signature is wrong")
        return Verified(delivery_keys(request.body))

    def normalise(self, delivery: Delivery) -> tuple[Hint, ...] | Ignored:
        """What the delivery hints at."""
        return normalise(delivery, self._shapes)

    def _signatures(self, request: InboundRequest, stamp: str) -> list[str]:
        """What HubSpot may have signed: the address as called, or with some escapes decoded."""
        urls = dict.fromkeys((request.url, decoded_url(request.url)))
        return [
            hmac_sha256_base64(secret, _signed(request, url, stamp))
            for secret in self._secrets
            for url in urls
        ]


def _signed(request: InboundRequest, url: str, stamp: str) -> bytes:
    head = f"{request.method.upper()}{url}".encode("utf-8", "surrogatepass")
    return head + request.body + stamp.encode()


def decoded_url(url: str) -> str:
    """The address with the twelve escapes decoded that HubSpot decodes before signing."""
    return _ESCAPES.sub(lambda found: _DECODED[found[0].upper()], url)


def delivery_keys(body: bytes) -> tuple[str, ...]:
    """One key an event, equal for its repetitions; of a body that says nothing, its hash.

    Neither `eventId` (not unique) nor `attemptNumber` (counts up) would do. An event without an
    id is told apart by all that it says: what the rest of the key names may be the same in two.
    """
    events = parse_events(body) or []
    try:
        keys = tuple(dict.fromkeys(_key(event) for event in events))
    except (ValueError, RecursionError):
        keys = ()
    return keys or (hashlib.sha256(body).hexdigest(),)


def _key(event: Any) -> str:
    if isinstance(event, dict) and event.get("eventId") is None:
        whole = {name: value for name, value in event.items() if name != "attemptNumber"}
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
    if isinstance(event, dict):
        about = event.get("objectId", event.get("newObjectId"))
        ends = [event.get("fromObjectId"), event.get("toObjectId")] if about is None else []
        said = [
            event.get("portalId"),
            event.get("subscriptionId"),
            event.get("eventId"),
            ends or about,
            event.get("occurredAt"),
            event.get("propertyName", event.get("messageId")),
        ]
    else:
        said = [event]
    key = json.dumps(said, separators=(",", ":"))
    return key if len(key) <= _LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()
