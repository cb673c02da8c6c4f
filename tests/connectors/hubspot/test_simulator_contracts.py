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


async def test_answers_of_2026_03_fit_the_models(
    sim: HubSpotSimulator, api: httpx.AsyncClient, models: _Models
) -> None:
    company = sim.add_company("Acme", "acme.example")
    ticket = sim.person_creates_ticket(company_id=company, category="Bug")
    sim.person_creates_ticket()
    sim.person_adds_note(ticket, "<p>n</p>")
    file_id = sim.person_uploads("a.png", b"a", "image/png")
    objects, tickets = "/crm/objects/2026-03", "/crm/objects/2026-03/tickets"
    new = {"properties": {"subject": "x", "hs_pipeline_stage": "1"}}
    full = f"{tickets}/{ticket}?associations=companies,notes&propertiesWithHistory=subject"
    history = "SimplePublicObjectWithAssociations"
    between = f"{objects}/tickets/{ticket}/associations"
    hook = {"eventType": "ticket.creation", "active": True}
    target = {"targetUrl": "https://hub.example.test/in"}
    batch: dict[str, Any] = {"inputs": [{"id": ticket}]}
    field = {"name": "f", "label": "F", "type": "string", "fieldType": "text"}
    field |= {"groupName": "ticketinformation"}
    linked_page = "CollectionResponseMultiAssociatedObjectWithLabelForwardPaging"
    defaults = "BatchResponsePublicDefaultAssociation"
    read_between = "/crm/associations/2026-03/tickets/companies/batch/read"
    linked_batch = "BatchResponsePublicAssociationMultiWithLabel"
    labels, label_list = (
        "/crm/associations/2026-03/tickets/companies/labels",
        "CollectionResponseAssociationSpecWithLabelNoPaging",
    )
    cases: list[tuple[str, str, Any, str]] = [
        ("GET", full, None, history),
        ("GET", f"{tickets}?limit=1", None, f"CollectionResponse{history}ForwardPaging"),
        ("POST", tickets, new, "SimplePublicObject"),
        ("PATCH", f"{tickets}/{ticket}", new, "SimplePublicObject"),
        ("POST", f"{tickets}/search", {}, "CollectionResponseWithTotalSimplePublicObject"),
        ("POST", f"{tickets}/batch/read", batch, "BatchResponseSimplePublicObject"),
        ("GET", f"{objects}/companies/{company}", None, history),
        ("GET", f"{between}/companies", None, linked_page),
        ("PUT", f"{between}/default/companies/{company}", None, defaults),
        (
            "PUT",
            f"{between}/companies/{company}",
            [{"associationTypeId": 26}],
            "LabelsBetweenObjectPair",
        ),
        ("POST", read_between, batch, linked_batch),
        ("GET", labels, None, label_list),
        ("GET", "/crm/pipelines/2026-03/tickets", None, "CollectionResponsePipelineNoPaging"),
        (
            "POST",
            "/crm/pipelines/2026-03/tickets",
            {"label": "P", "displayOrder": 1, "stages": []},
            "Pipeline",
        ),
        ("GET", "/crm/pipelines/2026-03/tickets/0/stages/4", None, "PipelineStage"),
        ("GET", "/crm/properties/2026-03/tickets", None, "CollectionResponsePropertyNoPaging"),
        ("POST", "/crm/properties/2026-03/tickets", field, "Property"),
        (
            "GET",
            "/crm/properties/2026-03/tickets/groups",
            None,
            "CollectionResponsePropertyGroupNoPaging",
        ),
        ("GET", "/crm/owners/2026-03", None, "CollectionResponsePublicOwnerForwardPaging"),
        ("GET", "/crm/owners/2026-03/501", None, "PublicOwner"),
        ("GET", f"/files/2026-03/files/{file_id}", None, "File"),
        ("GET", "/account-info/2026-03/details", None, "PortalInformationResponse"),
        ("POST", "/webhooks/2026-03/1357911/subscriptions", hook, "SubscriptionResponse"),
        ("GET", "/webhooks/2026-03/1357911/subscriptions", None, "SubscriptionListResponse"),
        ("PUT", "/webhooks/2026-03/1357911/settings", target, "SettingsResponse"),
    ]
    for method, path, body, model in cases:
        assert model in models, model
        answer = await api.request(method, path, json=body)
        assert answer.is_success, (path, answer.text)
        assert faults_of(models, model, answer.json()) == [], path


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
