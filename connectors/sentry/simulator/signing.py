"""Signatures: lower-case hex HMAC-SHA-256 of the bytes sent, the Client Secret as key.

https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any


def compact(body: Any) -> bytes:
    """JSON as Sentry writes it: no blanks, everything beyond ASCII escaped."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=True).encode()


def signature(secret: str, body: bytes) -> str:
    """The value of `Sentry-Hook-Signature`, and of `Sentry-App-Signature` of forms."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
