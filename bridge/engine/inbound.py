"""A request at one of the doors, as the vendor made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from bridge.domain.events import InboundRequest


def inbound_of(scope: Mapping[str, Any], public_url: str, body: bytes) -> InboundRequest:
    """The request of that ASGI scope: its address is ours, never what a Host header says."""
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    query = scope["query_string"].decode("latin-1")
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        # A header given twice is joined, so that neither of the two proves anything alone.
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return InboundRequest(
        method=scope["method"],
        url=f"{public_url}{path}{'?' + query if query else ''}",
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=headers,
        body=body,
    )
