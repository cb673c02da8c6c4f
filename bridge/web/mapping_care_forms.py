"""The forms for digests, the nightly look, and the weight that work items show."""

from __future__ import annotations

from pydantic import ValidationError

from bridge.config.problems import Path
from bridge.config.yaml_lines import Plain, at
from bridge.core.digests_told import WHAT, digest_told
from bridge.domain.mapping_hygiene import Digest
from bridge.ports.manifest import Role
from bridge.web.mapping_blanks import (
    CHOICE,
    DATES,
    LINE,
    ONE_OR_MORE,
    TICK,
    WORDS,
    Blank,
    Block,
    Group,
    chosen,
    left_over,
    offered,
)
from bridge.web.mapping_kinds import Known
from bridge.web.mapping_scale_forms import ZONES

_EMPTY = chosen(("say", "say that there is nothing"), ("skip", "send nothing"))
_ENDS = (
    "Access to a customer's environment, for example: once its last day is past it is found every "
    "night, until the field is empty. The hub keeps no credentials."
)
_DAYS = "mon-fri, daily, mon, thu, or a calendar"


def digest_groups(known: Known) -> list[Group]:
    """Lists that people are sent on their working days."""
    there = at(known.raw, ("digests",))
    number = len(there) if isinstance(there, list) else 0
    blocks = []
    for i in range(number):
        path: Path = ("digests", i)
        blanks = _digest(known, f"d{i}", path)
        more = [e for e in left_over(known.raw, path, blanks) if not e.startswith("id: ")]
        title = str(at(known.raw, (*path, "id"))).replace("-", " ").capitalize()
        words = _digest_told(at(known.raw, path))
        blocks.append(Block(f"d{i}", title, path, blanks, words, tuple(more)))
    place: Path = ("digests", number)
    named = known.blank("new-id", "Name in the file", (*place, "id"), LINE, hint="morning",
                        needed="a short name in small letters, such as morning")  # fmt: skip
    new = Block("new", "New digest", place, (named, *_digest(known, "new", place)))
    return [Group("Digests", ("digests",), tuple(blocks), new)]


def _digest_told(raw: Plain) -> str:
    try:
        return digest_told(Digest.model_validate(raw, by_alias=True, by_name=False))
    except ValidationError:
        return "As typed, it is no whole digest yet."


def _digest(known: Known, id: str, path: Path) -> tuple[Blank, ...]:
    notifiers = offered(known.context.having(Role.NOTIFIER))
    first = chosen(("", "choose")) if id == "new" else ()
    routes = offered(each.id for each in known.mapping.routes if each.launch is not None)
    return (
        known.blank(f"{id}-what", "What", (*path, "what"), CHOICE,
                    offers=(*first, *chosen(*WHAT)), needed="choose what it lists"),
        known.blank(f"{id}-at", "At", (*path, "when", "at"), LINE, hint="08:30",
                    needed="a time of day such as 08:30"),
        known.blank(f"{id}-zone", "Time zone", (*path, "when", "time_zone"), LINE, default="UTC",
                    offers=ZONES),
        known.blank(f"{id}-days", "On", (*path, "when", "days"), ONE_OR_MORE, default="mon-fri",
                    offers=offered(("mon-fri", "daily", *known.mapping.calendars)), hint=_DAYS),
        known.blank(f"{id}-not", "Not on", (*path, "when", "not_on"), DATES, hint="2026-12-24"),
        known.blank(f"{id}-to", "To", (*path, "to"), ONE_OR_MORE,
                    offers=offered(known.context.people), hint="the channel as a whole"),
        known.blank(f"{id}-via", "By", (*path, "via"), ONE_OR_MORE, offers=notifiers,
                    needed="say by which connection",
                    hint=", ".join(each.value for each in notifiers)),
        known.blank(f"{id}-routes", "Review: only of the routes", (*path, "routes"), WORDS,
                    offers=routes, hint="all"),
        known.blank(f"{id}-lacking", "Review: empty until somebody decides", (*path, "lacking"),
                    LINE, hint="the tracker's field"),
        known.blank(f"{id}-empty", "When there is nothing", (*path, "when_empty"), CHOICE,
                    offers=_EMPTY, default="say"),
    )  # fmt: skip


def hygiene_groups(known: Known) -> list[Group]:
    """The nightly look, and what work items show of the customers behind them."""
    path: Path = ("hygiene",)
    blanks = (
        known.blank("at", "Every night at", (*path, "at"), LINE, default="02:00"),
        known.blank("zone", "Time zone", (*path, "time_zone"), LINE, default="UTC", offers=ZONES),
        known.blank("done", "Say so when all work is done and the ticket open for",
                    (*path, "done_after"), LINE, default="3d"),
        known.blank("findings", "Say so when a finding is open for", (*path, "findings_after"),
                    LINE, default="14d"),
        known.property("escalated", "Engineering's are also tickets whose field",
                       (*path, "escalated", "property")),
        known.blank("escalated-in", "has one of", (*path, "escalated", "in"), WORDS,
                    hint="any value"),
    )  # fmt: skip
    more = [e for e in left_over(known.raw, path, blanks) if not e.startswith("ends: ")]
    whole = Block("hygiene", "", path, blanks, more=tuple(more))
    said = "The hub looks every night for what has come apart"
    found = [Group("The nightly look", path, (whole,), switched=said)]
    if isinstance(at(known.raw, path), dict):
        found.append(_ends(known))
    return [*found, Group("What work items show of their customers", (), (_weight(known),))]


def _ends(known: Known) -> Group:
    path: Path = ("hygiene", "ends")
    there = at(known.raw, path)
    number = len(there) if isinstance(there, list) else 0
    blocks = []
    for i in range(number):
        blanks = _end(known, f"e{i}", (*path, i))
        more = left_over(known.raw, (*path, i), blanks)
        title = str(at(known.raw, (*path, i, "label")) or at(known.raw, (*path, i, "property")))
        blocks.append(Block(f"e{i}", title, (*path, i), blanks, more=more))
    place: Path = (*path, number)
    new = Block("new", "Something given for a time", place, _end(known, "new", place))
    return Group("What was given for a time", path, tuple(blocks), new, said=_ENDS)


def _end(known: Known, id: str, path: Path) -> tuple[Blank, ...]:
    return (
        known.property(f"{id}-property", "Its last day stands in", (*path, "property"),
                       needed="name the helpdesk's field"),
        known.blank(f"{id}-label", "People read", (*path, "label"), LINE,
                    hint="Access to the customer's environment"),
    )  # fmt: skip


def _weight(known: Known) -> Block:
    path: Path = ("show_on_work_item",)
    impact = at(known.raw, (*path, "impact"))
    blanks: list[Blank] = []
    if isinstance(impact, dict):
        trackers = offered(known.mapping.trackers())
        path_to: Path = (*path, "impact")
        blanks += [
            known.blank("weight-field", "How many wait is written to", (*path_to, "property"),
                        LINE, needed="name the tracker's field"),
            known.blank("weight-tracker", "of", (*path_to, "connection"), LINE,
                        offers=trackers, hint="the tracker"),
        ]  # fmt: skip
    else:
        label = "A link shows how many tickets and customers wait, and their highest plan"
        blanks.append(known.blank("weight", label, (*path, "impact"), TICK))
    blanks.append(
        known.blank("plans", "The plans, highest first", (*path, "plans"), WORDS,
                    offers=offered(each.id for each in known.mapping.plans))
    )  # fmt: skip
    return Block("weight", "", (), tuple(blanks))
