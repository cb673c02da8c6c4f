"""Traces of a process: set up from OpenTelemetry's standard variables, sent until it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import bridge
from bridge.domain.errors import ConfigProblem
from bridge.kit import traces
from bridge.kit.ids import new_id
from bridge.kit.redact import Redactor


def begin_traces(redactor: Redactor) -> AbstractContextManager[None]:
    """The block in which spans are sent, if an endpoint is configured.

    ConfigProblem at once if the variables are wrong. The log learns the secrets among them.
    """
    redactor.remember(traces.secrets(os.environ))
    wrong = traces.mistakes(os.environ) if traces.configured(os.environ) else []
    if wrong:
        raise ConfigProblem("\n".join(wrong), problems=tuple(wrong))
    return _sending()


@contextmanager
def _sending() -> Iterator[None]:
    resource = {"service.version": bridge.__version__, "service.instance.id": new_id()}
    with traces.recorded(traces.open_recorder(os.environ, resource)):
        yield
