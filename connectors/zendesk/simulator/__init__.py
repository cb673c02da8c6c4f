"""Zendesk Support, implemented a second time: state, API, people and signed webhooks, in memory.

Written from what the vendor publishes and from nothing of a connector, so that a misunderstanding
on one side is not repeated on the other. What the vendor does not say is a dial.
"""

from connectors.zendesk.simulator.calls import Call
from connectors.zendesk.simulator.dials import Dials
from connectors.zendesk.simulator.records import Comment, Ticket, User
from connectors.zendesk.simulator.simulator import ZendeskSimulator

__all__ = ["Call", "Comment", "Dials", "Ticket", "User", "ZendeskSimulator"]
