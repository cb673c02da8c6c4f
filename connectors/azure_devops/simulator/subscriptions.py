"""Service hook subscriptions: what one may say, and how it is printed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.errors import VendorError

EVENT_TYPES = {
    "workitem.created": "Work item created",
    "workitem.updated": "Work item updated",
    "workitem.deleted": "Work item deleted",
    "workitem.restored": "Work item restored",
    "workitem.commented": "Work item commented on",
}
_NO_BLANKS = re.compile(r"^\S{1,256}$")
_HEADERS = re.compile(r"^([\S]+[\s]*:[\s]*[\S]+[\s]*[\r\n\f]+)*?([\S]+[\s]*:[\s]*[\S]+)+$")
_MESSAGES = ("", "text", "html", "markdown", "none", "all")
_CHOICES = {
    "resourceDetailsToSend": ("", "minimal", "none", "all"),
    "messagesToSend": _MESSAGES,
    "detailedMessagesToSend": _MESSAGES,
}


@dataclass(slots=True)
class Notification:
    """One event on its way to one subscription."""

    id: int
    subscription_id: str
    event: dict[str, Any]
    created: datetime
    due: datetime
    status: str = "queued"
    result: str = "pending"
    attempts: int = 0
    modified: datetime | None = None
    request: str = ""
    response: str = ""
    error: str = ""

    def printed(self, subscription: Subscription, *, details: bool) -> dict[str, Any]:
        """The Notification of the delivery history."""
        body: dict[str, Any] = {
            "id": self.id,
            "subscriptionId": self.subscription_id,
            "eventId": self.event["id"],
            "status": self.status,
            "result": self.result,
            "createdDate": moments.stamp(self.created),
            "modifiedDate": moments.stamp(self.modified or self.created),
        }
        if details:
            body["details"] = {
                "publisherId": "tfs",
                "eventType": subscription.event_type,
                "consumerId": "webHooks",
                "consumerActionId": "httpRequest",
                "consumerInputs": subscription.shown_inputs(),
                "publisherInputs": dict(subscription.publisher_inputs),
                "event": self.event,
                "request": self.request,
                "response": self.response,
                "errorMessage": self.error,
                "requestAttempts": self.attempts,
                "requestDuration": 0.0,
                "queuedDate": moments.stamp(self.created),
            }
        return body


@dataclass(slots=True)
class Subscription:
    """Where one kind of event is posted."""

    id: str
    event_type: str
    publisher_inputs: dict[str, str]
    consumer_inputs: dict[str, str]
    resource_version: str
    created_by: str
    created: datetime
    modified: datetime
    status: str = "enabled"
    probation_retries: int = 0
    last_probation_retry: datetime | None = None
    probation_until: datetime | None = None
    notifications: list[Notification] = field(default_factory=list)

    def shown_inputs(self) -> dict[str, str]:
        """Consumer inputs with the confidential one masked; header values are not masked."""
        return {
            key: "********" if key == "basicAuthPassword" and value else value
            for key, value in self.consumer_inputs.items()
        }

    def printed(self, organization_url: str) -> dict[str, Any]:
        """The Subscription as REST answers print it."""
        url = f"{organization_url}/_apis/hooks/subscriptions/{self.id}"
        host = urlsplit(self.consumer_inputs["url"]).hostname
        body: dict[str, Any] = {
            "id": self.id,
            "url": url,
            "status": self.status,
            "publisherId": "tfs",
            "eventType": self.event_type,
            "resourceVersion": self.resource_version,
            "eventDescription": EVENT_TYPES[self.event_type],
            "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            "actionDescription": f"To host {host}",
            "createdBy": {"id": self.created_by},
            "createdDate": moments.stamp(self.created),
            "modifiedBy": {"id": self.created_by},
            "modifiedDate": moments.stamp(self.modified),
            "publisherInputs": dict(self.publisher_inputs),
            "consumerInputs": self.shown_inputs(),
            "_links": {"self": {"href": url}},
        }
        if self.status == "onProbation":
            body["probationRetries"] = str(self.probation_retries)
        if self.last_probation_retry is not None:
            body["lastProbationRetryDate"] = moments.stamp(self.last_probation_retry)
        return body


def _refused(message: str) -> VendorError:
    return VendorError(400, message, "SubscriptionInputException")


def check_subscription(body: Any) -> None:
    """Refuse a subscription whose publisher, consumer, event or inputs are not possible."""
    if not isinstance(body, dict):
        raise _refused("The subscription is missing.")
    if body.get("publisherId") != "tfs":
        raise _refused(f"No publisher with id {body.get('publisherId')}.")
    if (body.get("consumerId"), body.get("consumerActionId")) != ("webHooks", "httpRequest"):
        raise _refused(f"No consumer action {body.get('consumerActionId')}.")
    if body.get("eventType") not in EVENT_TYPES:
        raise _refused(f"The event type {body.get('eventType')} is not supported.")
    _check_inputs(body.get("consumerInputs") or {})


def _check_inputs(inputs: dict[str, Any]) -> None:
    address = urlsplit(str(inputs.get("url", "")))
    if address.scheme not in ("http", "https") or not address.hostname:
        raise _refused("The input url must be an absolute http or https address.")
    for name in ("basicAuthUsername", "basicAuthPassword"):
        if inputs.get(name) and not _NO_BLANKS.match(str(inputs[name])):
            raise _refused(f"The input {name} must have 1 to 256 characters and no white space.")
    if inputs.get("httpHeaders") and not _HEADERS.match(str(inputs["httpHeaders"])):
        raise _refused("The input httpHeaders must have one Key:value on each line.")
    for name, choices in _CHOICES.items():
        if str(inputs.get(name, "")).casefold() not in choices:
            raise _refused(f"The input {name} does not have one of its possible values.")
