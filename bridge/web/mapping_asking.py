"""From what was typed into the blanks to edits of the mapping's file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bridge.config.mapping_edits import GONE, Edit, Moved, Removed
from bridge.config.problems import Path, render_path
from bridge.config.yaml_lines import Plain, at
from bridge.web.mapping_blanks import Blank, Block, Group, Unfit
from bridge.web.mapping_forms import Asked

Form = Mapping[str, str]


def asked_of(raw: Plain, groups: Iterable[Group], form: Form) -> Asked:
    """The edits that a form asks for; none where nothing was changed."""
    asked = Asked()
    for group in groups:
        if group.entries:
            _entries(raw, group, form, asked)
        elif group.switched:
            _switched(raw, group, form, asked)
        else:
            for block in group.blocks:
                asked.edits += _changed(raw, block, form, asked)
                _places(asked, block, block.path)
    return asked


def reworded(raw: Plain, groups: Iterable[Group], form: Form) -> list[Edit]:
    """The edits that change what is there and move nothing: what a look ahead is made of."""
    edits: list[Edit] = []
    for group in groups:
        if group.switched and at(raw, group.path) is None:
            continue
        for block in group.blocks:
            edits += _changed(raw, block, form, Asked())
    return edits


def _changed(raw: Plain, block: Block, form: Form, asked: Asked) -> list[Edit]:
    edits: list[Edit] = []
    for each in block.blanks:
        typed = each.typed(form)
        if each.in_file or typed == each.given:
            continue
        if typed == each.default:
            if each.needed:
                asked.wrong[each.name] = each.needed
            edits.append(Edit(each.path, GONE))
            continue
        why_not = next((e.why_not for e in each.offers if e.value == typed), "")
        try:
            edits.append(Edit(each.path, each.kind.write(typed)))
        except Unfit as unfit:
            why_not = str(unfit)
        if why_not:
            asked.wrong[each.name] = why_not
    return emptied(raw, edits, len(block.path))


def emptied(raw: Plain, edits: list[Edit], stays: int) -> list[Edit]:
    """The edits, where a table or list of which nothing stays is taken away as a whole.

    Those whose path is at most `stays` long stay though they are empty.
    """
    while True:
        full = next((p for p in _parents(edits, stays) if not _keeps(raw, edits, p)), None)
        if full is None:
            return edits
        edits = [each for each in edits if each.path[: len(full)] != full]
        edits.append(Edit(full, GONE))


def _parents(edits: list[Edit], stays: int) -> list[Path]:
    gone = [each.path[:-1] for each in edits if isinstance(each.value, Removed)]
    return sorted({each for each in gone if len(each) > stays}, key=len, reverse=True)


def _keeps(raw: Plain, edits: list[Edit], parent: Path) -> bool:
    there = at(raw, parent)
    keys = set(there) if isinstance(there, dict) else set(range(len(there or ())))  # type: ignore[arg-type]  # a list where it is no dict
    for each in edits:
        if each.path[: len(parent)] != parent or len(each.path) == len(parent):
            continue
        if not isinstance(each.value, Removed):
            return True
        if len(each.path) == len(parent) + 1:
            keys.discard(each.path[-1])
    return bool(keys)


def _places(asked: Asked, block: Block, path: Path) -> None:
    """Where each blank's problem would be told of, should the block end up at that path."""
    for each in block.blanks:
        asked.places.setdefault(render_path((*path, *each.path[len(block.path) :])), each.name)
    if block.blanks and path:
        asked.places.setdefault(render_path(path), block.blanks[0].name)


def _switched(raw: Plain, group: Group, form: Form, asked: Asked) -> None:
    """A part that is on or off as a whole."""
    block = group.blocks[0]
    named = f"{block.id}-on"
    is_on = at(raw, group.path) is not None
    if not form.get(named):
        if is_on:
            asked.set(group.path, GONE, named)
        elif any(each.typed(form) not in (each.given, each.default) for each in block.blanks):
            asked.wrong[named] = "tick this as well, or empty the fields below"
        return
    _places(asked, block, block.path)
    if is_on:
        edits = emptied(raw, _changed(raw, block, form, asked), 0)
        # What says nothing besides stays on.
        asked.edits += [Edit(group.path, {}) if e.path == group.path else e for e in edits]
        return
    asked.set(group.path, _made(block, form, asked), named)


def _entries(raw: Plain, group: Group, form: Form, asked: Asked) -> None:
    """Entries that change, come, go and move."""
    gone, kept = [], []
    for number, block in enumerate(group.blocks):
        if form.get(f"{block.id}-gone"):
            gone.append(number)
            if block.stays:
                asked.wrong[f"{block.id}-gone"] = block.stays
            continue
        kept.append(number)
        asked.edits += _changed(raw, block, form, asked)
    key = _added(raw, group, form, asked)
    if gone and not kept and key is None:
        under = len(group.path)
        asked.edits = [each for each in asked.edits if each.path[:under] != group.path]
        asked.edits += emptied(raw, [Edit(group.path, GONE)], 0)
        return
    asked.edits += [Edit(group.blocks[i].path, GONE) for i in reversed(gone)]
    order: list[int | None] = [*kept]
    if key is not None and not group.keyed:
        order.append(None)
    _placed(group, _moved(group, order, form, asked) if group.ordered else order, key, asked)


def _placed(group: Group, order: list[int | None], key: str | int | None, asked: Asked) -> None:
    """Where each entry stands in the end."""
    for place, number in enumerate(order):
        if number is not None:
            block = group.blocks[number]
            _places(asked, block, block.path if group.keyed else (*group.path, place))
        elif group.new is not None:
            _places(asked, group.new, (*group.path, place))
    if group.keyed and key is not None and group.new is not None:
        _places(asked, group.new, (*group.path, key))


def _moved(group: Group, order: list[int | None], form: Form, asked: Asked) -> list[int | None]:
    places: dict[int | None, float] = {None: float("inf")}
    for number in order:
        if number is None:
            continue
        named = f"{group.blocks[number].id}-place"
        said = form.get(named, "").strip()
        if said and not said.isdecimal():
            asked.wrong[named] = "a whole number: 1 comes first"
        elif len(said) > 4:
            asked.wrong[named] = "there are not so many places"
        own = number + 1.0
        place = float(said) if said.isdecimal() and len(said) <= 4 else own
        # What moves goes before what is there, or behind it, as it comes from.
        places[number] = place + (0.5 if place > own else -0.5 if place < own else 0.0)
    wanted = sorted(order, key=lambda i: places[i])
    order = [*order]
    for to, number in enumerate(wanted):
        there = order.index(number)
        if there != to:
            asked.edits.append(Edit((*group.path, there), Moved(to)))
            order.insert(to, order.pop(there))
    return wanted


def _added(raw: Plain, group: Group, form: Form, asked: Asked) -> str | int | None:
    """The key or position of the new entry; None where none is asked for."""
    new = group.new
    if new is None or all(each.typed(form) in (each.given, each.default) for each in new.blanks):
        return None
    there = at(raw, group.path)
    if not group.keyed:
        position = len(there) if isinstance(there, list) else 0
        value = _made(new, form, asked)
        asked.edits.append(Edit((*group.path, position), value, before=True))
        return position
    named = new.blanks[0]
    key = named.typed(form)
    if not key:
        asked.wrong[named.name] = named.needed
    elif isinstance(there, dict) and key in there:
        asked.wrong[named.name] = f"there is {key} already: change it above"
    asked.edits.append(Edit((*group.path, key), _made(new, form, asked, new.blanks[1:])))
    return key


def _made(
    block: Block, form: Form, asked: Asked, blanks: tuple[Blank, ...] | None = None
) -> dict[str, Plain]:
    """A new entry of what was typed."""
    found: dict[str, Plain] = {}
    for each in block.blanks if blanks is None else blanks:
        typed = each.typed(form)
        if typed == each.default:
            if each.needed:
                asked.wrong[each.name] = each.needed
            continue
        try:
            value = each.kind.write(typed)
        except Unfit as unfit:
            asked.wrong[each.name] = str(unfit)
            continue
        table = found
        *way, last = each.path[len(block.path) :]
        for part in way:
            below = table.setdefault(str(part), {})
            assert isinstance(below, dict)  # noqa: S101 - blanks of one block never cross
            table = below
        table[str(last)] = value
    return found
