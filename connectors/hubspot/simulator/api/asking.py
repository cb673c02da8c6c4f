"""Reading requests the way the vendor does."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from connectors.hubspot.simulator.problems import invalid


async def json_body(request: Request) -> dict[str, Any]:
    """The JSON object of a request; 400 for anything else."""
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        raise invalid("Invalid input JSON", "INVALID_JSON") from None
    if not isinstance(body, dict):
        raise invalid("Invalid input JSON: an object is expected", "INVALID_JSON")
    return body


def inputs_of(body: dict[str, Any], limit: int = 100) -> list[dict[str, Any]]:
    """The inputs of a batch; 400 when there are none or too many."""
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(entry, dict) for entry in inputs):
        raise invalid("inputs must be a list of objects")
    if not 0 < len(inputs) <= limit:
        raise invalid(f"A batch takes 1 to {limit} inputs, not {len(inputs)}")
    return inputs


def listed(request: Request, name: str) -> list[str]:
    """A list parameter, repeated or with commas: the vendor's two SDKs differ in this."""
    given = request.query_params.getlist(name)
    return [part.strip() for value in given for part in value.split(",") if part.strip()]


def flag(request: Request, name: str) -> bool:
    """A boolean parameter, false when absent."""
    return request.query_params.get(name, "false").lower() == "true"


def number(request: Request, name: str, default: int, highest: int) -> int:
    """A whole number between 1 and `highest`; 400 otherwise."""
    text = request.query_params.get(name, str(default))
    if not text.isdigit() or not 0 < int(text) <= highest:
        raise invalid(f"{name} must be between 1 and {highest}")
    return int(text)


def cursor(request: Request) -> int:
    """The `after` parameter as a number, 0 when absent; 400 when it is none of ours."""
    text = request.query_params.get("after") or "0"
    if not text.isdigit():
        raise invalid(f"after {text} is not a paging cursor")
    return int(text)


def base_url(request: Request) -> str:
    """Scheme and host under which the caller reached us."""
    return str(request.base_url).rstrip("/")


def next_page(request: Request, after: str) -> dict[str, Any]:
    """The `paging` of an answer that has more to come."""
    link = str(request.url.include_query_params(after=after))
    return {"next": {"after": after, "link": link}}
