"""The filtered list as a file for a spreadsheet, written while it is read."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms, rfc3339
from bridge.store import signals, views
from bridge.store.database import Row
from bridge.store.views import TicketFilter
from bridge.web.listing import TABS, Narrowed
from bridge.web.rendering import HEADERS, address
from bridge.web.shown import Work, work_of
from bridge.web.visitor import Csm, HubHere

router = APIRouter(include_in_schema=False)

AT_ONCE = 500
"""Tickets that are read together: nothing is held open in between."""

HEADINGS = (
    "Customer", "Plan", "Ticket", "Subject", "Category", "Severity", "Customer sees", "Expected",
    "Told", "Release", "Work items", "Internal stage", "Owner", "Internal technical tasks", "To do",
    "Closed", "Changed", "Helpdesk", "Address",
)  # fmt: skip

BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes spreadsheets compute a cell, in both widths.

https://owasp.org/www-community/attacks/CSV_Injection
"""


@router.get("/tickets.csv")
async def export(hub: HubHere, visitor: Csm, query: Annotated[Narrowed, Query()]) -> Response:
    """All tickets of the list with these filters."""
    day = hub.now().date().isoformat()
    tab = f"-{query.needs.replace('_', '-')}" if query.needs else ""
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="tickets{tab}-{day}.csv"'}
    return StreamingResponse(
        _lines(hub, query.wanted_by(visitor.email)),
        media_type="text/csv; charset=utf-8",
        headers=headers,
    )


async def _lines(hub: Hub, wanted: TicketFilter) -> AsyncIterator[bytes]:
    # Without the mark Excel takes UTF-8 for the alphabet of the machine.
    yield b"\xef\xbb\xbf" + _line(HEADINGS)
    cursor: str | None = None
    while True:
        async with hub.db.read(long=True) as store:
            rows = await views.page(store, wanted, cursor=cursor, limit=AT_ONCE)
            keys = [each["ticket_key"] for each in rows]
            linked = await views.linked_items(store, keys)
            tasks = await signals.internal_tasks(store, keys)
        if rows:
            yield b"".join(
                _line(_cells(row, [work_of(hub, each) for each in linked[key]], tasks.get(key, 0)))
                for row, key in zip(rows, keys, strict=True)
            )
        if len(rows) < AT_ONCE:
            return
        cursor = keys[-1]


def _cells(row: Row, work: list[Work], tasks: int) -> tuple[str, ...]:
    names = dict(TABS)
    return (
        row["customer"] or "",
        row["plan"] or "",
        row["key"] or row["vendor_id"],
        row["subject"],
        row["category"] or "",
        row["severity"] or "",
        row["stage_label"] or "",
        row["eta"] or "",
        row["eta_told"] or "",
        row["release_name"] or "",
        ", ".join(each.key for each in work),
        ", ".join(dict.fromkeys(each.status for each in work if each.status)),
        ", ".join(dict.fromkeys(each.assignee for each in work if each.assignee)),
        str(tasks),
        ", ".join(names[each] for each in row["needs"] if each in names),
        "yes" if row["closed"] else "no",
        rfc3339(from_ms(row["updated_at"])),
        row["connection"],
        address(row["url"]),
    )


def _line(cells: tuple[str, ...]) -> bytes:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(inert, cells))
    return written.getvalue().encode("utf-8", "replace")


def inert(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula, however it is quoted."""
    shown = text.replace("\x00", "")
    return f"'{shown}" if shown.lstrip(" ").startswith(BEGINS_FORMULA) else shown
