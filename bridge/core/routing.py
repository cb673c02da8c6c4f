"""Which route a ticket takes: the first whose condition holds, or a reason why none does."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from dataclasses import field as with_default

from bridge.core.facts import Facts, Reading
from bridge.domain.mapping import Condition, Route, Scalar

NEEDS_DECISION = "NEEDS_DECISION"
NOT_ROUTED = "NOT_ROUTED"
NO_CATEGORY = "NO_CATEGORY"
VALUE_UNMAPPED = "VALUE_UNMAPPED"


@dataclass(frozen=True, slots=True)
class RouteChoice:
    """The route that a ticket takes, or None; `verdict` is empty only for a route that launches."""

    route: Route | None
    verdict: str = ""
    data: Table[str, str] = with_default(default_factory=dict)


def match(condition: Condition, facts: Facts) -> bool:
    """Whether the condition holds for the ticket."""
    if condition.all is not None:
        return all(match(each, facts) for each in condition.all)
    if condition.any is not None:
        return any(match(each, facts) for each in condition.any)
    if condition.not_ is not None:
        return not match(condition.not_, facts)
    return condition.field is not None and _holds(condition, facts.read(condition.field))


def choose_route(facts: Facts) -> RouteChoice:
    """The route of the ticket; several categories, or none that fits, are for a person."""
    mapping = facts.mapping
    category = facts.read("category")
    route = next((each for each in mapping.routes if match(each.when, facts)), None)
    data = {"category": ", ".join(category.labels) or ", ".join(category.unmapped)}
    if len(category.values) > 1 and not (route and _reads_several(route.when)):
        return RouteChoice(None, NEEDS_DECISION, data)
    if route is not None:
        data["route"] = route.id
        return RouteChoice(route, NOT_ROUTED if route.stay else "", data)
    if category.unmapped:
        field = mapping.ticket.category.property
        return RouteChoice(None, VALUE_UNMAPPED, {"field": field, "value": data["category"]})
    if not category.words:
        return RouteChoice(None, NO_CATEGORY, {"field": mapping.ticket.category.property})
    return RouteChoice(None, NEEDS_DECISION, {"category": ", ".join(category.words)})


def _holds(condition: Condition, reading: Reading) -> bool:
    if condition.present is not None:
        return reading.present is condition.present
    if condition.contains is not None:
        wanted = condition.contains.casefold()
        texts = (*reading.words, *reading.labels)
        return any(wanted in each.casefold() for each in texts)
    targets = condition.in_ if condition.in_ is not None else [condition.is_]
    return any(equals(reading, each) for each in targets if each is not None)


def equals(reading: Reading, wanted: Scalar) -> bool:
    """Whether the one value is that one, by its own word or by what people see of it."""
    word = reading.word
    return word is not None and any(_same(each, wanted) for each in (word, *reading.labels))


def _same(text: str, wanted: Scalar) -> bool:
    if isinstance(wanted, bool):
        return text.casefold() == ("true" if wanted else "false")
    if isinstance(wanted, str):
        return text == wanted
    try:
        return float(text) == wanted
    except ValueError:
        return False


def _reads_several(condition: Condition) -> bool:
    """Whether the condition itself says what several categories mean (`contains`)."""
    parts = [*(condition.all or []), *(condition.any or [])]
    if condition.field == "category" and condition.contains is not None:
        return True
    return any(_reads_several(each) for each in parts)
