"""Service hooks: who is told of what, with retries, probation and disabling."""

from __future__ import annotations

import asyncio
import base64
import copy
import random
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from connectors.azure_devops.simulator.errors import VendorError
from connectors.azure_devops.simulator.payloads import event_body, for_subscription
from connectors.azure_devops.simulator.records import Item, Revision, Update
from connectors.azure_devops.simulator.subscriptions import (
    Notification,
    Subscription,
    check_subscription,
)

if TYPE_CHECKING:
    from connectors.azure_devops.simulator.world import World

RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0)
PROBATION_DELAYS = (1200.0, 2400.0, 4800.0, 9600.0, 19200.0, 38400.0, 54000.0)
TRANSIENT = (408, 502, 503, 504)
TERMINAL = 410
AT_ONCE = 8
"""Requests under way together. The vendor promises no order, and does not say how many."""
_LOST = 0
"""Stands for an attempt that met no answer; counted as transient."""


class HookBoard:
    """The subscriptions, their notifications and the rules of delivery."""

    def __init__(self, world: World, noise: random.Random) -> None:
        self._world = world
        self._noise = noise
        self.subscriptions: dict[str, Subscription] = {}
        self.retry_delays: tuple[float, ...] = RETRY_DELAYS
        self.probation_delays: tuple[float, ...] = PROBATION_DELAYS
        self.drop = 0
        self.duplicate_rate = 0.0
        self.reorder = False
        self.at_once = AT_ONCE

    def subscribe(self, body: Any, by: str) -> Subscription:
        """Make a subscription from the body of a request."""
        check_subscription(body)
        now = self._world.now()
        inputs = {k: str(v) for k, v in (body.get("publisherInputs") or {}).items()}
        inputs |= {"hostId": self._world.instance_id, "tfsSubscriptionId": self._world.new_id()}
        made = Subscription(
            id=self._world.new_id(),
            event_type=body["eventType"],
            publisher_inputs=inputs,
            consumer_inputs={k: str(v) for k, v in body["consumerInputs"].items()},
            resource_version=str(body.get("resourceVersion") or "1.0"),
            created_by=by,
            created=now,
            modified=now,
        )
        self.subscriptions[made.id] = made
        return made

    def replace(self, found: Subscription, body: Any) -> None:
        """Replace a subscription's inputs; a masked password stays what it was."""
        check_subscription(body)
        secret = found.consumer_inputs.get("basicAuthPassword", "")
        found.event_type = body["eventType"]
        found.publisher_inputs |= {
            k: str(v) for k, v in (body.get("publisherInputs") or {}).items()
        }
        found.consumer_inputs = {k: str(v) for k, v in body["consumerInputs"].items()}
        if found.consumer_inputs.get("basicAuthPassword") == "********":
            found.consumer_inputs["basicAuthPassword"] = secret
        if body.get("status") in ("enabled", "disabledByUser"):
            found.status = body["status"]
            found.probation_retries, found.probation_until = 0, None
        found.modified = self._world.now()

    def find(self, subscription_id: str) -> Subscription:
        """The subscription of that id."""
        found = self.subscriptions.get(subscription_id.lower())
        if found is None:
            raise VendorError(
                404,
                f"The subscription with id {subscription_id} could not be found.",
                "SubscriptionNotFoundException",
            )
        return found

    def announce(self, kind: str, item: Item, revision: Revision, update: Update) -> None:
        """Queue the event for every subscription that wants it."""
        wanting = [
            s
            for s in self.subscriptions.values()
            if s.event_type == kind and _wants(s, revision, update, item)
        ]
        if not wanting:
            return
        event = event_body(self._world, kind, item, revision, update)
        for subscription in wanting:
            self._queue(subscription, event)

    def _queue(self, subscription: Subscription, event: dict[str, Any]) -> None:
        if not self._lets_through(subscription):
            return
        if self.drop > 0:
            self.drop -= 1
            return
        self.enqueue(subscription, event)

    def enqueue(self, subscription: Subscription, event: dict[str, Any]) -> Notification:
        """Queue one event for one subscription, whatever state it is in."""
        now = self._world.now()
        number = self._world.next_number(f"notification of {subscription.id}")
        body = {"subscriptionId": subscription.id, "notificationId": number}
        body |= copy.deepcopy(for_subscription(event, subscription.consumer_inputs))
        made = Notification(number, subscription.id, body, now, now)
        subscription.notifications.append(made)
        return made

    def _lets_through(self, subscription: Subscription) -> bool:
        """On probation only one try at a time, and only when its delay is over."""
        if subscription.status == "enabled":
            return True
        if subscription.status != "onProbation" or subscription.probation_until is None:
            return False
        trying = any(n.status != "completed" for n in subscription.notifications)
        return not trying and self._world.now() >= subscription.probation_until

    def pending(self) -> list[Notification]:
        """What is still to be delivered, oldest first."""
        waiting = [
            n for s in self.subscriptions.values() for n in s.notifications if n.status == "queued"
        ]
        return sorted(waiting, key=lambda n: (n.due, n.created, n.id))

    def due(self, now: datetime) -> list[Notification]:
        """What is to be posted by now, in the order in which it is."""
        found = [n for n in self.pending() if n.due <= now]
        if self.reorder:
            self._noise.shuffle(found)
        return found

    async def deliver(self, client: httpx.AsyncClient, now: datetime) -> int:
        """Post what is due, several at a time; returns how many requests were made."""
        gate = asyncio.Semaphore(self.at_once)

        async def in_turn(notification: Notification) -> int:
            async with gate:
                return await self.post(client, notification, now)

        return sum(await asyncio.gather(*(in_turn(each) for each in self.due(now))))

    async def post(
        self, client: httpx.AsyncClient, notification: Notification, now: datetime
    ) -> int:
        """Post one notification, unless it is under way or was lost; how many requests."""
        if notification.status != "queued":
            return 0
        posts = await self._attempt(client, notification, now)
        if self.duplicate_rate and self._noise.random() < self.duplicate_rate:
            posts += await self._attempt(client, notification, now, again=True)
        return posts

    async def _attempt(
        self,
        client: httpx.AsyncClient,
        notification: Notification,
        now: datetime,
        *,
        again: bool = False,
    ) -> int:
        subscription = self.subscriptions.get(notification.subscription_id)
        if subscription is None:
            return 0
        if not again:
            notification.status = "requestInProgress"
        status, text = await self._post(client, subscription, notification)
        if not again:
            notification.attempts += 1
            notification.modified, notification.response = now, text
            self._judge(subscription, notification, status, now)
        return 1

    async def _post(
        self, client: httpx.AsyncClient, subscription: Subscription, notification: Notification
    ) -> tuple[int, str]:
        inputs = subscription.consumer_inputs
        headers = {}
        for line in inputs.get("httpHeaders", "").splitlines():
            name, _, value = line.partition(":")
            headers[name.strip()] = value.strip()
        user, password = inputs.get("basicAuthUsername", ""), inputs.get("basicAuthPassword", "")
        if user or password:
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        notification.request = f"Method: POST\r\nURI: {inputs['url']}"
        try:
            answer = await client.post(
                inputs["url"],
                json=notification.event,
                headers=headers,
                follow_redirects=False,
            )
        except httpx.HTTPError as error:
            return _LOST, type(error).__name__
        return answer.status_code, f"Status Code: {answer.status_code}\r\n{answer.text[:500]}"

    def _judge(
        self, subscription: Subscription, notification: Notification, status: int, now: datetime
    ) -> None:
        if 200 <= status < 300:
            notification.status, notification.result = "completed", "succeeded"
            if subscription.status == "onProbation":
                subscription.status = "enabled"
                subscription.probation_retries, subscription.probation_until = 0, None
            return
        resend = notification.attempts <= len(self.retry_delays)
        if (status in TRANSIENT or status == _LOST) and resend:
            delay = self.retry_delays[notification.attempts - 1]
            notification.status, notification.due = "queued", now + timedelta(seconds=delay)
            return
        notification.status, notification.result = "completed", "failed"
        notification.error = f"The endpoint answered {status}."
        until = subscription.probation_until
        if status == TERMINAL:
            self._disable(subscription)
        elif subscription.status != "disabledBySystem" and (
            until is None or notification.created >= until
        ):
            # What was sent beside the one that began the probation is no try of it.
            self._probation(subscription, now)

    def _probation(self, subscription: Subscription, now: datetime) -> None:
        """Begin or lengthen the probation; what is still queued is throttled, that is lost."""
        if subscription.status == "onProbation":
            subscription.probation_retries += 1
            subscription.last_probation_retry = now
        subscription.status = "onProbation"
        if subscription.probation_retries >= len(self.probation_delays):
            self._disable(subscription)
            return
        delay = self.probation_delays[subscription.probation_retries]
        subscription.probation_until = now + timedelta(seconds=delay)
        self._lose_queued(subscription)

    def _disable(self, subscription: Subscription) -> None:
        subscription.status = "disabledBySystem"
        self._lose_queued(subscription)

    @staticmethod
    def _lose_queued(subscription: Subscription) -> None:
        for notification in subscription.notifications:
            if notification.status == "queued":
                notification.status, notification.result = "completed", "filtered"


def _wants(subscription: Subscription, revision: Revision, update: Update, item: Item) -> bool:
    inputs = subscription.publisher_inputs
    project, area = inputs.get("projectId", ""), inputs.get("areaPath", "").casefold()
    own_area = str(revision.fields.get("System.AreaPath", "")).casefold()
    if project and project.casefold() != revision.project.id:
        return False
    if area and own_area != area and not own_area.startswith(area + "\\"):
        return False
    if inputs.get("workItemType") and inputs["workItemType"].casefold() != item.type.casefold():
        return False
    if subscription.event_type == "workitem.updated" and inputs.get("changedFields"):
        return inputs["changedFields"] in update.fields
    if subscription.event_type == "workitem.commented" and inputs.get("commentPattern"):
        text = str(revision.fields.get("System.History", ""))
        return re.search(re.escape(inputs["commentPattern"]), text, re.IGNORECASE) is not None
    return True
