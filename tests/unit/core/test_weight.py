"""The weight of a work item: at once where who waits changed, else once a day, and only its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bridge.core.fingerprints import Observed, after_write
from bridge.core.plan import plan_item
from bridge.core.situation import ItemSituation, LinkedTicket
from bridge.core.weight import LINK, MARK, WHO, highest_plan, said
from bridge.domain.operations import ItemField, SetItemFields, SetItemLinks
from bridge.domain.records import HYPERLINKS, Value
from bridge.domain.weights import Weight
from tests.unit.core.examples import NOW, TICKET, item, item_facts, linked_ticket, mapping

HUB = "https://hub.test"
PAGE = f"{HUB}/work-items/boards/99"
ORDER = ["Elite", "Premium", "Standard"]
ONE = Weight(1, ("Initech",), ("Premium",))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BACK: Value = {"url": f"https://app.hubspot.test/{TICKET.id}", "comment": "ticketbridge:tb-1"}


def shown(impact: Any = True) -> LinkedTicket:
    show = {"impact": impact, "plans": ORDER}
    return replace(linked_ticket(), mapping=mapping(show_on_work_item=show))


def weighed(
    weight: Weight | None, *words: str, impact: Any = True, tickets: bool = True, **facts: Value
) -> ItemSituation:
    shows: list[Value] = [{"url": PAGE, "comment": each} for each in words]
    links: list[Value] = [BACK, *shows]
    seen = item_facts("99", **{HYPERLINKS: links, **facts})
    one = (shown(impact),) if tickets else ()
    s = item(*one, facts=seen, markers={str(TICKET): "tb-1"})
    return replace(s, weight=weight, kept_links=frozenset({"ticketbridge:tb-1"}))


def links_of(s: ItemSituation, now: datetime) -> SetItemLinks | None:
    made = [e for e in plan_item(s, HUB, now).operations if isinstance(e, SetItemLinks)]
    return made[0] if made else None


def _rows(s: ItemSituation) -> list[dict[str, Value]]:
    value = s.observation.value(HYPERLINKS)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def done(s: ItemSituation, now: datetime) -> ItemSituation:
    """The item after the plan was carried out: links, pairs and all."""
    plan = plan_item(s, HUB, now)
    pairs = {**s.fingerprints, **{each.field: each for each in plan.fingerprints}}
    rows = _rows(s)
    facts = {name: fact.value for name, fact in s.observation.facts.items()}
    for each in plan.operations:
        if isinstance(each, SetItemLinks):
            gone = {(e.url, e.comment) for e in each.remove}
            rows = [e for e in rows if (e["url"], e["comment"]) not in gone]
            rows += [{"url": e.url, "comment": e.comment} for e in each.add]
            pairs |= {pair.field: pair for pair in each.beside}
        if isinstance(each, SetItemFields):
            for field in each.fields:
                facts[field.field] = field.value
                came = Observed(field.value, True, now)
                pair = after_write(
                    field.field, pairs.get(field.field), field.value, came,
                    now=now, restore=field.restore,
                )  # fmt: skip
                pairs |= {field.field: pair, **{e.field: e for e in field.beside}}
    facts[HYPERLINKS] = [*rows]
    seen = item(facts=facts).observation
    at = {name: replace(fact, at=now) for name, fact in seen.facts.items()}
    return replace(s, observation=replace(seen, facts=at, seen_at=now), fingerprints=pairs)


def words_on(s: ItemSituation) -> list[str]:
    rows = s.observation.value(HYPERLINKS)
    assert isinstance(rows, list)
    return [str(e["comment"]) for e in rows if isinstance(e, dict) and MARK in str(e["comment"])]


# ------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (Weight(), ""),
        (Weight(1), "1 ticket"),
        (ONE, "1 ticket, 1 customer, highest plan Premium"),
        (
            Weight(3, ("A", "B"), ("Standard", "Elite"), date(2026, 3, 12)),
            "3 tickets, 2 customers, highest plan Elite, next promise due 12 March",
        ),
        (Weight(1234, ("A",)), "1,234 tickets, 1 customer"),
    ],
)
def test_weight_is_said_in_numbers_and_the_highest_plan(weight: Weight, words: str) -> None:
    assert said(weight, ORDER) == words


def test_highest_plan_goes_by_the_order_and_unknown_ones_come_last() -> None:
    assert highest_plan(["standard", "PREMIUM"], ORDER) == "PREMIUM"
    assert highest_plan(["Aaa", "Standard"], ORDER) == "Standard"
    assert highest_plan(["b", "a"], ()) == "a"
    assert highest_plan([], ORDER) == ""


# -------------------------------------------------------------------------------------- link


def test_weight_is_one_link_to_the_hubs_page_of_the_item() -> None:
    made = links_of(weighed(ONE), NOW)
    assert made is not None
    (link,) = made.add
    assert (link.url, link.comment) == (PAGE, f"1 ticket, 1 customer, highest plan Premium {MARK}")
    assert {each.field for each in made.beside} == {LINK, WHO + LINK}


def test_what_stands_there_already_is_not_written_again() -> None:
    s = done(weighed(ONE), NOW)
    assert links_of(s, NOW + HOUR) is None
    assert links_of(done(s, NOW + HOUR), NOW + 2 * DAY) is None


def test_mere_counts_wait_for_their_day_and_are_written_once_then() -> None:
    s = done(weighed(ONE), NOW)
    s = replace(s, weight=replace(ONE, tickets=2))
    waiting = plan_item(s, HUB, NOW + HOUR)
    assert (links_of(s, NOW + HOUR), waiting.wake_at) == (None, NOW + DAY)
    s = replace(done(s, NOW + HOUR), weight=replace(ONE, tickets=5))
    assert links_of(s, NOW + DAY - HOUR) is None
    s = done(s, NOW + DAY)
    assert words_on(s) == [f"5 tickets, 1 customer, highest plan Premium {MARK}"]
    s = replace(s, weight=replace(ONE, tickets=6))
    assert links_of(s, NOW + DAY + HOUR) is None


@pytest.mark.parametrize(
    "other",
    [
        Weight(1, ("Globex",), ("Premium",)),
        Weight(2, ("Globex", "Initech"), ("Premium",)),
        Weight(1, ("Initech",), ("Elite",)),
    ],
)
def test_other_customers_and_a_higher_plan_are_written_at_once(other: Weight) -> None:
    s = replace(done(weighed(ONE), NOW), weight=other)
    now = NOW + HOUR
    after = done(s, now)
    if other.customers == ("Globex",):
        # As many as before: who they are is on the hub's page, and no word changes.
        assert links_of(s, now) is None
    else:
        assert words_on(after) == [f"{said(other, ORDER)} {MARK}"]
        assert links_of(after, now) is None


def test_weight_goes_with_the_last_ticket_and_nothing_else_does() -> None:
    s = done(weighed(ONE, "design notes"), NOW)
    s = replace(s, weight=Weight(), tickets=())
    made = links_of(s, NOW + HOUR)
    assert made is not None
    assert [each.comment for each in made.remove] == [
        f"1 ticket, 1 customer, highest plan Premium {MARK}"
    ]
    assert made.add == ()
    gone = done(s, NOW + HOUR)
    assert words_on(gone) == []
    assert links_of(gone, NOW + 2 * DAY) is None


def test_weight_goes_when_the_mapping_shows_it_no_more() -> None:
    s = done(weighed(ONE), NOW)
    off = replace(shown(impact=False), link=s.tickets[0].link)
    after = done(replace(s, weight=None, tickets=(off,)), NOW + HOUR)
    assert words_on(after) == []


def test_a_persons_edit_is_put_back_once_and_stands_the_second_time() -> None:
    s = done(weighed(ONE), NOW)
    s = done(s, NOW + HOUR)  # The pair is whole: what came back was seen.

    def without(s: ItemSituation, now: datetime) -> ItemSituation:
        facts = {n: f.value for n, f in s.observation.facts.items()} | {HYPERLINKS: [BACK]}
        seen = item(facts=facts).observation
        at = {name: replace(fact, at=now) for name, fact in seen.facts.items()}
        return replace(s, observation=replace(seen, facts=at, seen_at=now))

    again = done(without(s, NOW + 2 * HOUR), NOW + 2 * HOUR)
    assert words_on(again)
    again = done(again, NOW + 3 * HOUR)
    plan = plan_item(without(again, NOW + 4 * HOUR), HUB, NOW + 4 * HOUR)
    assert not any(isinstance(each, SetItemLinks) for each in plan.operations)


def test_links_of_people_that_look_alike_are_left_alone_without_a_mapping() -> None:
    s = weighed(None, f"7 tickets {MARK}", tickets=False)
    assert links_of(s, NOW) is None


# ------------------------------------------------------------------------------------- field

FIELD = {"property": "Custom.Weight"}


def fields_of(s: ItemSituation, now: datetime) -> list[ItemField]:
    made = plan_item(s, HUB, now).operations
    return [
        f for e in made if isinstance(e, SetItemFields) for f in e.fields if "Weight" in f.field
    ]


def test_weight_in_a_field_follows_the_same_rules() -> None:
    s = weighed(ONE, impact=FIELD)
    (field,) = fields_of(s, NOW)
    assert (field.field, field.value) == (
        "Custom.Weight", "1 ticket, 1 customer, highest plan Premium",
    )  # fmt: skip
    s = done(s, NOW)
    assert not fields_of(s, NOW + HOUR)
    counts = replace(s, weight=replace(ONE, tickets=2))
    assert not fields_of(counts, NOW + HOUR)
    assert plan_item(counts, HUB, NOW + HOUR).wake_at == NOW + DAY
    assert fields_of(counts, NOW + DAY)[0].value == "2 tickets, 1 customer, highest plan Premium"
    higher = replace(s, weight=Weight(1, ("Initech",), ("Elite",)))
    assert fields_of(higher, NOW + HOUR)


def test_field_is_emptied_with_the_last_ticket_and_left_alone_then() -> None:
    s = done(weighed(ONE, impact=FIELD), NOW)
    s = replace(s, weight=Weight(), tickets=())
    (field,) = fields_of(s, NOW + HOUR)
    assert field.value is None
    gone = done(s, NOW + HOUR)
    assert not fields_of(gone, NOW + 2 * DAY)
    facts = {n: f.value for n, f in gone.observation.facts.items()} | {"Custom.Weight": "mine"}
    theirs = replace(gone, observation=item(facts=facts).observation)
    assert not fields_of(theirs, NOW + 3 * DAY)


def test_weight_moves_from_the_link_to_a_field() -> None:
    s = done(weighed(ONE), NOW)
    moved = replace(shown(FIELD), link=s.tickets[0].link)
    after = done(replace(s, tickets=(moved,)), NOW + HOUR)
    assert words_on(after) == []
    assert after.observation.text("Custom.Weight") == said(ONE, ORDER)
