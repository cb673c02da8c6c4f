"""Re-run: the pure plan once more on what a stored run was decided from, without writing."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, replace

from bridge.config.mapping_files import LoadedMapping
from bridge.core.plan import plan_item, plan_ticket
from bridge.core.rerun import differences
from bridge.domain.mapping import Mapping
from bridge.domain.refs import split_ref
from bridge.engine.activation import check_mapping
from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms
from bridge.store import explaining
from bridge.store.database import Row
from bridge.store.run_inputs import (
    InputsLacking,
    item_from_inputs,
    mappings_of,
    ticket_from_inputs,
)

_GONE = "The mapping of then is not stored, or not valid any more"


@dataclass(frozen=True, slots=True)
class Rerun:
    """What the plan makes of a run's inputs, by the mapping of then and by the one in force.

    None where it could not be asked; `reason` says why. Empty: it decides the same. A work item
    may go by several mappings: `today_version` is named where there is one.
    """

    then: tuple[str, ...] | None = None
    today: tuple[str, ...] | None = None
    today_version: str | None = None
    reason: str = ""


async def rerun(hub: Hub, run: Row) -> Rerun:
    """Plan again what the run planned, and hold it against what it decided."""
    if run["finished_at"] is None:
        return Rerun(reason="The run did not end: what it was decided from was not kept")
    version = None
    try:
        if run["mapping_hash"] is None:
            return await _of_item(hub, run)
        name = split_ref(run["record_key"])[0]
        active = hub.mappings.get(name)
        version = None if active is None else active.hash
        now = None if active is None else _ticket(hub, run, active.data)
        mapping = await _mapping_then(hub, name, run["mapping_hash"])
        then = None if mapping is None else _ticket(hub, run, mapping)
    except InputsLacking as lacking:
        return Rerun(today_version=version, reason=str(lacking))
    return Rerun(then, now, version, "" if mapping is not None else _GONE)


async def _of_item(hub: Hub, run: Row) -> Rerun:
    """A work item goes by the mappings of all its tickets' helpdesks."""
    hashes = mappings_of(run["inputs"])
    before = {name: await _mapping_then(hub, name, each) for name, each in hashes.items()}
    known = {name: mapping for name, mapping in before.items() if mapping is not None}
    active = {name: each for name, each in hub.mappings.items() if name in hashes}
    now = _item(hub, run, {name: each.data for name, each in active.items()})
    then = _item(hub, run, known) if len(known) == len(hashes) else None
    versions = [each.hash for _, each in sorted(active.items())]
    version = versions[0] if len(versions) == 1 else None
    return Rerun(then, now, version, "" if then is not None else _GONE)


def _ticket(hub: Hub, run: Row, mapping: Mapping) -> tuple[str, ...]:
    kept = ticket_from_inputs(run["record_key"], run["inputs"], mapping)
    # What is known of Sentry is no input of a run: the gate knows what it knows today.
    situation = replace(kept, sentry=hub.sentry)
    plan = plan_ticket(situation, from_ms(run["finished_at"]))
    return differences(run["decided"] or {}, run["verdict"], plan)


def _item(hub: Hub, run: Row, mappings: Table[str, Mapping]) -> tuple[str, ...]:
    situation = item_from_inputs(run["record_key"], run["inputs"], mappings)
    plan = plan_item(situation, hub.public_url, from_ms(run["finished_at"]))
    return differences(run["decided"] or {}, run["verdict"], plan, operations=True)


async def _mapping_then(hub: Hub, helpdesk: str, content_hash: str) -> Mapping | None:
    async with hub.db.read() as connection:
        row = await explaining.mapping_of_hash(connection, helpdesk, content_hash)
    if row is None:
        return None
    loaded = await check_mapping(hub, row["name"], row["source"])
    return loaded.mapping if isinstance(loaded, LoadedMapping) else None
