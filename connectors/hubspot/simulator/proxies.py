"""Signed requests that are not webhooks: UI extensions and workflow actions.

https://developers.hubspot.com/docs/platform/ui-extensions-sdk
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import httpx

from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.signing import sign_v2, sign_v3
from connectors.hubspot.simulator.stamps import millis


async def call_card(
    portal: Portal,
    secret: str,
    client: httpx.AsyncClient,
    url: str,
    *,
    user_id: int,
    body: Any,
) -> httpx.Response:
    """Fetches a card's data through the proxy: user and account appended, v3 over all of it."""
    owner = portal.crm.owners.by_user(user_id)
    appended = {
        "userId": user_id,
        "portalId": portal.portal_id,
        "userEmail": owner.email if owner is not None else "",
        "appId": portal.app_id,
    }
    uri = f"{url}{'&' if '?' in url else '?'}{urlencode(appended)}"
    method = "GET" if body is None else "POST"
    content = b"" if body is None else json.dumps(body).encode()
    timestamp = millis(portal.clock())
    headers = {
        "Content-Type": "application/json",
        "X-HubSpot-Signature-v3": sign_v3(secret, method, uri, content, timestamp),
        "X-HubSpot-Request-Timestamp": str(timestamp),
    }
    return await client.request(method, uri, content=content, headers=headers, timeout=15)


async def call_workflow_url(
    portal: Portal, secret: str, client: httpx.AsyncClient, url: str, ticket_id: str
) -> httpx.Response:
    """Posts the enrolled ticket itself, not events, under a v2 signature."""
    ticket = portal.crm.live("tickets", ticket_id)
    payload = {"objectId": int(ticket.id), "properties": ticket.properties}
    content = json.dumps(payload).encode()
    headers = {
        "Content-Type": "application/json",
        "X-HubSpot-Signature": sign_v2(secret, "POST", url, content),
        "X-HubSpot-Signature-Version": "v2",
    }
    return await client.post(url, content=content, headers=headers, timeout=30)
