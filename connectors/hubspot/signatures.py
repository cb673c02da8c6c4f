"""HubSpot's v3 signature, by which it signs webhooks and what its cards ask for.

https://developers.hubspot.com/docs/api/webhooks/validating-requests
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bridge.domain.events import InboundRequest
from bridge.kit.clock import to_ms
from bridge.kit.signatures import any_same, hmac_sha256_base64
from connectors.hubspot.manifest import MANIFEST

_WINDOW_MS = 0 if MANIFEST.clock_window is None else MANIFEST.clock_window.total_seconds() * 1000
_MILLIS = re.compile(r"[0-9]{1,15}")
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'",
    "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ESCAPES = re.compile("|".join(_DECODED), re.IGNORECASE)


def why_unsigned(request: InboundRequest, secrets: Sequence[str], now: datetime) -> str:
    """Why it is not proven that HubSpot signed these bytes within five minutes; "" if it is."""
    if not secrets:
        return "no webhook_secret is configured"
    given = request.headers.get("x-hubspot-signature-v3", "")
    if not given:
        # The older signatures cover less and no time; they are sent beside this one.
        return "there is no v3 signature"
    stamp = request.headers.get("x-hubspot-request-timestamp", "")
    if not _MILLIS.fullmatch(stamp):
        return "the signed time is missing or unreadable"
    if abs(to_ms(now) - int(stamp)) > _WINDOW_MS:
        return "the signed time is more than five minutes away"
    # HubSpot may have signed the address as it called it, or with some escapes decoded.
    urls = dict.fromkeys((request.url, _decoded(request.url)))
    expected = [
        hmac_sha256_base64(secret, _signed(request, url, stamp))
        for secret in secrets
        for url in urls
    ]
    return "" if any_same(given, expected) else "the v3 signature is wrong"


def _signed(request: InboundRequest, url: str, stamp: str) -> bytes:
    head = f"{request.method.upper()}{url}".encode("utf-8", "surrogatepass")
    return head + request.body + stamp.encode()


def _decoded(url: str) -> str:
    """The address with the twelve escapes decoded that HubSpot decodes before signing."""
    return _ESCAPES.sub(lambda found: _DECODED[found[0].upper()], url)
