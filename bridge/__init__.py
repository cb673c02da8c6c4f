"""Ticketbridge: the hub between helpdesks and the tools where the work is done."""

__version__ = "0.1.0"
