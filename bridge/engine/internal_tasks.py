"""Which records somebody below operator must not learn of: signals, and what is no ticket's."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.domain.access import AccessRole
from bridge.engine.hub import Hub
from bridge.ports.manifest import Role
from bridge.store import signals
from bridge.store.connection import AsyncConnection


async def hidden_from(
    role: AccessRole, hub: Hub, connection: AsyncConnection, texts: Iterable[object]
) -> frozenset[str]:
    """Those of the texts that are refs of signals or internal tasks; none for operators."""
    if role.covers(AccessRole.OPERATOR):
        return frozenset()
    refs = {each for each in texts if isinstance(each, str) and ":" in each}
    sources = tuple(f"{name}:" for name in hub.names(Role.SIGNALS))
    unread = {each for each in refs if sources and each.startswith(sources)}
    return frozenset(unread | await signals.internal_among(connection, refs))
