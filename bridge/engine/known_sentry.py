"""What this installation knows of its Sentry: hosts, projects, the trackers' keys, accounts.

From the configuration, and from the reference data that each process finds stored; nothing is
asked of a vendor here. The gate holds by shape alone what nothing is known of yet.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from bridge.core.detector import KnownSentry, Reference
from bridge.domain.records import ProjectInfo
from bridge.engine.hub import Hub
from bridge.ports.manifest import Role
from bridge.store import connections


async def learn(hub: Hub) -> None:
    """Put what is known now in force for the process."""
    names = [name for name, port in hub.connections.items() if port.signals is not None]
    if not names:
        return
    projects: list[ProjectInfo] = []
    async with hub.db.read() as connection:
        for name in names:
            stored = await connections.load_reference(connection, name)
            projects += () if stored is None else stored[0].projects
    known = KnownSentry(
        hosts=_hosts(hub, names),
        projects=frozenset(each.id.lower() for each in projects),
        tracker_keys=frozenset(
            key for port in hub.connections.values() for key in port.settings.project_keys
        ),
        accounts=frozenset(id for name in names for id in hub.signals(name).accounts),
    )
    if known != hub.sentry:
        hub.sentry = known


def _hosts(hub: Hub, names: list[str]) -> frozenset[str]:
    """The self-hosted ones' hosts, unless something else of ours is there as well."""
    others = {_host(hub, name)[0] for name in hub.connections.keys() - set(names)}
    found = [_host(hub, name) for name in names]
    return frozenset(host for host, path in found if host and not path and host not in others)


def _host(hub: Hub, name: str) -> tuple[str, str]:
    """The configured host with its port where that is not the usual one, and the path below it."""
    parts = urlsplit(hub.connections[name].settings.origin(""))
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    return f"{parts.hostname or ''}{port}".lower(), parts.path.strip("/")


def as_address(hub: Hub, reference: Reference) -> str | None:
    """What `SignalSource.resolve` takes for the reference; None where no issue is named."""
    if reference.kind == "short_id":
        return reference.short_id
    named = reference.id or reference.short_id
    if reference.kind != "issue" or not named:
        return None
    origin = _origins(hub).get(reference.host, f"https://{reference.host}")
    place = f"/organizations/{reference.organization}" if reference.organization else ""
    return f"{origin}{place}/issues/{named}/"


def _origins(hub: Hub) -> dict[str, str]:
    """Host, with its port if it has one of its own → origin, of every self-hosted Sentry."""
    found = {}
    for name in hub.names(Role.SIGNALS):
        origin = hub.connections[name].settings.origin("")
        if origin:
            found[urlsplit(origin).netloc.lower()] = origin
    return found
