"""A connection to the simulated organization."""

from __future__ import annotations

from typing import Any

import httpx

from bridge.domain.events import InboundRequest
from bridge.kit.http import CallMade, Wire
from bridge.ports.signals import SignalSource
from connectors.registry import CONNECTORS
from connectors.sentry.simulator import SentrySimulator
from tests.connectors.sentry.sentry_kit import ORIGIN, HandClock


def settings_of(sim: SentrySimulator, **changed: Any) -> dict[str, Any]:
    """The connection's entry in bridge.yaml."""
    return {
        "vendor": "sentry",
        "organization": "acme",
        "token": sim.token,
        "client_secret": sim.client_secret,
        "launch_in": "jira",
        "base_url": ORIGIN,
        **changed,
    }


class Here:
    """The connection, its role, and the calls it made."""

    def __init__(self, sim: SentrySimulator, clock: HandClock, **changed: Any) -> None:
        connector = CONNECTORS["sentry"]
        settings = connector.settings_model.model_validate(settings_of(sim, **changed))
        self.calls: list[CallMade] = []
        wire = Wire(httpx.ASGITransport(sim.app), on_call=self.calls.append, clock=clock)
        self.connection = connector.connect("sentry", settings, wire)
        assert self.connection.signals is not None
        self.signals: SignalSource = self.connection.signals


def as_inbound(request: httpx.Request | dict[str, Any]) -> InboundRequest:
    """A request as the door hands it over."""
    made = request if isinstance(request, httpx.Request) else httpx.Request(**request)
    return InboundRequest(
        method=made.method,
        url=str(made.url),
        query=dict(made.url.params),
        headers={name.lower(): value for name, value in made.headers.items()},
        body=made.content,
    )
