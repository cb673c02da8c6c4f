"""The roll-up of a mapping, shown on examples that are worked out as tickets' stages are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.core.situation import LinkedItem, TrackerView
from bridge.core.stages import Step, roll_up
from bridge.domain.links import Link, LinkState
from bridge.domain.mapping import Mapping, RollUp, Stage
from bridge.domain.records import Reference
from bridge.domain.refs import TicketRef, WorkItemRef

UNMAPPED = "a status without a stage"


@dataclass(frozen=True, slots=True)
class RollUpExample:
    """What a ticket shows whose work items stand there, the one linked first first."""

    items: tuple[str, ...]
    shown: str
    """The label of the stage; empty where the ticket stays as it is."""


ROLL_UPS: tuple[RollUp, ...] = ("least_advanced", "most_advanced", "primary")


def rollups_compared(mapping: Mapping) -> list[tuple[tuple[str, ...], list[str]]]:
    """The same tickets under each roll-up, in the order of `ROLL_UPS`: items, what is shown."""
    ways = [rollup_examples(mapping.model_copy(update={"rollup": each})) for each in ROLL_UPS]
    return [(same[0].items, [each.shown for each in same]) for same in zip(*ways, strict=True)]


def rollup_examples(mapping: Mapping) -> list[RollUpExample]:
    """A handful of tickets with two work items."""
    return [
        RollUpExample(
            tuple(UNMAPPED if each is None else each.label for each in pair),
            _shown(mapping, pair),
        )
        for pair in dict.fromkeys(_pairs(mapping))
    ]


def _pairs(mapping: Mapping) -> Iterator[tuple[Stage | None, ...]]:
    path = [each for each in mapping.stages if not each.side]
    aside = [each for each in mapping.stages if each.side]
    if len(path) > 1:
        yield path[0], path[-1]
        yield path[-1], path[0]
    if path and aside:
        yield path[-1], aside[0]
    if len(aside) > 1:
        yield aside[0], aside[-1]
    if path:
        yield path[-1], None


def _shown(mapping: Mapping, stages: tuple[Stage | None, ...]) -> str:
    steps = [
        Step(_item(number), stage, "" if stage else "STATUS_UNMAPPED")
        for number, stage in enumerate(stages)
    ]
    found = roll_up(mapping, steps).stage
    return "" if found is None else found.label


def _item(number: int) -> LinkedItem:
    link = Link(
        id=f"example-{number}",
        ticket=TicketRef("helpdesk", "example"),
        work_item=WorkItemRef("tracker", str(number)),
        route=None,
        state=LinkState.ACTIVE,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        created_by="example",
    )
    return LinkedItem(link, None, TrackerView("tracker", Reference()))
