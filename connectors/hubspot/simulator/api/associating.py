"""Associations: read, write, remove, singly and in batches.

https://developers.hubspot.com/docs/api/crm/associations
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.hubspot.simulator.api.asking import (
    cursor,
    inputs_of,
    json_body,
    next_page,
    number,
)
from connectors.hubspot.simulator.api.batches import batch_answer
from connectors.hubspot.simulator.association_types import (
    TYPE_IDS,
    object_type,
    pairing,
    type_bodies,
)
from connectors.hubspot.simulator.linking import associate, dissociate
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.problems import ApiProblem, invalid, not_found
from connectors.hubspot.simulator.records import Record


class Associations:
    """Handlers of a record's associations and of the batch endpoints between two types."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def _pair(self, request: Request) -> tuple[Record, Record]:
        params, crm = request.path_params, self._portal.crm
        one = crm.live(object_type(params["objectType"]), params["objectId"])
        return one, crm.live(object_type(params["toObjectType"]), params["toObjectId"])

    def _types(self, request: Request) -> tuple[str, str]:
        params = request.path_params
        one, other = object_type(params["fromObjectType"]), object_type(params["toObjectType"])
        pairing(one, other)
        return one, other

    def _entries(self, record: Record, to_type: str) -> list[dict[str, Any]]:
        return [
            {
                "toObjectId": other.id,
                "associationTypes": type_bodies(
                    record.object_type, to_type, record.links[to_type][other.id]
                ),
            }
            for other in record.linked(to_type)
        ]

    async def list_all(self, request: Request) -> Response:
        """The associated records with all types between the two."""
        params = request.path_params
        to_type = object_type(params["toObjectType"])
        record = self._portal.crm.live(object_type(params["objectType"]), params["objectId"])
        pairing(record.object_type, to_type)
        start, limit = cursor(request), number(request, "limit", 500, 500)
        entries = self._entries(record, to_type)
        body: dict[str, Any] = {"results": entries[start : start + limit]}
        if start + limit < len(entries):
            body["paging"] = next_page(request, str(start + limit))
        return JSONResponse(body)

    async def write(self, request: Request) -> Response:
        """Sets labelled types between two records."""
        one, other = self._pair(request)
        try:
            specs = json.loads(await request.body())
            type_ids = [int(spec["associationTypeId"]) for spec in specs]
        except (ValueError, TypeError, KeyError):
            raise invalid("A list of association specs is expected") from None
        associate(self._portal.crm, one, other, type_ids, self._portal.app)
        return JSONResponse(self._labels(one, other), 201)

    async def write_default(self, request: Request) -> Response:
        """Sets the unlabelled type, which both ends then show."""
        one, other = self._pair(request)
        associate(self._portal.crm, one, other, None, self._portal.app)
        return batch_answer(self._portal, self._default_bodies(one, other), [])

    async def remove(self, request: Request) -> Response:
        """204; every type between the two is gone."""
        one, other = self._pair(request)
        dissociate(self._portal.crm, one, other, self._portal.app)
        return Response(status_code=204)

    async def labels(self, request: Request) -> Response:
        """The types that can stand between two object types."""
        one, other = self._types(request)
        pair = pairing(one, other)
        known = [pair.plain] if pair.primary is None else [pair.primary, pair.plain]
        return JSONResponse({"results": type_bodies(one, other, known)})

    async def batch_read(self, request: Request) -> Response:
        """The associations of many records; those that have none are told as errors."""
        one, other = self._types(request)
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for entry in inputs_of(await json_body(request), 1000):
            key = str(entry.get("id"))
            record = self._portal.crm.find(one, key)
            found = self._entries(record, other) if record is not None else []
            if found:
                results.append({"from": {"id": key}, "to": found})
            else:
                message = f"No {other} is associated with {one} {key}"
                context = {"fromObjectId": [key]}
                problem = ApiProblem(404, "OBJECT_NOT_FOUND", message, context=context)
                errors.append(problem.entry())
        self._portal.rng.shuffle(results)
        return batch_answer(self._portal, results, errors)

    async def batch_create(self, request: Request) -> Response:
        """Sets labelled types between many pairs."""
        return await self._batch_write(request, default=False)

    async def batch_default(self, request: Request) -> Response:
        """Sets the unlabelled type between many pairs."""
        return await self._batch_write(request, default=True)

    async def _batch_write(self, request: Request, *, default: bool) -> Response:
        from_type, to_type = self._types(request)
        crm = self._portal.crm
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for entry in inputs_of(await json_body(request), 2000):
            specs = [] if default else entry.get("types") or []
            type_ids = [int(spec.get("associationTypeId") or 0) for spec in specs]
            try:
                one = crm.live(from_type, _end(entry, "from"))
                other = crm.live(to_type, _end(entry, "to"))
                associate(crm, one, other, type_ids, self._portal.app)
            except ApiProblem as problem:
                errors.append(problem.entry())
                continue
            results += self._default_bodies(one, other) if default else [self._labels(one, other)]
        return batch_answer(self._portal, results, errors, 200 if default else 201)

    async def batch_archive(self, request: Request) -> Response:
        """204; removes everything between the pairs."""
        from_type, to_type = self._types(request)
        crm = self._portal.crm
        for entry in inputs_of(await json_body(request), 2000):
            one = crm.find(from_type, _end(entry, "from"))
            if one is None:
                raise not_found("Object", _end(entry, "from"))
            for end in entry.get("to") or []:
                other = crm.find(to_type, str(end.get("id")))
                if other is not None:
                    dissociate(crm, one, other, self._portal.app)
        return Response(status_code=204)

    def _labels(self, one: Record, other: Record) -> dict[str, Any]:
        bodies = type_bodies(
            one.object_type, other.object_type, one.links[other.object_type][other.id]
        )
        return {
            "fromObjectTypeId": TYPE_IDS[one.object_type],
            "fromObjectId": one.id,
            "toObjectTypeId": TYPE_IDS[other.object_type],
            "toObjectId": other.id,
            "labels": [body["label"] for body in bodies if body["label"]],
        }

    def _default_bodies(self, one: Record, other: Record) -> list[dict[str, Any]]:
        return [
            {
                "from": {"id": a.id},
                "to": {"id": b.id},
                "associationSpec": {
                    "associationCategory": "HUBSPOT_DEFINED",
                    "associationTypeId": pairing(a.object_type, b.object_type).plain,
                },
            }
            for a, b in ((one, other), (other, one))
        ]


def _end(entry: dict[str, Any], name: str) -> str:
    end = entry.get(name)
    return str(end.get("id")) if isinstance(end, dict) else ""
