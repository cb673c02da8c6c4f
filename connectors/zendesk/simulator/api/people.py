"""Users and organisations.

https://developer.zendesk.com/api-reference/ticketing/users/users/
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from connectors.zendesk.simulator.api.asking import Ask, answer, nothing, page
from connectors.zendesk.simulator.companies import change_organization, delete_organization
from connectors.zendesk.simulator.companies import create_organization as make_organization
from connectors.zendesk.simulator.problems import invalid
from connectors.zendesk.simulator.records import Organization, User
from connectors.zendesk.simulator.render import organization_body, user_body


def me(ask: Ask) -> Response:
    return answer({"user": user_body(ask.account, ask.account.user(ask.by.user_id))})


def user(ask: Ask) -> Response:
    return answer({"user": user_body(ask.account, ask.account.user(ask.params["id"]))})


def users(ask: Ask) -> Response:
    wanted = ask.query.get("role") or ask.query.get("role[]")
    everybody = list(ask.account.users.values())
    return _users(ask, [u for u in everybody if wanted in (None, u.role)])


def users_by_id(ask: Ask) -> Response:
    known = ask.account.users
    return _users(ask, [known[number] for number in ask.ids() if number in known])


def find_users(ask: Ask) -> Response:
    query, external = ask.query.get("query", ""), ask.query.get("external_id")
    email = query.removeprefix("email:").casefold()

    def fits(one: User) -> bool:
        if external is not None:
            return one.external_id == external
        if query.startswith("email:"):
            return (one.email or "").casefold() == email
        return bool(query) and query.casefold() in f"{one.name} {one.email}".casefold()

    return _users(ask, [one for one in ask.account.users.values() if fits(one)])


def create_user(ask: Ask) -> Response:
    given = ask.record("user")
    email = given.get("email")
    if not given.get("name"):
        raise invalid("name", "Name: is too short (minimum one character)")
    if email and any(u.email == email for u in ask.account.users.values()):
        raise invalid("email", f"Email: {email} is already being used by another user")
    new = ask.account.add_user(given["name"], email, given.get("role", "end-user"))
    _set(new, given)
    return answer({"user": user_body(ask.account, new)}, 201)


def change_user(ask: Ask) -> Response:
    known = ask.account.user(ask.params["id"])
    _set(known, ask.record("user"))
    known.updated_at, known.serial = ask.account.now(), ask.account.numbers.serial()
    return answer({"user": user_body(ask.account, known)})


def _set(one: User, given: dict[str, Any]) -> None:
    for name in ("name", "email", "external_id", "organization_id", "tags", "suspended"):
        if name in given:
            setattr(one, name, given[name])
    one.user_fields |= given.get("user_fields") or {}


def _users(ask: Ask, listed: list[User]) -> Response:
    body = page(ask, "users", listed, lambda u: user_body(ask.account, u), lambda u: u.id)
    return answer(body)


def organization(ask: Ask) -> Response:
    known = ask.account.organization(ask.params["id"])
    return answer({"organization": organization_body(ask.account, known)})


def organizations(ask: Ask) -> Response:
    return _organizations(ask, list(ask.account.organizations.values()))


def organizations_by_id(ask: Ask) -> Response:
    known = ask.account.organizations
    return _organizations(ask, [known[number] for number in ask.ids() if number in known])


def find_organizations(ask: Ask) -> Response:
    name, external = ask.query.get("name"), ask.query.get("external_id")
    listed = [
        one
        for one in ask.account.organizations.values()
        if (external is not None and one.external_id == external)
        or (name is not None and one.name.casefold() == name.casefold())
    ]
    return _organizations(ask, listed)


def create_organization(ask: Ask) -> Response:
    new = make_organization(ask.account, ask.record("organization"))
    return answer({"organization": organization_body(ask.account, new)}, 201)


def update_organization(ask: Ask) -> Response:
    known = ask.account.organization(ask.params["id"])
    change_organization(ask.account, known, ask.record("organization"))
    return answer({"organization": organization_body(ask.account, known)})


def remove_organization(ask: Ask) -> Response:
    delete_organization(ask.account, ask.account.organization(ask.params["id"]))
    return nothing()


def _organizations(ask: Ask, listed: list[Organization]) -> Response:
    live = [one for one in listed if not one.deleted]
    body = page(
        ask, "organizations", live, lambda o: organization_body(ask.account, o), lambda o: o.id
    )
    return answer(body)
