"""What a test can turn: where the vendor differs from day to day, or does not say what it does.

A dial marked "not confirmed" stands for behaviour that no vendor page describes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

Limit = tuple[int, int]
"""So many requests, in so many seconds."""


def vendor_limits() -> dict[str, Limit]:
    """The limits of single endpoints. The names in the headers are not confirmed but the first.

    https://developer.zendesk.com/api-reference/introduction/rate-limits/
    """
    return {
        "tickets-index": (100, 60),
        "incremental-exports": (10, 60),
        "deleted-tickets": (10, 60),
        "tickets-destroy": (400, 60),
        "search-export": (100, 60),
        "ticket-audits": (500, 60),
        "ticket-fields": (300, 60),
        "attachments-content": (2500, 60),
        "users-update": (5, 60),
        "organizations-update": (5, 60),
    }


@dataclass(eq=False)
class Dials:
    """The switches of the simulator, each at its quiet position."""

    requests_per_minute: int | None = None
    """The plan's limit (Team 200, Professional 400, Enterprise 700); None: not counted."""
    updates_per_minute: int | None = None
    """Ticket updates of the whole account (100; 20 in a sandbox or trial); None: not counted."""
    updates_per_ticket: int | None = 30
    """Ticket updates per user and ticket in ten minutes."""
    endpoint_limits: dict[str, Limit] = field(default_factory=vendor_limits)
    """Limits of single endpoints; `.clear()` for none."""
    throttle_body: str = "Number of allowed API requests per minute exceeded"
    """Plain text, as reports show it; JSON if it looks like JSON."""
    forbidden_as_object: bool = False
    """`error` of a 403 is an object and not a string; both are seen."""

    may_redact: bool = True
    """Agents may delete tickets, or have a role that lets them redact."""

    may_answer: bool = True
    """Agents may write public comments. Not confirmed: of a light agent's they become private."""

    search_lag: timedelta = timedelta(0)
    """How far the search index trails behind; the vendor says "a few minutes"."""
    export_holdback: timedelta = timedelta(minutes=1)
    """What an incremental export withholds."""
    export_page: int = 1000
    """Rows of an incremental export's page at most."""
    job_delay: timedelta = timedelta(0)
    """How long a job stays queued; with 0 it ends right after the answer that announced it."""
    too_many_jobs_status: int = 429
    """Not confirmed."""
    archive_after: timedelta = timedelta(days=120)
    """Closed tickets older than this are missing from lists and search."""
    scrub_after: timedelta = timedelta(days=30)
    """Deleted tickets lose their content after this."""

    hold_active: bool = True
    """The account uses the status "On-hold"."""
    new_can_return: bool = True
    """Not confirmed: a ticket that left `new` may be put back."""
    customer_comment_reopens: bool = True
    """Not confirmed: a customer's comment puts a pending, held or solved ticket back to open."""
    refuse_unknown_options: bool = True
    """Not confirmed: 422 for a value that is no option of its field; else it is stored as null."""
    refuse_dead_uploads: bool = True
    """Not confirmed: 422 for an unknown or expired upload token; else it is ignored."""
    tags_drive_fields: bool = False
    """Not confirmed: losing a drop-down's tag clears the drop-down."""
    idempotency_mismatch_status: int = 400
    """Not confirmed: same `Idempotency-Key`, other body."""
    private_attachments: bool = False
    """Not confirmed: content addresses want the credential too."""
    file_host: str | None = None
    """The host that downloads are redirected to, e.g. `https://files.example.test`; None: our own.
    It refuses a request that carries an `Authorization` header."""

    sequence_meta: bool = True
    """Events tell their place in the action that caused them; older accounts leave it out."""
    comment_event_on_creation: bool = False
    """Not confirmed: a new ticket announces its first comment too."""
    custom_field_key: str = "custom_field"
    """Not confirmed: `custom_field` in one description of the event, `field` in another."""
    trigger_actor_is_user: bool = False
    """What a trigger changes is told as the deed of the user who set it off, and not of -1."""
    status_words: dict[str, str] = field(
        default_factory=lambda: {
            "new": "New",
            "open": "Open",
            "pending": "Pending",
            "hold": "On-hold",
            "solved": "Solved",
            "closed": "Closed",
        }
    )
    """Display words of a trigger's placeholders, in the account's language."""
    escape_placeholders: bool = False
    """Not confirmed: placeholders in a trigger's JSON body are escaped."""

    drop_webhooks: int = 0
    """The next n invocations are lost."""
    duplicate_rate: float = 0.0
    """Share of invocations that happen a second time, under another invocation id."""
    reorder: bool = False
    """Invocations leave in random order."""
    delivery_delay: timedelta = timedelta(0)
    """How long an invocation waits before its first attempt."""
    webhook_timeout_s: float = 12.0
    retry_delay: timedelta = timedelta(seconds=30)
    """Not confirmed: the wait before another attempt where the receiver names none."""
    resign_retries: bool = True
    """Not confirmed: another attempt carries a fresh timestamp."""
    webhook_cap: int | None = None
    """Webhooks that the account may have (trial: 10)."""
    invocations_per_minute: int | None = None
    """Invocations that the account may have (trial: 60); more are lost as "throttled"."""
    breaker_minimum: int = 20
    """Not confirmed: requests within five minutes before their share of failures counts."""
    breaker_pause: timedelta = timedelta(minutes=5)
    """Not confirmed: how long the circuit stays broken."""
