"""Webhooks on their way out: signed, retried, repeated, and now and then lost."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors.jira.simulator.dials import Dials
from connectors.jira.simulator.records import Issue

_RETRIED = {408, 409, 425, 429}
_KEPT = timedelta(hours=72)
_LOST = 0
"""Stands for an attempt that met no answer."""


@dataclass(slots=True, eq=False)
class Webhook:
    """A registered address; `dynamic` ones belong to an app, expire, and are not signed."""

    id: int
    url: str
    events: list[str]
    jql: str = ""
    name: str = ""
    secret: str | None = None
    exclude_body: bool = False
    enabled: bool = True
    dynamic: bool = False
    field_ids: list[str] = field(default_factory=list)
    property_keys: list[str] = field(default_factory=list)
    expires: datetime | None = None


@dataclass(slots=True)
class Delivery:
    """One body for one address; the identifier is the same on every retry."""

    identifier: str
    webhook: Webhook
    event: str
    body: bytes
    flow: str
    due: datetime
    retry: int = 0
    failed_at: datetime | None = None


def signature(secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature`: method and hex digest of the raw body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Outbox:
    """The registered addresses and what is under way to them."""

    def __init__(
        self,
        dials: Dials,
        rng: random.Random,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self.webhooks: dict[int, Webhook] = {}
        self.pending: list[Delivery] = []
        self.given_up: list[Delivery] = []
        self.wanted: Callable[[str, Issue], bool] = lambda _jql, _issue: True
        """Whether an issue fits a filter; the search knows."""
        self._dials, self._rng, self._clock, self._new_id = dials, rng, clock, new_id
        self._number = 999

    def register(self, webhook: Webhook) -> Webhook:
        """Keep a webhook under a new id."""
        self._number += 1
        webhook.id = self._number
        self.webhooks[webhook.id] = webhook
        return webhook

    def emit(
        self,
        event: str,
        body: dict[str, Any],
        issue: Issue | None,
        *,
        fields: set[str] | None = None,
        property_key: str = "",
        flow: str = "Primary",
    ) -> None:
        """Queue one event for every address that wants it."""
        now = self._clock()
        for webhook in self.webhooks.values():
            if not self._wants(webhook, event, issue, fields, property_key, now):
                continue
            if self._dials.drop_webhooks > 0:
                self._dials.drop_webhooks -= 1
                continue
            told = body | {"matchedWebhookIds": [webhook.id]} if webhook.dynamic else body
            raw = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
            due = now + (self._dials.secondary_delay if flow == "Secondary" else timedelta(0))
            content = b"" if webhook.exclude_body else raw
            made = Delivery(self._new_id(), webhook, event, content, flow, due)
            self.pending.append(made)
            if self._rng.random() < self._dials.duplicate_rate:
                self.pending.append(replace(made))

    def _wants(
        self,
        webhook: Webhook,
        event: str,
        issue: Issue | None,
        fields: set[str] | None,
        property_key: str,
        now: datetime,
    ) -> bool:
        if not webhook.enabled or event not in webhook.events:
            return False
        if webhook.expires is not None and webhook.expires <= now:
            return False
        if webhook.property_keys and property_key and property_key not in webhook.property_keys:
            return False
        changed = fields if event == "jira:issue_updated" else None
        if webhook.field_ids and changed is not None and not changed & set(webhook.field_ids):
            return False
        return issue is None or not webhook.jql or self.wanted(webhook.jql, issue)

    async def deliver(self, client: httpx.AsyncClient, now: datetime) -> int:
        """Post what is due and tell how many requests that took."""
        due = [d for d in self.pending if d.due <= now]
        self.pending = [d for d in self.pending if d.due > now]
        if self._dials.reorder:
            self._rng.shuffle(due)
        for delivery in due:
            status = await self._post(client, delivery)
            if status in _RETRIED or status == _LOST or status >= 500:
                self._retry(delivery, now)
            elif status >= 300:
                self._give_up(delivery, now)
        return len(due)

    def failed_after(self, after: datetime, now: datetime) -> list[Delivery]:
        """What was given up for good after a time, for as long as the vendor keeps it."""
        kept = [d for d in self.given_up if d.failed_at is not None and now - d.failed_at < _KEPT]
        return [d for d in kept if d.failed_at is not None and d.failed_at >= after]

    async def _post(self, client: httpx.AsyncClient, delivery: Delivery) -> int:
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "X-Atlassian-Webhook-Identifier": delivery.identifier,
            "X-Atlassian-Webhook-Flow": delivery.flow,
        }
        if delivery.retry:
            headers["X-Atlassian-Webhook-Retry"] = str(delivery.retry)
        if delivery.webhook.secret:
            headers["X-Hub-Signature"] = signature(delivery.webhook.secret, delivery.body)
        try:
            answer = await client.post(
                delivery.webhook.url,
                content=delivery.body,
                headers=headers,
                timeout=self._dials.webhook_timeout_s,
            )
        except (httpx.HTTPError, ConnectionError):
            return _LOST
        return answer.status_code

    def _retry(self, delivery: Delivery, now: datetime) -> None:
        delays = self._dials.retry_delays
        if delivery.retry >= len(delays):
            self._give_up(delivery, now)
            return
        due = now + delays[delivery.retry]
        self.pending.append(replace(delivery, retry=delivery.retry + 1, due=due))

    def _give_up(self, delivery: Delivery, now: datetime) -> None:
        self.given_up.append(replace(delivery, failed_at=now))
