"""The part of a route's form that says what hangs below the work that is made: its subtasks."""

from __future__ import annotations

from typing import Any

from bridge.config.mapping_edits import GONE, Edit
from bridge.config.problems import Path, render_path
from bridge.domain.launch_parts import SubtaskSpec
from bridge.domain.mapping import LaunchSpec
from bridge.web.mapping_forms import Asked, Form

KEYS = ("title", "form", "template", "questions")
NO_NUMBER = "the number of the tracker's template"
NO_TITLE = "say what it is called"


def subtasks_given(launch: LaunchSpec) -> dict[str, str]:
    """What the part begins with."""
    return {
        f"sub-{key}-{k}": text
        for k, each in enumerate(launch.subtasks)
        for key, text in _texts(each).items()
    }


def _texts(subtask: SubtaskSpec) -> dict[str, str]:
    return {
        "title": subtask.title,
        "form": subtask.form or "",
        "template": "" if subtask.template is None else str(subtask.template),
        "questions": "\n".join(subtask.questions),
    }


def subtasks_asked(asked: Asked, path: Path, launch: LaunchSpec, form: Form) -> None:
    """Subtasks that change, come and go, of a launch that there is."""
    at: Path = (*path, "subtasks")
    gone, held = [], len(launch.subtasks)
    for k, each in enumerate(launch.subtasks):
        if form.get(f"sub-gone-{k}"):
            gone.append(k)
            continue
        _changed(asked, (*at, k), k, each, form)
        _place(asked, (*at, k - len(gone)), k)
    new = subtask_typed(asked, held, form)
    if new:
        asked.edits.append(Edit((*at, held), new, before=True))
        _place(asked, (*at, held - len(gone)), held)
    if gone and len(gone) == held and not new:
        asked.edits.append(Edit(at, GONE))
    else:
        asked.edits += [Edit((*at, k), GONE) for k in reversed(gone)]


def _place(asked: Asked, path: Path, k: int) -> None:
    """Where the subtask stands in the end: problems go beside its inputs."""
    asked.places[render_path(path)] = f"sub-title-{k}"
    asked.places |= {render_path((*path, key)): f"sub-{key}-{k}" for key in KEYS}


def _changed(asked: Asked, path: Path, k: int, subtask: SubtaskSpec, form: Form) -> None:
    for key, was in _texts(subtask).items():
        named = f"sub-{key}-{k}"
        text = form.get(named, was).replace("\r\n", "\n")
        if text == was:
            continue
        value = _said(asked, key, named, text)
        if value is None:
            asked.edits.append(Edit((*path, key), GONE))
            if key == "title":
                asked.wrong[named] = NO_TITLE
        else:
            asked.edits.append(Edit((*path, key), value))


def _said(asked: Asked, key: str, named: str, text: str) -> Any:
    """What the file would say; None where nothing was typed."""
    if key == "questions":
        return [line.strip() for line in text.splitlines() if line.strip()] or None
    if key == "template" and text.strip():
        if text.strip().isdecimal():
            return int(text)
        asked.wrong[named] = NO_NUMBER
    return text.strip() or None


def subtask_typed(asked: Asked, k: int, form: Form) -> dict[str, Any]:
    """The subtask in the row for a new one; empty where nothing was typed."""
    said: dict[str, Any] = {}
    for key in KEYS:
        named = f"sub-{key}-{k}"
        value = _said(asked, key, named, form.get(named, "").replace("\r\n", "\n"))
        if value is not None:
            said[key] = value
    if said and "title" not in said:
        asked.wrong[f"sub-title-{k}"] = NO_TITLE
    return said
