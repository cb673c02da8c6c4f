"""Structured logs, for people (console) or machines (one JSON object a line), secrets left out.

Entries of other libraries go the same way, so that none of them writes past the redaction.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO

import structlog
from structlog.typing import Processor, WrappedLogger

from bridge.kit.redact import Redactor

_QUIET = ("httpx", "aiohttp", "asyncio", "sqlalchemy", "alembic", "uvicorn.access")
"""Libraries whose everyday entries say nothing to an operator, or hold whole addresses."""


KEYS = ("timestamp", "level", "logger", "event")
"""What every JSON line has; the others are named in docs/observe.md."""


class _Handler(logging.StreamHandler[TextIO]):
    """Writes entries; of one that can't be written only that is told, never what it held."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say that an entry was lost; logging's own way would print its arguments, secrets too."""
        error = sys.exc_info()[0]
        name = "" if error is None else error.__name__
        with suppress(OSError, ValueError):
            self.stream.write(f"log entry of {record.name} lost: {name}\n")


def set_up_logs(
    level: str = "info", form: str = "console", *, redactor: Redactor, to: TextIO | None = None
) -> None:
    """Send all log entries, ours and the libraries', redacted to `to` (standard error)."""
    stream = sys.stderr if to is None else to
    shared = _shared(redactor)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    handler = _Handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _shared(redactor: Redactor) -> list[Processor]:
    def redact(
        _logger: WrappedLogger, _method: str, entry: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        # structlog's own keys begin with _ and must keep their types.
        own = {key: value for key, value in entry.items() if key.startswith("_")}
        return {**redactor.mapping({k: v for k, v in entry.items() if k not in own}), **own}

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Tracebacks become text here, so that the redaction sees them.
        structlog.processors.format_exc_info,
        redact,
    ]
