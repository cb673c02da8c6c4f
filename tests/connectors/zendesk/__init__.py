"""Zendesk: so far the simulator."""
