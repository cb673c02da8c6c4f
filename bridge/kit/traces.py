"""Spans for OpenTelemetry, if an endpoint is configured by its standard variables; else nothing.

Off, no package of OpenTelemetry is even imported and a span costs a look at one variable. A span
holds names, counts and ids; never a body, a header, a query, or the text of an error.
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol
from urllib.parse import unquote, urlsplit

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_HEADERS = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")

Said = Mapping[str, str | int | float | bool]


class Span(Protocol):
    """A span under way."""

    def say(self, name: str, value: str | int | float | bool) -> None:
        """Add an attribute."""
        ...

    def fail(self, kind: str) -> None:
        """It went wrong; `kind` names how, in one word."""
        ...


class Recorder(Protocol):
    """What makes spans: OpenTelemetry's SDK, behind `kit.telemetry`."""

    def span(
        self, name: str, said: Said, *, root: str | None, trace: str | None, out: bool
    ) -> AbstractContextManager[Span]:
        """A span of the block; see `span`."""
        ...

    def stop(self) -> None:
        """Send what is left, and end."""
        ...


class _NoSpan:
    """A span that nobody records."""

    def say(self, name: str, value: str | int | float | bool) -> None:
        """Nothing."""

    def fail(self, kind: str) -> None:
        """Nothing."""


_NOTHING: AbstractContextManager[Span] = nullcontext(_NoSpan())
_recorder: Recorder | None = None


def span(
    name: str,
    said: Said | None = None,
    *,
    root: str | None = None,
    trace: str | None = None,
    out: bool = False,
) -> AbstractContextManager[Span]:
    """A span of the block, below the one around it.

    `root`: it is the first of the trace of that delivery. `trace`: it belongs to the trace of that
    delivery, whichever process received it. `out`: it is a call to somebody else.
    """
    if _recorder is None:
        return _NOTHING
    return _recorder.span(name, said or {}, root=root, trace=trace, out=out)


def recording() -> bool:
    """Whether spans are recorded."""
    return _recorder is not None


@contextmanager
def recorded(recorder: Recorder | None) -> Iterator[None]:
    """Spans of this process go to the recorder until the end of the block, which stops it."""
    global _recorder
    before, _recorder = _recorder, recorder
    try:
        yield
    finally:
        _recorder = before
        if recorder is not None:
            recorder.stop()


def configured(environment: Mapping[str, str]) -> bool:
    """Whether the environment names an endpoint for traces and does not switch them off."""
    off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    exporter = environment.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() or "otlp"
    named = any(environment.get(each, "").strip() for each in ENDPOINTS)
    return named and not off and exporter == "otlp"


def mistakes(environment: Mapping[str, str]) -> list[str]:
    """What is wrong with the variables; each sentence names one and says what would be right."""
    found = []
    for name in ENDPOINTS:
        value = environment.get(name, "").strip()
        if value and not _is_address(value):
            found.append(f"{name}: must be an address like http://collector.example.com:4318")
    for name in _PROTOCOLS:
        value = environment.get(name, "").strip()
        if value not in ("", "http/protobuf"):
            found.append(f"{name}: must be http/protobuf, the only one the hub speaks, or unset")
    return found


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def secrets(environment: Mapping[str, str]) -> Iterator[str]:
    """What must stay out of the logs: the values of the headers that the collector is sent."""
    for name in _HEADERS:
        for each in environment.get(name, "").split(","):
            value = each.partition("=")[2].strip()
            yield from (value, unquote(value))


def open_recorder(environment: Mapping[str, str], resource: Mapping[str, str]) -> Recorder | None:
    """A recorder that sends to the configured endpoint; None where there is none.

    `resource` says which process speaks. ValueError with all that is wrong with the variables.
    """
    if not configured(environment):
        return None
    wrong = mistakes(environment)
    if wrong:
        raise ValueError("\n".join(wrong))
    # Here, so that a hub without traces never imports it.
    from bridge.kit.telemetry import open_otlp

    return open_otlp(resource)
