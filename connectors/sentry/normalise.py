"""What may be stored of a delivery, and what a stored one hints at: both pure, both total.

A delivery carries titles, culprits, stack traces, people. Of all that only ids, the action, the
state, a time and a hash are kept, each in a form in which no free text fits.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from bridge.domain.events import Delivery, Event, Hint, Ignored
from bridge.domain.records import parse_instant
from bridge.domain.refs import Kind
from connectors.sentry.addresses import is_id

_WORD = re.compile(r"[a-z_]{1,40}")
_UUID = re.compile(r"[0-9a-f-]{32,36}")
_RESOURCES = ("issue", "comment", "event", "error", "metric_alert", "installation")


def reduce(body: bytes) -> bytes:
    """The delivery without a word of its own."""
    kept: dict[str, str] = {"sha256": hashlib.sha256(body).hexdigest()}
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict) and isinstance(said.get("data"), dict):
        kept |= _kept(said, said["data"])
    return json.dumps(kept, separators=(",", ":"), sort_keys=True).encode()


def _kept(said: dict[str, Any], data: dict[str, Any]) -> dict[str, str]:
    resource = next((name for name in _RESOURCES if name in data), "other")
    about = data.get(resource)
    found = about if isinstance(about, dict) else {}
    installation = said.get("installation")
    given = {
        "resource": resource,
        "action": _word(said.get("action")),
        "installation": _uuid(installation.get("uuid") if isinstance(installation, dict) else ""),
        "issue": _number(data.get("issue_id") or found.get("issue_id"))
        or (_number(found.get("id")) if resource == "issue" else ""),
        "comment": _number(data.get("comment_id")),
        "status": _word(found.get("status")),
        "substatus": _word(found.get("substatus")),
        "at": _moment(found.get("lastSeen") or data.get("timestamp")),
    }
    return {name: value for name, value in given.items() if value}


def _word(value: Any) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def _uuid(value: Any) -> str:
    return value if isinstance(value, str) and _UUID.fullmatch(value) else ""


def _number(value: Any) -> str:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if is_id(text) else ""


def _moment(value: Any) -> str:
    moment = parse_instant(value) if isinstance(value, str) and len(value) <= 40 else None
    return "" if moment is None else moment.isoformat()


def hints_of(delivery: Delivery) -> tuple[Hint, ...] | Ignored:
    """What a reduced delivery hints at; never raises.

    Order is not promised and webhooks come in pairs (`ignored`, `archived`): the issue is read.
    """
    try:
        said = json.loads(delivery.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or "action" not in said:
        return Ignored("the body is no webhook of Sentry", unreadable=True)
    issue = said.get("issue")
    if not isinstance(issue, str) or not is_id(issue):
        return Ignored("the webhook names no issue")
    if said.get("resource") == "comment":
        return Ignored("comments are no business of the hub's: unsubscribe from them")
    return (Event(Kind.SIGNAL, issue, thin=True),)
