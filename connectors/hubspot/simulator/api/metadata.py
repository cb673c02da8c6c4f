"""Pipelines, property definitions and owners: what a mapping editor reads.

https://developers.hubspot.com/docs/api/crm/properties
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.hubspot.simulator.api.asking import (
    cursor,
    flag,
    inputs_of,
    json_body,
    next_page,
    number,
)
from connectors.hubspot.simulator.api.batches import batch_answer
from connectors.hubspot.simulator.association_types import object_type
from connectors.hubspot.simulator.pipelines import Pipeline, Stage
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.problems import ApiProblem, invalid, not_found
from connectors.hubspot.simulator.schema import Option, PropertyDefinition, Schema

_TYPES = {"string", "number", "enumeration", "bool", "date", "datetime", "phone_number"}
_FIELD_TYPES = {
    "text",
    "textarea",
    "html",
    "number",
    "select",
    "radio",
    "checkbox",
    "booleancheckbox",
} | {"date", "file", "phonenumber", "calculation_equation"}
_UNIQUE_LIMIT = 10


class Pipelines:
    """Handlers of `/pipelines/{objectType}`; only tickets have pipelines here."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._pipelines = portal.crm.pipelines

    def _check_type(self, request: Request) -> None:
        if object_type(request.path_params["objectType"]) != "tickets":
            raise not_found("Pipelines of", request.path_params["objectType"])

    def _pipeline(self, request: Request) -> Pipeline:
        self._check_type(request)
        key = request.path_params["pipelineId"]
        found = self._pipelines.by_id.get(key)
        if found is None or found.archived:
            raise not_found("Pipeline", key)
        return found

    def _stage(self, request: Request) -> Stage:
        key = request.path_params["stageId"]
        found = self._pipeline(request).stages.get(key)
        if found is None or found.archived:
            raise not_found("Stage", key)
        return found

    async def list_all(self, request: Request) -> Response:
        """Every pipeline with its stages."""
        self._check_type(request)
        return JSONResponse({"results": [p.body() for p in self._pipelines.live()]})

    async def create(self, request: Request) -> Response:
        """201 with the new pipeline."""
        self._check_type(request)
        body, now = await json_body(request), self._portal.clock()
        made = self._pipelines.add(_label(body), now)
        for stage in body.get("stages") or []:
            self._pipelines.add_stage(made, _label(stage), stage.get("metadata") or {}, now)
        return JSONResponse(made.body(), 201)

    async def read(self, request: Request) -> Response:
        """One pipeline."""
        return JSONResponse(self._pipeline(request).body())

    async def update(self, request: Request) -> Response:
        """Changes label and order."""
        pipeline, body = self._pipeline(request), await json_body(request)
        pipeline.label = str(body.get("label") or pipeline.label)
        pipeline.order = int(body.get("displayOrder", pipeline.order))
        pipeline.updated_at = self._portal.clock()
        return JSONResponse(pipeline.body())

    async def archive(self, request: Request) -> Response:
        """204."""
        self._pipeline(request).archived = True
        return Response(status_code=204)

    async def stages(self, request: Request) -> Response:
        """The stages of one pipeline."""
        return JSONResponse({"results": self._pipeline(request).body()["stages"]})

    async def create_stage(self, request: Request) -> Response:
        """201 with the new stage."""
        pipeline, body = self._pipeline(request), await json_body(request)
        metadata = body.get("metadata") or {}
        made = self._pipelines.add_stage(pipeline, _label(body), metadata, self._portal.clock())
        return JSONResponse(made.body(), 201)

    async def read_stage(self, request: Request) -> Response:
        """One stage."""
        return JSONResponse(self._stage(request).body())

    async def update_stage(self, request: Request) -> Response:
        """Changes a stage; tickets keep its id."""
        stage, body = self._stage(request), await json_body(request)
        stage.label = str(body.get("label") or stage.label)
        stage.order = int(body.get("displayOrder", stage.order))
        stage.metadata |= body.get("metadata") or {}
        stage.updated_at = self._portal.clock()
        return JSONResponse(stage.body())

    async def archive_stage(self, request: Request) -> Response:
        """204; tickets in the stage stay in it."""
        self._stage(request).archived = True
        return Response(status_code=204)


class Properties:
    """Handlers of `/properties/{objectType}`."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def _schema(self, request: Request) -> Schema:
        return self._portal.crm.schemas[object_type(request.path_params["objectType"])]

    def _definition(self, request: Request) -> PropertyDefinition:
        name = request.path_params["propertyName"]
        found = self._schema(request).definitions.get(name)
        if found is None or found.archived != flag(request, "archived"):
            raise not_found("Property", name)
        return found

    async def list_all(self, request: Request) -> Response:
        """Every definition."""
        archived = flag(request, "archived")
        known = self._schema(request).definitions.values()
        return JSONResponse({"results": [d.body() for d in known if d.archived == archived]})

    async def read(self, request: Request) -> Response:
        """One definition."""
        return JSONResponse(self._definition(request).body())

    async def create(self, request: Request) -> Response:
        """201 with the new definition; 409 when the name is taken."""
        made = self._add(self._schema(request), await json_body(request))
        return JSONResponse(made.body(), 201)

    async def batch_create(self, request: Request) -> Response:
        """Defines several at once."""
        schema, results, errors = self._schema(request), [], []
        for entry in inputs_of(await json_body(request)):
            try:
                results.append(self._add(schema, entry).body())
            except ApiProblem as problem:
                errors.append(problem.entry())
        return batch_answer(self._portal, results, errors, 201)

    async def batch_read(self, request: Request) -> Response:
        """Several definitions by name."""
        schema, results, errors = self._schema(request), [], []
        for entry in inputs_of(await json_body(request)):
            found = schema.definitions.get(str(entry.get("name")))
            if found is None or found.archived:
                errors.append(not_found("Property", str(entry.get("name"))).entry())
            else:
                results.append(found.body())
        return batch_answer(self._portal, results, errors)

    async def update(self, request: Request) -> Response:
        """Changes label, description and options of a definition."""
        definition, body = self._definition(request), await json_body(request)
        definition.label = str(body.get("label") or definition.label)
        definition.description = str(body.get("description") or definition.description)
        if "options" in body:
            definition.options = _options(body)
        definition.updated_at = self._portal.clock()
        return JSONResponse(definition.body())

    async def archive(self, request: Request) -> Response:
        """204; the vendor's own properties cannot be removed."""
        definition = self._definition(request)
        if definition.hubspot_defined:
            raise invalid(f"{definition.name} cannot be archived")
        definition.archived = True
        return Response(status_code=204)

    async def groups(self, request: Request) -> Response:
        """The groups that properties stand in."""
        known = self._schema(request).groups
        return JSONResponse({"results": [_group(n, label) for n, label in known.items()]})

    async def create_group(self, request: Request) -> Response:
        """201 with the new group."""
        body, groups = await json_body(request), self._schema(request).groups
        name = str(body.get("name") or "")
        if not name or name in groups:
            raise ApiProblem(409, "CONFLICT", f"Property group {name} already exists")
        groups[name] = _label(body)
        return JSONResponse(_group(name, groups[name]), 201)

    def _add(self, schema: Schema, body: dict[str, Any]) -> PropertyDefinition:
        name, kind, field_type = (str(body.get(k) or "") for k in ("name", "type", "fieldType"))
        if not name or kind not in _TYPES or field_type not in _FIELD_TYPES:
            raise invalid(f"name, type and fieldType must be given and known, not {body}")
        if body.get("groupName") not in schema.groups:
            raise invalid(f"Property group {body.get('groupName')} does not exist")
        if name != name.lower():
            raise invalid(f"Property names are lower case, {name} is not")
        if name in schema.definitions and not schema.definitions[name].archived:
            raise ApiProblem(409, "CONFLICT", f"Property {name} already exists")
        unique = bool(body.get("hasUniqueValue"))
        if unique and sum(d.unique for d in schema.definitions.values()) >= _UNIQUE_LIMIT:
            raise invalid(f"At most {_UNIQUE_LIMIT} unique properties are allowed")
        now = self._portal.clock()
        made = PropertyDefinition(
            name,
            _label(body),
            kind,
            field_type,
            str(body["groupName"]),
            str(body.get("description") or ""),
            _options(body),
            unique=unique,
            hidden=bool(body.get("hidden")),
            hubspot_defined=False,
            created_at=now,
            updated_at=now,
        )
        schema.definitions[name] = made
        return made


class OwnersApi:
    """Handlers of `/owners`."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    async def list_all(self, request: Request) -> Response:
        """Owners, all or by e-mail."""
        archived, after = flag(request, "archived"), cursor(request)
        email, limit = request.query_params.get("email"), number(request, "limit", 100, 500)
        owners = [
            owner
            for owner in self._portal.crm.owners.by_id.values()
            if owner.archived == archived and email in (None, owner.email) and int(owner.id) > after
        ]
        body: dict[str, Any] = {"results": [owner.body() for owner in owners[:limit]]}
        if len(owners) > limit:
            body["paging"] = next_page(request, owners[limit - 1].id)
        return JSONResponse(body)

    async def read(self, request: Request) -> Response:
        """One owner, by id or by userId."""
        key, owners = request.path_params["ownerId"], self._portal.crm.owners
        by_user = request.query_params.get("idProperty") == "userId"
        if by_user:
            found = owners.by_user(int(key)) if key.isdigit() else None
        else:
            found = owners.by_id.get(key)
        if found is None or found.archived != flag(request, "archived"):
            raise not_found("Owner", key)
        return JSONResponse(found.body())


def _label(body: dict[str, Any]) -> str:
    label = body.get("label")
    if not isinstance(label, str) or not label:
        raise invalid("label is required")
    return label


def _options(body: dict[str, Any]) -> list[Option]:
    return [
        Option(str(o.get("value")), str(o.get("label")), bool(o.get("hidden")))
        for o in body.get("options") or []
    ]


def _group(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "displayOrder": -1, "archived": False}
