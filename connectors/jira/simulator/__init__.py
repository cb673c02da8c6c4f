"""A second implementation of Jira Cloud, for tests and the demo.

Written from the vendor's published pages and schemas alone; it knows nothing of a connector.
"""

from connectors.jira.simulator.dials import PUBLISHED_BURSTS, PUBLISHED_ISSUE_WRITES
from connectors.jira.simulator.outbox import Delivery, Webhook, signature
from connectors.jira.simulator.simulator import EVENTS, Call, JiraSimulator

__all__ = [
    "EVENTS",
    "PUBLISHED_BURSTS",
    "PUBLISHED_ISSUE_WRITES",
    "Call",
    "Delivery",
    "JiraSimulator",
    "Webhook",
    "signature",
]
