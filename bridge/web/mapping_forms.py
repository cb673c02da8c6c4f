"""From what somebody typed into a form to edits of the mapping's file, and back to its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count, takewhile
from typing import Any

from bridge.config.mapping_edits import GONE, Edit, Moved
from bridge.config.problems import Path, Problem, render_path
from bridge.core.mapping_choices import (
    NOT_FOR_CUSTOMERS,
    audience_choices,
    owner_choices,
)
from bridge.core.mapping_tables import ValueTable
from bridge.domain.mapping import Mapping as MappingData
from bridge.web.mapping_scalars import typed

Form = Mapping[str, str]
YES = "yes"


@dataclass
class Asked:
    """The edits that a form asks for. `wrong`: input → sentence. `places`: path → input."""

    edits: list[Edit] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def set(self, path: Path, value: Any, named: str) -> None:
        """What shall stand there, and which input says so."""
        self.edits.append(Edit(path, value))
        self.places[render_path(path)] = named

    def assign(self, problems: Iterable[Problem]) -> list[Problem]:
        """Put each problem beside its input; those that belong to none are handed back."""
        others = []
        for each in problems:
            named = self._named(each.path)
            if named is None:
                others.append(each)
            else:
                said = f"{each.message}; {each.hint}" if each.hint else each.message
                self.wrong.setdefault(named, said)
        return others

    def _named(self, path: str) -> str | None:
        fitting = [e for e in self.places if path == e or path.startswith((f"{e}.", f"{e}["))]
        return self.places[max(fitting, key=len)] if fitting else None


def stages_given(mapping: MappingData) -> dict[str, str]:
    """What the form of the stages begins with."""
    given = {"rollup": mapping.rollup, "new-after": str(len(mapping.stages) - 1)}
    for i, stage in enumerate(mapping.stages):
        given |= {f"label-{i}": stage.label, f"tell-{i}": stage.tell, f"place-{i}": str(i + 1)}
        if stage.side:
            given[f"side-{i}"] = YES
    return given


def stages_asked(mapping: MappingData, form: Form) -> Asked:
    """Labels, messages, stages that come and go, and the roll-up."""
    asked, before, gone = Asked(), stages_given(mapping), []
    if form.get("rollup", before["rollup"]) != before["rollup"]:
        asked.set(("rollup",), form["rollup"], "rollup")
    for i, stage in enumerate(mapping.stages):
        asked.places[render_path(("stages", i))] = f"label-{i}"
        if form.get(f"gone-{i}"):
            leads = why_stage_stays(mapping, stage.id)
            if leads:
                asked.wrong[f"gone-{i}"] = leads
            gone.append(i)
            continue
        label = form.get(f"label-{i}", stage.label).strip()
        if not label:
            asked.wrong[f"label-{i}"] = "must not be empty: customers read it"
        elif label != stage.label:
            asked.set(("stages", i, "label"), label, f"label-{i}")
        if bool(form.get(f"side-{i}")) != stage.side:
            asked.set(("stages", i, "side"), not stage.side, f"side-{i}")
        tell = form.get(f"tell-{i}", stage.tell)
        if tell != stage.tell:
            asked.set(("stages", i, "tell"), tell, f"tell-{i}")
    at = _new_stage(mapping, form, asked)
    moved = [i + (at is not None and i >= at) for i in gone]
    asked.edits += [Edit(("stages", i), GONE) for i in reversed(moved)]
    order: list[int | None] = [*range(len(mapping.stages))]
    if at is not None:
        order.insert(at, None)
    order = [each for each in order if each not in gone]
    _renumber(asked, _put_in_order(asked, order, form))
    return asked


def _put_in_order(asked: Asked, order: list[int | None], form: Form) -> list[int | None]:
    """The stages as their places say; a new one (None) stays behind the one before it."""
    places: dict[int | None, float] = {}
    before = 0.0
    for i in order:
        said = form.get(f"place-{i}", "").strip()
        if i is None:
            before += 0.5
        elif said and not said.isdecimal():
            asked.wrong[f"place-{i}"] = "a whole number: 1 is the least advanced"
        else:
            before = float(said or i + 1)
        places[i] = before
    wanted = sorted(order, key=lambda i: places[i])
    for to, i in enumerate(wanted):
        at = order.index(i)
        if at != to:
            asked.edits.append(Edit(("stages", at), Moved(to)))
            order.insert(to, order.pop(at))
    return wanted


def why_stage_stays(mapping: MappingData, id: str) -> str:
    """Why a stage can't be taken away; empty if it can."""
    leading = sum(to == id for table in mapping.status.values() for to in table.values())
    if not leading:
        return ""
    statuses = "1 status leads" if leading == 1 else f"{leading} statuses lead"
    return f"{statuses} to it; change that first"


def _new_stage(mapping: MappingData, form: Form, asked: Asked) -> int | None:
    id, label = form.get("new-id", "").strip(), form.get("new-label", "").strip()
    if not id and not label:
        return None
    for named, value in (("new-id", id), ("new-label", label)):
        if not value:
            asked.wrong[named] = "a new stage needs both: an id and what people read"
    said: dict[str, Any] = {"id": id, "label": label}
    if form.get("new-side"):
        said["side"] = True
    if form.get("new-tell", "no") != "no":
        said["tell"] = form["new-tell"]
    after = form.get("new-after", "")
    at = int(after) + 1 if after.isdecimal() and int(after) < len(mapping.stages) else 0
    asked.edits.append(Edit(("stages", at), said, before=True))
    return at


def _renumber(asked: Asked, order: list[int | None]) -> None:
    """Where the inputs' stages stand in the end."""
    asked.places = {k: v for k, v in asked.places.items() if not k.startswith("stages[")}
    for place, i in enumerate(order):
        at = f"stages[{place}]"
        if i is None:
            asked.places |= {at: "new-label", f"{at}.id": "new-id"}
        else:
            asked.places |= {at: f"label-{i}", f"{at}.side": f"side-{i}", f"{at}.tell": f"tell-{i}"}


def table_asked(table: ValueTable, form: Form) -> Asked:
    """Values that come, change and go in a table."""
    asked, gone = Asked(), []
    held = dict(table.entries or {})
    asked.places[render_path(table.path)] = "right-0"
    for k in takewhile(lambda k: f"left-{k}" in form, count()):
        left, right = form[f"left-{k}"].strip(), form.get(f"right-{k}", "").strip()
        named, path = f"right-{k}", (*table.path, left)
        asked.places[render_path(path)] = named
        if not left:
            if right:
                asked.wrong[f"left-{k}"] = "say which value this is for"
        elif not right and left in held:
            gone.append(left)
        elif right and right != _said(held.get(left)):
            asked.set(path, right if table.right.is_words else typed(right), named)
    if gone and len(gone) == len(held) and not any(e.path[:-1] == table.path for e in asked.edits):
        asked.edits.append(Edit(table.path, GONE))
    else:
        asked.edits += [Edit((*table.path, each), GONE) for each in gone]
    return asked


def _said(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def pairs_given(mapping: MappingData) -> dict[str, str]:
    """What the form of the field pairs begins with."""
    given = {"new-owner": "work_item", "new-audience": "support"}
    for i, pair in enumerate(mapping.fields):
        given |= {f"owner-{i}": pair.owner, f"audience-{i}": pair.audience}
        if pair.enforce:
            given[f"enforce-{i}"] = YES
    return given


def pairs_asked(mapping: MappingData, form: Form) -> Asked:
    """Pairs that turn round, come and go."""
    asked, gone = Asked(), []
    for i, pair in enumerate(mapping.fields):
        if form.get(f"gone-{i}"):
            gone.append(i)
            continue
        place: Path = ("fields", i)
        asked.places[render_path(place)] = f"owner-{i}"
        for key, was, choices in (
            ("owner", pair.owner, owner_choices(pair)),
            ("audience", pair.audience, audience_choices(pair)),
        ):
            named = f"{key}-{i}"
            value = form.get(named, was)
            why_not = next((each.why_not for each in choices if each.value == value), "")
            if value != was:
                asked.set((*place, key), value, named)
                if why_not:
                    asked.wrong[named] = why_not
        if bool(form.get(f"enforce-{i}")) != pair.enforce:
            asked.set((*place, "enforce"), not pair.enforce, f"enforce-{i}")
    added = _new_pair(mapping, form, asked)
    if gone and len(gone) == len(mapping.fields) and not added:
        asked.edits = [each for each in asked.edits if each.path[0] != "fields"]
        asked.edits.append(Edit(("fields",), GONE))
    else:
        asked.edits += [Edit(("fields", i), GONE) for i in reversed(gone)]
        for number in range(len(mapping.fields) + 1):
            _shift(asked, number, sum(each < number for each in gone))
    return asked


def _shift(asked: Asked, was: int, by: int) -> None:
    old, new = f"fields[{was}]", f"fields[{was - by}]"
    if by:
        asked.places = {
            (new + k.removeprefix(old) if k.startswith(old) else k): v
            for k, v in asked.places.items()
        }


def _new_pair(mapping: MappingData, form: Form, asked: Asked) -> bool:
    ticket, item = form.get("new-ticket", "").strip(), form.get("new-item", "").strip()
    if not ticket and not item:
        return False
    for named, value in (("new-ticket", ticket), ("new-item", item)):
        if not value:
            asked.wrong[named] = "a pair needs a field on both sides"
    said: dict[str, Any] = {
        "ticket": ticket, "work_item": item, "owner": form.get("new-owner", "work_item"),
    }  # fmt: skip
    if len(mapping.trackers()) > 1:
        said["connection"] = form.get("new-connection", "")
    audience = form.get("new-audience", "support")
    if audience != "support":
        said["audience"] = audience
    if audience == "customer" and said["owner"] == "work_item":
        asked.wrong["new-audience"] = NOT_FOR_CUSTOMERS
    if form.get("new-enforce"):
        said["enforce"] = True
    at = len(mapping.fields)
    asked.edits.append(Edit(("fields", at), said, before=True))
    keys = {"": "ticket", ".work_item": "item", ".owner": "owner", ".connection": "connection"}
    asked.places |= {f"fields[{at}]{key}": f"new-{name}" for key, name in keys.items()}
    return True


def switches_given(mapping: MappingData) -> dict[str, str]:
    """What the form of the switches begins with."""
    stage = mapping.show_on_ticket.stage
    on = {
        "to_work_item": mapping.comments.to_work_item == "marked",
        "to_ticket": mapping.comments.to_ticket == "marked",
        "enforce": mapping.show_on_ticket.enforce,
        "ids": stage is not None and stage.show == "id",
        **{
            f"attachments-{i}": route.launch.attachments
            for i, route in enumerate(mapping.routes)
            if route.launch is not None
        },
    }
    return {name: YES for name, is_on in on.items() if is_on}


def switches_asked(mapping: MappingData, form: Form) -> Asked:
    """Switches that were turned."""
    asked, before = Asked(), switches_given(mapping)
    marked = ("none", "marked")
    wanted: dict[str, tuple[Path, tuple[Any, Any]]] = {
        "to_work_item": (("comments", "to_work_item"), marked),
        "to_ticket": (("comments", "to_ticket"), marked),
        "enforce": (("show_on_ticket", "enforce"), (False, True)),
    }
    if mapping.show_on_ticket.stage is not None:
        wanted["ids"] = (("show_on_ticket", "stage", "show"), ("label", "id"))
    for i, route in enumerate(mapping.routes):
        if route.launch is not None:
            place = ("routes", i, "launch", "attachments")
            wanted[f"attachments-{i}"] = (place, (False, True))
    for named, (path, (off, on)) in wanted.items():
        is_on = bool(form.get(named))
        if is_on != (named in before):
            asked.set(path, on if is_on else off, named)
    return asked
