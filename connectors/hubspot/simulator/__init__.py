"""HubSpot, implemented a second time: state, API, people and signed webhooks, all in memory.

Written from what the vendor publishes and from nothing of the connector, so that a
misunderstanding on one side is not repeated on the other.
"""

from connectors.hubspot.simulator.calls import Call
from connectors.hubspot.simulator.records import Record
from connectors.hubspot.simulator.simulator import HubSpotSimulator

__all__ = ["Call", "HubSpotSimulator", "Record"]
