"""What a test can turn: what differs from day to day, or is said by no page of the vendor.

A dial marked "not confirmed" stands for behaviour that no page describes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


@dataclass(eq=False)
class Dials:
    """The switches of the simulator, each at its quiet position."""

    calls_per_minute: int | None = None
    """Calls of the whole account; `PUBLISHED_CALLS` is the vendor's."""
    list_calls_per_minute: int | None = None
    """Calls of all lists together; `PUBLISHED_LIST_CALLS` is the vendor's."""
    page_cap: int = 100
    """The most entries of one page, whatever `pageSize` asks for."""
    list_lag: timedelta = timedelta(0)
    """Not confirmed: how far lists trail behind what was written."""

    dead_key: bool = False
    """The key has expired or was revoked."""
    empty_note: Literal["text", "null", "absent"] = "text"
    """Not confirmed: how a task without a private note shows it."""
    assignees_when_none: bool = True
    """Not confirmed: a task that nobody is assigned to shows the member all the same."""
    rewrite_html: bool = False
    """Not confirmed: texts without a paragraph come back in one."""
    comment_private_default: bool = False
    """Not confirmed: whether a comment is private when the request does not say."""
    comments_by_source: bool = True
    """Not confirmed: the list of comments heeds `sourceId.eq`."""
    clone_copies_reference: bool = True
    """Not confirmed: a duplicated task takes `externalReferenceId` along."""

    webhook_has_extras: bool = True
    """Not confirmed: a payload's task has the members that the API shows on request only."""
    dotted_event_types: bool = False
    """The page's sample prints "TASK_UPDATED." with a dot."""
    changed_fields_as_objects: bool = False
    """Not confirmed: the form of an entry of `changedFields`."""
    drop_webhooks: int = 0
    """The next n deliveries are lost."""
    duplicate_rate: float = 0.0
    """Share of deliveries that are made a second time (the vendor says: never)."""
    reorder: bool = False
    """What is due leaves in any order."""
    webhook_delay: timedelta = timedelta(0)
    """How long a delivery waits before its one attempt."""
    webhook_timeout_s: float = 10.0
