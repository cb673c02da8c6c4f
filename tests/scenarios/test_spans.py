"""Spans: one trace from the door to the vendor's answer, whichever task or process works on it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bridge.cli.tracing import begin_traces
from bridge.domain.errors import ConfigProblem
from bridge.kit import traces
from bridge.kit.ids import new_id
from bridge.kit.redact import HIDDEN, Redactor
from bridge.kit.telemetry import TelemetryRecorder, root_id, trace_id
from tests.scenarios.world import World, open_world

SECRETS = ("pat-test", "hubspot-client-secret", "hook-password", "Export fails")


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    """Every span that ends, kept."""
    kept = InMemorySpanExporter()
    with traces.recorded(TelemetryRecorder(SimpleSpanProcessor(kept), {})):
        yield kept


def named(spans: tuple[ReadableSpan, ...], name: str, **said: str) -> list[ReadableSpan]:
    """The spans of that name with these attributes of ours."""
    wanted = {f"bridge.{key}": value for key, value in said.items()}.items()
    return [
        each for each in spans if each.name == name and wanted <= (each.attributes or {}).items()
    ]


def ids(span: ReadableSpan) -> tuple[int, int, int | None]:
    """The ids of its trace, of itself and of what is above it."""
    assert span.context is not None
    above = None if span.parent is None else span.parent.span_id
    return span.context.trace_id, span.context.span_id, above


async def test_spans_of_a_delivery_form_one_trace_down_to_the_calls(
    exporter: InMemorySpanExporter, tmp_path: Path
) -> None:
    async with open_world(tmp_path) as world:
        await _launch(world)
    spans = exporter.get_finished_spans()
    [operation] = named(spans, "operation", operation="LaunchItem")
    trace, launch, of_pass = ids(operation)
    [passed] = [each for each in named(spans, "pass") if ids(each)[1] == of_pass]
    delivery = str((passed.attributes or {})["bridge.delivery"])
    assert trace == trace_id(delivery)
    [received] = named(spans, "receive", delivery=delivery)
    assert ids(received) == (trace, root_id(delivery), None)
    assert ids(passed)[2] == root_id(delivery)
    [read] = named(spans, "intake", delivery=delivery)
    assert ids(read)[::2] == (trace, root_id(delivery))
    [call] = [each for each in spans if ids(each)[2] == launch]
    said = call.attributes or {}
    assert (call.name, said["http.response.status_code"]) == ("POST", 200)
    # And on to the neighbour: the item that came of it, in the same trace.
    assert [each for each in named(spans, "pass", kind="work_item") if ids(each)[0] == trace]


async def test_spans_hold_no_secret_no_text_and_no_id_of_an_address(
    exporter: InMemorySpanExporter, tmp_path: Path
) -> None:
    async with open_world(tmp_path) as world:
        await _launch(world)
    written = "\n".join(each.to_json() for each in exporter.get_finished_spans())
    assert "url.template" in written
    assert [each for each in SECRETS if each in written] == []
    templates = [
        str((each.attributes or {}).get("url.template", ""))
        for each in exporter.get_finished_spans()
    ]
    assert not [each for each in templates if "?" in each or each.rstrip("/").endswith("/1")]


async def _launch(world: World) -> None:
    # First the sweeps of the start, so that it is the webhook that tells of the ticket.
    await world.settle()
    world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    assert len(world.items()) == 1


def test_error_in_a_span_is_named_and_not_quoted(exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="planted"), traces.span("pass"):
        raise ValueError("planted text")
    [span] = exporter.get_finished_spans()
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert not span.status.is_ok
    assert "planted" not in span.to_json()


class _Collector(BaseHTTPRequestHandler):
    """Takes what an exporter sends."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append((self.path, self.headers["x-key"], body))  # type: ignore[attr-defined] # ours
        self.send_response(200)
        self.end_headers()

    def log_message(self, *said: object) -> None:
        """Nothing."""


@pytest.fixture
def collector() -> Iterator[HTTPServer]:
    """A collector on this machine."""
    server = HTTPServer(("127.0.0.1", 0), _Collector)
    server.taken = []  # type: ignore[attr-defined] # its own
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def configure(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    """Exactly these variables of OpenTelemetry, and no proxy."""
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_configured_endpoint_is_sent_the_spans_of_the_process(
    collector: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"http://127.0.0.1:{collector.server_port}"
    configure(
        monkeypatch,
        {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_EXPORTER_OTLP_HEADERS": "x-key=k3-secret"},
    )
    redactor, delivery = Redactor(), new_id()
    with begin_traces(redactor), traces.span("receive", root=delivery):
        pass
    [(path, key, body)] = collector.taken  # type: ignore[attr-defined] # its own
    assert (path, key) == ("/v1/traces", "k3-secret")
    sent = ExportTraceServiceRequest.FromString(body).resource_spans[0]
    named = {each.key: each.value.string_value for each in sent.resource.attributes}
    assert named["service.name"] == "ticketbridge"
    [span] = sent.scope_spans[0].spans
    assert span.trace_id.hex() == delivery.zfill(32)
    assert redactor.text("sent k3-secret") == f"sent {HIDDEN}"
    assert not traces.recording()


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:port"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            },
            "OTEL_EXPORTER_OTLP_PROTOCOL",
        ),
    ],
)
def test_wrong_variable_is_named_at_the_start(
    variables: dict[str, str], names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, variables)
    with pytest.raises(ConfigProblem, match=f"^{names}: must be "):
        begin_traces(Redactor())


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_hub_without_traces_never_imports_what_makes_them(variables: dict[str, str]) -> None:
    script = (
        "import sys; from bridge.cli.tracing import begin_traces\n"
        "import bridge.main, bridge.cli.server\n"
        "from bridge.kit.redact import Redactor; from bridge.kit.traces import span\n"
        "with begin_traces(Redactor()), span('pass', {'a': 1}): pass\n"
        "print([e for e in sys.modules if 'telemetry.sdk' in e or 'telemetry.exp' in e])"
    )
    assert run(script, variables) == "[]"


def test_framework_makes_no_spans_of_its_own() -> None:
    # They would hold the query, in which vendors' tokens stand.
    script = (
        "import asyncio, httpx\n"
        "from opentelemetry import trace\n"
        "from opentelemetry.sdk.trace import TracerProvider\n"
        "from opentelemetry.sdk.trace.export import SimpleSpanProcessor as Simple\n"
        "from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter\n"
        "from bridge.api.access import Access; from bridge.api.application import build_app\n"
        "kept, provider = InMemorySpanExporter(), TracerProvider()\n"
        "provider.add_span_processor(Simple(kept)); trace.set_tracer_provider(provider)\n"
        "line = httpx.ASGITransport(app=build_app(None, None, Access()))\n"
        "async def ask():\n"
        "    async with httpx.AsyncClient(transport=line, base_url='http://x') as client:\n"
        "        return (await client.get('/healthz?token=abc')).status_code\n"
        "print(asyncio.run(ask()), len(kept.get_finished_spans()))"
    )
    assert run(script, {"FASTAPI_OTEL_AUTO_CONFIGURE": "true"}) == "200 0"


def run(script: str, variables: Mapping[str, str]) -> str:
    """What a process of its own prints, with these variables of OpenTelemetry alone."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", script], env={**kept, **variables}, capture_output=True, check=True
    )
    return done.stdout.decode().splitlines()[-1]
