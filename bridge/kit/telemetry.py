"""OpenTelemetry's SDK behind `kit.traces`. Imported only where traces are wanted.

The trace of a delivery has an id that follows from the delivery's: the same, with zeros before it.
So processes that know nothing of each other put their spans into one trace, and whoever has a
delivery's id finds its trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from bridge.kit.traces import Said, Span

PREFIX = "bridge."
"""Attributes of our own begin with it; those that OpenTelemetry names have a dot already."""


def trace_id(delivery: str) -> int:
    """The id of the delivery's trace. Its last 56 bits are random, as samplers want them."""
    return int(delivery, 16)


def root_id(delivery: str) -> int:
    """The id of the first span of the delivery's trace."""
    return int(delivery[-16:], 16)


class _Ids(IdGenerator):
    """Random ids, but for the first span of a delivery."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()
        self.root: str | None = None

    def generate_span_id(self) -> int:
        """The next span's id."""
        return self._random.generate_span_id() if self.root is None else root_id(self.root)

    def generate_trace_id(self) -> int:
        """The next trace's id."""
        return self._random.generate_trace_id() if self.root is None else trace_id(self.root)

    def is_trace_id_random(self) -> bool:
        """The bits that samplers look at are."""
        return True


class _Recorded:
    """A span of the SDK."""

    def __init__(self, inner: otel.Span) -> None:
        self._inner = inner

    def say(self, name: str, value: str | int | float | bool) -> None:
        """Add an attribute."""
        self._inner.set_attribute(name if "." in name else PREFIX + name, value)

    def fail(self, kind: str) -> None:
        """It went wrong."""
        self._inner.set_attribute("error.type", kind)
        self._inner.set_status(Status(StatusCode.ERROR))


class TelemetryRecorder:
    """Makes spans and hands them to a processor of the SDK."""

    def __init__(self, processor: SpanProcessor, resource: Mapping[str, str]) -> None:
        self._ids = _Ids()
        made = Resource.create(dict(resource))
        if str(made.attributes[SERVICE_NAME]).startswith("unknown_service"):
            # Neither OTEL_SERVICE_NAME nor OTEL_RESOURCE_ATTRIBUTES names it.
            made = made.merge(Resource({SERVICE_NAME: "ticketbridge"}))
        self._provider = TracerProvider(
            resource=made,
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("ticketbridge")

    @contextmanager
    def span(
        self, name: str, said: Said, *, root: str | None, trace: str | None, out: bool
    ) -> Iterator[Span]:
        """A span of the block; an error that leaves it is named by its type alone."""
        inner = self._begin(name, root, trace, SpanKind.CLIENT if out else SpanKind.INTERNAL)
        shown = _Recorded(inner)
        for key, value in said.items():
            shown.say(key, value)
        with otel.use_span(
            inner, end_on_exit=True, record_exception=False, set_status_on_exception=False
        ):
            try:
                yield shown
            except BaseException as error:
                shown.fail(type(error).__name__)
                raise

    def _begin(self, name: str, root: str | None, trace: str | None, kind: SpanKind) -> otel.Span:
        if root is not None:
            self._ids.root = root
            try:
                # An empty context: it has nothing above it, whatever goes on around.
                return self._tracer.start_span(name, Context(), SpanKind.SERVER)
            finally:
                self._ids.root = None
        above = None if trace is None else self._below(trace)
        return self._tracer.start_span(name, above, kind)

    def _below(self, delivery: str) -> Context:
        """The context of whoever received the delivery, with its sampler's decision."""
        decided = self._provider.sampler.should_sample(None, trace_id(delivery), "receive")
        sampled = decided.decision is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
        first = SpanContext(
            trace_id(delivery), root_id(delivery), is_remote=True, trace_flags=flags
        )
        return otel.set_span_in_context(NonRecordingSpan(first), Context())

    def stop(self) -> None:
        """Send what is left, and end; a collector that is away is waited for a few seconds."""
        self._provider.shutdown()


def open_otlp(resource: Mapping[str, str]) -> TelemetryRecorder:
    """A recorder whose spans go by OTLP over HTTP to where the standard variables say."""
    return TelemetryRecorder(BatchSpanProcessor(OTLPSpanExporter()), resource)
