"""The forms for calendars, severities and plans: the scales by which promises are made."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from bridge.config.problems import Path
from bridge.config.yaml_lines import at
from bridge.core.calendars import compiled
from bridge.core.calendars_shown import shown
from bridge.core.promises_told import policies
from bridge.domain.mapping_promises import CalendarSpec, Promise
from bridge.web.mapping_blanks import AREA, DATES, LINE, Blank, Block, Group, left_over, offered
from bridge.web.mapping_kinds import OWN_HOURS, WEEK, Known, condition_blank

_ZONES = (
    "America/Chicago", "America/Denver", "America/Los_Angeles", "America/New_York",
    "America/Sao_Paulo", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
    "Europe/Berlin", "Europe/London", "Europe/Paris", "UTC",
)  # fmt: skip
ZONES = offered(_ZONES)
_COUNTRIES = offered(("AU", "BR", "CA", "DE", "FR", "GB", "IN", "JP", "US"))
_ALWAYS = "The calendar always is there without being named: open at any hour."
_WORST_FIRST = "Worst first. Whoever judges a ticket reads the criteria beside the choice."
_HIGHEST_FIRST = "Highest first. What a plan gives follows from the promises."


def calendar_groups(known: Known) -> list[Group]:
    """Every calendar with a picture of its week, and room for one more."""
    there = at(known.raw, ("calendars",))
    names = [*there] if isinstance(there, dict) else []
    new_path: Path = ("calendars", "@new")
    new = Block(
        "new", "New calendar", new_path,
        (
            Blank("new-id", "Name in the file", (*new_path, "@key"), LINE,
                  needed="a short name in small letters, such as support", hint="support"),
            *_calendar_blanks(known, "new", new_path),
        ),
    )  # fmt: skip
    blocks = tuple(_calendar(known, i, name) for i, name in enumerate(names))
    return [Group("Calendars", ("calendars",), blocks, new, keyed=True, said=_ALWAYS)]


def _calendar(known: Known, number: int, name: str) -> Block:
    path: Path = ("calendars", name)
    blanks = _calendar_blanks(known, f"c{number}", path)
    picture = None
    try:
        spec = CalendarSpec.model_validate(at(known.raw, path), by_alias=True, by_name=False)
        picture = shown(compiled(name, spec), known.today)
    except ValidationError:
        pass  # what is wrong with it stands beside its blanks
    return Block(
        f"c{number}", name, path, blanks, more=left_over(known.raw, path, blanks), picture=picture,
        stays=_used(known, name),
    )  # fmt: skip


def _calendar_blanks(known: Known, id: str, path: Path) -> tuple[Blank, ...]:
    return (
        known.blank(f"{id}-zone", "Time zone", (*path, "zone"), LINE, offers=ZONES,
                    needed="a name such as Europe/Berlin", hint="Europe/Berlin"),
        known.blank(f"{id}-country", "Public holidays of", (*path, "holidays", "country"), LINE,
                    offers=_COUNTRIES, hint="none; US, DE, AU"),
        known.blank(f"{id}-part", "in its part", (*path, "holidays", "subdivision"), LINE,
                    hint="all of it"),
        known.blank(f"{id}-hours", "Hours", (*path, "hours"), WEEK, default="\n" * 6,
                    needed="at least one day must have hours", wide=True),
        known.blank(f"{id}-closed", "Also closed on", (*path, "closed"), DATES,
                    hint="2026-12-24, 2026-12-31"),
        known.blank(f"{id}-open", "Days with hours of their own, one a line", (*path, "open"),
                    OWN_HOURS, hint="2026-12-24 09:00-12:00", wide=True),
    )  # fmt: skip


def _used(known: Known, name: str) -> str:
    """Why a calendar can't be taken away; empty if it can."""
    using = [each.id for each in known.mapping.promises if name in _calendars_of(each)]
    using += [each.id for each in known.mapping.digests if each.when.days == name]
    if not using:
        return ""
    return f"{', '.join(using)} {'counts' if len(using) == 1 else 'count'} by it; change that first"


def _calendars_of(promise: Promise) -> set[str]:
    calendar = promise.calendar
    named = {calendar} if isinstance(calendar, str) else {each.use for each in calendar}
    return named | {
        e for each in promise.tell for e in (each.during, each.outside) if e is not None
    }


def severity_groups(known: Known) -> list[Group]:
    """The scale of severities with what each means."""
    blocks = tuple(
        _step(known, f"s{i}", ("severities", i), _severity_blanks)
        for i in _range(known, "severities")
    )
    path: Path = ("severities", len(blocks))
    new = Block("new", "New severity", path,
                (_id(known, path, "the word that ticket.severity leads to"),
                 *_severity_blanks(known, "new", path)))  # fmt: skip
    return [
        Group("Severities", ("severities",), blocks, new, ordered=True, said=_WORST_FIRST),
    ]


def _severity_blanks(known: Known, id: str, path: Path) -> tuple[Blank, ...]:
    return (
        known.blank(f"{id}-label", "People read", (*path, "label"), LINE),
        condition_blank(known, f"{id}-when", "There for", (*path, "when"), "every ticket"),
        known.blank(f"{id}-criteria", "When a ticket is this bad", (*path, "criteria"), AREA,
                    needed="say when, in words for who judges it", wide=True),
    )  # fmt: skip


def plan_groups(known: Known) -> list[Group]:
    """The plans, and what each gives."""
    blocks = tuple(
        _step(known, f"l{i}", ("plans", i), _plan_blanks) for i in _range(known, "plans")
    )
    path: Path = ("plans", len(blocks))
    new = Block("new", "New plan", path,
                (_id(known, path, "the plan as the customer's property says it"),
                 *_plan_blanks(known, "new", path)))  # fmt: skip
    return [Group("Plans", ("plans",), blocks, new, ordered=True, said=_HIGHEST_FIRST)]


def _plan_blanks(known: Known, id: str, path: Path) -> tuple[Blank, ...]:
    return (
        known.blank(f"{id}-label", "People read", (*path, "label"), LINE),
        known.blank(f"{id}-channels", "They may ask by", (*path, "channels"), LINE,
                    hint="e-mail, telephone"),
        known.blank(f"{id}-policy", "The published policy", (*path, "policy"), LINE,
                    hint="https://"),
    )  # fmt: skip


def _id(known: Known, path: Path, hint: str) -> Blank:
    return known.blank("new-id", "Name", (*path, "id"), LINE, needed=hint, hint=hint)


def _range(known: Known, key: str) -> range:
    there = at(known.raw, (key,))
    return range(len(there) if isinstance(there, list) else 0)


def _step(
    known: Known, id: str, path: Path, blanks_of: Callable[[Known, str, Path], tuple[Blank, ...]]
) -> Block:
    blanks = blanks_of(known, id, path)
    name = str(at(known.raw, (*path, "id")))
    more = [e for e in left_over(known.raw, path, blanks) if not e.startswith("id: ")]
    gives = tuple(policies(known.mapping, name)) if path[0] == "plans" else ()
    return Block(id, name, path, blanks, more=tuple(more), gives=gives)
