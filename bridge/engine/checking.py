"""The check of a connection: its vendor is asked live, and what came of it is judged.

`check_connection` needs no store, so that it can be made before the hub's first start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bridge.core.check_result import Place, Result
from bridge.core.checking import (
    Heard,
    judge_pause,
    judge_probe,
    judge_use,
    judge_webhooks,
    needs,
    unproven,
    waiting_for_customers,
)
from bridge.core.checking_items import judge_items
from bridge.core.checking_owned import missing_fields
from bridge.core.checking_tickets import judge_tickets
from bridge.core.spoken import said_time
from bridge.domain.errors import (
    BridgeError,
    ConfigProblem,
    CredentialProblem,
    Paused,
    ScopeMissing,
    Throttled,
    Unavailable,
)
from bridge.domain.findings import Finding
from bridge.domain.mapping import Mapping
from bridge.domain.schema import NewField, Probe, Schema
from bridge.engine.hub import Hub
from bridge.engine.silence import SILENT
from bridge.ports.roles import Connection, Tracker
from bridge.store import checks, connections, history, tokens

log = structlog.get_logger(__name__)
LEFT = "CHECK_LEFT_ITEM"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to. `created` are the fields it made; `schema` None: it was not read."""

    results: tuple[Result, ...]
    created: tuple[str, ...] = ()
    schema: Schema | None = None
    left: tuple[str, ...] = ()
    """What the vendor created though it was only asked whether it would."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(each.ok for each in self.results)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a check looks at besides the vendor. `door`: where its webhooks must lead."""

    mappings: Sequence[Mapping]
    door: str
    heard: Heard
    now: datetime
    create: bool = False
    """Whether to make the fields that the hub owns and that are not there."""
    may_try: bool = True
    """Whether the vendor may be asked to validate a create: it kept one, if that is False."""


def place_of(port: Connection) -> Place:
    """The connection's names for sentences."""
    facts = port.manifest
    return Place(
        port.name,
        facts.title,
        credential_at=facts.credential_at,
        webhooks_at=facts.webhooks_at,
        fields_at=facts.fields_at,
        creates_fields=facts.creates_fields,
    )


def concerning(mappings: Sequence[Mapping], name: str) -> list[Mapping]:
    """Those of the mappings that have anything to say of the connection."""
    return [
        each
        for each in mappings
        if name == each.helpdesk
        or name in each.trackers()
        or name in each.status
        or any(pair.connection == name for pair in each.fields)
        or name in each.notifiers()
    ]


async def check_here(hub: Hub, name: str, *, create: bool, by: str) -> Checked:
    """Check a connection of the running hub by the mappings in force.

    What was read is what planning goes by from now on, and what it came to is kept for pages.
    """
    port, now = hub.connections[name], hub.now()
    async with hub.db.read() as connection:
        state = await connections.load(connection, name)
        known = await history.open_findings_of(connection, "")
    open_here = {each["code"] for each in known if each["connection"] == name}
    checked = await check_connection(
        port,
        Circumstances(
            mappings=[each.data for each in hub.mappings.values()],
            door=door_of(hub.public_url, name),
            heard=Heard(
                known=state is not None,
                last_delivery_at=None if state is None else state.last_delivery_at,
                paused_by=None if state is None else state.paused_by,
                paused_reason=(None if state is None else state.paused_reason) or "",
                repairs=0 if state is None else state.repairs,
                silent=SILENT in open_here,
            ),
            now=now,
            create=create,
            may_try=LEFT not in open_here,
        ),
    )
    async with hub.db.write() as connection:
        await history.raise_findings(
            hub.db,
            connection,
            [Finding(LEFT, name, topic=each, data={"item": each}) for each in checked.left],
            now,
        )
        await checks.keep(hub.db, connection, name, results=checked.results, by=by, now=hub.now())
        if checked.schema is not None:
            reference = checked.schema.reference
            await connections.store_reference(hub.db, connection, name, reference, now)
            hub.references[name] = (reference, now)
        if checked.created:
            await tokens.audit(
                connection, actor=by, action="connection.fields_created", target=name,
                detail={"fields": list(checked.created)}, now=now,
            )  # fmt: skip
    return checked


async def schema_here(hub: Hub, name: str) -> Schema:
    """The live schema of a connection of the running hub; Paused if a person has paused it."""
    async with hub.db.read() as connection:
        state = await connections.load(connection, name)
    if state is not None and state.paused_by not in (None, "credential"):
        raise Paused(f"{name} is paused ({state.paused_reason}), so the vendor is not asked")
    return await read_schema(hub.connections[name], [each.data for each in hub.mappings.values()])


def door_of(public_url: str, name: str) -> str:
    """The address to which the connection's webhooks must lead."""
    return f"{public_url}/webhooks/{name}"


async def check_connection(port: Connection, on: Circumstances) -> Checked:
    """Ask the vendor and judge. Raises nothing of the vendor's: that is part of the answer.

    Where a person has paused the connection the vendor is not asked.
    """
    place = place_of(port)
    if on.heard.paused_by not in (None, "credential"):
        return Checked(tuple(judge_pause(place, on.heard)))
    try:
        probe = await _probe(port, on)
    except BridgeError as error:
        failed = _failed("credential", place, error, on.now)
        return Checked((*judge_pause(place, on.heard), failed))
    results = judge_pause(place, on.heard, accepted=True)
    if probe is None:
        return Checked((*results, unproven(place), *judge_use(place, on.mappings)))
    about = concerning(on.mappings, port.name)
    waiting = waiting_for_customers(about, port.name)
    results += judge_probe(place, probe, needs(about, port.name), waiting)
    if probe.left:
        log.warning("check left an item behind", connection=port.name, items=list(probe.left))
    if port.notifier is not None:
        return Checked((*results, *judge_use(place, on.mappings)))
    checked = await _check_schema(port, place, on)
    results += [*checked.results, *judge_webhooks(place, probe, on.heard, on.door, on.now)]
    return Checked(tuple(results), checked.created, checked.schema, probe.left)


async def _probe(port: Connection, on: Circumstances) -> Probe | None:
    if port.helpdesk is not None:
        return await port.helpdesk.probe()
    if port.signals is not None:
        return await port.signals.probe()
    if port.notifier is not None:
        return await port.notifier.probe()
    launches = [r.launch for each in on.mappings for r in each.routes if r.launch is not None]
    here = frozenset(
        (e.fixed_project or "", e.type) for e in launches if e.in_ == port.name and on.may_try
    )
    return await _tracker(port).probe(on.door, here)


def _tracker(port: Connection) -> Tracker:
    if port.tracker is None:
        raise ConfigProblem(f"{port.name} is neither a helpdesk nor a tracker")
    return port.tracker


async def read_schema(port: Connection, mappings: Sequence[Mapping]) -> Schema:
    """The connection's live schema, with the projects that the mappings name."""
    if port.helpdesk is not None:
        return await port.helpdesk.fetch_schema()
    if port.signals is not None:
        return Schema(await port.signals.fetch_reference())
    launches = [r.launch for each in mappings for r in each.routes if r.launch is not None]
    here = [e.fixed_project for e in launches if e.in_ == port.name]
    named = frozenset(each for each in here if each is not None)
    return await _tracker(port).fetch_schema(named)


async def _check_schema(port: Connection, place: Place, on: Circumstances) -> Checked:
    try:
        schema = await read_schema(port, on.mappings)
    except BridgeError as error:
        return Checked((_failed("schema", place, error, on.now),))
    made: tuple[str, ...] = ()
    results: list[Result] = []
    if on.create and port.helpdesk is not None:
        made, said = await _create(port, place, on, schema)
        results += said
        if made:
            try:
                schema = await read_schema(port, on.mappings)
            except BridgeError as error:
                results.append(_failed("schema", place, error, on.now))
    mine = concerning(on.mappings, port.name)
    for mapping in mine:
        if mapping.helpdesk == port.name:
            results += judge_tickets(mapping, schema, place)
        else:
            results += judge_items(mapping, schema, place)
    if not mine and port.signals is None:
        sentence = f"No mapping says anything of {place.name}, so the hub does nothing there."
        hint = "Write one into the mappings folder: docs/mapping.md"
        results.append(Result("mapping", True, sentence, hint))
    return Checked(tuple(results), made, schema)


async def _create(
    port: Connection, place: Place, on: Circumstances, schema: Schema
) -> tuple[tuple[str, ...], list[Result]]:
    """The names of the fields that were made, and what there is to say of it."""
    mine = [each for each in on.mappings if each.helpdesk == port.name]
    wanted: dict[str, NewField] = {}
    for mapping in mine:
        wanted |= {each.name: each for each in missing_fields(mapping, schema)}
    if not wanted or port.helpdesk is None:
        return (), []
    if not port.manifest.creates_fields:
        sentence = f"The hub can't make fields in {place.title}: {', '.join(wanted)}."
        return (), [Result("create", False, sentence, f"Make them in {place.fields_at}.")]
    made: list[str] = []
    results: list[Result] = []
    for name, field in wanted.items():
        try:
            await port.helpdesk.create_fields([field])
        except BridgeError as error:
            results.append(_failed(f"create {name}", place, error, on.now))
        else:
            made.append(name)
    if made:
        sentence = f"Made on tickets of {place.title}: {', '.join(made)}."
        results.insert(0, Result("create", True, sentence))
    return tuple(made), results


def _failed(what: str, place: Place, error: BridgeError, now: datetime) -> Result:
    """The line for a call that did not come to an answer."""
    sentence = str(error) if str(error).endswith(".") else f"{error}."
    if isinstance(error, Throttled):
        hint = f"The limit ends at {said_time(error.until, now)}; check again then."
    elif isinstance(error, Unavailable):
        hint = f"Is {place.title} reachable from this machine, and base_url right? Check again."
    elif isinstance(error, ScopeMissing):
        hint = f"Give the right in {place.credential_at or place.title}."
    elif isinstance(error, CredentialProblem):
        at = place.credential_at or place.title
        hint = f"Make a token in {at}, set it in bridge.yaml, and restart the hub."
    else:
        hint = f"See what bridge.yaml says of {place.name}."
    return Result(what, False, sentence, hint)
