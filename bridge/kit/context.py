"""What the present task works on, so that each log line, call and span can say for what it was.

Kept in context variables: a task that a piece of work starts belongs to that piece of work.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import structlog

MOST_CALLS = 100
"""Calls that one piece of work remembers: a pass makes a handful, and what is kept is bounded."""

OTHER = "other"
"""The family of calls that nobody named: a person's question, a check at the start."""


@dataclass(slots=True)
class Work:
    """One piece of work: its id, the how manieth attempt it is, and the calls out it made."""

    id: str
    attempt: int = 1
    calls: list[dict[str, Any]] = field(default_factory=list)
    """Oldest first, as JSON knows them; at most `MOST_CALLS`."""
    given: bool = False
    """Its id was taken by somebody."""

    def note(self, call: dict[str, Any]) -> None:
        """Remember a call."""
        if len(self.calls) < MOST_CALLS:
            self.calls.append(call)


_work: ContextVar[Work | None] = ContextVar("work", default=None)
_family: ContextVar[str] = ContextVar("family", default=OTHER)


@contextmanager
def working(work: Work, family: str, **said: str | int) -> Iterator[Work]:
    """The block does `work`; its calls are of `family`, and its log lines carry `said`."""
    before, before_family = _work.set(work), _family.set(family)
    tokens = structlog.contextvars.bind_contextvars(**said)
    try:
        yield work
    finally:
        structlog.contextvars.reset_contextvars(**tokens)
        _family.reset(before_family)
        _work.reset(before)


@contextmanager
def calls_of(family: str) -> Iterator[None]:
    """Calls of the block are of this family."""
    before = _family.set(family)
    try:
        yield
    finally:
        _family.reset(before)


_allowed: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("allowed", default=None)


@contextmanager
def only_while(allowed: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Calls of the block are made only as long as `allowed` does not raise."""
    before = _allowed.set(allowed)
    try:
        yield
    finally:
        _allowed.reset(before)


async def still_allowed() -> None:
    """Asked right before a call goes out, after all waiting; raises what forbids it."""
    allowed = _allowed.get()
    if allowed is not None:
        await allowed()


def present() -> Work | None:
    """The piece of work under way in this task; None outside of any."""
    return _work.get()


def family() -> str:
    """What the calls of this task are made for."""
    return _family.get()


_ID = re.compile(
    r"\d+|[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|.*[%@ ].*|.{41,}", re.IGNORECASE
)


def template(path: str) -> str:
    """The path with every id in it as `{}`, and without its query.

    Of a whole address (a signed link to a file) only the host is kept: the rest may be anything.
    """
    scheme, found, rest = path.partition("://")
    if found:
        host = rest.partition("?")[0].partition("/")[0].rpartition("@")[2]
        return f"{scheme}://{host}/{{}}"
    parts = path.partition("?")[0].split("/")
    return "/".join("{}" if _ID.fullmatch(each) else each for each in parts)
