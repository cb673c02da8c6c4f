"""What Teams can and cannot do here, each limit with the page it comes from."""

from __future__ import annotations

from bridge.ports.manifest import Manifest, Role

MAX_BYTES = 20_000
"""Bytes of a message, its envelope included.

About 28 KB are documented; above them the card is lost inside the workflow, where nobody sees it,
and failures were seen from 21 KB on.
"""
CARD_VERSION = "1.4"
"""Teams takes 1.5 or lower; elements newer than 1.2 are not used, for its mobile app."""
RATE = 1.0
"""Messages a second: more than four are throttled."""

MANIFEST = Manifest(
    vendor="teams",
    title="Microsoft Teams",
    roles=frozenset({Role.NOTIFIER}),
    complete_webhooks=False,
    comment_webhooks=False,
    credential_at="Teams, the channel's Workflows > Send webhook alerts to a channel",
    sources={
        "webhooks": "https://learn.microsoft.com/en-us/connectors/teams/",
        "signature": "https://learn.microsoft.com/en-us/connectors/teams/",
        "batch_read": "https://learn.microsoft.com/en-us/connectors/teams/",
        "size": "https://learn.microsoft.com/en-us/connectors/teams/",
        "cards": "https://learn.microsoft.com/en-us/microsoftteams/platform/"
        "task-modules-and-cards/cards/cards-format",
        "rate": "https://learn.microsoft.com/en-us/microsoftteams/platform/"
        "webhooks-and-connectors/how-to/connectors-using",
    },
)
