"""Webhook deliveries: what waits, what was made, and what came of each.

https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors.sentry.simulator.dials import Dials
from connectors.sentry.simulator.signing import compact, signature

_RETRIES = 3
_RETRY_AFTER = timedelta(minutes=5)


@dataclass(slots=True)
class Hook:
    """A subscription: where to, signed by what, of which resources."""

    url: str
    secret: str
    resources: tuple[str, ...]


@dataclass(slots=True)
class HookRequest:
    """One delivery. `statuses` are its answers so far, 0 for none within the time."""

    hook: Hook
    resource: str
    body: bytes
    due_at: datetime
    request_id: str
    statuses: list[int] = field(default_factory=list)


class Outbox:
    """Makes deliveries when told to; order among those that are due is as they occurred."""

    def __init__(self, dials: Dials, chance: random.Random) -> None:
        self._dials = dials
        self._random = chance
        self.hooks: list[Hook] = []
        self.waiting: list[HookRequest] = []
        self.made: list[HookRequest] = []

    def announce(
        self,
        resource: str,
        action: str,
        installation: str,
        data: Mapping[str, Any],
        actor: Mapping[str, Any],
        at: datetime,
    ) -> None:
        """Let everybody who subscribed to the resource hear of it."""
        body = {"action": action, "installation": {"uuid": installation}, "data": data}
        content = compact({**body, "actor": actor})
        for hook in self.hooks:
            if resource in hook.resources:
                for _ in range(2 if self._dials.duplicate_webhooks else 1):
                    self.waiting.append(
                        HookRequest(hook, resource, content, at, self._request_id())
                    )

    def _request_id(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    async def deliver(self, client: httpx.AsyncClient, now: datetime) -> int:
        """Make the deliveries that are due; how many that were."""
        due = [each for each in self.waiting if each.due_at <= now]
        self.waiting = [each for each in self.waiting if each.due_at > now]
        made = 0
        for each in due:
            if self._dials.drop_webhooks > 0:
                self._dials.drop_webhooks -= 1
                continue
            made += 1
            await self._send(client, each, now)
        return made

    async def _send(self, client: httpx.AsyncClient, one: HookRequest, now: datetime) -> None:
        self.made.append(one)
        try:
            answer = await client.post(
                one.hook.url,
                content=one.body,
                headers=self.headers(one, now),
                timeout=self._dials.webhook_timeout_s,
                follow_redirects=False,
            )
            one.statuses.append(answer.status_code)
        except (httpx.HTTPError, ConnectionError):
            one.statuses.append(0)
        failed = one.statuses[-1] == 0 or one.statuses[-1] >= 500
        # Every error of an app that is not published is swallowed: no second attempt.
        if failed and self._dials.public and len(one.statuses) <= _RETRIES:
            one.due_at = now + _RETRY_AFTER
            self.waiting.append(one)

    def headers(self, one: HookRequest, now: datetime) -> dict[str, str]:
        """The headers of a delivery; its time is signed by nothing."""
        return {
            "Content-Type": "application/json",
            "Request-ID": one.request_id,
            "Sentry-Hook-Resource": one.resource,
            "Sentry-Hook-Timestamp": str(int(now.timestamp())),
            "Sentry-Hook-Signature": signature(one.hook.secret, one.body),
        }
