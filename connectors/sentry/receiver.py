"""The doors: signatures over the raw bytes, in constant time.

https://docs.sentry.io/organization/integrations/integration-platform/webhooks/ and, for forms,
getsentry/sentry: external_requests/issue_link_requester.py, select_requester.py.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from pydantic import ValidationError

from bridge.domain.events import Delivery, Hint, Ignored, InboundRequest, Refused, Verified
from bridge.kit.signatures import any_same, hmac_sha256_hex
from bridge.ports.signals import FormRequest
from connectors.sentry.addresses import Place, is_id
from connectors.sentry.normalise import hints_of
from connectors.sentry.payloads import Pressed

_HOOK, _APP = "sentry-hook-signature", "sentry-app-signature"
_MOST_FIELDS, _LONGEST = 40, 20_000


class SentryReceiver:
    """Verifies and reads the webhooks and forms of one organization."""

    def __init__(self, secrets: tuple[str, ...], place: Place) -> None:
        self._secrets = secrets
        self._place = place

    def verify(self, request: InboundRequest, now: datetime) -> Verified | Refused:
        """Whether one of the secrets signed these bytes; closed where none is configured."""
        refused = self._refused(request, (_HOOK,))
        # `Request-ID` is signed by nothing: what a delivery is told apart by are its bytes.
        return refused or Verified((f"sha256:{hashlib.sha256(request.body).hexdigest()}",))

    def normalise(self, delivery: Delivery) -> tuple[Hint, ...] | Ignored:
        """What a reduced delivery hints at; never raises."""
        return hints_of(delivery)

    def _refused(self, request: InboundRequest, headers: tuple[str, ...]) -> Refused | None:
        if not self._secrets:
            return Refused("client_secret is not configured")
        given = next((request.headers[each] for each in headers if each in request.headers), "")
        if not given:
            return Refused("no signature")
        expected = [hmac_sha256_hex(each, request.body) for each in self._secrets]
        return None if any_same(given, expected) else Refused("wrong signature")

    def verify_select(self, request: InboundRequest) -> Refused | None:
        """Options are asked for with the empty body signed: a constant, worth little."""
        return self._refused(request, (_APP, _HOOK))

    def read_form(self, request: InboundRequest) -> FormRequest | Refused:
        """What the form asks for, once its signature holds; never raises."""
        refused = self._refused(request, (_APP, _HOOK))
        if refused is not None:
            return refused
        try:
            pressed = Pressed.model_validate(json.loads(request.body))
        except (ValueError, RecursionError, ValidationError):
            return Refused("the body is no form of Sentry")
        if not is_id(pressed.issue_id) or not self._place.is_ours(pressed.web_url):
            return Refused("the form is of another Sentry")
        fields = {k: str(v) for k, v in pressed.fields.items() if v is not None}
        if len(fields) > _MOST_FIELDS or any(len(each) > _LONGEST for each in fields.values()):
            return Refused("the form is larger than any of ours")
        return FormRequest(pressed.issue_id, pressed.installation_id, fields)
