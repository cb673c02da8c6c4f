"""The parts of a mapping's file that have a form of their own, in the order of need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.domain.mapping import Mapping as MappingData
from bridge.web.mapping_blanks import Group
from bridge.web.mapping_care_forms import digest_groups, hygiene_groups
from bridge.web.mapping_ending_forms import closing_groups, escalation_groups, release_groups
from bridge.web.mapping_kinds import Known
from bridge.web.mapping_promise_form import promise_groups
from bridge.web.mapping_scale_forms import calendar_groups, plan_groups, severity_groups
from bridge.web.mapping_wording_form import wording_groups


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the file that has a form."""

    title: str
    says: str
    groups: Callable[[Known], list[Group]]


PARTS = {
    "wording": Part("Wording to customers", "tell", wording_groups),
    "promises": Part("Promises", "promises", promise_groups),
    "calendars": Part("Calendars", "calendars", calendar_groups),
    "severities": Part("Severities", "severities", severity_groups),
    "plans": Part("Plans", "plans", plan_groups),
    "releases": Part("Releases and dates", "releases", release_groups),
    "closing": Part("Closing and replies", "closing", closing_groups),
    "escalation": Part("Escalation", "escalation", escalation_groups),
    "digests": Part("Digests", "digests", digest_groups),
    "hygiene": Part("Hygiene and weight", "hygiene", hygiene_groups),
}
"""By the last word of its address, in the order in which admins need them."""


def listed_parts(mapping: MappingData) -> list[tuple[str, str, str]]:
    """The parts that have a form: the address's last word, the title, how much there is."""
    found = []
    for id, part in PARTS.items():
        there = getattr(mapping, part.says)
        if part.says == "tell":
            there = mapping.tell.wording
        counted = str(len(there)) if isinstance(there, list | dict) else "on" if there else "off"
        found.append((id, part.title, counted))
    return found
