"""The form for promises: by when what must have happened, for whom, and who is told."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from bridge.config.problems import Path
from bridge.config.yaml_lines import Plain, at
from bridge.core.promises_told import promise_told
from bridge.domain.mapping_promises import Promise
from bridge.ports.manifest import Role
from bridge.web.mapping_blanks import (
    CHOICE,
    LINE,
    ONE_OR_MORE,
    Blank,
    Block,
    Group,
    chosen,
    left_over,
    offered,
)
from bridge.web.mapping_kinds import Known, condition_blank, said_condition

_SPAN = "15m, 4bh or 1bd"
_KEPT = (
    ("told_customer", "the customer is told"),
    ("triaged", "severity and assignee are set"),
    ("linked", "work is linked"),
    ("eta_set", "there is an expected date"),
    ("acknowledged", "somebody acknowledged"),
)
_AT = chosen(
    ("both", "of the warning and the breach"),
    ("warning", "of the warning"),
    ("breach", "of the breach"),
)
SPANS_SAY = (
    "m, h and d are minutes, hours and days; bh and bd are business hours and days of the "
    "calendar. A promise has one of within and every."
)


def promise_groups(known: Known) -> list[Group]:
    """Every promise, and room for one more."""
    there = at(known.raw, ("promises",))
    number = len(there) if isinstance(there, list) else 0
    blocks = tuple(_promise(known, i) for i in range(number))
    path: Path = ("promises", number)
    new = Block(
        "new", "New promise", path,
        (
            known.blank("new-id", "Name in the file", (*path, "id"), LINE,
                        needed="a short name in small letters, such as update", hint="update"),
            *_blanks(known, "new", path),
        ),
    )  # fmt: skip
    return [Group("Promises", ("promises",), blocks, new, said=SPANS_SAY)]


def _promise(known: Known, number: int) -> Block:
    path: Path = ("promises", number)
    raw = at(known.raw, path)
    words, title = "", str(at(known.raw, (*path, "id")))
    try:
        promise = Promise.model_validate(raw, by_alias=True, by_name=False)
        words, title = promise_told(promise, known.mapping), promise.title
    except ValidationError:
        words = "As typed, it is no whole promise yet."
    blanks = _blanks(known, f"p{number}", path)
    over = [each for each in left_over(known.raw, path, blanks) if not each.startswith("id: ")]
    return Block(f"p{number}", title, path, blanks, words, (*over, *_tells_more(known, path)))


def _blanks(known: Known, id: str, path: Path) -> tuple[Blank, ...]:
    stages = [(f"stage:{e.id}", f"the ticket shows “{e.label}”") for e in known.mapping.stages]
    kept = chosen(*([("", "choose")] if id == "new" else []), *_KEPT, *stages)
    return (
        known.blank(f"{id}-label", "Title", (*path, "label"), LINE, hint="what people read"),
        condition_blank(known, f"{id}-when", "For whom", (*path, "when"), "every ticket"),
        *_spans(known, id, path),
        *_calendars(known, id, path),
        known.blank(f"{id}-kept", "Kept when", (*path, "kept_by"), CHOICE, offers=kept,
                    needed="say what keeps it"),
        known.blank(f"{id}-say", "It must say", (*path, "must_say"), CHOICE,
                    offers=chosen(("", "nothing in particular"), ("eta", "the expected date"))),
        known.blank(f"{id}-pause", "The clock rests", (*path, "pause_while"), CHOICE,
                    offers=chosen(("", "never"),
                                  ("waiting_on_customer", "while it is the customer's turn"))),
        known.blank(f"{id}-before", "Warn so long before it is due", (*path, "warn_before"),
                    LINE, hint="2bh"),
        known.blank(f"{id}-after", "or so long after it begins", (*path, "warn_after"), LINE,
                    hint="5m"),
        *_tells(known, id, path),
    )  # fmt: skip


def _spans(known: Known, id: str, path: Path) -> Iterator[Blank]:
    held = [
        key for key in ("within", "every") if isinstance(at(known.raw, (*path, key)), dict | list)
    ]
    for key, label in (("within", "Once, within"), ("every", "Again and again, at least every")):
        if held and key not in held:
            continue
        there = at(known.raw, (*path, key))
        if isinstance(there, dict) and isinstance(there.get("values"), dict):
            yield from _cells(known, f"{id}-{key}", (*path, key), label)
        elif isinstance(there, list):
            yield from _cases(known, f"{id}-{key}", (*path, key), label)
        else:
            yield known.blank(f"{id}-{key}", label, (*path, key), LINE, hint=_SPAN)


def _cells(known: Known, id: str, path: Path, label: str) -> Iterator[Blank]:
    """One blank for each cell of a table over one or two facts."""
    values = at(known.raw, (*path, "values"))
    assert isinstance(values, dict)  # noqa: S101 - the caller looked
    needed = "a span, or none where nothing is promised"
    for r, (word, row) in enumerate(values.items()):
        cells = row if isinstance(row, dict) else {"": row}
        for c, by in enumerate(cells):
            place = (*path, "values", word, *((by,) if by else ()))
            said = f"{label}: {word}{f', {by}' if by else ''}"
            yield known.blank(f"{id}-{r}-{c}", said, place, LINE, needed=needed)


def _cases(known: Known, id: str, path: Path, label: str) -> Iterator[Blank]:
    """One blank for the span of each case of a list."""
    there = at(known.raw, path)
    for number in range(len(there) if isinstance(there, list) else 0):
        said = f"{label}{_whom(at(known.raw, (*path, number, 'when')))}"
        yield known.blank(f"{id}-{number}", said, (*path, number, "use"), LINE,
                          needed="a span, or none where nothing is promised")  # fmt: skip


def _whom(raw: Plain) -> str:
    if raw is None:
        return ", otherwise"
    return f", {said_condition(raw)}"


def _calendars(known: Known, id: str, path: Path) -> Iterator[Blank]:
    there = at(known.raw, (*path, "calendar"))
    if not isinstance(there, list):
        yield known.blank(f"{id}-calendar", "By the hours of", (*path, "calendar"), CHOICE,
                          default="always", offers=known.calendars())  # fmt: skip
        return
    for number in range(len(there)):
        said = f"Hours{_whom(at(known.raw, (*path, 'calendar', number, 'when')))}"
        yield known.blank(f"{id}-calendar-{number}", said, (*path, "calendar", number, "use"),
                          CHOICE, offers=known.calendars())  # fmt: skip


def _tells(known: Known, id: str, path: Path) -> Iterator[Blank]:
    there = at(known.raw, (*path, "tell"))
    places: list[Path] = [(*path, "tell")]
    if isinstance(there, list):
        places = [(*path, "tell", number) for number in range(len(there))]
    notifiers = offered(known.context.having(Role.NOTIFIER))
    for number, place in enumerate(places):
        again = f" ({number + 1})" if len(places) > 1 else ""
        yield known.blank(f"{id}-to-{number}", f"Who must act, and is told{again}",
                          (*place, "to"), ONE_OR_MORE, offers=known.people,
                          hint="groups, roles, addresses")  # fmt: skip
        yield known.blank(f"{id}-via-{number}", f"by way of{again}", (*place, "via"), ONE_OR_MORE,
                          offers=notifiers, hint=", ".join(e.value for e in notifiers))  # fmt: skip
        yield known.blank(f"{id}-at-{number}", f"of which{again}", (*place, "at"), CHOICE,
                          offers=_AT, default="both")  # fmt: skip


def _tells_more(known: Known, path: Path) -> Iterator[str]:
    there = at(known.raw, (*path, "tell"))
    entries = there if isinstance(there, list) else [there]
    for number, each in enumerate(entries):
        if isinstance(each, dict):
            place = (*path, "tell", number) if isinstance(there, list) else (*path, "tell")
            shown = [Blank("", "", (*place, key), LINE) for key in ("to", "via", "at")]
            again = f" ({number + 1})" if len(entries) > 1 else ""
            yield from (f"tell{again} {e}" for e in left_over(known.raw, place, shown))
