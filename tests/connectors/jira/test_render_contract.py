"""Every call that is sent stands in Atlassian's published description, parameters and body too."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft4Validator

from bridge.domain.operations import ItemField, ItemLink
from connectors.jira import render
from connectors.jira.payloads import FieldSchema
from tests.conformance.line import START
from tests.connectors.jira.client_kit import launch
from tests.connectors.jira.jira_world import Contract
from tests.contracts import need_contracts

_LINK = ItemLink("https://desk.acme.example/tickets/812", "ticketbridge:tb-1")
_KNOWN = {
    "customfield_10050": FieldSchema(type="option", custom="x:select"),
    "customfield_10051": FieldSchema(type="array", items="option", custom="x:multiselect"),
    "customfield_10052": FieldSchema(type="string", custom="x:textarea"),
    "customfield_10053": FieldSchema(type="number", custom="x:float"),
    "customfield_10054": FieldSchema(type="option-with-child", custom="x:cascadingselect"),
    "customfield_10055": FieldSchema(type="datetime", custom="x:datetime"),
}
_FIELDS = [
    ItemField("summary", "x"),
    ItemField("description", "<p>It <b>fails</b></p>"),
    ItemField("labels", ["a b"]),
    ItemField("fixVersions", "1.4;1.5"),
    ItemField("assignee", "Ana <712020:x>"),
    ItemField("duedate", None),
    ItemField("customfield_10050", "High"),
    ItemField("customfield_10051", ["a", "b"]),
    ItemField("customfield_10052", "<ul><li>x</li></ul>"),
    ItemField("customfield_10053", "3.5"),
    ItemField("customfield_10054", "EU / DE"),
    ItemField("customfield_10055", "2026-12-24T10:00:00Z"),
]
REQUESTS = {
    "read_issue": render.read_issue("DEMO-1"),
    "read_issues": render.read_issues(["1"]),
    "read_links": render.read_links("1"),
    "read_comments": render.read_comments("1", 100),
    "read_transitions": render.read_transitions("1"),
    "query_tagged": render.query_tagged(START, START, "token"),
    "query_changed": render.query_changed(["DEMO", "OPS"], START, START, None),
    "query_all": render.query_all(["DEMO"], None),
    "read_caller": render.read_caller(),
    "read_fields": render.read_fields(),
    "read_statuses": render.read_statuses("DEMO"),
    "read_types": render.read_types("DEMO", 50),
    "read_type_fields": render.read_type_fields("DEMO", "10004", 0),
    "read_projects": render.read_projects(),
    "read_rights": render.read_rights("DEMO", render.RIGHTS),
    "create": render.create(launch(), "DEMO", {}),
    "set_fields": render.set_fields("1", _FIELDS, _KNOWN),
    "transition": render.transition("1", "31", [ItemField("resolution", "Done")], {}),
    "add_link": render.add_link("1", _LINK),
    "remove_link": render.remove_link("1", "2"),
    "add_comment": render.add_comment("1", "<p>Ann: it fails.</p><p>tb-1</p>"),
    "delete_comment": render.delete_comment("1", "2"),
    "attach": render.attach("1"),
    "delete_file": render.delete_file("2"),
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract(need_contracts("jira"))


def _operation(contract: Contract, request: render.Request) -> dict[str, Any]:
    for path, operations in contract.document["paths"].items():
        pattern = re.sub(r"\{[^}]*\}", "[^/]+", path)
        found: dict[str, Any] | None = operations.get(request.method.lower())
        if found is not None and re.fullmatch(pattern, f"/{request.path}"):
            return found
    raise AssertionError(f"{request.method} {request.path} is not published")


@pytest.mark.parametrize("name", REQUESTS)
def test_call_is_published_with_its_parameters_and_its_body(contract: Contract, name: str) -> None:
    request = REQUESTS[name]
    operation = _operation(contract, request)
    published = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
    assert set(request.query) <= published
    if request.json is None:
        return
    (schema,) = [each["schema"] for each in operation["requestBody"]["content"].values()]
    assert contract.faults(schema["$ref"].rpartition("/")[2], request.json) == []


def _documents(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        inner = [found for each in value.values() for found in _documents(each)]
        return [value, *inner] if value.get("type") == "doc" else inner
    return (
        [found for each in value for found in _documents(each)] if isinstance(value, list) else []
    )


@pytest.mark.parametrize("name", ["create", "set_fields", "add_comment"])
def test_every_document_in_a_body_fits_the_published_schema(name: str) -> None:
    schema = json.loads((need_contracts("jira") / "adf-schema.full.json").read_text())
    found = _documents(REQUESTS[name].json)
    assert found
    assert all(Draft4Validator(schema).is_valid(each) for each in found)


def test_value_has_the_shape_that_its_field_wants() -> None:
    fields = REQUESTS["set_fields"].json["fields"]
    assert fields["labels"] == ["a_b", "ticketbridge"]
    assert fields["fixVersions"] == [{"name": "1.4"}, {"name": "1.5"}]
    assert fields["assignee"] == {"accountId": "712020:x"}
    assert fields["duedate"] is None
    assert fields["customfield_10050"] == {"value": "High"}
    assert fields["customfield_10051"] == [{"value": "a"}, {"value": "b"}]
    assert fields["customfield_10052"]["type"] == "doc"
    assert fields["customfield_10053"] == 3.5
    assert fields["customfield_10054"] == {"value": "EU", "child": {"value": "DE"}}
    assert fields["customfield_10055"] == "2026-12-24T10:00:00.000+0000"


def test_title_is_one_line_of_a_length_that_jira_takes() -> None:
    request = render.set_fields("1", [ItemField("summary", "a\nb " + "x" * 300)], {})
    summary = request.json["fields"]["summary"]
    assert len(summary) < 255
    assert summary.startswith("a b x")
    assert summary.endswith("…")


@pytest.mark.parametrize(
    ("name", "uploaded"),
    [
        ("shot.png", "shot~tb-1.png"),
        ("archive.tar.gz", "archive.tar~tb-1.gz"),
        ('a"b\r\n/..\\c.txt', "a_b_.._c~tb-1.txt"),
        ("noending", "noending~tb-1"),
        ("", "attachment~tb-1"),
        ("x" * 300 + ".png", "x" * 116 + "~tb-1.png"),
    ],
)
def test_uploaded_name_carries_the_mark_and_nothing_that_breaks_the_form(
    name: str, uploaded: str
) -> None:
    assert render.upload_name(name, "tb-1") == uploaded
