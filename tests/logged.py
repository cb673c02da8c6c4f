"""How tests log, unless they are about the logs."""

from __future__ import annotations

import structlog


def log_plainly() -> None:
    """Put structlog back to its defaults, but for tracebacks.

    The default shows each local of each frame of a failure, in colour: half a minute for one.
    """
    structlog.reset_defaults()
    shown = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], shown])
