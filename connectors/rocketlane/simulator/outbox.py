"""Webhooks on their way out: one attempt each, not signed, and now and then lost.

https://developer.rocketlane.com/docs/webhook-delivery
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from connectors.rocketlane.simulator.dials import Dials

_TAKEN = (200, 204)
"""Every other status counts as failed, 201 and 202 too."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that an admin entered; nothing but its query and headers can prove a call."""

    id: int
    url: str
    name: str = "Hub"
    headers: Mapping[str, str] = field(default_factory=dict)
    events: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One body for one address."""

    webhook: Webhook
    event_type: str
    body: bytes
    due: datetime


class Outbox:
    """The addresses and what is under way to them."""

    def __init__(self, dials: Dials, rng: random.Random, clock: Callable[[], datetime]) -> None:
        self.webhooks: list[Webhook] = []
        self.pending: list[Delivery] = []
        self.failed: list[Delivery] = []
        """What was not taken; it is never sent again."""
        self._dials, self._rng, self._clock = dials, rng, clock

    def emit(self, event_type: str, body: dict[str, Any]) -> None:
        """Queue one event for every address that wants it."""
        for webhook in self.webhooks:
            if event_type not in webhook.events:
                continue
            if self._dials.drop_webhooks > 0:
                self._dials.drop_webhooks -= 1
                continue
            named = {"webhook": {"webhookId": webhook.id, "webhookName": webhook.name}}
            told = body | {"source": named | body["source"]}
            raw = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
            made = Delivery(webhook, event_type, raw, self._clock() + self._dials.webhook_delay)
            self.pending.append(made)
            if self._rng.random() < self._dials.duplicate_rate:
                self.pending.append(made)

    async def deliver(self, client: httpx.AsyncClient, now: datetime) -> int:
        """Post what is due, each once; tells how many requests that took."""
        due = [each for each in self.pending if each.due <= now]
        self.pending = [each for each in self.pending if each.due > now]
        if self._dials.reorder:
            self._rng.shuffle(due)
        for delivery in due:
            if not await self._post(client, delivery):
                self.failed.append(delivery)
        return len(due)

    async def _post(self, client: httpx.AsyncClient, delivery: Delivery) -> bool:
        headers = {"Content-Type": "application/json", **delivery.webhook.headers}
        try:
            answer = await client.post(
                delivery.webhook.url,
                content=delivery.body,
                headers=headers,
                timeout=self._dials.webhook_timeout_s,
            )
        except (httpx.HTTPError, ConnectionError):
            return False
        return answer.status_code in _TAKEN
