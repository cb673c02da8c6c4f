"""Mappings: files imported at start, drafts, versions activated as campaigns (design rule 11)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from bridge.config.mapping_files import LoadedMapping, MappingContext, load_mapping
from bridge.config.problems import Complaint, Problem
from bridge.config.yaml_lines import read_yaml
from bridge.core.situation import Earlier
from bridge.domain.errors import ConfigProblem
from bridge.domain.findings import Finding
from bridge.engine import campaigns
from bridge.engine.hub import ActiveMapping, Hub
from bridge.store import history, mappings, tokens
from bridge.store.connection import AsyncConnection
from bridge.store.mappings import MappingVersion

log = structlog.get_logger(__name__)

REFRESH_S = 5.0
"""How often a replica looks whether another one has activated a mapping, and counts what waits."""


class NoSuchVersion(Exception):
    """The mapping has no such version, or no draft."""


class AlreadyActive(Exception):
    """The very content is in force."""


class StaleDraft(Exception):
    """The mapping has moved on since it was looked at; `current` is the hash of what it is now."""

    def __init__(self, current: str | None) -> None:
        super().__init__(current or "nothing")
        self.current = current


class BrokenMapping(Exception):
    """A mapping that can't be kept or activated, with everything that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(each) for each in problems))
        self.problems = problems


def context_of(hub: Hub) -> MappingContext:
    """What a mapping may refer to: the hub's connections and their roles."""
    ports = hub.connections.items()
    return MappingContext(
        {name: each.manifest.roles for name, each in ports},
        tuple(hub.people),
        frozenset(name for name, each in ports if each.manifest.addressed),
        frozenset(name for name, each in ports if each.manifest.phases),
        {name: each.manifest.shared_fields for name, each in ports},
        finals={name: each.manifest.final_status.casefold() for name, each in ports},
        mails=frozenset(name for name, each in ports if each.manifest.mails),
        mailed=frozenset(name for name, each in ports if each.manifest.shows_mail),
    )


async def import_files(hub: Hub, files: Sequence[LoadedMapping], *, autoactivate: bool) -> None:
    """Store new contents; active at once where nothing is, drafts (with a finding) elsewhere."""
    now = hub.now()
    async with hub.db.write() as connection:
        await mappings.hold(hub.db, connection)
        in_force = await mappings.active(connection)
        for file in files:
            name, helpdesk = file.mapping.mapping, file.mapping.helpdesk
            version = _version(file)
            by = f"file {file.file}"
            await mappings.add_draft(connection, version, by=by, now=now)
            # What the file said before, it says no longer.
            await mappings.retire_drafts(connection, name, by=by, but=file.hash)
            held = [each for each in in_force if name == each.name or helpdesk == each.helpdesk]
            if any((each.name, each.hash) == (name, file.hash) for each in held):
                await _drafts(hub, connection, name, [])
            elif not held or autoactivate:
                await _activate(hub, connection, version, by)
            else:
                said = {"mapping": name, "file": file.file}
                finding = Finding("MAPPING_DRAFT", helpdesk, f"mapping:{name}", data=said)
                await _drafts(hub, connection, name, [finding])


async def check_mapping(hub: Hub, name: str, text: str | bytes) -> LoadedMapping | list[Problem]:
    """The mapping in `text` if it may be kept under that name, or everything that is wrong."""
    # Long texts take long, and nobody else should wait.
    return await asyncio.to_thread(_check, context_of(hub), name, text)


def _check(known: MappingContext, name: str, text: str | bytes) -> LoadedMapping | list[Problem]:
    file = f"mapping {name}"
    loaded = load_mapping(text, file, known=known)
    if isinstance(loaded, LoadedMapping) and loaded.mapping.mapping == name:
        return loaded
    problems = loaded if isinstance(loaded, list) else []
    document = read_yaml(text, file)
    said = document.mapping().get("mapping")
    if isinstance(said, str) and said != name:
        complaint = Complaint(("mapping",), f'this is not the mapping "{said}"', f"right: {name}")
        problems = [*problems, document.problem(complaint)]
    return sorted(problems, key=lambda each: (each.line, each.column))


async def save_draft(
    hub: Hub, name: str, text: str | bytes, *, by: str, seen: frozenset[str], note: str = ""
) -> str:
    """Keep the text as the newest draft and return its hash. `note`: why, for the history.

    `seen` are the hashes that its author looked at (`*`: whatever there is). StaleDraft if things
    have moved on from there, BrokenMapping or AlreadyActive if there is nothing to keep.
    """
    loaded = await check_mapping(hub, name, text)
    if isinstance(loaded, list):
        raise BrokenMapping(loaded)
    async with hub.db.write() as connection:
        await mappings.hold(hub.db, connection)
        current = await _current(connection, name)
        if current is not None and not seen & {"*", current}:
            raise StaleDraft(current)
        if current is None and seen:
            raise StaleDraft(None)
        kept = await mappings.add_draft(
            connection, _version(loaded), by=by, now=hub.now(), renew=True
        )
        if not kept:
            raise AlreadyActive(loaded.hash)
        await _audit(hub, connection, by, mappings.DRAFTED, name, loaded.hash, note)
    return loaded.hash


async def _current(connection: AsyncConnection, name: str) -> str | None:
    """The hash of what an editor of the mapping sees: its newest draft, else what is in force."""
    draft = await mappings.newest_draft(connection, name)
    if draft is not None:
        return str(draft["hash"])
    in_force = await mappings.active(connection)
    return next((each.hash for each in in_force if each.name == name), None)


async def activate(
    hub: Hub,
    name: str,
    wanted: str | None,
    by: str,
    *,
    seen: frozenset[str] = frozenset(),
    over: str | None = None,
    note: str = "",
) -> MappingVersion:
    """Put a version in force (its hash or the beginning of it; None: the newest draft).

    `seen` are the hashes that the caller looked at (none, or `*`: whatever is chosen). StaleDraft
    if the chosen one is another. `over` is the hash that the caller saw in force for the helpdesk
    (empty: nothing was; None: whatever is); StaleDraft if another is by now. `note`: why, for the
    history.

    A retired version is taken back into force. What is active for the same helpdesk is replaced.
    The records concerned are marked as a campaign. NoSuchVersion, AlreadyActive or BrokenMapping
    otherwise, and nothing changes.
    """
    async with hub.db.read() as connection:
        version = await _chosen(connection, name, wanted)
    if seen and not seen & {"*", version.hash}:
        raise StaleDraft(version.hash)
    # Stored when it was good; since then bridge.yaml may have changed, or the hub itself.
    loaded = await check_mapping(hub, name, version.source)
    if isinstance(loaded, list):
        raise BrokenMapping(loaded)
    async with hub.db.write() as connection:
        await mappings.hold(hub.db, connection)
        held = await mappings.load(connection, name, version.hash)
        if held is None or (wanted is None and held.state != "draft"):
            raise NoSuchVersion(version.hash)
        if held.state == "active":
            raise AlreadyActive(version.hash)
        if over is not None:
            in_force = await _in_force(connection, held)
            if in_force != over:
                raise StaleDraft(in_force)
        await _activate(hub, connection, held, by)
        await _audit(hub, connection, by, mappings.ACTIVATED, name, version.hash, note)
    try:
        await load_active(hub)
    except ConfigProblem as error:
        # This version is good, but another mapping is not; the next start names its mistakes.
        log.error("mappings are left as they were loaded", problems=error.problems)
    hub.work_wake.set()
    return version


async def _in_force(connection: AsyncConnection, version: MappingVersion) -> str:
    """The hash of what is in force for the version's helpdesk; empty where nothing is."""
    found = await mappings.active(connection)
    return next((each.hash for each in found if each.helpdesk == version.helpdesk), "")


async def _chosen(connection: AsyncConnection, name: str, wanted: str | None) -> MappingVersion:
    if wanted is None:
        draft = await mappings.newest_draft(connection, name)
        found = [] if draft is None else [draft["hash"]]
    else:
        stored = await mappings.versions(connection, name)
        found = [each["hash"] for each in stored if each["hash"].startswith(wanted)]
    version = await mappings.load(connection, name, found[0]) if len(found) == 1 else None
    if version is None:
        raise NoSuchVersion(wanted or "draft")
    return version


def _version(loaded: LoadedMapping) -> MappingVersion:
    mapping = loaded.mapping
    return MappingVersion(loaded.hash, mapping.mapping, mapping.helpdesk, loaded.text, "draft")


async def _drafts(hub: Hub, connection: AsyncConnection, name: str, raised: list[Finding]) -> None:
    """The findings on drafts of a mapping are these, and no others."""
    await history.raise_findings(hub.db, connection, raised, hub.now())
    await history.close_findings(connection, ref=f"mapping:{name}", still=raised)


async def _activate(
    hub: Hub, connection: AsyncConnection, version: MappingVersion, by: str
) -> None:
    """Put the version in force and mark what it touches, behind all live work."""
    now = hub.now()
    replaced = await mappings.activate(connection, version, now=now)
    # A pass must not plan by the mapping before: first every process has to know of the new one.
    begins = now + timedelta(seconds=1 if hub.db.is_sqlite else 2 * REFRESH_S)
    reason = f"mapping {version.name} {version.hash[:12]}"
    for helpdesk in sorted({version.helpdesk, *(each.helpdesk for each in replaced)}):
        await campaigns.start(
            hub,
            connection,
            helpdesk,
            reason=reason,
            mapping=version.name,
            by=by,
            begins=begins,
            first=not replaced,
        )
    for name in sorted({version.name, *(each.name for each in replaced)}):
        await _drafts(hub, connection, name, [])
    log.info("mapping active", mapping=version.name, version=version.hash[:12])


async def _audit(
    hub: Hub,
    connection: AsyncConnection,
    by: str,
    action: str,
    name: str,
    version: str,
    note: str,
) -> None:
    await tokens.audit(
        connection,
        actor=by,
        action=action,
        target=mappings.target_of(name),
        detail={"version": version} | ({"note": note} if note else {}),
        now=hub.now(),
    )


async def load_active(hub: Hub) -> None:
    """Read which mappings are in force. Two for one helpdesk, or a broken one, stop the start."""
    async with hub.mappings_load:
        async with hub.db.read() as connection:
            versions = await mappings.active(connection)
            before = {each.helpdesk: await mappings.before(connection, each) for each in versions}
        problems: list[str] = []
        found: dict[str, ActiveMapping] = {}
        for version in versions:
            loaded = _loaded(hub, version, before[version.helpdesk])
            if isinstance(loaded, list):
                problems += [str(each) for each in loaded]
            elif version.helpdesk in found:
                other = found[version.helpdesk].data.mapping
                problems.append(
                    f"mappings {other} and {version.name} are both active for {version.helpdesk}"
                )
            else:
                found[version.helpdesk] = loaded
        if problems:
            raise ConfigProblem("\n".join(problems), problems=tuple(problems))
        hub.mappings.clear()
        hub.mappings.update(found)


def _loaded(
    hub: Hub, version: MappingVersion, before: Sequence[MappingVersion]
) -> ActiveMapping | list[Problem]:
    """The version as it is loaded already, or else as its text says."""
    known, named = hub.mappings.get(version.helpdesk), (version.hash, version.activated_at)
    if known is not None and (known.hash, known.since) == named:
        # Looked at every few seconds: reading the text takes far longer than all else an idle
        # hub does.
        return known
    loaded = load_mapping(version.source, f"mapping {version.name}", known=context_of(hub))
    if isinstance(loaded, list):
        return loaded
    earlier = _earlier(hub, before)
    return ActiveMapping(loaded.mapping, version.hash, version.activated_at, earlier)


def _earlier(hub: Hub, versions: Sequence[MappingVersion]) -> tuple[Earlier, ...]:
    """What was in force before a mapping; one that is no good now ends it.

    By it what an earlier version told or promised is told and ended by the next one, too.
    """
    found: list[Earlier] = []
    for version in versions:
        loaded = load_mapping(version.source, f"mapping {version.name}", known=context_of(hub))
        if isinstance(loaded, list):
            break
        found.append(Earlier(loaded.mapping, version.activated_at))
    return tuple(found)
