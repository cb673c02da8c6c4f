"""What an API token opens, found out by calls that change nothing; and the webhooks.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-permissions/
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.domain.errors import CredentialProblem, RecordMissing, Rejected
from bridge.domain.schema import Hook, Probe, Right, Use
from connectors.jira import payloads, render
from connectors.jira.calls import Calls
from connectors.jira.catalogue import read_screens

_GRANT = "Jira, Project settings > Access: give the hub's account a role that may do this."
_SCREEN = "Jira, Project settings > Issue types (or Screens): add Labels to the create screen."
LABELS = "labels"
_EVENTS = {
    "jira:issue_created": "Issue: created",
    "jira:issue_updated": "Issue: updated",
    "jira:issue_deleted": "Issue: deleted",
    "comment_created": "Comment: created",
    "comment_updated": "Comment: updated",
    "comment_deleted": "Comment: deleted",
    "jira:version_updated": "Version: updated",
    "jira:version_released": "Version: released",
    "jira:version_unreleased": "Version: unreleased",
    "jira:version_deleted": "Version: deleted",
}


async def probe(
    calls: Calls,
    door: str,
    projects: Sequence[str],
    launches: Sequence[tuple[str, str]],
    *,
    door_open: bool,
) -> Probe:
    """What the token may do; CredentialProblem if Jira does not take it at all."""
    caller = await calls.ask(render.read_caller(), payloads.User)
    rights = [await _right(calls, f"Work in {each}", each, render.RIGHTS) for each in projects]
    for each in dict(launches):
        right = await _right(calls, f"Create issues in {each}", each, [render.CREATE_RIGHT])
        # A project that is not there is told elsewhere.
        rights += [] if right.why == _NO_PROJECT else [right]
    for project, type in launches:
        rights += await _label(calls, project, type)
    hooks = await _hooks(calls, door) if door_open else ()
    return Probe(caller.name or caller.id, tuple(rights), hooks, door_open)


_NO_PROJECT = "Jira does not show the project."


async def _right(calls: Calls, name: str, project: str, wanted: Sequence[str]) -> Right:
    """One right for all of these permissions; `why` names those that lack."""
    try:
        found = await calls.ask(render.read_rights(project, wanted), payloads.Permissions)
    except RecordMissing:
        return Right(name, Use.RECORDS, False, _NO_PROJECT, _GRANT)
    lacking = [each.name or key for key, each in found.permissions.items() if not each.has]
    lacking += [each for each in wanted if each not in found.permissions]
    why = f"The account lacks: {', '.join(lacking)}." if lacking else ""
    return Right(name, Use.RECORDS, not lacking, why, _GRANT)


async def _label(calls: Calls, project: str, type: str) -> list[Right]:
    """A right that lacks, where the create screen has no labels: Jira would refuse every launch."""
    try:
        types, screens = await read_screens(calls, project)
    except (RecordMissing, Rejected):
        return []
    without = [
        each.name
        for each in types
        if each.name.casefold() == type.casefold()
        and LABELS not in {field.id for field in screens[each.id]}
    ]
    name, where = f"Labels on {type} in {project}", f"The create screen of {type} in {project}"
    why = f"{where} has no field Labels, which every launch sets to find its issue again."
    return [Right(name, Use.RECORDS, False, why, _SCREEN) for _ in without]


async def _hooks(calls: Calls, door: str) -> tuple[Hook, ...] | None:
    try:
        found = await calls.ask_list(render.read_webhooks(), payloads.Webhook)
    except (CredentialProblem, Rejected, RecordMissing):
        return None
    here = [each for each in found if _leads_to(each, door)]
    if not here:
        return (Hook("issues", f"No webhook leads to {door}."),)
    return tuple(Hook(title, _wrong(title, event, here)) for event, title in _EVENTS.items())


def _leads_to(hook: payloads.Webhook, door: str) -> bool:
    return hook.url.partition("?")[0].rstrip("/").casefold() == door.rstrip("/").casefold()


def _wrong(title: str, event: str, hooks: Sequence[payloads.Webhook]) -> str:
    """What is wrong with the webhooks of one event; empty if one of them works."""
    said = [_state(title, each) for each in hooks if event in each.events]
    if not said:
        return f"No webhook sends: {title}."
    return "" if "" in said else said[0]


def _state(title: str, hook: payloads.Webhook) -> str:
    if not hook.enabled:
        return f"The webhook that sends {title} is disabled."
    if not hook.signed:
        return f"The webhook that sends {title} has no secret, so it is refused."
    if hook.without_body:
        return f"The webhook that sends {title} excludes the body, so it says nothing."
    return ""
