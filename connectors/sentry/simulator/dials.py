"""What a test can turn: where the vendor differs from day to day, or does not say what it does.

A dial marked "not confirmed" stands for behaviour that no vendor page describes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(eq=False)
class Dials:
    """The switches of the simulator, each at its quiet position."""

    calls_per_window: int | None = None
    """Calls of one endpoint in a window of one second; the numbers are not published."""
    concurrent_limit: int = 25
    """Told in the headers only."""
    retry_after: bool = False
    """Not confirmed: a 429 says `Retry-After` too."""
    scopes: tuple[str, ...] = ("event:read", "event:write", "project:read", "org:read")
    """The permissions of the internal integration, which its tokens share."""
    list_lag: timedelta = timedelta(0)
    """Not confirmed: how far the issue list, which is searched, trails behind."""
    page_size: int = 100
    """Rows of a page at most; smaller ones make a test turn pages."""
    null_permalink: bool = True
    """A webhook's issue has no `permalink`; its address is `web_url`."""
    canaries: bool = False
    """Every free text that an issue is born with, and every note, is a text like no other."""

    drop_webhooks: int = 0
    """The next n deliveries are lost."""
    duplicate_webhooks: bool = False
    """Each delivery is made twice, under another `Request-ID`."""
    archives_twice: bool = False
    """One act of archiving is told as `ignored` and as `archived` (code of 2023)."""
    webhook_timeout_s: float = 1.0
    """`sentry-apps.webhook.timeout.sec`; self-hosted installations may raise it."""
    public: bool = False
    """A public integration is retried three times, five minutes apart; an internal one never."""
    form_timeout_s: float = 30.0
    """How long a form of a UI component waits for its answer."""
