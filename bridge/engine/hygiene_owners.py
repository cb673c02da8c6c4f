"""Who a task lacks by its rule, put on it by one press: nobody is taken off, no choice undone."""

from __future__ import annotations

from bridge.core.dates import is_open
from bridge.core.facts import Facts
from bridge.core.hygiene import OWNERS, owned_by_rule, owners_of
from bridge.core.launch_place import people_of
from bridge.core.situation import LinkedItem, TicketSituation
from bridge.core.stages import GONE, told_name
from bridge.domain.errors import RecordMissing, Rejected, Stale
from bridge.domain.records import ASSIGNEE
from bridge.domain.refs import TicketRef
from bridge.engine import escalating
from bridge.engine.hub import Hub
from bridge.engine.hygiene_filling import CannotFill
from bridge.engine.linking import require_running
from bridge.ports.roles import Want

BY_HAND = "assign by hand whoever is missing"


async def put_owners(hub: Hub, ref: TicketRef, item: str) -> str:
    """Put those whom the rule names on the task that lacks owners; what was done, in words.

    The task is looked at first: one that has its owners by now, or is done, is left alone. Raises
    CannotFill, Paused, or what the tracker's call raises.
    """
    linked, people = await _by_rule(hub, ref, item)
    name, id = linked.tracker.name, linked.link.work_item.id
    await require_running(hub, name)
    try:
        seen = await hub.tracker(name).fetch_item(id, Want())
        if seen.presence in GONE or not is_open(linked.tracker, seen):
            raise CannotFill("The task is done or gone by now: nobody needs to be put on it")
        if owners_of(seen) >= OWNERS:
            raise CannotFill(f"It has its owners by now ({seen.text(ASSIGNEE)}): they stay")
        new = await hub.assigning(name).assign(id, people, seen.text(ASSIGNEE))
    except RecordMissing:
        raise CannotFill(f"{name} does not show the task any more") from None
    except Stale:
        raise CannotFill("Somebody has just changed its owners: look at it again") from None
    except Rejected as error:
        raise CannotFill(
            f"{error} Let {', '.join(people)} into the project in {name}, or {BY_HAND}"
        ) from None
    if not new:
        raise CannotFill(
            f"Whom its rule names ({', '.join(people)}) owns it already: name somebody else for "
            f"one of the roles at the customer, or {BY_HAND} in {name}"
        )
    return f"{told_name(linked) or 'The task'} belongs to {', '.join(new)} too now."


async def _by_rule(hub: Hub, ref: TicketRef, item: str) -> tuple[LinkedItem, tuple[str, ...]]:
    """The task as it is linked, and the addresses of those whom its rule names."""
    s = await escalating.situation_of(hub, ref)
    linked = None if s is None else next(
        (each for each in s.items if str(each.link.work_item) == item), None
    )  # fmt: skip
    if s is None or linked is None:
        raise CannotFill("The task is not linked to this ticket any more")
    return linked, _people(hub, s, linked)


def _people(hub: Hub, s: TicketSituation, linked: LinkedItem) -> tuple[str, ...]:
    launch = owned_by_rule(s, linked)
    if launch is None or not linked.tracker.assigns:
        raise CannotFill(f"The mapping names no owners for it any more: {BY_HAND}")
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company, s.sentry)
    people, nobody = people_of(launch, facts, hub.people)
    if not people:
        raise CannotFill(
            f"Nobody plays {', '.join(nobody)}: say who does at the customer in the helpdesk, or "
            f"{BY_HAND} in {linked.tracker.name}"
        )
    return people
