"""The forms for releases and dates, for closing and replies, and for escalation."""

from __future__ import annotations

from bridge.config.problems import Path
from bridge.config.yaml_lines import at
from bridge.ports.manifest import Role
from bridge.web.mapping_blanks import (
    CHOICE,
    DATES,
    LINE,
    SCALAR,
    TICK,
    WORDS,
    Blank,
    Block,
    Group,
    chosen,
    left_over,
    offered,
)
from bridge.web.mapping_kinds import DAY_TICKS, NO_DAYS, Known, condition_blank
from bridge.web.mapping_scale_forms import ZONES

_GROUPS = (
    "Who gets a release when: the first group that fits, in the order of the file; the one for "
    "everybody takes who is left. Without groups all have it once the tracker calls it released."
)
_ETA = "Per tracker, the fields whose date counts, the first that has one; iteration is its end."
_REQUIRES = "What the ticket must say before it is escalated, and where it says so."


def release_groups(known: Known) -> list[Group]:
    """Released is not done: roll-out days, groups of customers, and where dates stand."""
    path: Path = ("releases",)
    stages = chosen(*((each.id, each.label) for each in known.mapping.stages))
    blanks = (
        known.blank("until", "Until then a ticket waits at", (*path, "until_then"), CHOICE,
                    offers=(*chosen(("", "choose")), *stages), needed="choose the stage"),
        known.blank("available", "With its release it enters", (*path, "available"), CHOICE,
                    offers=stages, default="available"),
        known.blank("days", "Roll-outs on", (*path, "rollout_days"), DAY_TICKS,
                    default=NO_DAYS, wide=True),
        known.blank("dates", "The coming roll-outs", (*path, "rollout_dates"), DATES,
                    hint="2026-09-01, 2026-09-15"),
        known.blank("never", "Never on", (*path, "never_on"), DATES, hint="2026-12-24"),
        known.blank("zone", "Time zone", (*path, "time_zone"), LINE, default="UTC",
                    offers=ZONES),
        known.blank("notes", "Release notes' address", (*path, "notes_url"), LINE,
                    hint="https://acme.example/notes/{release}"),
    )  # fmt: skip
    more = [e for e in left_over(known.raw, path, blanks) if not e.startswith("groups: ")]
    whole = Block("releases", "Roll-outs", path, blanks, more=tuple(more))
    found = [Group("Roll-outs", path, (whole,), switched="Work comes to customers with releases")]
    if isinstance(at(known.raw, path), dict):
        found.append(_rollout_groups(known))
    trackers = tuple(
        known.blank(f"eta-{i}", name, ("eta", name), WORDS, hint="the tracker's own")
        for i, name in enumerate(known.mapping.trackers())
    )
    found.append(Group("Expected dates", (), (Block("eta", "", (), trackers),), said=_ETA))
    return found


def _rollout_groups(known: Known) -> Group:
    path: Path = ("releases", "groups")
    there = at(known.raw, path)
    blocks = []
    for i, name in enumerate(there if isinstance(there, dict) else ()):
        blanks = _rollout(known, f"g{i}", (*path, name))
        more = left_over(known.raw, (*path, name), blanks)
        blocks.append(Block(f"g{i}", name, (*path, name), blanks, more=more))
    place: Path = (*path, "@new")
    named = Blank("new-id", "Name in the file", (*place, "@key"), LINE, hint="early",
                  needed="a short name in small letters, such as early")  # fmt: skip
    new = Block("new", "New group", place, (named, *_rollout(known, "new", place)))
    return Group("Groups of customers", path, tuple(blocks), new, keyed=True, said=_GROUPS)


def _rollout(known: Known, id: str, path: Path) -> tuple[Blank, ...]:
    return (
        condition_blank(known, f"{id}-when", "Who", (*path, "when"), "everybody that is left"),
        known.blank(f"{id}-after", "So long after the release", (*path, "after"), LINE,
                    hint="0d, 7d; empty: a person says so"),
    )  # fmt: skip


def closing_groups(known: Known) -> list[Group]:
    """When a ticket counts as solved, what the hub does then, and what a reply brings back."""
    path: Path = ("closing",)
    blanks = (
        known.blank("solved", "Solved are", (*path, "solved"), WORDS, hint="statuses"),
        known.blank("pending", "Waiting for the customer are", (*path, "pending"), WORDS,
                    hint="statuses"),
        known.blank("solved-after", "Close what is solved for", (*path, "solved_after"), LINE,
                    hint="never; 7d"),
        known.blank("pending-after", "Close what waits for", (*path, "pending_after"), LINE,
                    hint="never; 14d"),
        *_status(known, "to", "To close, write", (*path, "to")),
        *_status(known, "reopen", "To open again, write", (*path, "reopen_to")),
        known.blank("remind", "Say so when work is done and its ticket open for",
                    (*path, "remind_after"), LINE, default="3d"),
        known.blank("survey", "Answers to surveys come by", (*path, "survey_channels"), WORDS,
                    hint="channels"),
    )  # fmt: skip
    whole = Block("closing", "", path, blanks, more=left_over(known.raw, path, blanks))
    return [
        Group("Closing", path, (whole,), switched="The hub knows when tickets are solved"),
        Group("When a customer replies", (), (_reply(known),)),
    ]


def _status(known: Known, id: str, label: str, path: Path) -> tuple[Blank, Blank]:
    return (
        known.property(f"{id}-property", f"{label} the field", (*path, "property")),
        known.blank(f"{id}-value", "this status", (*path, "value"), LINE),
    )


def _reply(known: Known) -> Block:
    raw = at(known.raw, ("on_reply",))
    short = isinstance(raw, str)
    path: Path = ("on_reply",) if short else ("on_reply", "item")
    modes = chosen(
        ("", "as the notes are copied: told, or nothing"),
        ("tell", "its people are told"),
        ("reopen", "its people are told, and it is opened again"),
        ("no", "nothing"),
    )
    blanks = [known.blank("reply", "The work item", path, CHOICE, offers=modes)]
    if not short:
        blanks += [
            known.blank(f"back-{i}", f"In {name} it goes back to", ("on_reply", "reopen_to", name),
                        LINE, hint="a status")
            for i, name in enumerate(known.mapping.trackers())
        ]  # fmt: skip
        blanks.append(
            known.property("owner", "Who has a ticket stands in", ("on_reply", "owner"),
                           hint="a field of the ticket")
        )  # fmt: skip
    more = ("to which status it goes back can be said here once the file spells on_reply out",)
    return Block("reply", "", (), tuple(blanks), more=more if short else ())


def escalation_groups(known: Known) -> list[Group]:
    """How a ticket is escalated: what must be known, who decides, who is told."""
    path: Path = ("escalation",)
    asked: Path = (*path, "requested_by_field")
    notifiers = offered(known.context.having(Role.NOTIFIER))
    blanks = (
        known.blank("deciders", "Who decides", (*path, "deciders"), WORDS, offers=known.people,
                    hint="groups, roles, addresses"),
        known.blank("via", "They are told by", (*path, "via"), WORDS, offers=notifiers,
                    hint=", ".join(each.value for each in notifiers)),
        known.blank("resend", "Told again after", (*path, "resend"), LINE, default="15m"),
        known.blank("severity", "The severity must be set", (*path, "severity"), TICK),
        known.property("impact", "The impact stands in", (*path, "impact", "property")),
        known.blank("impact-label", "and is called", (*path, "impact", "label"), LINE),
        known.property("version", "The version stands in", (*path, "versions", "property")),
        known.blank("major", "Supported versions", (*path, "versions", "major"), WORDS,
                    hint="7, 8"),
        known.property("open-property", "Only tickets whose field", (*path, "open_to", "property")),
        known.blank("open-is", "is", (*path, "open_to", "is"), SCALAR),
        known.property("asked-property", "Asked for by the field", (*asked, "property")),
        known.blank("asked-is", "being", (*asked, "is"), SCALAR),
        known.property("asked-reason", "its reason stands in", (*asked, "reason")),
        known.property("asked-contact", "whom to talk to in", (*asked, "contact")),
    )  # fmt: skip
    more = [e for e in left_over(known.raw, path, blanks) if not e.startswith("requires: ")]
    whole = Block("escalation", "", path, blanks, more=tuple(more))
    found = [Group("The gate", path, (whole,), switched="Tickets can be escalated")]
    if isinstance(at(known.raw, path), dict):
        found.append(_checklist(known))
    return found


def _checklist(known: Known) -> Group:
    path: Path = ("escalation", "requires")
    there = at(known.raw, path)
    blocks = []
    for i, name in enumerate(there if isinstance(there, dict) else ()):
        blanks = _fact(known, f"f{i}", (*path, name))
        more = left_over(known.raw, (*path, name), blanks)
        blocks.append(Block(f"f{i}", name, (*path, name), blanks, more=more))
    place: Path = (*path, "@new")
    named = Blank("new-id", "Name in the file", (*place, "@key"), LINE, hint="steps",
                  needed="a short name in small letters, such as steps")  # fmt: skip
    new = Block("new", "New point", place, (named, *_fact(known, "new", place)))
    return Group("Checklist", path, tuple(blocks), new, keyed=True, said=_REQUIRES)


def _fact(known: Known, id: str, path: Path) -> tuple[Blank, ...]:
    return (
        known.blank(f"{id}-label", "People read", (*path, "label"), LINE),
        known.property(f"{id}-property", "Stands in", (*path, "property"),
                       needed="name the helpdesk's field"),
        known.blank(f"{id}-is", "and must be", (*path, "is"), SCALAR, hint="anything; true"),
        known.blank(f"{id}-ask", "The customer is asked", (*path, "ask"), LINE,
                    hint="Which steps lead to it?"),
    )  # fmt: skip
