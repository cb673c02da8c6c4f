"""What an event told that was not known: nothing new, old news, or nothing for tickets."""

from __future__ import annotations

from bridge.domain.records import Observation

DUPLICATE_EVENT, STALE_EVENT = "DUPLICATE_EVENT", "STALE_EVENT"


def no_news(held: Observation | None, said: Observation) -> str:
    """The reason code of an event that changed nothing of what was `held` before it."""
    if held is None:
        return DUPLICATE_EVENT
    if said.revision is not None and held.revision is not None and said.revision < held.revision:
        return STALE_EVENT
    older = any(
        name in held.facts and fact.at < held.facts[name].at and fact.value != held.value(name)
        for name, fact in said.facts.items()
    )
    return STALE_EVENT if older else DUPLICATE_EVENT
