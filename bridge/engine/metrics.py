"""What the hub counts about itself, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bridge.kit.http import CallMade

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """A registry of its own, so that two hubs in one process (tests) do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "bridge_deliveries",
            "Webhook deliveries at the door, by how they were answered.",
            ["connection", "answer"],
            registry=self.registry,
        )
        self.accept_seconds = Histogram(
            "bridge_accept_seconds",
            "From a delivery at the door to its commit.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.runs = Counter(
            "bridge_runs",
            "Passes over records, by how they ended.",
            ["kind", "end"],
            registry=self.registry,
        )
        self.run_seconds = Histogram(
            "bridge_run_seconds",
            "How long a pass takes, vendor calls included.",
            ["kind"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.operations = Counter(
            "bridge_operations",
            "Effects on vendors, by outcome.",
            ["connection", "kind", "outcome"],
            registry=self.registry,
        )
        self.calls = Counter(
            "bridge_vendor_calls",
            "HTTP calls to vendors, by status class (none: no answer).",
            ["connection", "method", "status"],
            registry=self.registry,
        )
        self.call_seconds = Histogram(
            "bridge_vendor_call_seconds",
            "How long a vendor takes to answer.",
            ["connection"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.repairs = Counter(
            "bridge_repairs",
            "Changes that a sweep or patrol found and no webhook had told.",
            ["connection", "by"],
            registry=self.registry,
        )
        self.due = Gauge(
            "bridge_records_due",
            "Records that wait for a pass, by claim class.",
            ["claim_class"],
            registry=self.registry,
        )
        self.due_age = Gauge(
            "bridge_records_due_age_seconds",
            "How long the longest waiting record has been due, by claim class.",
            ["claim_class"],
            registry=self.registry,
        )
        self.findings = Gauge(
            "bridge_findings_open",
            "Open findings.",
            ["code", "severity"],
            registry=self.registry,
        )

    def on_call(self, call: CallMade) -> None:
        """Count one vendor call."""
        status = f"{call.status // 100}xx" if call.status else "none"
        self.calls.labels(call.connection, call.method, status).inc()
        self.call_seconds.labels(call.connection).observe(call.seconds)

    def render(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)
