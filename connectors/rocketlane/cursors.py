"""Where a sweep stands: a window of time, and the page in it. Pure.

Lists have no order by time of change. While the pages of a window are turned, tasks may leave it
(deleted, or changed again); the rows behind them move up, and one may slip past between two
pages. So a window that needs several pages ends a minute ago, where nothing new can enter it, and
is begun again as soon as its list has become shorter. What is new since comes with the next
window, which begins two minutes before the end of the last: lists may trail behind.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

OVERLAP = 120_000
"""Milliseconds that a window looks back behind the last one."""
SETTLED = 60_000
"""Milliseconds after which a list is taken to show everything."""

TASKS, COMMENTS = "tasks", "comments"


@dataclass(frozen=True, slots=True)
class Cursor:
    """`done`: up to then everything was listed. With `until` a window is being read."""

    done: int
    since: int = 0
    until: int = 0
    what: str = TASKS
    token: str | None = None
    total: int = 0

    def text(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self), separators=(",", ":"))


def parse(text: str | None) -> Cursor | None:
    """The cursor of a text; None for one that says nothing."""
    try:
        said = json.loads(text or "")
        cursor = Cursor(**said)
    except (ValueError, TypeError):
        return None
    numbers = (cursor.done, cursor.since, cursor.until, cursor.total)
    if {type(each) for each in numbers} != {int} or cursor.what not in (TASKS, COMMENTS):
        return None
    return cursor


def opened(cursor: Cursor | None, first: int, now: int) -> Cursor:
    """The window to read: the one that is under way, or a new one up to now."""
    if cursor is None:
        return Cursor(first, since=first, until=now + 1)
    if cursor.until:
        return cursor
    return Cursor(cursor.done, since=cursor.done - OVERLAP, until=now + 1)


def turned(
    cursor: Cursor, *, more: bool, token: str | None, total: int, now: int, comments: bool
) -> tuple[Cursor, bool]:
    """Where to go on after a page, and whether at once."""
    if cursor.token is not None and total < cursor.total:
        return replace(cursor, token=None, total=0), True
    if more and token is not None:
        settled = now - SETTLED
        if cursor.token is None and cursor.until > settled > cursor.since:
            return replace(cursor, until=settled, total=0), True
        return replace(cursor, token=token, total=total), True
    if comments and cursor.what == TASKS:
        return Cursor(cursor.done, cursor.since, cursor.until, COMMENTS), True
    return Cursor(cursor.until), False
