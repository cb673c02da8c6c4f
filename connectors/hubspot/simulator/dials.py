"""What a test can turn: everything in which the real vendor differs from day to day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

# Up to ten tries within a day. The vendor's own delays are random and not published.
_RETRY_DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (60, 300, 900, 1800, 3600, 7200, 10800, 14400, 18000, 25200)
)


@dataclass(eq=False)
class Dials:
    """The switches of the simulator, each at its quiet position."""

    search_lag: timedelta = timedelta(0)
    """How far the search index trails behind what was written."""
    service_key_mode: bool = False
    """The account has only a service key: no webhooks at all."""
    service_key_source_id: str = "service-key-4815"
    """What the history names as writer in that mode; a client has to learn it by reading."""
    burst_limit: int | None = None
    """Requests per rolling ten seconds and token."""
    daily_limit: int | None = None
    """Requests per day and account."""
    search_limit: int | None = None
    """Search requests per second and account (the vendor's: 5); answered without headers."""
    rewrite_rich_text: bool = False
    """A note's HTML is stored in the vendor's own spelling."""
    merged_ids_resolve: bool = False
    """A GET of an id that was merged away answers with the record it became part of."""
    merge_creates_new_id: bool = True
    """A merge ends in a third record, instead of living on under the primary's id."""
    property_events_on_creation: bool = True
    """A creation also announces each property it came with."""
    withheld_scopes: set[str] = field(default_factory=set)
    """Scopes the token lacks: 403 MISSING_SCOPES."""
    truncate_messages_at: int | None = None
    """Longer conversation messages come back cut, with the rest behind `original-content`."""

    webhook_url: str | None = None
    max_concurrent_requests: int = 10
    webhook_timeout_s: float = 5.0
    retry_on_4xx: bool = False
    """False: 400, 401, 403, 404 and 405 end the delivery, as older pages say. True: all retried."""
    retry_delays: Sequence[timedelta] = _RETRY_DELAYS
    drop_webhooks: int = 0
    """The next n events are lost."""
    duplicate_rate: float = 0.0
    """Share of events that are delivered a second time."""
    reorder: bool = False
    """Events leave in random order."""
