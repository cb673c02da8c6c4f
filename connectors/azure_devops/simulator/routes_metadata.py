"""Projects, types, states, fields, trees and tags over REST."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.api import Ask, Routes, answer, listed
from connectors.azure_devops.simulator.errors import VendorError
from connectors.azure_devops.simulator.fields import Field
from connectors.azure_devops.simulator.links import LINK_TYPES, RESOURCE_LINKS
from connectors.azure_devops.simulator.process import WorkItemType
from connectors.azure_devops.simulator.records import Project


def register(routes: Routes) -> None:
    """Add the addresses of this module."""
    routes.add("GET", "projects", list_projects)
    routes.add("GET", "projects/{name}", read_project)
    routes.add("GET", "wit/workitemtypes", list_types)
    routes.add("GET", "wit/workitemtypes/{type}", read_type)
    routes.add("GET", "wit/workitemtypes/{type}/states", list_states)
    routes.add("GET", "wit/workitemtypes/{type}/fields", list_type_fields)
    routes.add("GET", "wit/workitemtypes/{type}/fields/{field}", read_type_field)
    routes.add("GET", "wit/workitemtypecategories", list_categories)
    routes.add("GET", "wit/workitemtypecategories/{category}", read_category)
    routes.add("GET", "wit/fields", list_fields)
    routes.add("GET", "wit/fields/{field}", read_field)
    routes.add("GET", "wit/tags", list_tags)
    routes.add("GET", "wit/workitemrelationtypes", list_relation_types)


def _project_body(ask: Ask, project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "url": f"{ask.world.organization_url}/_apis/projects/{project.id}",
        "state": "wellFormed",
        "revision": 1,
        "visibility": "private",
        "lastUpdateTime": moments.stamp(ask.world.now()),
    }


async def list_projects(ask: Ask) -> Response:
    """The projects, without their capabilities."""
    return listed([_project_body(ask, project) for project in ask.world.projects])


async def read_project(ask: Ask) -> Response:
    """One project, with its process if that is asked for."""
    project = ask.world.project(ask.params["name"])
    if project is None:
        message = f"TF200016: The following project does not exist: {ask.params['name']}."
        raise VendorError(404, message, "ProjectDoesNotExistWithNameException")
    body = _project_body(ask, project)
    if ask.flag("includecapabilities"):
        template = {
            "templateName": project.process.name,
            "templateTypeId": project.process.id,
        }
        body["capabilities"] = {
            "processTemplate": template,
            "versioncontrol": {"sourceControlType": "Git", "gitEnabled": "True"},
        }
    return answer(body)


def _type_of(ask: Ask) -> WorkItemType:
    found = ask.need_project().process.type(ask.params["type"])
    if found is None:
        message = f"VS402323: Work item type {ask.params['type']} does not exist in project "
        message += f"{ask.need_project().name} or you do not have permission to access it."
        raise VendorError(404, message, "WorkItemTypeNotFoundException")
    return found


def _states(type_: WorkItemType) -> list[dict[str, Any]]:
    return [{"name": s.name, "color": s.colour, "category": s.category} for s in type_.states]


def _type_body(ask: Ask, type_: WorkItemType) -> dict[str, Any]:
    api = ask.world.render.project_api(ask.need_project())
    names = [state.name for state in type_.states]
    transitions: dict[str, Any] = {"": [{"to": names[0]}]}
    for name in names:
        transitions[name] = [{"to": other} for other in names if other != name]
    icon = f"icon_{type_.name.casefold().replace(' ', '_')}"
    fields = [_type_field(ask, type_, f, "none") for f in _fields_of(ask, type_)]
    return {
        "name": type_.name,
        "referenceName": type_.reference_name,
        "description": type_.name,
        "color": type_.colour,
        "icon": {"id": icon, "url": f"{ask.world.organization_url}/_apis/wit/workItemIcons/{icon}"},
        "isDisabled": False,
        "fields": fields,
        "fieldInstances": fields,
        "transitions": transitions,
        "states": _states(type_),
        "url": f"{api}/wit/workItemTypes/{quote(type_.name)}",
    }


async def list_types(ask: Ask) -> Response:
    """The types of the project's process."""
    return listed([_type_body(ask, t) for t in ask.need_project().process.types])


async def read_type(ask: Ask) -> Response:
    """One type."""
    return answer(_type_body(ask, _type_of(ask)))


async def list_states(ask: Ask) -> Response:
    """The states of a type with their categories."""
    return listed(_states(_type_of(ask)))


def _fields_of(ask: Ask, type_: WorkItemType) -> list[Field]:
    return ask.world.fields.of_type(type_.name)


def _type_field(ask: Ask, type_: WorkItemType, field: Field, expand: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "referenceName": field.reference_name,
        "name": field.name,
        "alwaysRequired": field.required,
        "helpText": field.name,
        "url": f"{ask.world.organization_url}/_apis/wit/fields/{field.reference_name}",
    }
    if field.default is not None:
        body["defaultValue"] = str(field.default)
    if expand in ("all", "allowedvalues"):
        allowed: list[Any] = [str(value) for value in field.allowed]
        if field.reference_name == "System.State":
            allowed = [state.name for state in type_.states]
        body["allowedValues"] = allowed
    if expand in ("all", "dependentfields"):
        body["dependentFields"] = []
    return body


async def list_type_fields(ask: Ask) -> Response:
    """The fields of a type; allowed values only when expanded."""
    type_, expand = _type_of(ask), ask.query.get("$expand", "none").casefold()
    return listed([_type_field(ask, type_, f, expand) for f in _fields_of(ask, type_)])


def _no_field(name: str) -> VendorError:
    message = f"TF51535: Cannot find field {name}."
    return VendorError(404, message, "WorkItemTrackingFieldDefinitionNotFoundException")


async def read_type_field(ask: Ask) -> Response:
    """One field of a type."""
    type_, field = _type_of(ask), ask.world.fields.find(ask.params["field"])
    if field is None or not field.belongs_to(type_.name):
        raise _no_field(ask.params["field"])
    return answer(_type_field(ask, type_, field, ask.query.get("$expand", "none").casefold()))


def _field_body(ask: Ask, field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "referenceName": field.reference_name,
        "description": "",
        "type": "string" if field.is_identity else field.type,
        "usage": "workItem",
        "readOnly": field.read_only,
        "canSortBy": field.type not in ("html", "history", "plainText"),
        "isQueryable": True,
        "supportedOperations": [{"referenceName": "SupportedOperations.Equals", "name": "="}],
        "isIdentity": field.is_identity,
        "isPicklist": bool(field.allowed) and field.reference_name.startswith("Custom."),
        "isPicklistSuggested": False,
        "url": f"{ask.world.organization_url}/_apis/wit/fields/{field.reference_name}",
    }


async def list_fields(ask: Ask) -> Response:
    """Every field of the organisation."""
    return listed([_field_body(ask, field) for field in ask.world.fields.all()])


async def read_field(ask: Ask) -> Response:
    """One field."""
    field = ask.world.fields.find(ask.params["field"])
    if field is None:
        raise _no_field(ask.params["field"])
    return answer(_field_body(ask, field))


def _categories(ask: Ask) -> list[dict[str, Any]]:
    project = ask.need_project()
    api = ask.world.render.project_api(project)
    members: dict[str, list[dict[str, str]]] = {}
    for type_ in project.process.types:
        url = f"{api}/wit/workItemTypes/{quote(type_.name)}"
        members.setdefault(type_.category, []).append({"name": type_.name, "url": url})
    return [
        {
            "name": category.removeprefix("Microsoft.").removesuffix("Category") + " Category",
            "referenceName": category,
            "defaultWorkItemType": types[0],
            "workItemTypes": types,
            "url": f"{api}/wit/workItemTypeCategories/{category}",
        }
        for category, types in members.items()
    ]


async def list_categories(ask: Ask) -> Response:
    """The categories of types."""
    return listed(_categories(ask))


async def read_category(ask: Ask) -> Response:
    """One category."""
    wanted = ask.params["category"].casefold()
    found = next((c for c in _categories(ask) if c["referenceName"].casefold() == wanted), None)
    if found is None:
        raise VendorError(404, f"VS402320: No category {wanted}.", "CategoryNotFoundException")
    return answer(found)


async def list_tags(ask: Ask) -> Response:
    """Tags in use."""
    used: dict[str, None] = {}
    for item in ask.world.items.values():
        if item.project is ask.need_project():
            used |= dict.fromkeys(item.tags)
    url = f"{ask.world.render.project_api(ask.need_project())}/wit/tags"
    return listed(
        [{"id": ask.world.tag_id(tag), "name": tag, "url": f"{url}/{quote(tag)}"} for tag in used]
    )


async def list_relation_types(ask: Ask) -> Response:
    """The relation types of items and of resources."""
    url = f"{ask.world.organization_url}/_apis/wit/workItemRelationTypes"
    names = {rel: name for rel, (name, _other) in LINK_TYPES.items()}
    names |= {rel: rel for rel in RESOURCE_LINKS}
    return listed(
        [
            {
                "referenceName": rel,
                "name": name,
                "url": f"{url}/{rel}",
                "attributes": {
                    "usage": "resourceLink" if rel in RESOURCE_LINKS else "workItemLink",
                    "enabled": True,
                    "topology": "tree" if "Hierarchy" in rel else "network",
                },
            }
            for rel, name in names.items()
        ]
    )
