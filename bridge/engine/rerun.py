"""Re-run: the pure plan once more on what a stored run was decided from, without writing."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.config.mapping_files import LoadedMapping
from bridge.core.plan import plan_ticket
from bridge.core.rerun import differences
from bridge.domain.mapping import Mapping
from bridge.domain.refs import split_ref
from bridge.engine.activation import check_mapping
from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms
from bridge.store import explaining
from bridge.store.database import Row
from bridge.store.run_inputs import InputsLacking, ticket_from_inputs


@dataclass(frozen=True, slots=True)
class Rerun:
    """What the plan makes of a run's inputs, by the mapping of then and by the one in force.

    None where it could not be asked; `reason` says why. Empty: it decides the same.
    """

    then: tuple[str, ...] | None = None
    today: tuple[str, ...] | None = None
    today_version: str | None = None
    reason: str = ""


async def rerun(hub: Hub, run: Row) -> Rerun:
    """Plan again what the run planned, and hold it against what it decided."""
    if run["finished_at"] is None:
        return Rerun(reason="The run did not end: what it was decided from was not kept")
    connection = split_ref(run["record_key"])[0]
    if run["mapping_hash"] is None:
        return Rerun(reason="Only runs of tickets can be run again; this is a work item's")
    active = hub.mappings.get(connection)
    version = None if active is None else active.hash
    try:
        now = None if active is None else _planned(run, active.data)
        mapping = await _mapping_then(hub, connection, run["mapping_hash"])
        then = None if mapping is None else _planned(run, mapping)
    except InputsLacking as lacking:
        return Rerun(today_version=version, reason=str(lacking))
    gone = "" if mapping is not None else "The mapping of then is not stored, or not valid any more"
    return Rerun(then, now, version, gone)


def _planned(run: Row, mapping: Mapping) -> tuple[str, ...]:
    situation = ticket_from_inputs(run["record_key"], run["inputs"], mapping)
    plan = plan_ticket(situation, from_ms(run["finished_at"]))
    return differences(run["decided"] or {}, run["verdict"], plan)


async def _mapping_then(hub: Hub, helpdesk: str, content_hash: str) -> Mapping | None:
    async with hub.db.read() as connection:
        row = await explaining.mapping_of_hash(connection, helpdesk, content_hash)
    if row is None:
        return None
    loaded = await check_mapping(hub, row["name"], row["source"])
    return loaded.mapping if isinstance(loaded, LoadedMapping) else None
