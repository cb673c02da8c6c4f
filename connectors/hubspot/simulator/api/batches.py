"""Up to a hundred records in one request; what fails is told beside what worked, with 207.

Results come in no particular order: they are matched by id or by `objectWriteTraceId`.
https://developers.hubspot.com/docs/api/crm/tickets
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.hubspot.simulator.api.asking import flag, inputs_of, json_body
from connectors.hubspot.simulator.api.bodies import record_body
from connectors.hubspot.simulator.api.objects import create_with_associations
from connectors.hubspot.simulator.association_types import object_type
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.problems import ApiProblem, invalid, not_found
from connectors.hubspot.simulator.stamps import iso

_Step = Callable[[dict[str, Any]], dict[str, Any]]


def batch_answer(
    portal: Portal,
    results: list[dict[str, Any]],
    errors: list[dict[str, Any]],
    status: int = 200,
) -> Response:
    """The envelope of every batch answer."""
    now = iso(portal.clock())
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": now,
        "completedAt": now,
    }
    if errors:
        body |= {"errors": errors, "numErrors": len(errors)}
    return JSONResponse(body, 207 if errors else status)


class Batches:
    """Handlers of `/objects/{objectType}/batch`."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def _run(self, inputs: list[dict[str, Any]], step: _Step, status: int = 200) -> Response:
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for entry in inputs:
            trace = entry.get("objectWriteTraceId")
            marked = {"objectWriteTraceId": trace} if trace else {}
            try:
                results.append(step(entry) | marked)
            except ApiProblem as problem:
                error = problem.entry()
                if trace:
                    error["context"] = {**error["context"], "objectWriteTraceId": [trace]}
                errors.append(error)
        self._portal.rng.shuffle(results)
        return batch_answer(self._portal, results, errors, status)

    async def read(self, request: Request) -> Response:
        """The records that are there, and an error for each that is not."""
        kind, body = object_type(request.path_params["objectType"]), await json_body(request)
        archived = flag(request, "archived")

        def step(entry: dict[str, Any]) -> dict[str, Any]:
            key = str(entry.get("id"))
            record = self._portal.crm.find(kind, key, body.get("idProperty"))
            if record is None or record.archived != archived:
                raise not_found("Object", key)
            asked = [str(name) for name in body.get("properties") or []]
            history = [str(name) for name in body.get("propertiesWithHistory") or []]
            return record_body(self._portal, record, asked, history)

        return self._run(inputs_of(body), step)

    async def create(self, request: Request) -> Response:
        """201, or 207 where some could not be created."""
        kind, body = object_type(request.path_params["objectType"]), await json_body(request)

        def step(entry: dict[str, Any]) -> dict[str, Any]:
            record = create_with_associations(self._portal, kind, entry)
            return record_body(self._portal, record)

        return self._run(inputs_of(body), step, 201)

    async def update(self, request: Request) -> Response:
        """Changes each record that is there."""
        kind, body = object_type(request.path_params["objectType"]), await json_body(request)

        def step(entry: dict[str, Any]) -> dict[str, Any]:
            record = self._portal.crm.live(kind, str(entry.get("id")), entry.get("idProperty"))
            self._portal.crm.update(record, entry.get("properties") or {}, self._portal.app)
            return record_body(self._portal, record)

        return self._run(inputs_of(body), step)

    async def upsert(self, request: Request) -> Response:
        """Changes the record that holds a unique value, or creates it; `new` says which."""
        kind, body = object_type(request.path_params["objectType"]), await json_body(request)

        def step(entry: dict[str, Any]) -> dict[str, Any]:
            id_property, key = entry.get("idProperty"), str(entry.get("id"))
            if not id_property:
                raise invalid("idProperty is required")
            given = dict(entry.get("properties") or {})
            record = self._portal.crm.find(kind, key, id_property)
            new = record is None
            if record is None:
                given = {id_property: key, **given}
                record = create_with_associations(self._portal, kind, {"properties": given})
            else:
                self._portal.crm.update(record, given, self._portal.app)
            return record_body(self._portal, record) | {"new": new}

        return self._run(inputs_of(body), step)

    async def archive(self, request: Request) -> Response:
        """204 whatever was there."""
        kind, body = object_type(request.path_params["objectType"]), await json_body(request)
        for entry in inputs_of(body):
            record = self._portal.crm.find(kind, str(entry.get("id")))
            if record is not None:
                self._portal.crm.archive(record, self._portal.app)
        return Response(status_code=204)
