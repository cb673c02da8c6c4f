"""The trigger of a workflow as Power Automate answers it, and the run that follows."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bridge.kit.faults import FaultDial
from connectors.teams.simulator.cards import complaints, texts_of

_NEW = "/powerautomate/automations/direct/workflows/{id}/triggers/manual/paths/invoke"
_OLD = "/workflows/{id}/triggers/manual/paths/invoke"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a workflow: what was posted and what became of it."""

    at: datetime
    message: Any
    status: str
    """`Succeeded`, or `Failed`: what nobody outside ever hears."""
    error: str = ""

    @property
    def card(self) -> dict[str, Any]:
        """The card that was posted."""
        content: dict[str, Any] = self.message["attachments"][0]["content"]
        return content

    @property
    def text(self) -> str:
        """What people read on it."""
        return "\n".join(texts_of(self.card))

    @property
    def urls(self) -> dict[str, str]:
        """Where its buttons lead, by what stands on them."""
        return {each["title"]: each["url"] for each in self.card.get("actions", [])}


@dataclass(slots=True)
class Workflow:
    """One workflow that posts into a channel."""

    id: str
    sig: str
    runs: list[Run] = field(default_factory=list)
    retired: bool = False
    """The address was given up."""

    @property
    def shown(self) -> list[Run]:
        """The cards that stand in the channel."""
        return [each for each in self.runs if each.status == "Succeeded"]


class TeamsSimulator:
    """An environment with its workflows. `dial` is the vendor's bad days."""

    def __init__(
        self, origin: str = "https://teams.test", clock: Callable[[], datetime] | None = None
    ) -> None:
        self.origin = origin
        self.workflows: dict[str, Workflow] = {}
        self._clock = clock or (lambda: datetime.now(UTC))
        routes = [Route(path, self._invoke, methods=["POST"]) for path in (_NEW, _OLD)]
        self.dial = FaultDial(Starlette(routes=routes))
        self.app: ASGIApp = self.dial

    def add_workflow(self) -> Workflow:
        """A person makes a workflow for a channel."""
        workflow = Workflow(secrets.token_hex(16), secrets.token_urlsafe(32))
        self.workflows[workflow.id] = workflow
        return workflow

    def url_of(self, workflow: Workflow, *, old: bool = False) -> str:
        """The address that Teams shows for it."""
        path = (_OLD if old else _NEW).format(id=workflow.id)
        version = "2016-06-01" if old else "1"
        query = f"api-version={version}&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={workflow.sig}"
        return f"{self.origin}{path}?{query}"

    async def _invoke(self, request: Request) -> Response:
        workflow = self.workflows.get(request.path_params["id"])
        if workflow is None:
            return _error(404, "WorkflowNotFound")
        if workflow.retired:
            return _error(410, "WorkflowGone")
        given = request.query_params.get("sig", "")
        if not secrets.compare_digest(given.encode(), workflow.sig.encode()):
            return _error(401, "DirectApiAuthorizationRequired")
        body = await request.body()
        try:
            message = json.loads(body)
        except ValueError:
            return _error(400, "InvalidRequestContent")
        wrong = complaints(message, len(body))
        status = "Failed" if wrong else "Succeeded"
        workflow.runs.append(Run(self._clock(), message, status, "; ".join(wrong)))
        # Started, and no more is ever said.
        return Response(status_code=202)


def _error(status: int, code: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": code}}, status_code=status)
