"""The demo: a hub, simulated vendors and a support day that is told as it happens."""

from bridge.cli.demo.command import demo

__all__ = ["demo"]
