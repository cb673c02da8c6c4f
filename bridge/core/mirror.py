"""What a ticket shows of its work items: stage, ETA, keys and the fields that the mapping opts in.

Nothing is ever blanked because something could not be seen or mapped: such a field holds what it
shows, and its verdict says who holds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from dataclasses import field as with_default
from datetime import datetime

from bridge.core.dates import NO_DATE, Eta, sources_of
from bridge.core.eta import eta_now
from bridge.core.facts import value_unmapped
from bridge.core.fingerprints import is_blank
from bridge.core.guard import (
    Held,
    release_date,
    release_keys,
    release_pair,
    release_wording,
    sayable,
)
from bridge.core.owned import Wish
from bridge.core.releases import GONE as RELEASE_GONE
from bridge.core.releases import gone_findings, steps_of, waiting_data
from bridge.core.reviewing import born, field_source, judged_value, value_content, waits
from bridge.core.situation import LinkedItem, TicketSituation
from bridge.core.stages import (
    RollUpResult,
    holder_data,
    is_broken,
    name_of,
    roll_up,
    stage_findings,
    told_name,
)
from bridge.core.values import digest, plain
from bridge.domain.findings import Finding
from bridge.domain.held import HeldText
from bridge.domain.links import Fingerprint
from bridge.domain.mapping import FieldPair
from bridge.domain.records import KEY, STATUS, Observation
from bridge.domain.texts import Audience, Releasable


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What the ticket shall show, and the findings of working it out."""

    wishes: tuple[Wish, ...]
    findings: tuple[Finding, ...] = ()
    stage: str | None = None
    eta: Eta = NO_DATE
    keys: str = ""
    held: tuple[HeldText, ...] = ()
    """Values of fields that wait for a person."""
    why: Table[str, str] = with_default(default_factory=dict)
    """Whose state the stage is of, and since when customers read it; empty where none is shown."""


def mirror(s: TicketSituation, now: datetime) -> Mirrored:
    """What the ticket shall show of its items; all of them were seen at least once."""
    if not s.items:
        return Mirrored(tuple(_nothing_linked(s)))
    steps = steps_of(s, now)
    result = roll_up(s.mapping, steps)
    eta = eta_now(s, now)
    keys = tuple(name for each in s.items if (name := told_name(each)))
    wishes = [*_stage(s, result, len(steps)), *_eta(s, eta), *_keys(s, keys)]
    findings = [*stage_findings(s.ref, steps), *gone_findings(s, steps)]
    held: list[HeldText] = []
    for index, pair in enumerate(s.mapping.fields):
        if pair.owner == "work_item" and _is_for(s, pair):
            step = _pair(s, index, pair)
            wishes.append(step.wish)
            findings += [step.finding] if step.finding else []
            held += [step.held] if step.held else []
    return Mirrored(
        wishes=tuple(wishes),
        findings=tuple(findings),
        stage=result.stage.id if result.stage else None,
        eta=eta,
        keys=", ".join(keys),
        held=tuple(held),
        why=_why(s, result),
    )


def _why(s: TicketSituation, result: RollUpResult) -> dict[str, str]:
    """The item that decides the stage, named as those outside engineering may read it."""
    shown, step = s.mapping.show_on_ticket.stage, result.decided
    if shown is None or step is None or step.stage is None:
        return {}
    # An item that error tracking is tied to has a state for them, and no name.
    item = told_name(step.item) or "The work item"
    data = {"item": item, "label": step.label, "stage": step.stage.label}
    pair = s.fingerprints.get(shown.property)
    text = step.stage.label if shown.show == "label" else step.stage.id
    if pair is not None and pair.writes and pair.sent == digest(text):
        data["since"] = pair.written_at.isoformat()
    return data


def shown_fields(s: TicketSituation) -> dict[str, str]:
    """The ticket's fields that the hub owns, each with its purpose."""
    show = s.mapping.show_on_ticket
    shown = {"stage": show.stage, "eta": show.eta, "keys": show.keys}
    owned = {fact.property: purpose for purpose, fact in shown.items() if fact is not None}
    for index, pair in enumerate(s.mapping.fields):
        if pair.owner == "work_item":
            owned.setdefault(pair.ticket, f"pair:{index}")
    return owned


def _nothing_linked(s: TicketSituation) -> list[Wish]:
    """After the last link ended the hub's own values are taken back, once; else nothing."""
    wishes = []
    for field, purpose in shown_fields(s).items():
        pair: Fingerprint | None = s.fingerprints.get(field)
        if pair is None or is_blank(pair):
            wishes.append(Wish(field, purpose, held="NO_LINK"))
        else:
            release = release_wording("", "links ended")
            wishes.append(Wish(field, purpose, "", rule="links ended", release=release))
    return wishes


def _stage(s: TicketSituation, result: RollUpResult, total: int) -> list[Wish]:
    shown = s.mapping.show_on_ticket.stage
    if shown is None:
        return []
    rule, inputs = f"rollup: {s.mapping.rollup}", _inputs(s, s.items, STATUS)
    if result.stage is None:
        holder = holder_data(result.holder) if result.holder else {}
        code = result.holder.code if result.holder else "NO_LINK"
        return [Wish(shown.property, "stage", held=code, data=holder, rule=rule, inputs=inputs)]
    text = result.stage.label if shown.show == "label" else result.stage.id
    aside, data = "", {}
    if result.decided is not None and result.decided.waits:
        aside, data = result.decided.waits, waiting_data(result.decided)
    elif result.waiting is not None:
        aside = "ROLLUP_HOLDS"
        data = {**holder_data(result.waiting), "ahead": str(result.ahead), "total": str(total)}
    return [
        Wish(
            shown.property,
            "stage",
            text,
            aside=aside,
            data=data,
            rule=rule,
            inputs=inputs,
            release=release_wording(text, f"stage {result.stage.id}"),
        )
    ]


def _eta(s: TicketSituation, eta: Eta) -> list[Wish]:
    shown = s.mapping.show_on_ticket.eta
    if shown is None:
        return []
    sources = {e.field for i in s.items for e in sources_of(s.mapping, i.tracker)}
    inputs = _inputs(s, s.items, *sources)
    if eta.unknown is not None:
        code = "LINK_BROKEN" if is_broken(eta.unknown) else "WAITING_ITEM_READ"
        data = {"item": name_of(eta.unknown), "ref": str(eta.unknown.link.work_item)}
        if eta.release:
            code, data = RELEASE_GONE, {**data, "release": eta.release}
        return [Wish(shown.property, "eta", held=code, data=data, inputs=inputs)]
    release = release_date(eta.day, "eta")
    rule = "latest date of the open items"
    return [Wish(shown.property, "eta", release.value, rule=rule, inputs=inputs, release=release)]


def _keys(s: TicketSituation, keys: tuple[str, ...]) -> list[Wish]:
    shown = s.mapping.show_on_ticket.keys
    if shown is None:
        return []
    release = release_keys(keys, "keys")
    inputs = _inputs(s, tuple(each for each in s.items if told_name(each)), KEY)
    return [Wish(shown.property, "keys", release.value, inputs=inputs, release=release)]


def _is_for(s: TicketSituation, pair: FieldPair) -> bool:
    """Whether the pair has to do with the ticket: not if its tracker has no item of it, nor had."""
    known = s.fingerprints.get(pair.ticket)
    shown = known is not None and not is_blank(known)
    names = {each.link.work_item.connection for each in s.items}
    return shown or pair.connection is None or pair.connection in names


@dataclass(frozen=True, slots=True)
class _Step:
    """What is done about one pair of fields."""

    wish: Wish
    finding: Finding | None = None
    held: HeldText | None = None


def _pair(s: TicketSituation, index: int, pair: FieldPair) -> _Step:
    purpose, rule = f"pair:{index}", f"fields[{index}]: owner work_item"
    items = [each for each in s.items if pair.connection in (None, each.link.work_item.connection)]
    audience = Audience.parse(pair.audience)
    inputs = _inputs(s, tuple(items), pair.work_item, audience=audience, labelled=True)

    def held(code: str, data: Table[str, str]) -> Wish:
        return Wish(pair.ticket, purpose, held=code, data=data, rule=rule, inputs=inputs)

    if not items:
        return _Step(held("NO_LINK", {}))
    unseen = next((i for i in items if is_broken(i) or not _knows(i, pair.work_item)), None)
    if unseen is not None:
        code = "LINK_BROKEN" if is_broken(unseen) else "WAITING_ITEM_READ"
        return _Step(held(code, {"item": name_of(unseen), "ref": str(unseen.link.work_item)}))
    texts = {plain(_seen(each).value(pair.work_item)) for each in items}
    closed = release_pair("", audience, rule)
    if isinstance(closed, Held):
        data = {"field": pair.work_item, "rule": closed.reason}
        return _Step(held(closed.code, data), _finding(s, closed.code, pair.work_item, data))
    origin = _origin(items)
    if len(texts) > 1:
        shown = ", ".join(
            sorted({sayable(each or "", audience, origin, known=s.sentry) for each in texts})
        )
        data = {"field": pair.ticket, "values": shown}
        return _Step(held("CONFLICT", data), _finding(s, "CONFLICT", pair.ticket, data))
    return _pair_value(s, pair, items, texts.pop(), held("FIELD_INVALID", {}))


def _origin(items: Iterable[LinkedItem]) -> tuple[str, ...]:
    """The chain of a value that the items agree on: that of each of them."""
    return tuple(part for i in items for part in born(str(i.link.work_item), "", i.has_origin))


def _pair_value(
    s: TicketSituation, pair: FieldPair, items: list[LinkedItem], text: str | None, wish: Wish
) -> _Step:
    """What is done about the one value that all items agree on."""
    audience = Audience.parse(pair.audience)
    if text is None:
        data = {"field": pair.work_item, "reason": "it is not a plain value"}
        found = _finding(s, "FIELD_INVALID", pair.work_item, data)
        return _Step(_held(wish, "FIELD_INVALID", data), found)
    if pair.values is None or not text:
        return _pair_text(s, pair, items, text, wish)
    if text not in pair.values:
        said = sayable(text, audience, _origin(items), known=s.sentry)
        finding = value_unmapped(s.ref, pair.work_item, said)
        return _Step(_held(wish, finding.code, finding.data), finding)
    # The mapping's own word for it, whoever wrote the value.
    release = release_pair(plain(pair.values[text]) or "", audience, wish.rule, known=s.sentry)
    if isinstance(release, Held):
        data = {"field": pair.work_item, "rule": release.reason}
        found = _finding(s, release.code, pair.work_item, data)
        return _Step(_held(wish, release.code, data), found)
    return _Step(_shown(pair, wish, release))


def _pair_text(
    s: TicketSituation, pair: FieldPair, items: list[LinkedItem], text: str, wish: Wish
) -> _Step:
    """What is done about a value in the words of the work item."""
    # The first item that holds it for a person stands for all that say the same.
    item = next((each for each in items if each.has_origin), items[0])
    source = field_source(str(item.link.work_item), pair.work_item, pair.ticket)
    audience = Audience.parse(pair.audience)
    release = judged_value(s.held, source, text, audience, wish.rule, item.has_origin, s.sentry)
    if isinstance(release, Releasable):
        return _Step(_shown(pair, wish, release))
    data = {"field": pair.work_item, "rule": release.reason}
    data |= {"item": name_of(item), "source": source, "thing": f'The field "{pair.work_item}"'}
    row = waits(s.held, source, value_content(text), release)
    found = None if row is None else _finding(s, release.code, pair.work_item, data)
    return _Step(_held(wish, release.code, data), found, row)


def _shown(pair: FieldPair, wish: Wish, release: Releasable) -> Wish:
    return Wish(
        wish.field,
        wish.purpose,
        release.value,
        rule=wish.rule,
        inputs=wish.inputs,
        enforce=pair.enforce,
        release=release,
    )


def _held(wish: Wish, code: str, data: Table[str, str]) -> Wish:
    return Wish(wish.field, wish.purpose, held=code, data=data, rule=wish.rule, inputs=wish.inputs)


def _finding(s: TicketSituation, code: str, topic: str, data: Table[str, str]) -> Finding:
    return Finding(code, s.ref.connection, str(s.ref), topic, data)


def _seen(item: LinkedItem) -> Observation:
    if item.observation is None:
        raise ValueError("asked of items that were seen only")
    return item.observation


def _knows(item: LinkedItem, field: str) -> bool:
    seen = item.observation
    return seen is not None and (seen.whole or seen.knows(field))


def _inputs(
    s: TicketSituation,
    items: tuple[LinkedItem, ...],
    *facts: str,
    audience: Audience = Audience.SUPPORT,
    labelled: bool = False,
) -> tuple[str, ...]:
    """The facts used, with the vendor's time of each; support reads them.

    `labelled`: they are people's words, and held where those of their item are.
    """
    rows = []
    for item in items:
        for name in sorted(facts):
            seen = item.observation
            at = seen.at(name) if seen is not None else None
            if seen is not None and at is not None:
                origin = _origin([item]) if labelled else ()
                said = sayable(seen.text(name), audience, origin, known=s.sentry)
                rows.append(f"{item.link.work_item} {name}={said} ({at.isoformat()})")
    return tuple(rows)
