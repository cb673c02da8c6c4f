"""What a test can turn: what differs from site to site, from day to day, or is not confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo

PUBLISHED_ISSUE_WRITES = ((20, 2.0), (100, 30.0))
"""Writes on one issue per seconds: developer.atlassian.com/cloud/jira/platform/rate-limiting."""
PUBLISHED_BURSTS = {"GET": 100, "POST": 100, "PUT": 50, "DELETE": 50}
"""Calls of one endpoint with one method per second, same page."""


@dataclass(eq=False)
class Dials:
    """The switches of the simulator, each at its quiet position."""

    search_lag: timedelta = timedelta(0)
    """How far the search index trails behind what was written."""
    search_hides: set[str] = field(default_factory=set)
    """Ids of issues that the index has lost for now, even if it showed them before."""
    search_page_cap: int = 5000
    """The most issues of one page, whatever `maxResults` asks for."""
    strict_jql: bool = True
    """A signed-in caller gets 400 for unknown fields and values; False: no issues."""
    rewrite_adf: bool = False
    """Not confirmed: stored documents come back with neighbouring equal texts joined."""
    invalid_adf_sentence: str = "INVALID_INPUT"
    """Not confirmed: what Jira says of a description whose structure is wrong."""

    dead_token: bool = False
    """The API account's token no longer works: its calls are anonymous ones."""
    withheld: set[str] = field(default_factory=set)
    """Permissions that the API account lacks, such as `EDIT_ISSUES`."""
    hidden_projects: set[str] = field(default_factory=set)
    """Keys of projects that the API account may not browse."""
    hide_emails: bool = True
    """Users have no `emailAddress`, as most people's profile settings want it."""
    conflicts: int = 0
    """The next n changes of issues end in 409."""

    burst_limits: dict[str, int] = field(default_factory=dict)
    """Calls per second of one endpoint, by method; `PUBLISHED_BURSTS` are the vendor's."""
    issue_write_limits: Sequence[tuple[int, float]] = ()
    """Writes on one issue per seconds; `PUBLISHED_ISSUE_WRITES` are the vendor's."""
    points_per_hour: int | None = None
    """The hourly quota of apps; calls with an API token are exempt."""

    attachment_limit: int = 1_073_741_824
    """Bytes of one file."""
    links_per_issue: int | None = None
    """Issue links that one issue takes; more are 413."""
    clone_copies_properties: bool = False
    """Not confirmed: whether a clone takes the entity properties along."""
    clone_copies_attachments: bool = False
    """The tick box in the dialog of a clone."""

    site_zone: tzinfo = UTC
    """The zone in which webhooks write times; the REST API writes UTC."""
    changelog_on_create: bool = True
    """`jira:issue_created` carries a changelog of the first values."""
    comment_updates_issue: bool = False
    """Not confirmed: a comment also sends `jira:issue_updated`."""
    remote_link_updates_issue: bool = False
    """Not confirmed: a remote link also sends `jira:issue_updated`."""
    drop_webhooks: int = 0
    """The next n deliveries are lost."""
    duplicate_rate: float = 0.0
    """Share of deliveries that are made a second time."""
    reorder: bool = False
    """What is due leaves in any order."""
    webhook_timeout_s: float = 5.0
    retry_delays: Sequence[timedelta] = (timedelta(minutes=10),) * 5
    """Before each of the five retries; the length of the pauses is not confirmed."""
    secondary_delay: timedelta = timedelta(0)
    """How much later the effects of another event arrive (the vendor: within 15 minutes)."""
