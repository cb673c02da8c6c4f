"""What the hub counts about itself, for Prometheus.

Labels hold names from bridge.yaml, kinds and codes; never an id, so that their number is bounded.
Counters and histograms are each process's own: add them up over replicas. Gauges of what the
database holds are the same on every replica: take the maximum. Each help text says which.
https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

import platform
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bridge.kit.http import CallMade

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WAITS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
_SHARED = " The same on every replica: take the maximum."
# 203 is how Azure DevOps answers to a token that has expired: with a sign-in page.
_ANSWERS = {
    203: "credential", 401: "credential", 403: "credential", 404: "missing", 410: "missing",
    408: "unavailable", 425: "unavailable", 409: "stale", 412: "stale", 429: "throttled",
}  # fmt: skip


class Metrics:
    """A registry of its own, so that two hubs in one process (tests) do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._at_the_door()
        self._at_work()
        self._at_vendors()
        self._in_the_store()
        self.build = self._gauge(
            "build_info", "Always 1; its labels say what runs.", "version", "python", "database"
        )

    def _at_the_door(self) -> None:
        self.deliveries = self._counter(
            "deliveries",
            "Webhook deliveries at the door, by how they were answered.",
            "connection",
            "answer",
        )
        self.accept_seconds = self._histogram(
            "accept_seconds", "From a delivery at the door to its commit."
        )
        self.changes = self._counter(
            "changes_seen",
            "Changes at vendors, by what told of them first: webhook, sweep or patrol. What a "
            "sweep or patrol found first is a repair, and its share is the loss of webhooks.",
            "connection",
            "by",
        )

    def _at_work(self) -> None:
        self.runs = self._counter("runs", "Passes over records, by how they ended.", "kind", "end")
        self.run_seconds = self._histogram(
            "run_seconds", "How long a pass takes, vendor calls included.", "kind"
        )
        self.queue_wait = Histogram(
            "bridge_queue_wait_seconds",
            "From when a record was due to when its pass began, by claim class.",
            ("claim_class",),
            buckets=_WAITS,
            registry=self.registry,
        )
        self.operations = self._counter(
            "operations", "Effects on vendors, by outcome.", "connection", "kind", "outcome"
        )
        self.notices = self._counter(
            "notices",
            "Messages to people: sent, refused, unclear or postponed.",
            "connection",
            "outcome",
        )
        self.promises_turned = self._counter(
            "promises_turned",
            "Promises that came to stand so: at_risk, breached, kept, paused, running.",
            "connection",
            "state",
        )
        self.repairs = self._counter(
            "repairs",
            "Changes that a sweep or patrol found and no webhook had told.",
            "connection",
            "by",
        )

    def _at_vendors(self) -> None:
        self.calls = self._counter(
            "vendor_calls",
            "HTTP calls to vendors, by what they were made for and how they were answered "
            "(unknown: a write without an answer).",
            "connection",
            "family",
            "outcome",
        )
        self.call_seconds = self._histogram(
            "vendor_call_seconds", "How long a vendor takes to answer.", "connection", "family"
        )

    def _in_the_store(self) -> None:
        self.due = self._gauge(
            "records_due", "Records that wait for a pass, by claim class." + _SHARED, "claim_class"
        )
        self.due_age = self._gauge(
            "records_due_age_seconds",
            "How long the longest waiting record has been due, by claim class." + _SHARED,
            "claim_class",
        )
        self.dead = self._gauge(
            "records_dead",
            "Records that the hub gave up on, until somebody has them tried again." + _SHARED,
            "kind",
        )
        self.unread = self._gauge(
            "deliveries_unread", "Deliveries that are stored and not read yet." + _SHARED
        )
        self.findings = self._gauge("findings_open", "Open findings." + _SHARED, "code", "severity")
        self.promises = self._gauge(
            "promises", "Promises of tickets, by how they stand." + _SHARED, "connection", "state"
        )
        self.hygiene_age = self._gauge(
            "hygiene_age_seconds",
            "For how long the oldest open finding of the nightly look has been open." + _SHARED,
            "code",
        )
        self.silence = self._gauge(
            "connection_silence_seconds",
            "Since the last delivery of the connection; absent if none ever came." + _SHARED,
            "connection",
        )
        self.usual_gap = self._gauge(
            "connection_usual_gap_seconds",
            "The usual time between two bursts of deliveries; absent while not known." + _SHARED,
            "connection",
        )

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"bridge_{name}", says, labels, registry=self.registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"bridge_{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, *labels: str) -> Histogram:
        return Histogram(f"bridge_{name}", says, labels, buckets=_SECONDS, registry=self.registry)

    def runs_as(self, version: str, database: str) -> None:
        """Say what runs: the hub's version and the kind of database."""
        self.build.labels(version, platform.python_version(), database).set(1)

    def on_call(self, call: CallMade) -> None:
        """Count one vendor call."""
        self.calls.labels(call.connection, call.family, outcome_of(call)).inc()
        self.call_seconds.labels(call.connection, call.family).observe(call.seconds)

    def repaired(self, name: str, by: str, count: int) -> None:
        """Count changes of a connection that no webhook had told."""
        self.repairs.labels(name, by).inc(count)
        self.changes.labels(name, by).inc(count)

    def heard(
        self, besides: Callable[[CallMade], None] | None = None
    ) -> Callable[[CallMade], None]:
        """What is told of every vendor call: these counts, and whoever else wants to know."""
        if besides is None:
            return self.on_call

        def both(call: CallMade) -> None:
            self.on_call(call)
            besides(call)

        return both

    def render(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)


def outcome_of(call: CallMade) -> str:
    """How a call was answered, by its HTTP status alone; operations know more."""
    status = call.status
    if not status:
        return "unknown" if call.sent and call.method not in ("GET", "HEAD") else "unavailable"
    if status in _ANSWERS:
        return _ANSWERS[status]
    if status >= 500:
        return "unavailable"
    if status >= 400:
        return "rejected"
    return "redirected" if status >= 300 else "ok"
