"""Mappings in force: files imported at start, versions activated as campaigns (design rule 11)."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.config.mapping_files import LoadedMapping, MappingContext, load_mapping
from bridge.domain.errors import ConfigProblem
from bridge.domain.findings import Finding
from bridge.engine.hub import ActiveMapping, Hub
from bridge.store import history, mappings
from bridge.store.mappings import MappingVersion

log = structlog.get_logger(__name__)


def context_of(hub: Hub) -> MappingContext:
    """What a mapping may refer to: the hub's connections and their roles."""
    return MappingContext({n: c.manifest.roles for n, c in hub.connections.items()})


async def import_files(hub: Hub, files: Sequence[LoadedMapping], *, autoactivate: bool) -> None:
    """Store new contents; active at once in an empty store, drafts (with a finding) later."""
    now = hub.now()
    async with hub.db.write() as connection:
        in_force = {each.name: each for each in await mappings.active(connection)}
        for file in files:
            name, helpdesk = file.mapping.mapping, file.mapping.helpdesk
            version = MappingVersion(file.hash, name, helpdesk, file.text, "draft")
            await mappings.add_draft(hub.db, connection, version, by=f"file {file.file}", now=now)
            held = in_force.get(name)
            if held is not None and held.hash == file.hash:
                await _drafts(hub, connection, name, [])
            elif held is None or autoactivate:
                await _activate(hub, connection, version)
            else:
                said = {"mapping": name, "file": file.file}
                finding = Finding("MAPPING_DRAFT", helpdesk, f"mapping:{name}", data=said)
                await _drafts(hub, connection, name, [finding])


async def _drafts(hub: Hub, connection: AsyncConnection, name: str, raised: list[Finding]) -> None:
    """The findings on drafts of a mapping are these, and no others."""
    await history.raise_findings(hub.db, connection, raised, hub.now())
    await history.close_findings(connection, ref=f"mapping:{name}", still=raised)


async def _activate(hub: Hub, connection: AsyncConnection, version: MappingVersion) -> None:
    """Put the version in force and mark what it touches, behind all live work."""
    now = hub.now()
    await mappings.activate(connection, version.name, version.hash, now=now)
    await mappings.start_campaign(
        connection, version.helpdesk, f"mapping {version.name} {version.hash[:12]}", now
    )
    await _drafts(hub, connection, version.name, [])
    log.info("mapping active", mapping=version.name, version=version.hash[:12])


async def load_active(hub: Hub) -> None:
    """Read which mappings are in force. Two for one helpdesk, or a broken one, stop the start."""
    async with hub.db.read() as connection:
        versions = await mappings.active(connection)
    problems: list[str] = []
    found: dict[str, ActiveMapping] = {}
    for version in versions:
        loaded = load_mapping(version.source, f"mapping {version.name}", known=context_of(hub))
        if isinstance(loaded, list):
            problems += [str(each) for each in loaded]
        elif version.helpdesk in found:
            other = found[version.helpdesk].data.mapping
            problems.append(
                f"mappings {other} and {version.name} are both active for {version.helpdesk}"
            )
        else:
            found[version.helpdesk] = ActiveMapping(loaded.mapping, version.hash)
    if problems:
        raise ConfigProblem("\n".join(problems), problems=tuple(problems))
    hub.mappings.clear()
    hub.mappings.update(found)
