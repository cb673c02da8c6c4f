"""The part of a route's form that says what work is made: where, of which type, with which fields.

Tables of values have forms of their own; this one leaves them as they are.
"""

from __future__ import annotations

from itertools import count, takewhile
from typing import Any

from bridge.config.mapping_edits import GONE, Edit
from bridge.config.problems import Path, render_path
from bridge.core.mapping_rows import spelt
from bridge.domain.launch_parts import PhaseSpec, ProjectSource
from bridge.domain.mapping import FromSource, LaunchSpec
from bridge.domain.mapping_base import render_span
from bridge.web.mapping_forms import YES, Asked, Form
from bridge.web.mapping_scalars import typed
from bridge.web.mapping_subtasks import subtask_typed, subtasks_asked, subtasks_given

CONSTANT = "="
"""In place of a fact of the ticket: the value is the text that stands beside it."""
PROJECTS = {
    "none": "none: the tracker's own",
    "name": "this one",
    "customer": "the one of the ticket's customer",
    "ticket": "the one whose id a field of the ticket holds",
    "company": "the one whose id a field of the customer holds",
}
"""Where a launch may find its project."""
NEEDS_TYPE = "say which type of work it becomes"
MOST_NEW = 30


def launch_given(launch: LaunchSpec | None) -> dict[str, str]:
    """What the part begins with."""
    if launch is None:
        return {"project-by": "none"}
    kind, project = _project(launch)
    given = {"type": launch.type, "project-by": kind, "project": project}
    phase = launch.wanted_phase
    if phase is not None:
        given |= {"phase": phase.name, "phase-lasts": render_span(phase.lasts)}
        given |= {"phase-create": YES} if phase.create else {}
    given |= {"assignees": ", ".join(launch.assignees), "settle": render_span(launch.settle)}
    given |= {"attachments": YES} if launch.attachments else {}
    for k, value in enumerate(launch.fields.values()):
        if isinstance(value, FromSource):
            given[f"from-{k}"] = value.from_
        else:
            given[f"value-{k}"] = spelt(value)
    return given | subtasks_given(launch)


def launch_asked(asked: Asked, path: Path, launch: LaunchSpec | None, form: Form) -> None:
    """The edits of a launch at that path; None: there is none yet."""
    tracker = form.get("then", "")
    if launch is None:
        said = _new_launch(asked, path, tracker, form)
        asked.set(path, said, "then")
        _new_fields(asked, path, form, {}, said)
        return
    asked.places[render_path(path)] = "type"
    asked.places[render_path((*path, "in"))] = "then"
    if tracker != launch.in_:
        asked.set((*path, "in"), tracker, "then")
    before = launch_given(launch)
    text_asked(asked, (*path, "type"), before, form, "type", needed=NEEDS_TYPE)
    text_asked(asked, (*path, "settle"), before, form, "settle")
    _place(asked, path, launch, before, form)
    _people(asked, path, launch, form)
    if "type" in form and bool(form.get("attachments")) != launch.attachments:
        asked.set((*path, "attachments"), not launch.attachments, "attachments")
    subtasks_asked(asked, path, launch, form)
    gone = _fields(asked, path, launch, before, form)
    added = _new_fields(asked, path, form, launch.fields, None)
    if gone and len(gone) == len(launch.fields) and not added:
        asked.edits.append(Edit((*path, "fields"), GONE))
    else:
        asked.edits += [Edit((*path, "fields", each), GONE) for each in gone]


def text_asked(
    asked: Asked, path: Path, before: Form, form: Form, named: str, *, needed: str = ""
) -> None:
    """A text that changes, or goes where it may."""
    said, was = form.get(named, before.get(named, "")).strip(), before.get(named, "")
    asked.places[render_path(path)] = named
    if said == was.strip():
        return
    if said:
        asked.set(path, said, named)
    elif needed:
        asked.wrong[named] = needed
    else:
        asked.edits.append(Edit(path, GONE))


def _project(launch: LaunchSpec) -> tuple[str, str]:
    project = launch.project
    if project is None:
        return "none", ""
    if isinstance(project, str):
        return "name", project
    if project.property is None:
        return "customer", ""
    return ("ticket" if project.association is None else "company"), project.property


def _project_said(asked: Asked, form: Form) -> Any:
    """The project as the file would say it; None where none shall be named."""
    kind, text = form.get("project-by", "none"), form.get("project", "").strip()
    if kind == "none" and text:
        kind = "name"
    if kind in ("none", "customer"):
        return {"from": "customer"} if kind == "customer" else None
    if not text:
        asked.wrong["project"] = "say which project" if kind == "name" else "say which field"
    if kind == "name":
        return text
    return {"association": "company", "property": text} if kind == "company" else {"property": text}


def _place(asked: Asked, path: Path, launch: LaunchSpec, before: Form, form: Form) -> None:
    """Where the work goes: project and phase."""
    at = (*path, "project")
    asked.places[render_path(at)] = "project"
    same = all(
        form.get(e, before.get(e, "")) == before.get(e, "") for e in ("project-by", "project")
    )
    if not same:
        said = _project_said(asked, form)
        held = launch.project
        if said is None:
            asked.edits.append(Edit(at, GONE))
        elif isinstance(held, ProjectSource) and _same_kind(held, said):
            asked.set((*at, "property"), said["property"], "project")
        else:
            asked.set(at, said, "project")
    _phase(asked, (*path, "phase"), launch, before, form)


def _same_kind(held: ProjectSource, said: Any) -> bool:
    """Whether only the field is another one."""
    if held.property is None or not isinstance(said, dict) or "property" not in said:
        return False
    return (held.association is None) == ("association" not in said)


def _phase(asked: Asked, path: Path, launch: LaunchSpec, before: Form, form: Form) -> None:
    if "phase" not in form:
        return
    named = form["phase"].strip()
    asked.places[render_path(path)] = "phase"
    if not named:
        if launch.phase is not None:
            asked.edits.append(Edit(path, GONE))
        return
    create = bool(form.get("phase-create"))
    lasts = form.get("phase-lasts", "").strip()
    if isinstance(launch.phase, PhaseSpec):
        text_asked(asked, (*path, "name"), before, form, "phase")
        text_asked(asked, (*path, "lasts"), before, form, "phase-lasts")
        if create != launch.phase.create:
            asked.set((*path, "create"), create, "phase-create")
    elif create or (lasts and lasts != before.get("phase-lasts", lasts)):
        asked.set(path, _phase_said(named, create, lasts), "phase")
    elif named != launch.phase:
        asked.set(path, named, "phase")


def _phase_said(named: str, create: bool, lasts: str) -> Any:
    said: dict[str, Any] = {"name": named}
    if create:
        said["create"] = True
    if lasts and lasts != render_span(PhaseSpec(name=named).lasts):
        said["lasts"] = lasts
    return said if len(said) > 1 else named


def _people(asked: Asked, path: Path, launch: LaunchSpec, form: Form) -> None:
    at = (*path, "assignees")
    asked.places[render_path(at)] = "assignees"
    said = form.get("assignees", launch_given(launch)["assignees"])
    if said != launch_given(launch)["assignees"]:
        names = names_in(said)
        if names:
            asked.set(at, list(names), "assignees")
        else:
            asked.edits.append(Edit(at, GONE))


def names_in(text: str) -> list[str]:
    """Names and addresses that somebody wrote one after the other."""
    return [name for each in text.split(",") if (name := each.strip())]


def _fields(asked: Asked, path: Path, launch: LaunchSpec, before: Form, form: Form) -> list[str]:
    """Fields that change, and those that go."""
    gone = []
    for k, (name, value) in enumerate(launch.fields.items()):
        at: Path = (*path, "fields", name)
        is_from = isinstance(value, FromSource)
        named = f"{'from' if is_from else 'value'}-{k}"
        asked.places[render_path(at)] = named
        was = before[named]
        said = form.get(named, was).replace("\r\n", "\n")
        if form.get(f"field-gone-{k}"):
            gone.append(name)
        elif said == was:
            continue
        elif not said.strip():
            asked.wrong[named] = "say what it shall be, or take the field away"
        elif is_from:
            asked.set((*at, "from"), said, named)
        else:
            asked.set(at, said if isinstance(value, str) else typed(said), named)
    return gone


def _new_fields(
    asked: Asked, path: Path, form: Form, held: Any, into: dict[str, Any] | None
) -> bool:
    """Fields that come: into the launch that is only made, or into the one that there is."""
    new: dict[str, Any] = {}
    for k in takewhile(lambda k: f"new-field-{k}" in form and k < MOST_NEW, count()):
        name, source = form[f"new-field-{k}"].strip(), form.get(f"new-from-{k}", CONSTANT)
        text = form.get(f"new-value-{k}", "").strip()
        if not name:
            if text:
                asked.wrong[f"new-field-{k}"] = "say which field this is for"
            continue
        if name in held or name in new:
            asked.wrong[f"new-field-{k}"] = "the route sets this field already"
        if source == CONSTANT and not text:
            asked.wrong[f"new-value-{k}"] = "say what it shall be"
        new[name] = typed(text) if source == CONSTANT else {"from": source}
        asked.places[render_path((*path, "fields", name))] = f"new-field-{k}"
    if into is None:
        asked.edits += [Edit((*path, "fields", name), value) for name, value in new.items()]
    elif new:
        into["fields"] = new
    return bool(new)


def _new_launch(asked: Asked, path: Path, tracker: str, form: Form) -> dict[str, Any]:
    said: dict[str, Any] = {"in": tracker}
    for key, named in (("in", "then"), ("type", "type"), ("project", "project"),
                       ("phase", "phase"), ("assignees", "assignees"), ("settle", "settle"),
                       ("attachments", "attachments")):  # fmt: skip
        asked.places[render_path((*path, key))] = named
    project = _project_said(asked, form)
    if project is not None:
        said["project"] = project
    if form.get("phase", "").strip():
        said["phase"] = _phase_said(
            form["phase"].strip(),
            bool(form.get("phase-create")),
            form.get("phase-lasts", "").strip(),
        )
    if names_in(form.get("assignees", "")):
        said["assignees"] = names_in(form["assignees"])
    subtask = subtask_typed(asked, 0, form)
    if subtask:
        said["subtasks"] = [subtask]
    said["type"] = form.get("type", "").strip()
    if not said["type"]:
        asked.wrong["type"] = NEEDS_TYPE
    if form.get("attachments"):
        said["attachments"] = True
    if form.get("settle", "").strip() not in ("", "20s"):
        said["settle"] = form["settle"].strip()
    return said
