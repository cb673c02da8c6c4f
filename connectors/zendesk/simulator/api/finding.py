"""Search, and exports of what changed.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from connectors.zendesk.simulator import search
from connectors.zendesk.simulator.api.asking import Ask, answer, page
from connectors.zendesk.simulator.api.tickets import sideloads
from connectors.zendesk.simulator.problems import bad_request, unprocessable
from connectors.zendesk.simulator.records import Ticket
from connectors.zendesk.simulator.render import (
    audit_body,
    organization_body,
    ticket_body,
    user_body,
)
from connectors.zendesk.simulator.stamps import from_unix, unix

_CURSOR_LIVES = timedelta(hours=1)


def find(ask: Ask) -> Response:
    query = ask.query.get("query", "")
    found = search.matching(ask.account, query, search.kind_in(query))
    rows = search.ordered(found, ask.query.get("sort_by"), ask.query.get("sort_order"))
    size, number = ask.number("per_page", 100, 100), ask.number("page", 1, 10**9)
    if size * number > search.MOST_ROWS:
        text = "Requested response size was greater than Search Response Limits"
        raise search.refused(text)
    body = page(ask, "results", rows, lambda row: row, lambda row: row["id"])
    if (number + 1) * size > search.MOST_ROWS:
        body["next_page"] = body["next_page"] and ask.address(page=str(number + 1))
    return answer(body | {"facets": None})


def count(ask: Ask) -> Response:
    query = ask.query.get("query", "")
    return answer({"count": len(search.matching(ask.account, query, search.kind_in(query)))})


def export(ask: Ask) -> Response:
    """Everything a query finds, by cursor; a cursor lives for an hour."""
    kind, query = ask.query.get("filter[type]"), ask.query.get("query", "")
    if kind not in ("ticket", "user", "organization"):
        raise search.refused("filter[type] is missing or not valid")
    if search.kind_in(query) is not None:
        raise search.refused("type is not supported in the query: use filter[type]")
    found = search.matching(ask.account, query, kind)
    rows = sorted(found, key=lambda row: (row["created_at"], row["id"]))
    size, start = ask.number("page[size]", 100, 1000), 0
    if cursor := ask.query.get("page[after]"):
        issued, last = _opened(cursor)
        if from_unix(issued) + _CURSOR_LIVES <= ask.account.now():
            raise search.refused("the cursor has expired")
        start = sum([row["created_at"], row["id"]] <= last for row in rows)
    part = rows[start : start + size]
    more = start + size < len(rows)
    after = _closed([unix(ask.account.now()), _place(part[-1])]) if part else None
    changed = {"page[after]": after or "", "page[size]": str(size)}
    meta = {"has_more": more, "after_cursor": after, "before_cursor": None}
    links = {"next": ask.address(**changed) if more else None, "prev": None}
    return answer({"results": part, "facets": None, "meta": meta, "links": links})


def tickets_by_cursor(ask: Ask) -> Response:
    """Tickets in the order of their `generated_timestamp`; the last minute is withheld."""
    ask.account.need_admin(ask.by)
    rows = _withheld(ask, sorted(ask.account.tickets.values(), key=lambda t: t.serial))
    if ask.query.get("exclude_deleted") == "true":
        rows = [ticket for ticket in rows if ticket.live]
    return _by_cursor(ask, "tickets", rows, lambda t: ticket_body(ask.account, t))


def users_by_cursor(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    users = sorted(ask.account.users.values(), key=lambda user: user.serial)
    return _by_cursor(ask, "users", users, lambda user: user_body(ask.account, user))


def tickets_by_time(ask: Ask) -> Response:
    """The older export. A second that holds more than a page's rows is never left behind."""
    ask.account.need_admin(ask.by)
    rows = _withheld(ask, sorted(ask.account.tickets.values(), key=lambda t: t.serial))
    return _by_time(
        ask, "tickets", [(unix(t.generated_at), ticket_body(ask.account, t)) for t in rows]
    )


def organizations_by_time(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    found = sorted(ask.account.organizations.values(), key=lambda o: o.updated_at)
    rows = [(unix(o.updated_at), organization_body(ask.account, o)) for o in found]
    return _by_time(ask, "organizations", rows)


def ticket_events(ask: Ask) -> Response:
    """Every audit as an event with its changes; comments only with `include=comment_events`."""
    ask.account.need_admin(ask.by)
    limit = ask.account.now() - ask.account.dials.export_holdback
    spoken = "comment_events" in ask.query.get("include", "")
    rows = []
    for ticket in ask.account.tickets.values():
        for audit in ticket.audits:
            shown = audit_body(ask.account, audit)
            children = [e | {"event_type": e["type"]} for e in shown["events"]]
            event = {
                "id": audit.id,
                "ticket_id": ticket.id,
                "timestamp": unix(audit.created_at),
                "created_at": shown["created_at"],
                "updater_id": audit.by.user_id,
                "via": audit.by.channel,
                "event_type": "Audit",
                "metadata": shown["metadata"],
                "child_events": [e for e in children if spoken or e["type"] != "Comment"],
            }
            if audit.created_at <= limit:
                rows.append((unix(audit.created_at), event))
    return _by_time(ask, "ticket_events", sorted(rows, key=lambda row: (row[0], row[1]["id"])))


def _withheld(ask: Ask, tickets: list[Ticket]) -> list[Ticket]:
    limit = ask.account.now() - ask.account.dials.export_holdback
    return [ticket for ticket in tickets if ticket.generated_at <= limit]


def _start(ask: Ask) -> int:
    text = ask.query.get("start_time", "")
    if not text.isdigit():
        raise bad_request("StartTimeInvalid", "start_time is missing or not valid")
    newest = ask.account.now() - ask.account.dials.export_holdback
    if int(text) > unix(newest):
        text = "Too recent start_time. Use a start_time older than 60 seconds"
        raise unprocessable("StartTimeTooRecent", text)
    return int(text)


def _by_cursor(
    ask: Ask, name: str, rows: list[Any], shown: Callable[[Any], dict[str, Any]]
) -> Response:
    size = ask.number("per_page", ask.account.dials.export_page, ask.account.dials.export_page)
    given = ask.query.get("cursor")
    if given is not None:
        kind, last = _opened(given)
        if kind != name:
            raise bad_request("InvalidCursor", "cursor is not valid")
        left = [row for row in rows if row.serial > last]
    else:
        start, last = _start(ask), 0
        times = [getattr(row, "generated_at", None) or row.updated_at for row in rows]
        left = [row for row, at in zip(rows, times, strict=True) if unix(at) >= start]
    part = left[:size]
    after = _closed([name, part[-1].serial if part else last])
    kept = {k: v for k, v in ask.query.items() if k in ("include", "per_page", "exclude_deleted")}
    ask.query = kept
    body = {
        name: [shown(row) for row in part],
        "after_cursor": after,
        "after_url": ask.address(cursor=after),
        "before_cursor": given,
        "before_url": ask.address(cursor=given) if given is not None else None,
        "end_of_stream": len(left) <= size,
    }
    return answer(body | (sideloads(ask, part) if name == "tickets" else {}))


def _by_time(ask: Ask, name: str, rows: list[tuple[int, dict[str, Any]]]) -> Response:
    size = ask.number("per_page", ask.account.dials.export_page, ask.account.dials.export_page)
    start = _start(ask)
    left = [row for row in rows if row[0] >= start]
    part = left[:size]
    end = part[-1][0] if part else None
    body = {
        name: [row for _at, row in part],
        "count": len(part),
        "end_of_stream": len(left) <= size,
        "end_time": end,
        "next_page": ask.address(start_time=str(end)) if end is not None else None,
    }
    return answer(body)


def _place(row: dict[str, Any]) -> list[Any]:
    return [row["created_at"], row["id"]]


def _closed(value: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def _opened(cursor: str) -> tuple[Any, Any]:
    try:
        first, second = json.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError, TypeError):
        raise bad_request("InvalidCursor", "cursor is not valid") from None
    return first, second
