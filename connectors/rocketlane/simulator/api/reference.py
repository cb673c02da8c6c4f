"""Custom fields and users. There is no list of statuses, companies or templates."""

from __future__ import annotations

from starlette.responses import Response

from connectors.rocketlane.simulator import bodies, render
from connectors.rocketlane.simulator.api.asking import Ask, Routes, answer
from connectors.rocketlane.simulator.problems import bad_request
from connectors.rocketlane.simulator.records import CustomField

_FIELD_GETTERS = {
    "objectType": lambda f: f.object_type,
    "fieldType": lambda f: f.type,
    "private": lambda f: f.private,
    "createdAt": lambda f: f.created,
}
_USER_GETTERS = {
    "email": lambda u: u.email,
    "firstName": lambda u: u.first,
    "lastName": lambda u: u.last,
    "type": lambda u: u.type,
    "status": lambda u: u.status,
    "createdAt": lambda u: u.created,
}
_TYPES = {
    "TEXT", "MULTI_LINE_TEXT", "YES_OR_NO", "DATE", "SINGLE_CHOICE", "MULTIPLE_CHOICE",
    "SINGLE_USER", "MULTIPLE_USER", "NUMBER", "NOTE", "RATING",
}  # fmt: skip


def register(routes: Routes) -> None:
    """The addresses of this module."""
    routes.add("GET", "fields", list_fields)
    routes.add("POST", "fields", create_field)
    routes.add("GET", "fields/{field}", read_field)
    routes.add("GET", "users", list_users)
    routes.add("GET", "users/{user}", read_user)


async def list_fields(ask: Ask) -> Response:
    extras = ask.extras(render.FIELD_EXTRAS)
    rows = list(ask.workspace.fields.values())
    return ask.page(rows, _FIELD_GETTERS, {}, lambda f: render.field(f, extras))


async def create_field(ask: Ask) -> Response:
    needed = ("fieldLabel", "fieldType", "objectType")
    given, w = bodies.check(ask.json(), bodies.FIELD, needed), ask.workspace
    if given["fieldType"] not in _TYPES:
        raise bad_request("Invalid value", "fieldType")
    if given["objectType"] not in ("PROJECT", "TASK", "USER"):
        raise bad_request("Invalid value", "objectType")
    options = enumerate((each.get("optionLabel") for each in given.get("fieldOptions") or []), 1)
    made = CustomField(
        w.new_id(), given["fieldLabel"], given["fieldType"], given["objectType"], dict(options),
        private=given.get("private", False), created=w.moment(),
    )  # fmt: skip
    w.fields[made.id] = made
    return answer(render.field(made, ask.extras(render.FIELD_EXTRAS)), 201)


async def read_field(ask: Ask) -> Response:
    found = ask.workspace.see(ask.workspace.fields, "field", ask.params["field"])
    return answer(render.field(found, ask.extras(render.FIELD_EXTRAS)))


async def list_users(ask: Ask) -> Response:
    extras = ask.extras(render.USER_EXTRAS)
    rows = list(ask.workspace.people.values())
    return ask.page(rows, _USER_GETTERS, {}, lambda u: render.user(u, extras))


async def read_user(ask: Ask) -> Response:
    found = ask.workspace.see(ask.workspace.people, "user", ask.params["user"])
    return answer(render.user(found, ask.extras(render.USER_EXTRAS)))
