"""How many records of a connection are worked on at once: a slow one must not take all places."""

from __future__ import annotations

from bridge.engine.hub import Hub

CONCURRENCY = 128
AHEAD = 2
"""Passes for each call at once: some decide and record while others wait for the vendor."""
TOGETHER = 4
"""Of a connection with no place left, the next records are claimed when a quarter is free."""


def places_of(hub: Hub, name: str) -> int:
    """How many passes over records of the connection there may be."""
    port = hub.connections.get(name)
    return CONCURRENCY if port is None else port.settings.in_flight * AHEAD


def room_in(places: int, taken: int) -> int:
    """How many more may be claimed now of so many places; 0 before there is room for several.

    What is claimed together is read together: one claim at each end of a pass would cost each
    pass all that a dozen share.
    """
    left = places - taken
    return left if left >= max(1, places // TOGETHER) else 0
