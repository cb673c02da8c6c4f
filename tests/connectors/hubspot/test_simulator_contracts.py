"""Answers against the models, and addresses against the endpoints, of the vendor's own SDK."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.hubspot.simulator import HubSpotSimulator
from connectors.hubspot.simulator.api.allowance import Allowance
from connectors.hubspot.simulator.api.app import build_routes
from tests.contracts import need_contracts

_Models = dict[str, dict[str, dict[str, Any]]]
_SIMPLE: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "object": (object,),
}


@pytest.fixture
def extract() -> Path:
    return need_contracts("hubspot") / "from-apache2-sdk"


@pytest.fixture
def models(extract: Path) -> _Models:
    read: _Models = json.loads((extract / "models.2026-03.json").read_text())
    return read


def faults_of(models: _Models, type_name: str, value: Any, where: str = "$") -> list[str]:
    """What in a value contradicts a type of the extract; unknown types contradict nothing."""
    if optional := re.fullmatch(r"Optional\[(.*)\]", type_name):
        return [] if value is None else faults_of(models, optional.group(1), value, where)
    if listed := re.fullmatch(r"List\[(.*)\]", type_name):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        parts = (
            faults_of(models, listed.group(1), v, f"{where}[{i}]") for i, v in enumerate(value)
        )
        return [fault for part in parts for fault in part]
    if mapped := re.fullmatch(r"Dict\[str, (.*)\]", type_name):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        # The extract types property values as strings; the vendor also sends null for "not set".
        parts = (
            faults_of(models, mapped.group(1), v, f"{where}.{k}")
            for k, v in value.items()
            if v is not None
        )
        return [fault for part in parts for fault in part]
    if literal := re.fullmatch(r"Literal\[(.*)\]", type_name):
        allowed = re.findall(r"'([^']*)'", literal.group(1))
        return [] if value in allowed else [f"{where} is {value!r}, not one of {allowed}"]
    if type_name == "datetime.datetime":
        return _time_faults(value, where)
    if type_name in _SIMPLE:
        fits = isinstance(value, _SIMPLE[type_name])
        return [] if fits else [f"{where} is {value!r}, no {type_name}"]
    return _model_faults(models, type_name, value, where)


def _time_faults(value: Any, where: str) -> list[str]:
    try:
        aware = datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        aware = False
    return [] if aware else [f"{where} is {value!r}, no time"]


def _model_faults(models: _Models, name: str, value: Any, where: str) -> list[str]:
    if name not in models:
        return []
    if not isinstance(value, dict):
        return [f"{where} is no {name}"]
    out: list[str] = []
    for key, rule in models[name].items():
        if key in value:
            out += faults_of(models, rule["type"], value[key], f"{where}.{key}")
        elif rule["required"]:
            out.append(f"{where}.{key} of {name} is missing")
    return out


def test_the_checker_finds_wrong_types_and_missing_keys(models: _Models) -> None:
    wrong = {"id": 5, "archived": False, "createdAt": "soon", "properties": {"a": 1}}
    faults = faults_of(models, "SimplePublicObject", wrong)
    assert len(faults) == 4, faults


_Case = tuple[str, str, Any, str]
"""Method, address, body, and the model of the answer."""

_OBJECTS = "/crm/objects/2026-03"
_TICKETS = f"{_OBJECTS}/tickets"
_LINKED = "SimplePublicObjectWithAssociations"
_NEW = {"properties": {"subject": "x", "hs_pipeline_stage": "1"}}
_FIELD = {
    "name": "f",
    "label": "F",
    "type": "string",
    "fieldType": "text",
    "groupName": "ticketinformation",
}


async def _assert_fit(api: httpx.AsyncClient, models: _Models, cases: list[_Case]) -> None:
    for method, path, body, model in cases:
        assert model in models, model
        answer = await api.request(method, path, json=body)
        assert answer.is_success, (path, answer.text)
        assert faults_of(models, model, answer.json()) == [], path


async def test_tickets_of_2026_03_fit_the_models(
    sim: HubSpotSimulator, api: httpx.AsyncClient, models: _Models
) -> None:
    company = sim.add_company("Acme", "acme.example")
    ticket = sim.person_creates_ticket(company_id=company, category="Bug")
    sim.person_creates_ticket()
    sim.person_adds_note(ticket, "<p>n</p>")
    full = f"{_TICKETS}/{ticket}?associations=companies,notes&propertiesWithHistory=subject"
    batch = {"inputs": [{"id": ticket}]}
    cases: list[_Case] = [
        ("GET", full, None, _LINKED),
        ("GET", f"{_TICKETS}?limit=1", None, f"CollectionResponse{_LINKED}ForwardPaging"),
        ("POST", _TICKETS, _NEW, "SimplePublicObject"),
        ("PATCH", f"{_TICKETS}/{ticket}", _NEW, "SimplePublicObject"),
        ("POST", f"{_TICKETS}/search", {}, "CollectionResponseWithTotalSimplePublicObject"),
        ("POST", f"{_TICKETS}/batch/read", batch, "BatchResponseSimplePublicObject"),
        ("GET", f"{_OBJECTS}/companies/{company}", None, _LINKED),
    ]
    await _assert_fit(api, models, cases)


async def test_associations_of_2026_03_fit_the_models(
    sim: HubSpotSimulator, api: httpx.AsyncClient, models: _Models
) -> None:
    company = sim.add_company("Acme", "acme.example")
    ticket = sim.person_creates_ticket(company_id=company, category="Bug")
    between = f"{_TICKETS}/{ticket}/associations"
    labels = "/crm/associations/2026-03/tickets/companies"
    batch = {"inputs": [{"id": ticket}]}
    linked_page = "CollectionResponseMultiAssociatedObjectWithLabelForwardPaging"
    linked_batch = "BatchResponsePublicAssociationMultiWithLabel"
    label_list = "CollectionResponseAssociationSpecWithLabelNoPaging"
    defaults = "BatchResponsePublicDefaultAssociation"
    pair, kind = f"{between}/companies/{company}", [{"associationTypeId": 26}]
    cases: list[_Case] = [
        ("GET", f"{between}/companies", None, linked_page),
        ("PUT", f"{between}/default/companies/{company}", None, defaults),
        ("PUT", pair, kind, "LabelsBetweenObjectPair"),
        ("POST", f"{labels}/batch/read", batch, linked_batch),
        ("GET", f"{labels}/labels", None, label_list),
    ]
    await _assert_fit(api, models, cases)


async def test_pipelines_and_properties_of_2026_03_fit_the_models(
    api: httpx.AsyncClient, models: _Models
) -> None:
    pipelines, properties = "/crm/pipelines/2026-03/tickets", "/crm/properties/2026-03/tickets"
    pipeline: dict[str, Any] = {"label": "P", "displayOrder": 1, "stages": []}
    groups = "CollectionResponsePropertyGroupNoPaging"
    cases: list[_Case] = [
        ("GET", pipelines, None, "CollectionResponsePipelineNoPaging"),
        ("POST", pipelines, pipeline, "Pipeline"),
        ("GET", f"{pipelines}/0/stages/4", None, "PipelineStage"),
        ("GET", properties, None, "CollectionResponsePropertyNoPaging"),
        ("POST", properties, _FIELD, "Property"),
        ("GET", f"{properties}/groups", None, groups),
    ]
    await _assert_fit(api, models, cases)


async def test_account_files_and_webhooks_of_2026_03_fit_the_models(
    sim: HubSpotSimulator, api: httpx.AsyncClient, models: _Models
) -> None:
    file_id = sim.person_uploads("a.png", b"a", "image/png")
    app = "/webhooks/2026-03/1357911"
    hook = {"eventType": "ticket.creation", "active": True}
    target = {"targetUrl": "https://hub.example.test/in"}
    cases: list[_Case] = [
        ("GET", "/crm/owners/2026-03", None, "CollectionResponsePublicOwnerForwardPaging"),
        ("GET", "/crm/owners/2026-03/501", None, "PublicOwner"),
        ("GET", f"/files/2026-03/files/{file_id}", None, "File"),
        ("GET", "/account-info/2026-03/details", None, "PortalInformationResponse"),
        ("POST", f"{app}/subscriptions", hook, "SubscriptionResponse"),
        ("GET", f"{app}/subscriptions", None, "SubscriptionListResponse"),
        ("PUT", f"{app}/settings", target, "SettingsResponse"),
    ]
    await _assert_fit(api, models, cases)


async def test_refusals_fit_the_error_model(
    sim: HubSpotSimulator, api: httpx.AsyncClient, models: _Models
) -> None:
    ticket = sim.person_creates_ticket()
    path = f"/crm/objects/2026-03/tickets/{ticket}"
    refused = await api.patch(path, json={"properties": {"nope": "1"}})
    missing = await api.get("/crm/objects/2026-03/tickets/404404")
    for answer in (refused, missing):
        assert faults_of(models, "ErrorData", answer.json()) == []
    batch = {"inputs": [{"id": "404404"}]}
    partial = await api.post("/crm/objects/2026-03/tickets/batch/read", json=batch)
    assert faults_of(models, "List[StandardError]", partial.json()["errors"]) == []


def test_every_2026_03_address_is_one_of_the_vendors(sim: HubSpotSimulator, extract: Path) -> None:
    """The conversations API is not part of that SDK, so its addresses cannot be compared."""
    listed = json.loads((extract / "endpoints.2026-03.json").read_text())
    known = {(entry["method"], _anonymous(entry["path"])) for entry in listed}
    routes = build_routes(sim.portal, Allowance(sim))
    served = {
        (method, _anonymous(route.path))
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
        if "/2026-03" in route.path and not route.path.startswith("/conversations/")
    }
    assert len(served) > 50
    assert served - known == set()


def _anonymous(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")
