"""The values that a row of a condition may ask for: counted, chosen, or greyed. Pure."""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.mapping_matches import SeenValue
from bridge.core.mapping_rows import IS, Row


@dataclass(frozen=True, slots=True)
class Pick:
    """A value that may be ticked, on how many tickets it is, and why it is of no use, if so."""

    value: str
    label: str
    tickets: int = 0
    chosen: bool = False
    why_not: str = ""


def picks_of(
    row: Row,
    seen: Sequence[SeenValue],
    taken: Table[str, str],
    prescribed: Sequence[str] = (),
) -> list[Pick]:
    """What the row holds first, in the file's order; then what tickets say, then what is greyed.

    `taken`: values whose tickets all go to a route above. `prescribed`: the only words that the
    file gives the fact, if it gives any.
    """
    found: list[Pick] = []
    greyed: list[Pick] = []
    left = list(seen)
    for value in row.values:
        # The file may go by the value or by what people see of it.
        held = next((e for e in left if value in (e.value, e.label)), None)
        if held is not None:
            left.remove(held)
        label, tickets = (value, 0) if held is None else (held.label, held.tickets)
        above = taken.get(value, taken.get(label)) if row.test == IS else None
        why_not = "" if above is None else f"its tickets go to {above}, which stands above"
        found.append(Pick(value, label, tickets, chosen=True, why_not=why_not))
    for each in left:
        why_not = ""
        above = taken.get(each.value, taken.get(each.label))
        if row.test == IS and above is not None:
            why_not = f"its tickets go to {above}, which stands above"
        elif prescribed and each.value not in prescribed:
            why_not = "the file's own list does not have it"
        pick = Pick(each.value, each.label, each.tickets, why_not=why_not)
        (greyed if why_not else found).append(pick)
    return found + greyed
