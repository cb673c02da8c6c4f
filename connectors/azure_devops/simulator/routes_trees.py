"""Iterations and areas over REST."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from connectors.azure_devops.simulator.api import Ask, Routes, answer, listed
from connectors.azure_devops.simulator.errors import VendorError, missing_item
from connectors.azure_devops.simulator.records import Iteration

_STRUCTURES = {"iterations": "iteration", "areas": "area"}


def register(routes: Routes) -> None:
    """Add the addresses of this module."""
    routes.add("GET", "wit/classificationnodes", list_roots)
    routes.add("GET", "wit/classificationnodes/{group}", read_node)
    routes.add("GET", "wit/classificationnodes/{group}/{*path}", read_node)


def _node(ask: Ask, group: str, path: str, depth: int) -> dict[str, Any]:
    """One node of a tree, its children down to a depth; `path` is as the field writes it."""
    project = ask.need_project()
    nodes = project.iterations if group == "iterations" else project.areas
    own = next((n for n in nodes if n.path.casefold() == path.casefold()), None)
    if own is None and path.casefold() != project.name.casefold():
        message = f"TF401347: Invalid tree name {path}."
        raise VendorError(404, message, "ClassificationNodeNotFoundException")
    root = own or Iteration(0, project.id, project.name)
    below = [n for n in nodes if n.path.rpartition("\\")[0].casefold() == root.path.casefold()]
    first, _, rest = root.path.partition("\\")
    structure = _STRUCTURES[group]
    shown = f"\\{first}\\{structure.capitalize()}" + (f"\\{rest}" if rest else "")
    address = group.capitalize() + (f"/{quote(rest.replace(chr(92), '/'))}" if rest else "")
    body: dict[str, Any] = {
        "id": root.id,
        "identifier": root.identifier,
        "name": root.path.rpartition("\\")[2],
        "structureType": structure,
        "hasChildren": bool(below),
        "path": shown,
        "url": f"{ask.world.render.project_api(project)}/wit/classificationNodes/{address}",
    }
    if root.start or root.finish:
        dates = {"startDate": root.start, "finishDate": root.finish}
        body["attributes"] = {key: value for key, value in dates.items() if value}
    if below and depth > 0:
        body["children"] = [_node(ask, group, n.path, depth - 1) for n in below]
    return body


async def list_roots(ask: Ask) -> Response:
    """Both trees of the project."""
    name, depth = ask.need_project().name, ask.number("$depth", 0)
    return listed([_node(ask, group, name, depth) for group in ("areas", "iterations")])


async def read_node(ask: Ask) -> Response:
    """A tree, or the part of it below a path."""
    group = ask.params["group"].casefold()
    if group not in _STRUCTURES:
        raise missing_item(group)
    rest = ask.params.get("path", "").replace("/", "\\")
    path = ask.need_project().name + (f"\\{rest}" if rest else "")
    return answer(_node(ask, group, path, ask.number("$depth", 0)))
