"""The commands: `bridge …`."""

from bridge.cli.commands import app

__all__ = ["app"]
