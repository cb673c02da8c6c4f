"""What severities mean and what a plan gives, for whoever looks at a ticket or customer. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.core.mapping_told import condition_told
from bridge.core.promises_told import Policy, policies
from bridge.domain.mapping import Mapping


@dataclass(frozen=True, slots=True)
class Level:
    """One step of the scale of severities."""

    label: str
    criteria: str
    there_for: str
    """For which tickets alone the step is there; empty: for all."""
    here: bool
    """The ticket stands at it."""


@dataclass(frozen=True, slots=True)
class PlanTold:
    """A plan and what its customers may expect."""

    label: str
    channels: str
    address: str
    """Where the policy is published."""
    gives: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class Scales:
    """What the mapping says of a ticket's severity and plan."""

    levels: tuple[Level, ...] = ()
    plan: PlanTold | None = None

    @property
    def here(self) -> Level | None:
        """The step at which the ticket stands."""
        return next((each for each in self.levels if each.here), None)


def scales_told(
    mapping: Mapping | None,
    plan: str | None,
    severity: str | None,
    category: str | None = None,
) -> Scales:
    """The scales as a ticket of that plan and severity meets them; nothing without a mapping."""
    if mapping is None:
        return Scales()
    levels = tuple(
        Level(
            each.label or each.id,
            each.criteria,
            "" if each.when is None else condition_told(each.when),
            _is(severity, (each.id, each.label)),
        )
        for each in mapping.severities
    )
    return Scales(levels, plan_told(mapping, plan, severity, category))


def plan_told(
    mapping: Mapping,
    plan: str | None,
    severity: str | None = None,
    category: str | None = None,
) -> PlanTold | None:
    """What that plan gives; None where the mapping says nothing of it."""
    if not plan:
        return None
    tier = next((each for each in mapping.plans if _is(plan, (each.id, each.label))), None)
    name = plan if tier is None else tier.id
    gives = tuple(policies(mapping, name, severity, category))
    if tier is None and not gives:
        return None
    if tier is None:
        return PlanTold(plan, "", "", gives)
    return PlanTold(tier.label or tier.id, tier.channels or "", tier.policy or "", gives)


def _is(word: str | None, names: Iterable[str | None]) -> bool:
    return word is not None and word.casefold() in {(each or "").casefold() for each in names}
