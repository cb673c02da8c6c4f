"""What becomes of metadata: names shared by several types, paths of iterations, own ids."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.domain.records import StatusCategory
from connectors.azure_devops.identities import display_name, label, unique_name
from connectors.azure_devops.payloads import Node, TypeField, User, WorkItemType
from connectors.azure_devops.reference import (
    allowed_values,
    iteration_ends,
    own_ids,
    statuses_of,
)


def _type(name: str, **states: str) -> WorkItemType:
    shown = [{"name": state, "category": category} for state, category in states.items()]
    return WorkItemType.model_validate({"name": name, "states": shown})


def test_state_name_of_two_types_has_the_less_advanced_category() -> None:
    found = statuses_of(
        [
            _type("Bug", Done="Completed", Resolved="Resolved", Odd="Whatever"),
            _type("Task", Done="InProgress", Resolved="Completed", Odd="Completed"),
        ]
    )
    assert found["Done"].category is StatusCategory.IN_PROGRESS
    assert not found["Done"].closed
    assert found["Resolved"].category is StatusCategory.RESOLVED
    assert (found["Odd"].category, found["Odd"].closed) == (None, False)


def test_iteration_path_is_as_fields_write_it() -> None:
    child = {
        "path": "\\My Project\\Iteration\\Release 1\\Sprint 2",
        "attributes": {"startDate": "2026-03-02T00:00:00Z", "finishDate": "2026-03-13T00:00:00Z"},
    }
    undated = {"path": "\\My Project\\Iteration\\Release 1", "children": [child]}
    root = Node.model_validate({"path": "\\My Project\\Iteration", "children": [undated]})
    assert iteration_ends(root) == {"My Project\\Release 1\\Sprint 2": date(2026, 3, 13)}


def test_values_of_one_field_on_several_types_are_joined() -> None:
    of_types = [
        [TypeField.model_validate({"referenceName": "Custom.A", "allowedValues": ["x", "y"]})],
        [TypeField.model_validate({"referenceName": "Custom.A", "allowedValues": ["y", {"z": 1}]})],
        [TypeField.model_validate({"referenceName": "Custom.B", "allowedValues": []})],
    ]
    assert allowed_values(of_types) == {"Custom.A": ("x", "y")}


@pytest.mark.parametrize(
    ("properties", "ids"),
    [
        (
            {"Account": {"$type": "System.String", "$value": "Hub@Acme.com"}},
            {"u-1", "hub@acme.com"},
        ),
        ({"Account": "Hub@Acme.com"}, {"u-1", "hub@acme.com"}),
        ({"Account": {"$value": 5}}, {"u-1"}),
        (None, {"u-1"}),
    ],
)
def test_own_ids_are_id_and_account(properties: object, ids: set[str]) -> None:
    assert own_ids(User.model_validate({"id": "U-1", "properties": properties})) == ids


@pytest.mark.parametrize(
    ("value", "written", "unique", "name"),
    [
        ("Ana Dev <Ana@X.com>", "Ana Dev <Ana@X.com>", "ana@x.com", "Ana Dev"),
        ({"displayName": "Ana", "uniqueName": "A@x"}, "Ana <A@x>", "a@x", "Ana"),
        ({"id": "1", "uniqueName": "Ana <A@x>"}, "Ana <A@x>", "a@x", "Ana"),
        ({"displayName": "[P]\\Team"}, "[P]\\Team", "[p]\\team", "[P]\\Team"),
        ({"uniqueName": "A@x"}, "A@x", "a@x", "A@x"),
        ("<a@x>", "<a@x>", "a@x", "<a@x>"),
        ("Old Name", "Old Name", "old name", "Old Name"),
        (None, "", "", ""),
    ],
)
def test_person_has_one_form_whichever_way_it_came(
    value: object, written: str, unique: str, name: str
) -> None:
    assert (label(value), unique_name(value), display_name(value)) == (written, unique, name)
