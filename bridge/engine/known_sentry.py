"""What this installation knows of its Sentry, for the detector; and whose a reference is."""

from __future__ import annotations

from urllib.parse import urlsplit

from bridge.core.detector import KnownSentry, Reference
from bridge.engine.hub import Hub
from bridge.engine.references import stored_reference
from bridge.ports.manifest import Role

_NOTHING = KnownSentry()


async def known_sentry(hub: Hub) -> KnownSentry:
    """Hosts from bridge.yaml, projects from what was read of Sentry and of the trackers."""
    names = hub.names(Role.SIGNALS)
    if not names:
        return _NOTHING
    projects = set()
    for name in names:
        reference = await stored_reference(hub, name)
        projects |= {each.name.lower() for each in reference.projects}
    return KnownSentry(
        hosts=frozenset(_places(hub)),
        projects=frozenset(projects),
        tracker_keys=frozenset(key.upper() for key in _tracker_keys(hub)),
    )


def _places(hub: Hub) -> dict[str, str]:
    """Host, with its port if it has one of its own → origin, of every self-hosted Sentry."""
    found = {}
    for name in hub.names(Role.SIGNALS):
        origin = hub.connections[name].settings.origin("")
        if origin:
            found[urlsplit(origin).netloc.lower()] = origin
    return found


def _tracker_keys(hub: Hub) -> set[str]:
    """The keys of projects that bridge.yaml names, where a tracker's items are called by them."""
    found: set[str] = set()
    for name in hub.names(Role.TRACKER):
        said = hub.connections[name].settings.model_dump(include={"projects"})
        found |= set(said.get("projects", ()))
    return found


def as_address(hub: Hub, reference: Reference) -> str | None:
    """What `SignalSource.resolve` takes for the reference; None where no issue is named."""
    if reference.kind == "short_id":
        return reference.short_id
    named = reference.id or reference.short_id
    if reference.kind != "issue" or not named:
        return None
    origin = _places(hub).get(reference.host, f"https://{reference.host}")
    place = f"/organizations/{reference.organization}" if reference.organization else ""
    return f"{origin}{place}/issues/{named}/"
