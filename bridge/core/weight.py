"""The weight of a work item: how many tickets and customers wait for it, and the highest plan.

Engineering sees it as one managed link, or in a field of its own. What changes who waits is
written at once; mere counts, and the day of the next promise, at most once a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bridge.core.fingerprints import Observed, decide
from bridge.core.instants import later
from bridge.core.owned import Wish
from bridge.core.situation import ItemSituation
from bridge.core.values import digest
from bridge.domain.links import Fingerprint
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_hygiene import ImpactField
from bridge.domain.operations import ItemLink
from bridge.domain.records import HYPERLINKS, Value
from bridge.domain.weights import Weight

MARK = "(ticketbridge:weight)"
"""Ends the words beside the managed link: by it the hub knows its own again."""
PURPOSE = "weight"
LINK = "@weight"
"""The pair of the managed link; a field has the pair of its own name."""
WHO = "@weight of "
"""Begins the name under which is kept who weighed, and when it was written; the place follows."""
DAY = timedelta(days=1)
RULE = "show_on_work_item.impact"
LONGEST_PLAN = 60

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WeightStep:
    """What is done about the weight: a wish for a field, or one link more and others fewer."""

    wishes: tuple[Wish, ...] = ()
    add: tuple[ItemLink, ...] = ()
    remove: tuple[ItemLink, ...] = ()
    keep: tuple[Fingerprint, ...] = ()
    """Pairs that change without a write."""
    written: tuple[Fingerprint, ...] = ()
    """Pairs to keep once the link, or the field, is written."""
    wake_at: datetime | None = None

    def beside(self, wish: Wish) -> tuple[Fingerprint, ...]:
        """The pairs to keep once that wish is written."""
        if wish.purpose != PURPOSE:
            return ()
        return tuple(each for each in self.written if each.field == WHO + wish.field)


NO_WEIGHT = WeightStep()


def plan_order(mapping: Mapping) -> tuple[str, ...]:
    """The customers' plans, the highest first."""
    return tuple(mapping.show_on_work_item.plans or (each.id for each in mapping.plans))


def highest_plan(plans: Sequence[str], order: Sequence[str]) -> str:
    """The highest of the plans; one that has no place in the order comes after all that have."""
    ranks = {name.casefold(): rank for rank, name in enumerate(order)}
    return min(plans, key=lambda each: (ranks.get(each.casefold(), len(ranks)), each), default="")


def said(weight: Weight, order: Sequence[str]) -> str:
    """The weight in words; empty where nobody waits."""
    if not weight.tickets:
        return ""
    parts = [_counted(weight.tickets, "ticket")]
    parts += [_counted(len(weight.customers), "customer")] if weight.customers else []
    plan = highest_plan(weight.plans, order)
    parts += [f"highest plan {plan[:LONGEST_PLAN]}"] if plan else []
    due = weight.promise_due
    parts += [f"next promise due {_day(due)}"] if due is not None else []
    return ", ".join(parts)


def plan_weight(s: ItemSituation, page: str, now: datetime) -> WeightStep:
    """What to do about the item's weight; nothing where no mapping asks for it and none stands."""
    mapping = _asking(s)
    places = {each.removeprefix(WHO) for each in s.fingerprints if each.startswith(WHO)}
    place = None if mapping is None else _place(mapping, s.ref.connection)
    steps = [_withdrawn(s, each, now) for each in sorted(places - {place})]
    if mapping is not None and place is not None and s.weight is not None:
        order = plan_order(mapping)
        steps.append(_shown(s, place, said(s.weight, order), _who(s.weight, order), page, now))
    return _joined(steps)


def _asking(s: ItemSituation) -> Mapping | None:
    """The mapping that decides: the one of the first ticket whose mapping shows a weight."""
    if s.weight is None or not s.weight.tickets:
        return None
    mappings = (each.mapping for each in s.tickets if each.mapping is not None)
    return next((each for each in mappings if _place(each, s.ref.connection)), None)


def _place(mapping: Mapping, tracker: str) -> str | None:
    """Where the weight stands at that tracker: a field's name, `LINK`, or nowhere."""
    impact = mapping.show_on_work_item.impact
    if isinstance(impact, ImpactField):
        return impact.property if impact.connection in (None, tracker) else None
    return LINK if impact else None


def _who(weight: Weight, order: Sequence[str]) -> str:
    customers: list[Value] = [*sorted(weight.customers)]
    return digest([customers, highest_plan(weight.plans, order)])


def _withdrawn(s: ItemSituation, place: str, now: datetime) -> WeightStep:
    """Nobody waits any more, or the weight stands elsewhere now: what the hub wrote goes."""
    return _shown(s, place, "", digest(""), "", now)


def _shown(
    s: ItemSituation, place: str, words: str, who: str, page: str, now: datetime
) -> WeightStep:
    before, pair = s.fingerprints.get(WHO + place), s.fingerprints.get(place)
    if words and before is not None and pair is not None and before.sent == who:
        free_at = later(before.written_at, DAY)
        if pair.sent != digest(_worded(place, words)) and now < free_at:
            # Mere counts: they are written when a day has passed since the last time.
            return WeightStep(wake_at=free_at)
    beside = Fingerprint(WHO + place, who, None, now)
    if place == LINK:
        return _link(s, words, page, beside, now)
    if not words and before is not None and before.sent == digest(""):
        return WeightStep()
    wish = Wish(place, PURPOSE, words or None, rule=RULE)
    return WeightStep(wishes=(wish,), written=(beside,))


def _worded(place: str, words: str) -> str:
    return f"{words} {MARK}" if words and place == LINK else words


def _link(
    s: ItemSituation, words: str, page: str, beside: Fingerprint, now: datetime
) -> WeightStep:
    if not s.observation.knows(HYPERLINKS):
        return WeightStep()
    present = weight_links(s)
    shown = present[0].comment if present else None
    desired = _worded(LINK, words) or None
    seen = Observed(shown, True, s.observation.at(HYPERLINKS))
    pair = s.fingerprints.get(LINK)
    decision = decide(LINK, pair, desired, seen, enforce=True, now=now)
    keep = (decision.fingerprint,) if decision.fingerprint is not None else ()
    if not decision.writes:
        told = (*keep, beside) if pair is None and keep else keep
        return WeightStep(keep=told, wake_at=decision.wake_at)
    writes = (*pair.writes[-20:], now) if pair is not None else (now,)
    edits = pair.foreign_edits if pair is not None else ()
    if decision.move == "restore":
        edits = (*edits, now)
    sent = Fingerprint(LINK, digest(desired), None, now, writes, edits)
    add = (ItemLink(page, desired),) if desired is not None else ()
    gone = tuple(each for each in present if each not in add)
    return WeightStep(add=add, remove=gone, keep=keep, written=(sent, beside))


def weight_links(s: ItemSituation) -> list[ItemLink]:
    """The managed links that stand on the item; more than one only where people copied it."""
    value = s.observation.value(HYPERLINKS)
    rows = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    links = [ItemLink(str(e.get("url") or ""), str(e.get("comment") or "")) for e in rows]
    return [each for each in links if each.comment.endswith(MARK)]


def _joined(steps: Sequence[WeightStep]) -> WeightStep:
    woken = [each.wake_at for each in steps if each.wake_at is not None]
    return WeightStep(
        wishes=tuple(wish for each in steps for wish in each.wishes),
        add=tuple(link for each in steps for link in each.add),
        remove=tuple(link for each in steps for link in each.remove),
        keep=tuple(pair for each in steps for pair in each.keep),
        written=tuple(pair for each in steps for pair in each.written),
        wake_at=min(woken, default=None),
    )


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _day(due: date) -> str:
    return f"{due.day} {_MONTHS[due.month - 1]}"
