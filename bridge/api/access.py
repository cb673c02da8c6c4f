"""Who calls: bearer tokens and the four roles. Without any token the API is closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bridge.api.problems import ApiProblem
from bridge.domain.access import AccessRole as AccessRole
from bridge.domain.access import Actor as Actor
from bridge.engine.hub import Hub
from bridge.kit.signatures import same
from bridge.store import tokens


@dataclass(frozen=True, slots=True)
class Access:
    """The tokens that hold besides those in the store; an empty one opens nothing."""

    admin_token: str = ""
    local_token: str = ""
    """Made at each start for the commands on this machine; it lives as long as the process."""

    async def identify(self, hub: Hub, authorization: str) -> Actor | None:
        """Whose `Authorization` header this is; None if nobody's."""
        scheme, _, secret = authorization.partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            return None
        # Both are always compared: the time tells nothing.
        is_admin, is_local = same(secret, self.admin_token), same(secret, self.local_token)
        if is_admin or is_local:
            return Actor("command line" if is_local else "BRIDGE_ADMIN_TOKEN", AccessRole.ADMIN)
        async with hub.db.read() as connection:
            found = await tokens.find(connection, secret, hub.now())
        return None if found is None else Actor(f"token {found['name']}", AccessRole(found["role"]))


_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="An API token: `bridge token create --name … --role viewer`.",
)


def at_least(role: AccessRole) -> Callable[..., Awaitable[Actor]]:
    """A dependency: the caller, whose role must cover `role`."""

    async def actor(
        request: Request,
        # Only for the documentation: the gate in front of /api has looked already.
        _said: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)],
    ) -> Actor:
        found = getattr(request.state, "actor", None)
        if not isinstance(found, Actor):
            raise ApiProblem("unauthorised")
        if not found.role.covers(role):
            raise ApiProblem(
                "forbidden",
                f"This needs the role {role.value}; the token has the role {found.role.value}. "
                f"An admin can make one: bridge token create --name … --role {role.value}",
            )
        return found

    return actor


Viewer = Annotated[Actor, Depends(at_least(AccessRole.VIEWER))]
Csm = Annotated[Actor, Depends(at_least(AccessRole.CSM))]
Operator = Annotated[Actor, Depends(at_least(AccessRole.OPERATOR))]
Admin = Annotated[Actor, Depends(at_least(AccessRole.ADMIN))]


def hub_of(request: Request) -> Hub:
    """A dependency: the hub of this process."""
    hub = request.app.state.hub
    assert isinstance(hub, Hub)  # noqa: S101 - the application is never built without
    return hub


HubHere = Annotated[Hub, Depends(hub_of)]
