"""What the hub counts about itself, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bridge.kit.http import CallMade

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """A registry of its own, so that two hubs in one process (tests) do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = self._counter(
            "deliveries",
            "Webhook deliveries at the door, by how they were answered.",
            "connection",
            "answer",
        )
        self.accept_seconds = self._histogram(
            "accept_seconds", "From a delivery at the door to its commit."
        )
        self.runs = self._counter("runs", "Passes over records, by how they ended.", "kind", "end")
        self.run_seconds = self._histogram(
            "run_seconds", "How long a pass takes, vendor calls included.", "kind"
        )
        self.operations = self._counter(
            "operations", "Effects on vendors, by outcome.", "connection", "kind", "outcome"
        )
        self.calls = self._counter(
            "vendor_calls",
            "HTTP calls to vendors, by status class (none: no answer).",
            "connection",
            "method",
            "status",
        )
        self.call_seconds = self._histogram(
            "vendor_call_seconds", "How long a vendor takes to answer.", "connection"
        )
        self.repairs = self._counter(
            "repairs",
            "Changes that a sweep or patrol found and no webhook had told.",
            "connection",
            "by",
        )
        self.due = self._gauge(
            "records_due", "Records that wait for a pass, by claim class.", "claim_class"
        )
        self.due_age = self._gauge(
            "records_due_age_seconds",
            "How long the longest waiting record has been due, by claim class.",
            "claim_class",
        )
        self.findings = self._gauge("findings_open", "Open findings.", "code", "severity")

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"bridge_{name}", says, labels, registry=self.registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"bridge_{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, *labels: str) -> Histogram:
        return Histogram(f"bridge_{name}", says, labels, buckets=_SECONDS, registry=self.registry)

    def on_call(self, call: CallMade) -> None:
        """Count one vendor call."""
        status = f"{call.status // 100}xx" if call.status else "none"
        self.calls.labels(call.connection, call.method, status).inc()
        self.call_seconds.labels(call.connection).observe(call.seconds)

    def render(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)
