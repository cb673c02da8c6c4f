"""What a notice says: an allow-list of facts, each through the egress gate, and where to look."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bridge.core.facts import Facts
from bridge.core.guard import Held, release_composed, release_fact, release_wording
from bridge.core.situation import LinkedItem, TicketSituation
from bridge.core.stages import told_name
from bridge.domain.mapping import Notify
from bridge.domain.notices import Content, Notice
from bridge.domain.promises import Standing
from bridge.domain.records import KEY, URL, attachments_of
from bridge.domain.texts import Audience, Releasable

LONGEST = 300
"""Characters of one fact; a subject may be as long as a customer likes."""
RULE = "allow-list of notices"


def content_of(s: TicketSituation, facts: Facts, notice: Notice, notify: Notify) -> Content:
    """The notice's words for whoever reads in its channel."""
    to = s.telling.channels[notice.channel].audience
    items = _items_of(s, notice.route)
    released, held = _released(s, {**_about(s, facts, items), "Route": notice.route}, to)
    return Content(
        title=_title(released, notice.route),
        facts=tuple(released.items()),
        links=_links(s, items, notify, to),
        held=held,
    )


def promise_content(
    s: TicketSituation, facts: Facts, channel: str, each: Standing, *, at_risk: bool, act: str
) -> Content:
    """What is said of a promise that is at risk or broken; `act` is what somebody has to do."""
    to = s.telling.channels[channel].audience
    own = {
        "Promise": release_wording(each.title, "the mapping's own words"),
        "Due": release_wording(due_told(each), "the promise's own time"),
        "To do": release_wording(f"{act[:1].upper()}{act[1:]}", "the hub's own words"),
    }
    about, held = _released(s, _about(s, facts, list(s.items)), to)
    released = own | about
    customer = f" ({released['Customer'].value})" if "Customer" in released else ""
    parts = [released[name] for name in ("Promise", "Customer") if name in released]
    said = f"{'At risk' if at_risk else 'Broken'}: {each.title}{customer}"
    page = f"{s.telling.base}/tickets/{s.ref.connection}/{s.ref.id}"
    return Content(
        title=release_composed(said, parts, RULE),
        facts=tuple(released.items()),
        links=(("Open in Ticketbridge", release_wording(page, "the hub's own page")),),
        held=held,
    )


def due_told(each: Standing) -> str:
    """When a promise is due as people read it, by the clock of its calendar's zone."""
    if each.due_at is None:
        return "not known"
    local = each.due_at if not each.zone else each.due_at.astimezone(ZoneInfo(each.zone))
    return f"{local:%a} {local.day} {local:%b %H:%M} {each.zone or 'UTC'}"


def _about(s: TicketSituation, facts: Facts, items: list[LinkedItem]) -> dict[str, str]:
    """What every notice says of its ticket."""
    return {
        "Subject": ", ".join(facts.read("subject").labels),
        "Customer": ", ".join(facts.read("customer").labels),
        "Severity": ", ".join(facts.read("severity").words),
        "Ticket": s.observation.text(KEY) or str(s.ref),
        "Work item": ", ".join(_key(each) for each in items if _key(each)),
    }


def _released(
    s: TicketSituation, said: dict[str, str], to: Audience
) -> tuple[dict[str, Releasable], tuple[str, ...]]:
    """What the gate lets through, and the labels of what it holds."""
    released: dict[str, Releasable] = {}
    held = []
    for label, value in said.items():
        gate = release_fact(_cut(value), Audience.SUPPORT, to, RULE, s.sentry)
        if isinstance(gate, Held):
            held.append(label)
        elif gate.value:
            released[label] = gate
    return released, tuple(held)


def _title(released: dict[str, Releasable], route: str) -> Releasable:
    """What stands in a subject line: made of released facts only."""
    parts = [released[each] for each in ("Severity", "Customer") if each in released]
    severity = [released["Severity"].value.capitalize()] if "Severity" in released else []
    customer = [released["Customer"].value] if "Customer" in released else []
    text = ": ".join([" ".join([*severity, route.replace("-", " ")]), *customer])
    return release_composed(text, parts, RULE)


def _links(
    s: TicketSituation, items: list[LinkedItem], notify: Notify, to: Audience
) -> tuple[tuple[str, Releasable], ...]:
    """Where to look: the hub's page of the ticket, and what the mapping asks for besides."""
    page = f"{s.telling.base}/tickets/{s.ref.connection}/{s.ref.id}"
    links = [("Open in Ticketbridge", release_wording(page, "the hub's own page"))]
    if "link" in notify.with_:
        for each in items:
            if each.has_origin:
                # Its address is made of its key as a rule; the hub's own page leads there.
                continue
            gate = release_fact(_text(each, URL), Audience.SUPPORT, to, RULE, s.sentry)
            if isinstance(gate, Releasable) and gate.value.startswith(("https://", "http://")):
                links.append((f"Open {_key(each) or 'the work item'}", gate))
    files = attachments_of(s.observation)
    if "screenshot" in notify.with_ and files:
        # Behind the hub's sign-in: no public address of a customer's picture is ever made.
        label = "1 file of the ticket" if len(files) == 1 else f"{len(files)} files of the ticket"
        links.append((label, release_wording(f"{page}#files", "the hub's own page")))
    return tuple(links)


def _items_of(s: TicketSituation, route: str) -> list[LinkedItem]:
    """The route's own work item, else whatever is linked."""
    own = [each for each in s.items if each.link.route == route]
    return own or list(s.items)


def _key(item: LinkedItem) -> str:
    """The item's key, as far as it may be told."""
    return told_name(item) if _text(item, KEY) else ""


def _text(item: LinkedItem, name: str) -> str:
    return "" if item.observation is None else item.observation.text(name)


def _cut(text: str) -> str:
    """One line of bounded length."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
