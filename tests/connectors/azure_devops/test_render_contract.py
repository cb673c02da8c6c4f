"""Every call that is sent stands in the vendor's published API, with every query parameter."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bridge.domain.operations import ItemField, ItemLink
from connectors.azure_devops import render
from tests.connectors.azure_devops.client_kit import START, launch
from tests.contracts import need_contracts

_LINK = ItemLink("https://desk.acme.example/tickets/812", "ticketbridge:m")
REQUESTS = {
    "read_item": render.read_item("1"),
    "read_binned": render.read_binned("1"),
    "read_items": render.read_items([1]),
    "read_comments": render.read_comments("My Project", "1", "token"),
    "read_feed from time": render.read_feed("Platform", None, START),
    "read_feed from cursor": render.read_feed(None, "1;2;3", START),
    "query_tagged": render.query_tagged(START),
    "read_types": render.read_types("Platform"),
    "read_type_fields": render.read_type_fields("Platform", "User Story"),
    "read_fields": render.read_fields(),
    "read_iterations": render.read_iterations("Platform"),
    "create": render.create(launch(type="User Story"), "Platform"),
    "set_fields": render.set_fields("1", [ItemField("System.State", "Active")], 1),
    "set_links": render.set_links("1", [_LINK], [0], 1),
    "link_file": render.link_file("1", "https://dev.azure.com/acme/_apis/wit/attachments/x", "m"),
    "upload": render.upload("Platform", "a.png"),
    "add_comment": render.add_comment("Platform", "1", "<p>Hi</p>"),
}


def _documented() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    """Method, path below the organization, and query parameters of each documented operation."""
    path = need_contracts("azure_devops") / "wit/7.1/workItemTracking.json"
    said = json.loads(path.read_text("utf-8-sig"))
    found = []
    for template, operations in [*said["paths"].items(), *said["x-ms-paths"].items()]:
        below = template.partition("?")[0].split("/_apis/")[1]
        # The project (and the team) may be left out: the route template of every official
        # client says so, and the vendor's own examples do it.
        escaped = re.sub(r"\\{[^/]+?\\}", "[^/]+", re.escape(below))
        pattern = re.compile(rf"(?:[^/]+/){{0,2}}_apis/{escaped}", re.IGNORECASE)
        found += [
            (
                method.upper(),
                pattern,
                {p["name"]: p for p in operation.get("parameters", []) if p.get("in") == "query"},
            )
            for method, operation in operations.items()
            if isinstance(operation, dict)
        ]
    return found


def _path(request: render.Request) -> str:
    """The path with the root of a tree spelled as a node of it, as the pages do."""
    tree = request.path.endswith("/iterations")
    return request.path + "/root" if tree else request.path


@pytest.mark.parametrize("name", REQUESTS)
def test_call_is_documented_with_its_parameters(name: str) -> None:
    request = REQUESTS[name]
    fitting = [
        parameters
        for method, pattern, parameters in _documented()
        if method == request.method and pattern.fullmatch(_path(request))
    ]
    assert fitting, request.path
    sent = {key: value for key, value in request.query.items() if key != "api-version"}
    assert any(_fits(sent, parameters) for parameters in fitting), (sent, fitting)


def _fits(sent: dict[str, str], parameters: dict[str, Any]) -> bool:
    return all(
        key in parameters and value in parameters[key].get("enum", [value])
        for key, value in sent.items()
    )
