"""Webhooks on their way out: batched, signed, repeated, and now and then lost.

https://developers.hubspot.com/docs/api/webhooks
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors.hubspot.simulator.dials import Dials
from connectors.hubspot.simulator.signing import webhook_headers
from connectors.hubspot.simulator.stamps import millis
from connectors.hubspot.simulator.subscriptions import Subscriptions

_BATCH = 100
_NEVER_RETRIED = frozenset({400, 401, 403, 404, 405})


@dataclass(slots=True)
class _Batch:
    """Up to a hundred events that travel in one POST, again and again until taken."""

    events: list[dict[str, Any]]
    attempt: int
    due_at: datetime

    def payload(self) -> bytes:
        numbered = [event | {"attemptNumber": self.attempt} for event in self.events]
        return json.dumps(numbered, separators=(",", ":"), ensure_ascii=False).encode()


class Outbox:
    """Turns what happened into events for each subscription, and posts them."""

    def __init__(
        self,
        dials: Dials,
        portal_id: int,
        app_id: int,
        client_secret: str,
        rng: random.Random,
        clock: Callable[[], datetime],
    ) -> None:
        self.subscriptions = Subscriptions()
        self.given_up: list[dict[str, Any]] = []
        """Events whose last retry failed, or that were refused for good."""
        self._dials = dials
        self._portal_id = portal_id
        self._app_id = app_id
        self._secret = client_secret
        self._rng = rng
        self._clock = clock
        self._fresh: list[dict[str, Any]] = []
        self._retries: list[_Batch] = []
        self._next_event_id = 4101286120

    @property
    def pending(self) -> list[dict[str, Any]]:
        """Events not yet delivered, those that wait for a retry included."""
        waiting = [
            event | {"attemptNumber": batch.attempt}
            for batch in self._retries
            for event in batch.events
        ]
        return waiting + list(self._fresh)

    def emit(
        self,
        noun: str,
        kind: str,
        body: dict[str, Any],
        *,
        type_id: str | None = None,
        generic: dict[str, Any] | None = None,
    ) -> None:
        """Queues one event for each subscription that wants it.

        `type_id` opens the generic `object.*` form, whose events also carry `generic`.
        """
        if self._dials.service_key_mode:
            return
        for subscription in self.subscriptions:
            if not subscription.wants(noun, kind, type_id, body.get("propertyName")):
                continue
            extra = (generic or {}) if subscription.event_type.startswith("object.") else {}
            self._next_event_id += 1
            if self._dials.drop_webhooks > 0:
                self._dials.drop_webhooks -= 1
                continue
            self._fresh.append(
                {
                    "eventId": self._next_event_id,
                    "subscriptionId": subscription.id,
                    "portalId": self._portal_id,
                    "appId": self._app_id,
                    "occurredAt": millis(self._clock()),
                    "subscriptionType": subscription.event_type,
                    "attemptNumber": 0,
                    **body,
                    **extra,
                }
            )

    async def deliver(self, client: httpx.AsyncClient, now: datetime) -> int:
        """Posts every batch that is due and tells how many POSTs that took."""
        url = self._dials.webhook_url
        if url is None:
            return 0
        due = [batch for batch in self._retries if batch.due_at <= now]
        self._retries = [batch for batch in self._retries if batch.due_at > now]
        due += self._fresh_batches(now)
        gate = asyncio.Semaphore(self._dials.max_concurrent_requests)

        async def post(batch: _Batch) -> None:
            async with gate:
                await self._post(client, url, batch, now)

        await asyncio.gather(*(post(batch) for batch in due))
        return len(due)

    def _fresh_batches(self, now: datetime) -> list[_Batch]:
        events, self._fresh = self._fresh, []
        if self._dials.reorder:
            self._rng.shuffle(events)
        again = [event for event in events if self._rng.random() < self._dials.duplicate_rate]
        return [
            _Batch(part[start : start + _BATCH], 0, now)
            for part in (events, again)
            for start in range(0, len(part), _BATCH)
        ]

    async def _post(
        self, client: httpx.AsyncClient, url: str, batch: _Batch, now: datetime
    ) -> None:
        body = batch.payload()
        headers = webhook_headers(self._secret, url, body, millis(now))
        try:
            answer = await client.post(
                url, content=body, headers=headers, timeout=self._dials.webhook_timeout_s
            )
        except (httpx.HTTPError, ConnectionError):
            self._retry_later(batch, now, None)
            return
        if answer.is_success:
            return
        if answer.status_code in _NEVER_RETRIED and not self._dials.retry_on_4xx:
            self.given_up += batch.events
            return
        retry_after = answer.headers.get("Retry-After", "")
        asked = timedelta(seconds=int(retry_after)) if retry_after.isdigit() else None
        self._retry_later(batch, now, asked if answer.status_code == 429 else None)

    def _retry_later(self, batch: _Batch, now: datetime, asked: timedelta | None) -> None:
        delays = self._dials.retry_delays
        if batch.attempt >= len(delays):
            self.given_up += batch.events
            return
        delay = max(delays[batch.attempt], asked or timedelta(0))
        self._retries.append(_Batch(batch.events, batch.attempt + 1, now + delay))
