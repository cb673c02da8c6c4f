"""Signatures of HubSpot's outgoing requests, versions 1 to 3.

https://developers.hubspot.com/docs/api/webhooks/validating-requests
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

# The escapes HubSpot decodes before it hashes; every other escape stays as it is.
_DECODED = {
    "3A": ":",
    "2F": "/",
    "3F": "?",
    "40": "@",
    "21": "!",
    "24": "$",
    "27": "'",
    "28": "(",
    "29": ")",
    "2A": "*",
    "2C": ",",
    "3B": ";",
}
_ESCAPE = re.compile("%(" + "|".join(_DECODED) + ")", re.IGNORECASE)


def decoded_uri(uri: str) -> str:
    """The URI as it enters a v3 hash."""
    return _ESCAPE.sub(lambda found: _DECODED[found.group(1).upper()], uri)


def sign_v1(secret: str, body: bytes) -> str:
    """Hex SHA-256 over secret and body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def sign_v2(secret: str, method: str, uri: str, body: bytes) -> str:
    """Hex SHA-256 over secret, method, URI and body."""
    return hashlib.sha256(secret.encode() + method.encode() + uri.encode() + body).hexdigest()


def sign_v3(secret: str, method: str, uri: str, body: bytes, timestamp_ms: int) -> str:
    """Base64 HMAC-SHA-256 over method, decoded URI, body and timestamp."""
    text = method.encode() + decoded_uri(uri).encode() + body + str(timestamp_ms).encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def webhook_headers(secret: str, uri: str, body: bytes, timestamp_ms: int) -> dict[str, str]:
    """The headers of a classic webhook: v1 and v3 together, as a real capture shows them."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/)",
        "X-HubSpot-Signature": sign_v1(secret, body),
        "X-HubSpot-Signature-Version": "v1",
        "X-HubSpot-Signature-v3": sign_v3(secret, "POST", uri, body, timestamp_ms),
        "X-HubSpot-Request-Timestamp": str(timestamp_ms),
        "X-HubSpot-Timeout-Millis": "10000",
    }
