"""Webhook requests on their way out: signed, repeated where the contract says so, often not.

https://developer.zendesk.com/documentation/webhooks/anatomy-of-a-webhook-request/
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors.zendesk.simulator.dials import Dials
from connectors.zendesk.simulator.numbers import Numbers
from connectors.zendesk.simulator.signing import sign
from connectors.zendesk.simulator.stamps import stamp
from connectors.zendesk.simulator.webhooks import Webhook, Webhooks

_WINDOW = timedelta(minutes=5)
_MOST_FAILURES = 1000
_FAILURE_SHARE = 0.7
_REPEATS = {409: 3, 429: 3, 503: 3}
_TIMEOUT_REPEATS = 5
_LONGEST_WAIT = 60


@dataclass(slots=True)
class Attempt:
    """One request of an invocation and its answer; status 0 where none came."""

    id: str
    at: datetime
    status: str
    status_code: int


@dataclass(slots=True)
class Invocation:
    """One thing to send to one webhook."""

    id: str
    webhook: Webhook
    body: bytes
    due_at: datetime
    told_at: datetime
    event: dict[str, Any] | None = None
    """The envelope, where it is one of the vendor's events."""
    status: str = "accepted"
    attempts: list[Attempt] = field(default_factory=list)

    def render(self) -> dict[str, Any]:
        """The invocation as the API tells it; its keys are those of a third party's SDK."""
        last = self.attempts[-1] if self.attempts else None
        return {
            "id": self.id,
            "status": self.status,
            "status_code": last.status_code if last else 0,
            "latest_completed_at": stamp(last.at) if last else None,
        }


class Outbox:
    """Turns what happened into invocations, and carries them out."""

    def __init__(
        self,
        dials: Dials,
        account_id: int,
        numbers: Numbers,
        rng: random.Random,
        clock: Callable[[], datetime],
        webhooks: Webhooks,
    ) -> None:
        self._dials = dials
        self._account_id = account_id
        self._numbers = numbers
        self._rng = rng
        self._clock = clock
        self._webhooks = webhooks
        self._recent: deque[datetime] = deque()
        self.waiting: list[Invocation] = []
        self.invocations: list[Invocation] = []
        """Every invocation ever, those that came to nothing included."""

    def emit(self, event_type: str, envelope: dict[str, Any]) -> None:
        """Queues an event for each webhook that subscribed to it."""
        body = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()
        for webhook in self._webhooks.by_id.values():
            if webhook.active and event_type in webhook.given["subscriptions"]:
                self.add(webhook, body, envelope)

    def add(self, webhook: Webhook, body: bytes, event: dict[str, Any] | None = None) -> None:
        """Queues one request, with the day's losses and repetitions."""
        if self._dials.drop_webhooks > 0:
            self._dials.drop_webhooks -= 1
            return
        copies = 2 if self._rng.random() < self._dials.duplicate_rate else 1
        for _ in range(copies):
            now = self._clock()
            due = now + self._dials.delivery_delay
            made = Invocation(self._numbers.ulid(now), webhook, body, due, now, event)
            self.invocations.append(made)
            if self._over_the_plan(now):
                made.status = "throttled"
            elif webhook.broken_until is not None and webhook.broken_until > now:
                made.status = "circuit broken"
            else:
                self.waiting.append(made)

    async def deliver(self, client: httpx.AsyncClient, now: datetime) -> int:
        """Makes every request that is due and tells how many those were."""
        due = [one for one in self.waiting if one.due_at <= now]
        self.waiting = [one for one in self.waiting if one.due_at > now]
        if self._dials.reorder:
            self._rng.shuffle(due)
        await asyncio.gather(*(self._send(client, one, now) for one in due))
        return len(due)

    def request(self, webhook: Webhook, invocation_id: str, body: bytes, at: datetime) -> Any:
        """Method, address, headers and body of a signed request."""
        told = stamp(at)
        method = webhook.given["http_method"]
        sent = b"" if method in ("GET", "DELETE") else body
        headers = webhook.headers() | {
            "X-Zendesk-Account-Id": str(self._account_id),
            "X-Zendesk-Webhook-Id": webhook.id,
            "X-Zendesk-Webhook-Invocation-Id": invocation_id,
            "X-Zendesk-Webhook-Signature-Timestamp": told,
            "X-Zendesk-Webhook-Signature": sign(webhook.secret, told, sent),
        }
        return {
            "method": method,
            "url": webhook.given["endpoint"],
            "headers": headers,
            "content": sent,
        }

    async def _send(self, client: httpx.AsyncClient, one: Invocation, now: datetime) -> None:
        signed_at = now if self._dials.resign_retries or not one.attempts else one.told_at
        request = self.request(one.webhook, one.id, one.body, signed_at)
        one.told_at = signed_at
        try:
            answer = await client.request(timeout=self._dials.webhook_timeout_s, **request)
        except (httpx.HTTPError, ConnectionError):
            one.attempts.append(Attempt(self._numbers.uuid(), now, "timeout", 0))
            self._ended(one, now, "timeout", _TIMEOUT_REPEATS, None)
            return
        code = answer.status_code
        status = _status(code)
        one.attempts.append(Attempt(self._numbers.uuid(), now, status, code))
        told = answer.headers.get("Retry-After", "")
        wait = int(told) if told.isdigit() else None
        repeats = _REPEATS.get(code, 0)
        if code in (429, 503) and (wait is None or wait >= _LONGEST_WAIT):
            repeats = 0
        self._ended(one, now, status, repeats, wait)

    def _ended(
        self, one: Invocation, now: datetime, status: str, repeats: int, wait: int | None
    ) -> None:
        one.status = status
        self._watch(one.webhook, now, failed=status != "success")
        if status != "success" and len(one.attempts) <= repeats:
            pause = timedelta(seconds=wait) if wait is not None else self._dials.retry_delay
            one.due_at = now + pause
            self.waiting.append(one)

    def _watch(self, webhook: Webhook, now: datetime, *, failed: bool) -> None:
        """Breaks the circuit: 70 % of five minutes' requests failed, or more than 1,000 did."""
        kept = [entry for entry in webhook.outcomes if entry[0] > now - _WINDOW]
        webhook.outcomes = [*kept, (now, failed)]
        bad = sum(entry[1] for entry in webhook.outcomes)
        enough = len(webhook.outcomes) >= self._dials.breaker_minimum
        share = bad / len(webhook.outcomes)
        if bad > _MOST_FAILURES or (enough and share >= _FAILURE_SHARE):
            webhook.broken_until = now + self._dials.breaker_pause
            webhook.outcomes = []

    def _over_the_plan(self, now: datetime) -> bool:
        most = self._dials.invocations_per_minute
        while self._recent and self._recent[0] <= now - timedelta(minutes=1):
            self._recent.popleft()
        if most is not None and len(self._recent) >= most:
            return True
        self._recent.append(now)
        return False


def _status(code: int) -> str:
    if code < 300:
        return "success"
    if code < 400:
        return "failed"
    return "client error" if code < 500 else "server error"
