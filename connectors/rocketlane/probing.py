"""What an API key opens, found out by calls that change nothing.

A key can't be asked for its rights, nothing can be created on trial, and no call shows webhooks:
https://developer.rocketlane.com/docs/webhooks-overview
"""

from __future__ import annotations

from collections.abc import Iterable

from bridge.domain.errors import RecordMissing, Rejected
from bridge.domain.schema import Probe, Right, Use
from connectors.rocketlane import render
from connectors.rocketlane.calls import Calls
from connectors.rocketlane.payloads import TaskPage, UserPage

_GRANT = "Rocketlane, Settings > API: create the key as a user who may read and change tasks."


async def probe(
    calls: Calls, account: str, launches: Iterable[tuple[str, str]], *, door_open: bool
) -> Probe:
    """What the key may do; CredentialProblem if Rocketlane does not take it at all."""
    rights = [await _may_read(calls)]
    for project in dict(launches):
        name = f"Create tasks in {project}" if project else "Create tasks"
        rights.append(Right(name, Use.RECORDS, None, grant=_GRANT))
    if account and not (await calls.ask(render.list_users(account), UserPage)).data:
        why = f"Rocketlane has no user {account}."
        grant = "Set account in bridge.yaml to the e-mail address of the key's user."
        rights.append(Right("The hub's own account", Use.RECORDS, False, why, grant))
    return Probe(account or "the user of the key", tuple(rights), None, door_open)


async def _may_read(calls: Calls) -> Right:
    try:
        await calls.ask(render.try_read(), TaskPage)
    except (Rejected, RecordMissing) as lacking:
        return Right("Read tasks", Use.RECORDS, False, str(lacking), _GRANT)
    return Right("Read tasks", Use.RECORDS, True, grant=_GRANT)
