"""What an access token opens, found out by calls that change nothing; and the service hooks.

A token can't be asked for its scopes. Whether it may write is asked by a create that the service
only validates: https://learn.microsoft.com/en-us/rest/api/azure/devops/wit/work-items/create
States of a hook: https://learn.microsoft.com/en-us/azure/devops/service-hooks/troubleshoot
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridge.domain.errors import CredentialProblem, RecordMissing, Rejected
from bridge.domain.schema import Hook, Probe, Right, Use
from connectors.azure_devops import payloads, render
from connectors.azure_devops.calls import Calls
from connectors.azure_devops.facts import TITLE

_TOKEN = "Azure DevOps, User settings > Personal access tokens: edit the token,"  # noqa: S105 - a place in a menu
_READ = Right("Work Items (Read)", Use.RECORDS, True, grant=f"{_TOKEN} Work Items: Read & write.")
_EVENTS = {
    "workitem.created": "Work item created",
    "workitem.updated": "Work item updated",
    "workitem.commented": "Work item commented on",
    "workitem.deleted": "Work item deleted",
    "workitem.restored": "Work item restored",
}
_STATES = {
    "onProbation": "failed too often and is on probation: events are lost until it works again",
    "disabledByUser": "is disabled by a person",
    "disabledBySystem": "failed for so long that Azure DevOps has disabled it",
    "disabledByInactiveIdentity": "is disabled: who made it has left, or has lost the right to it",
}


async def probe(
    calls: Calls, door: str, launches: Sequence[tuple[str, str]], *, door_open: bool
) -> Probe:
    """What the token may do; CredentialProblem if Azure DevOps does not take it at all."""
    caller = (await calls.ask(render.read_caller(), payloads.ConnectionData)).user
    rights = [await _may_read(calls)]
    left: list[str] = []
    for project, type in dict(launches).items():
        right = await _may_write(calls, project, type, left)
        rights += [] if right is None else [right]
        if left:
            # Whatever it was that did not hold, it would not hold for the next project either.
            break
    hooks = await _hooks(calls, door) if door_open else ()
    return Probe(caller.name or caller.id, tuple(rights), hooks, door_open, left=tuple(left))


async def _may_read(calls: Calls) -> Right:
    try:
        await calls.ask(render.query_tagged(calls.now()), payloads.QueryAnswer)
    except CredentialProblem as lacking:
        return Right(_READ.name, _READ.use, False, str(lacking), _READ.grant)
    return _READ


async def _may_write(calls: Calls, project: str, type: str, left: list[str]) -> Right | None:
    """None where the project or type is not there: that is said elsewhere.

    What was created in earnest, against what the vendor promises, is added to `left`.
    """
    name = f"Work Items (Write) in {project}"
    try:
        made = await _created(calls, await calls.ask_raw(render.try_create(project, type)))
        left += [] if made is None else [f"#{made} in {project}"]
    except CredentialProblem as lacking:
        return Right(name, Use.RECORDS, False, str(lacking), _READ.grant)
    except RecordMissing:
        return None
    except Rejected as refused:
        if refused.detail.startswith("status 403"):
            grant = f"Make the hub's account a Contributor of the project {project}."
            return Right(name, Use.RECORDS, False, str(refused), grant)
        if refused.detail.startswith("status 404"):
            return None
        if not refused.detail.startswith("status 400"):
            raise
        # A rule of the type wants more fields than the title: it was asked, so writing is allowed.
    return Right(name, Use.RECORDS, True)


async def _created(calls: Calls, answer: Any) -> str | None:
    """The id of the item that only validating a create has made after all; None as promised.

    An id in the answer alone proves nothing: it may be one that would have been given.
    """
    id = answer.get("id") if isinstance(answer, dict) else None
    if isinstance(id, bool) or not isinstance(id, int) or id <= 0:
        return None
    try:
        seen = await calls.ask(render.read_item(str(id)), payloads.WorkItem)
    except (RecordMissing, Rejected):
        return None
    return str(id) if seen.fields.get(TITLE) == render.TRIED_TITLE else None


async def _hooks(calls: Calls, door: str) -> tuple[Hook, ...] | None:
    try:
        found = await calls.ask(render.read_hooks(), payloads.Subscriptions)
    except (CredentialProblem, Rejected, RecordMissing):
        return None
    here = [each for each in found.value if _leads_to(each, door)]
    if not here:
        return (Hook("work items", f"No service hook leads to {door}."),)
    return tuple(
        Hook(title, _wrong(title, [each for each in here if each.event_type == event]))
        for event, title in _EVENTS.items()
    )


def _leads_to(hook: payloads.Subscription, door: str) -> bool:
    url = str(hook.consumer_inputs.get("url", ""))
    return url.rstrip("/").casefold() == door.rstrip("/").casefold()


def _wrong(title: str, hooks: Sequence[payloads.Subscription]) -> str:
    """What is wrong with the hooks of one event; empty if one of them works."""
    if not hooks:
        return f"There is no service hook for: {title}."
    said = [_state(title, each) for each in hooks]
    return "" if "" in said else said[0]


def _state(title: str, hook: payloads.Subscription) -> str:
    if hook.status != "enabled":
        return f"The service hook {title} {_STATES.get(hook.status, 'is not enabled')}."
    if hook.consumer_inputs.get("resourceDetailsToSend") == "none":
        return f"The service hook {title} sends no resource details, so it says nothing."
    return ""
