"""How the hub and each connection are, what they wait for, and what an admin can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bridge.core.canary import CanaryState
from bridge.core.health import Health, what_goes_on, what_stops, worst_first
from bridge.engine import canary, checking, pausing
from bridge.engine.connection_health import Known, at_work, look, touched
from bridge.engine.hub import Hub
from bridge.engine.watching import HEALTH, figure_of
from bridge.ports.manifest import Role
from bridge.ports.roles import Connection
from bridge.store import checks, jobs
from bridge.store.checks import LastCheck
from bridge.web.pressing import moved
from bridge.web.rendering import page
from bridge.web.visitor import (
    Admin,
    HubHere,
    PageProblem,
    Shown,
    Viewer,
    own_form,
    printable,
)

router = APIRouter(include_in_schema=False)

LONGEST_REASON = 500

_WORDS = {
    Health.HEALTHY: "Healthy",
    Health.DELAYED: "Delayed",
    Health.NEEDS_YOU: "Needs you",
    Health.PAUSED: "Paused",
    Health.NOT_YET_USED: "Not yet used",
}
_DONE = {
    "checked": "Checked just now. What came of it stands below.",
    "paused": "Paused. Nothing goes out to it until somebody resumes it.",
    "resumed": "Resumed. What has waited is looked at now.",
    "was-paused": "It was paused already.",
    "not-paused": "It was not paused.",
}
_ROLES = {
    Role.HELPDESK: "helpdesk",
    Role.TRACKER: "tracker",
    Role.SIGNALS: "error tracking",
    Role.NOTIFIER: "notices",
}
JOBS = {
    "campaign": "Going over every ticket again, because the mapping was changed",
    "backfill": "Giving old tickets their work items",
    "adoption": "Linking old tickets to the work items they have",
    "audit": "Looking for what of error tracking stands in tickets",
    "canary": "Trying whether anything leaks",
    "erasure": "Erasing",
    "hygiene": "Looking for what has come apart between tickets and their work",
    "preview": "Trying a draft of the mapping",
    "retry": "Trying findings of one cause once more",
}
"""What background work does, in words."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One connection as its tile shows it."""

    name: str
    title: str
    role: str
    health: Health
    word: str
    sentence: str
    known: Known
    receives: bool
    waits_for: str
    checked: LastCheck | None


@router.get("/health")
async def health_page(hub: HubHere, visitor: Viewer) -> Response:
    """A tile for each connection, what must be seen to first."""
    figure = await figure_of(hub, HEALTH)
    tiles = await _tiles(hub, sorted(hub.connections))
    tiles.sort(key=lambda each: worst_first(each.health))
    return page(
        "health.html",
        visitor=visitor,
        now=hub.now(),
        figure=figure,
        tiles=tiles,
        urgent=[each for each in tiles if each.health is Health.NEEDS_YOU],
        healthy=sum(each.health is Health.HEALTHY for each in tiles),
        work=await at_work(hub),
        jobs=JOBS,
    )


@router.get("/health/{name}")
async def connection_page(
    hub: HubHere, visitor: Viewer, name: str, done: Annotated[Shown, Query(max_length=20)] = ""
) -> Response:
    """One connection: how it is, what to see to, and what its last check said."""
    _port(hub, name)
    figure = await figure_of(hub, HEALTH)
    [tile] = await _tiles(hub, [name])
    state = tile.known.state
    return page(
        "connection.html",
        visitor=visitor,
        now=hub.now(),
        figure=figure,
        tile=tile,
        state=state,
        worked_at=_worked_at(tile.known),
        silence=tile.known.silence(hub.now()),
        paused=state is not None and state.paused_by is not None,
        by_person=state is not None and state.paused_by not in (None, "credential"),
        done=_DONE.get(done, ""),
        desk=Role.HELPDESK in hub.connections[name].manifest.roles,
        canary=await _canary(hub, name),
        door=checking.door_of(hub.public_url, name),
    )


_CANARY = {
    CanaryState.PLANTING: "planted, nobody has written it yet",
    CanaryState.SEEN: "read, and watched",
    CanaryState.HELD: "held: nothing got to the ticket",
    CanaryState.LEAKED: "it got to the ticket",
    CanaryState.UNSEEN: "never read, so nothing is known",
    CanaryState.PASSED_OVER: "not written as it was given, so nothing is known",
}
"""What the last try of the rule came to."""


@dataclass(frozen=True, slots=True)
class Tried:
    """The last planted text of a helpdesk."""

    said: str
    bad: bool
    at: datetime


async def _canary(hub: Hub, name: str) -> Tried | None:
    """What the last planted text came to; None if there was none."""
    async with hub.db.read() as connection:
        job = await jobs.newest_on(connection, canary.KIND, name)
    if job is None or not isinstance(job.result, dict):
        return None
    state = CanaryState(job.result["state"])
    return Tried(_CANARY[state], state is CanaryState.LEAKED, job.finished_at or job.updated_at)


@router.get("/health/{name}/pause")
async def pause_page(hub: HubHere, visitor: Admin, name: str) -> Response:
    """What a pause would stop, before it does."""
    return await _asked(hub, visitor, name)


@router.post("/health/{name}/pause")
async def pause(request: Request, hub: HubHere, visitor: Admin, name: str) -> Response:
    """Pause the connection, for the reason that was given."""
    fields = await own_form(request, visitor)
    _port(hub, name)
    reason = fields.get("reason", "").strip()
    wrong = _unfit(reason)
    if wrong:
        return await _asked(hub, visitor, name, reason=reason, wrong=wrong)
    paused = await pausing.pause(hub, name, reason=reason, by=visitor.actor.name)
    return _back(name, "paused" if paused else "was-paused")


@router.post("/health/{name}/resume")
async def resume(request: Request, hub: HubHere, visitor: Admin, name: str) -> Response:
    """End the pause, whoever made it."""
    await own_form(request, visitor)
    _port(hub, name)
    resumed = await pausing.resume(hub, name, by=visitor.actor.name)
    return _back(name, "resumed" if resumed else "not-paused")


@router.post("/health/{name}/check")
async def check(request: Request, hub: HubHere, visitor: Admin, name: str) -> Response:
    """Ask the vendor, live, whether everything is as the hub needs it. Nothing is changed."""
    await own_form(request, visitor)
    _port(hub, name)
    await checking.check_here(hub, name, create=False, by=visitor.actor.name)
    return _back(name, "checked")


async def _asked(
    hub: Hub, visitor: Admin, name: str, *, reason: str = "", wrong: str = ""
) -> Response:
    port = _port(hub, name)
    roles = {each.value for each in port.manifest.roles}
    return page(
        "pause.html",
        422 if wrong else 200,
        visitor=visitor,
        now=hub.now(),
        name=name,
        title=port.manifest.title,
        stops=what_stops(port.manifest.title, roles, await touched(hub, name)),
        goes_on=what_goes_on(port.receiver is not None),
        reason=reason,
        wrong=wrong,
        longest=LONGEST_REASON,
    )


def _unfit(reason: str) -> str:
    """What is wrong with a reason; "": nothing."""
    if not reason:
        return "Say why: people read it wherever the pause shows."
    if len(reason) > LONGEST_REASON:
        return f"At most {LONGEST_REASON} characters; these are {len(reason)}."
    try:
        printable(reason)
    except ValueError:
        return "One line of plain text, without control characters."
    return ""


async def _tiles(hub: Hub, names: list[str]) -> list[Tile]:
    now, known = hub.now(), await look(hub, names)
    async with hub.db.read() as connection:
        checked = await checks.load_all(connection)
    return [_tile(hub.connections[e], known[e], checked.get(e), now) for e in names]


def _tile(port: Connection, known: Known, checked: LastCheck | None, now: datetime) -> Tile:
    health, sentence = known.health(now)
    word = _WORDS[health]
    # The word stands in its pill already.
    said = sentence.removeprefix(f"{word}: ")
    begins_with_name = said.startswith(port.name)
    return Tile(
        name=port.name,
        title=port.manifest.title,
        role=", ".join(label for role, label in _ROLES.items() if role in port.manifest.roles),
        health=health,
        word=word,
        sentence=said if begins_with_name else said[:1].upper() + said[1:],
        known=known,
        receives=port.receiver is not None,
        waits_for=known.waits_for(now),
        checked=checked,
    )


def _worked_at(known: Known) -> datetime | None:
    """When the vendor last took the credential, as far as it is known: a call went well then."""
    swept = None if known.state is None else known.state.swept_at
    times = [each for each in (swept, known.last_write_at) if each is not None]
    return max(times, default=None)


def _port(hub: Hub, name: str) -> Connection:
    port = hub.connections.get(name)
    if port is None:
        raise PageProblem(
            404,
            "There is no such connection",
            "bridge.yaml names no connection like that. The page Health lists those it names.",
        )
    return port


def _back(name: str, done: str) -> Response:
    return moved(f"/health/{name}?done={done}")
