"""A second implementation of Rocketlane's API 1.0, for tests and the demo.

Written from the vendor's published pages and description alone; it knows nothing of a connector.
"""

from connectors.rocketlane.simulator.allowance import PUBLISHED_CALLS, PUBLISHED_LIST_CALLS
from connectors.rocketlane.simulator.outbox import Delivery, Webhook
from connectors.rocketlane.simulator.simulator import EVENTS, Call, RocketlaneSimulator

__all__ = [
    "EVENTS",
    "PUBLISHED_CALLS",
    "PUBLISHED_LIST_CALLS",
    "Call",
    "Delivery",
    "RocketlaneSimulator",
    "Webhook",
]
