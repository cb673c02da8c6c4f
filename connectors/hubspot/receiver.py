"""The door: HubSpot's v3 signature, and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bridge.domain.events import Delivery, Hint, Ignored, InboundRequest, Refused, Verified
from connectors.hubspot.normalise import normalise, parse_events
from connectors.hubspot.properties import PropertyShapes
from connectors.hubspot.signatures import why_unsigned

_LONGEST_KEY = 200


class HubSpotReceiver:
    """Verifies and reads the webhooks of one connection."""

    def __init__(self, secrets: Sequence[str], shapes: PropertyShapes) -> None:
        self._secrets = tuple(secrets)
        self._shapes = shapes

    def verify(self, request: InboundRequest, now: datetime) -> Verified | Refused:
        """Whether HubSpot signed these bytes for this address within five minutes of now."""
        problem = why_unsigned(request, self._secrets, now)
        if problem:
            return Refused(problem)
        return Verified(delivery_keys(request.body))

    def normalise(self, delivery: Delivery) -> tuple[Hint, ...] | Ignored:
        """What the delivery hints at."""
        return normalise(delivery, self._shapes)


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
