"""Single records: list, read, create, change, archive, merge, search.

https://developers.hubspot.com/docs/api/crm/tickets
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.hubspot.simulator.api.asking import (
    cursor,
    flag,
    json_body,
    listed,
    next_page,
    number,
)
from connectors.hubspot.simulator.api.bodies import record_body
from connectors.hubspot.simulator.association_types import mirrored, object_type, pairing
from connectors.hubspot.simulator.linking import associate
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.problems import ApiProblem, invalid, not_found
from connectors.hubspot.simulator.records import Record
from connectors.hubspot.simulator.search import page_bounds, search


def create_with_associations(portal: Portal, kind: str, body: dict[str, Any]) -> Record:
    """Creates a record and its associations; nothing is created when one of them is impossible."""
    if kind == "feedback_submissions":
        raise ApiProblem(405, "METHOD_NOT_ALLOWED", "Feedback submissions are read only")
    targets = [_target(portal, kind, entry) for entry in body.get("associations") or []]
    record = portal.crm.create(kind, _properties(body), portal.app)
    for other, type_ids in targets:
        associate(portal.crm, record, other, type_ids, portal.app)
    return record


def _target(portal: Portal, kind: str, entry: dict[str, Any]) -> tuple[Record, list[int]]:
    """The record at the other end: its type follows from the association type id."""
    type_ids = [int(one.get("associationTypeId") or 0) for one in entry.get("types") or []]
    for other_kind in portal.crm.shelves:
        try:
            pair = pairing(kind, other_kind)
        except ApiProblem:
            continue
        if type_ids and set(type_ids) <= {pair.plain, pair.primary}:
            other = portal.crm.live(other_kind, str((entry.get("to") or {}).get("id")))
            for type_id in type_ids:
                mirrored(kind, other_kind, type_id)
            return other, type_ids
    raise invalid(f"No association types {type_ids} exist for {kind}")


def _properties(body: dict[str, Any]) -> dict[str, Any]:
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise invalid("properties must be an object")
    return properties


class Objects:
    """Handlers of `/objects/{objectType}` and below."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def _kind(self, request: Request) -> str:
        return object_type(request.path_params["objectType"])

    async def list_all(self, request: Request) -> Response:
        """Every record in the order of its id; unlike search, complete and up to date."""
        kind, after = self._kind(request), cursor(request)
        limit, archived = number(request, "limit", 10, 100), flag(request, "archived")
        records = [
            record
            for record in self._portal.crm.shelves[kind].values()
            if int(record.id) > after and record.archived == archived and record.merged_into is None
        ]
        page = records[:limit]
        asked, history = listed(request, "properties"), listed(request, "propertiesWithHistory")
        linked = listed(request, "associations")
        body: dict[str, Any] = {
            "results": [record_body(self._portal, r, asked, history, linked) for r in page]
        }
        if len(records) > limit:
            body["paging"] = next_page(request, page[-1].id)
        return JSONResponse(body)

    async def create(self, request: Request) -> Response:
        """201 with the record."""
        body = await json_body(request)
        record = create_with_associations(self._portal, self._kind(request), body)
        return JSONResponse(self._written(record, body), 201)

    async def read(self, request: Request) -> Response:
        """One record; 404 for an archived one unless asked for."""
        kind, key = self._kind(request), request.path_params["objectId"]
        record = self._portal.crm.find(kind, key, request.query_params.get("idProperty"))
        if record is None or record.archived != flag(request, "archived"):
            raise not_found("Object", key)
        asked, history = listed(request, "properties"), listed(request, "propertiesWithHistory")
        linked = listed(request, "associations")
        return JSONResponse(record_body(self._portal, record, asked, history, linked))

    async def update(self, request: Request) -> Response:
        """200 with the record after the change."""
        body, crm = await json_body(request), self._portal.crm
        id_property = request.query_params.get("idProperty")
        record = crm.live(self._kind(request), request.path_params["objectId"], id_property)
        crm.update(record, _properties(body), self._portal.app)
        return JSONResponse(self._written(record, body))

    async def archive(self, request: Request) -> Response:
        """204, also for what is not there: the vendor's delete is idempotent."""
        crm = self._portal.crm
        record = crm.find(self._kind(request), request.path_params["objectId"])
        if record is not None:
            crm.archive(record, self._portal.app)
        return Response(status_code=204)

    async def merge(self, request: Request) -> Response:
        """200 with the record that both became."""
        body = await json_body(request)
        primary, other = body.get("primaryObjectId"), body.get("objectIdToMerge")
        kind = object_type(request.url.path.split("/")[-2])
        made = self._portal.merge(kind, str(primary), str(other), self._portal.app)
        return JSONResponse(record_body(self._portal, made))

    async def gdpr_delete(self, request: Request) -> Response:
        """204; the contact is gone for good."""
        body = await json_body(request)
        id_property = body.get("idProperty")
        contact = self._portal.crm.live("contacts", str(body.get("objectId")), id_property)
        self._portal.forget(contact.id)
        return Response(status_code=204)

    async def search(self, request: Request) -> Response:
        """A page of what the index knows."""
        kind, body = self._kind(request), await json_body(request)
        crm = self._portal.crm
        lag = self._portal.dials.search_lag
        start, limit = page_bounds(body)
        hits = search(crm.shelves[kind], crm.schemas[kind], body, crm.clock(), lag)
        asked = [str(name) for name in body.get("properties") or []]
        answer: dict[str, Any] = {
            "total": len(hits),
            "results": [
                record_body(self._portal, hit.record, asked, values=hit.values)
                for hit in hits[start : start + limit]
            ],
        }
        if start + limit < len(hits):
            answer["paging"] = {"next": {"after": str(start + limit)}}
        return JSONResponse(answer)

    def _written(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """A write answers with the default properties and those it named."""
        defaults = self._portal.crm.schemas[record.object_type].defaults
        return record_body(self._portal, record, [*defaults, *body["properties"]])
