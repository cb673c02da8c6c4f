"""The account's webhooks and what may be said about one.

https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.zendesk.simulator.dials import Dials
from connectors.zendesk.simulator.numbers import Numbers
from connectors.zendesk.simulator.problems import webhook_refusal
from connectors.zendesk.simulator.signing import TEST_SECRET
from connectors.zendesk.simulator.stamps import stamp

CONDITIONAL = "conditional_ticket_events"
_TICKET = (
    "created", "soft_deleted", "undeleted", "permanently_deleted", "marked_as_spam",
    "comment_added", "comment_made_private", "comment_redacted", "attachment_linked_to_comment",
    "attachment_redacted_from_comment", "status_changed", "priority_changed", "type_changed",
    "subject_changed", "description_changed", "custom_status_changed", "agent_assignment_changed",
    "group_assignment_changed", "organization_changed", "requester_changed", "submitter_changed",
    "brand_changed", "form_changed", "external_id_changed", "problem_link_changed",
    "task_due_at_changed", "custom_field_changed", "tags_changed", "followers_changed",
    "email_ccs_changed", "merged", "csat_requested", "csat_received", "schedule_changed",
    "sla_policy_changed", "ola_policy_changed", "next_sla_breach_changed",
)  # fmt: skip
_ORGANIZATION = (
    "created", "custom_field_changed", "deleted", "external_id_changed", "name_changed",
    "tags_changed",
)  # fmt: skip
EVENT_TYPES = frozenset(
    [f"zen:event-type:ticket.{name}" for name in _TICKET]
    + [f"zen:event-type:organization.{name}" for name in _ORGANIZATION]
    + ["zen:event-type:messaging_ticket.message_added"]
)
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_FORMATS = {
    "json": "application/json",
    "xml": "application/xml",
    "form_encoded": "application/x-www-form-urlencoded",
}
_SETTABLE = (
    "name", "description", "endpoint", "http_method", "request_format", "status", "subscriptions",
    "authentication", "custom_headers",
)  # fmt: skip


@dataclass(slots=True)
class Webhook:
    """One webhook; `given` is what its owner set."""

    id: str
    given: dict[str, Any]
    secret: str
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    outcomes: list[tuple[datetime, bool]] = field(default_factory=list)
    """Recent requests and whether they failed."""
    broken_until: datetime | None = None

    @property
    def active(self) -> bool:
        """Sends anything at all."""
        return bool(self.given["status"] == "active")

    @property
    def conditional(self) -> bool:
        """Sends what triggers say, instead of events."""
        return bool(self.given["subscriptions"] == [CONDITIONAL])

    def render(self) -> dict[str, Any]:
        """The webhook as the API tells it, without the secret."""
        shown = {key: value for key, value in self.given.items() if key != "authentication"}
        if self.given.get("authentication"):
            told = self.given["authentication"]
            shown["authentication"] = {key: told[key] for key in told if key != "data"}
        return {
            "id": self.id,
            **shown,
            "created_at": stamp(self.created_at),
            "created_by": self.created_by,
            "updated_at": stamp(self.updated_at),
            "updated_by": self.updated_by,
        }

    def headers(self) -> dict[str, str]:
        """Content type, credential and custom headers of a request."""
        told = {"Content-Type": _FORMATS[self.given["request_format"]]}
        told["User-Agent"] = "Zendesk Webhook"
        told |= self.given.get("custom_headers") or {}
        how = self.given.get("authentication") or {}
        data = how.get("data") or {}
        if how.get("type") == "bearer_token":
            told["Authorization"] = f"Bearer {data['token']}"
        elif how.get("type") == "basic_auth":
            pair = f"{data['username']}:{data['password']}".encode()
            told["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        elif how.get("type") == "api_key":
            told[data["name"]] = data["value"]
        return told


class Webhooks:
    """Every webhook of the account."""

    def __init__(self, dials: Dials, numbers: Numbers, clock: Callable[[], datetime]) -> None:
        self._dials = dials
        self._numbers = numbers
        self._clock = clock
        self.by_id: dict[str, Webhook] = {}

    def create(self, given: dict[str, Any], by: str) -> Webhook:
        """A new webhook, if what is said of it makes sense."""
        cap = self._dials.webhook_cap
        if cap is not None and len(self.by_id) >= cap:
            text = f"The account may have {cap} webhooks"
            raise webhook_refusal(403, "WebhookLimitReached", "Too many webhooks", text)
        kept = self._checked(given)
        now = self._clock()
        new = Webhook(self._numbers.ulid(now), kept, self._numbers.secret(), now, by, now, by)
        self.by_id[new.id] = new
        return new

    def change(self, webhook: Webhook, given: dict[str, Any], by: str) -> None:
        """Sets new values; the kind of connection can't change."""
        kept = self._checked(given)
        if (kept["subscriptions"] == [CONDITIONAL]) != webhook.conditional:
            raise _wrong("The kind of subscription cannot be changed")
        webhook.given, webhook.updated_at, webhook.updated_by = kept, self._clock(), by

    def passing(self, given: dict[str, Any], by: str) -> Webhook:
        """A webhook for one test request, kept nowhere."""
        now = self._clock()
        kept = self._checked(given)
        return Webhook(self._numbers.ulid(now), kept, TEST_SECRET, now, by, now, by)

    def find(self, webhook_id: str) -> Webhook:
        """A webhook by its id, or 404."""
        if webhook_id not in self.by_id:
            detail = f"Webhook {webhook_id} not found"
            raise webhook_refusal(404, "WebhookNotFound", "Not found", detail)
        return self.by_id[webhook_id]

    def renew_secret(self, webhook: Webhook) -> None:
        """A new signing secret; the old one is worth nothing from now on."""
        webhook.secret = self._numbers.secret()

    @staticmethod
    def _checked(given: dict[str, Any]) -> dict[str, Any]:
        kept = {key: given[key] for key in _SETTABLE if given.get(key) is not None}
        for needed in ("name", "endpoint", "http_method", "request_format", "status"):
            if needed not in kept:
                raise _wrong(f"{needed} is required")
        if kept["http_method"] not in _METHODS or kept["request_format"] not in _FORMATS:
            raise _wrong("http_method or request_format is invalid")
        if kept["status"] not in ("active", "inactive"):
            raise _wrong("status must be active or inactive")
        asked = kept.setdefault("subscriptions", [CONDITIONAL])
        if asked == [CONDITIONAL]:
            return kept
        unknown = [name for name in asked if name not in EVENT_TYPES]
        if unknown or not asked:
            raise _wrong(f"subscriptions are invalid: {', '.join(map(str, unknown))}")
        if (kept["http_method"], kept["request_format"]) != ("POST", "json"):
            raise _wrong("an event subscription is sent by POST as json")
        return kept


def _wrong(detail: str) -> Exception:
    return webhook_refusal(400, "InvalidWebhook", "Invalid webhook", detail)
