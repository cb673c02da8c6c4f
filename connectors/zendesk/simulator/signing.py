"""Signatures of webhook requests.

https://developer.zendesk.com/documentation/webhooks/verifying/
"""

from __future__ import annotations

import base64
import hashlib
import hmac

TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
"""Signs test requests of a webhook that does not exist yet; the vendor publishes it."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Base64 HMAC-SHA-256 over timestamp and body; the secret is text and is not decoded."""
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
