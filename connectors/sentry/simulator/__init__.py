"""Sentry, implemented a second time: state, API, people, signed webhooks and its forms, in memory.

Written from what the vendor publishes and from nothing of a connector, so that a misunderstanding
on one side is not repeated on the other. What the vendor does not say is a dial.
"""

from connectors.sentry.simulator.calls import Call
from connectors.sentry.simulator.dials import Dials
from connectors.sentry.simulator.forms import Pressed
from connectors.sentry.simulator.records import Issue, Note, Project
from connectors.sentry.simulator.simulator import SentrySimulator

__all__ = ["Call", "Dials", "Issue", "Note", "Pressed", "Project", "SentrySimulator"]
