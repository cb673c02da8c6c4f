"""A mail server with its mailboxes, on loopback."""

from connectors.email.simulator.simulator import EmailSimulator, Mail

__all__ = ["EmailSimulator", "Mail"]
