"""From what a form asks for to the newest draft, or to a look at it: the same for every form."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from bridge.config.mapping_edits import CantEdit, edited
from bridge.config.problems import Problem
from bridge.domain.mapping import Mapping as MappingData
from bridge.engine import activation
from bridge.engine.activation import AlreadyActive, BrokenMapping
from bridge.engine.hub import Hub
from bridge.engine.mapping_life import Standing
from bridge.web.mapping_drafting import (
    NOTHING_TO_KEEP,
    Typed,
    kept,
    loaded_version,
    said_note,
)
from bridge.web.mapping_forms import Asked
from bridge.web.visitor import PageProblem, Visitor

LOOKED = "This is how it would be. Nothing is kept yet."


@dataclass(frozen=True, slots=True)
class Told:
    """What the form tells, where it is shown again."""

    said: str = ""
    others: tuple[Problem, ...] = ()
    """What is wrong at places that the form has no blank for."""
    status: int = 200


async def version_seen(hub: Hub, name: str, seen: str) -> tuple[str, MappingData]:
    """The version that the form began with; PageProblem where no form can change it any more."""
    loaded = await loaded_version(hub, name, seen)
    if loaded is None:
        raise PageProblem(
            409,
            "This version can't be changed by a form",
            "It is not there any more, or not good any more. Go back, copy what you typed, and "
            "open the mapping again.",
        )
    return loaded


async def keep_or_look(
    hub: Hub,
    visitor: Visitor,
    standing: Standing,
    text: str,
    asked: Asked,
    form: Mapping[str, str],
) -> Response | Told:
    """On to the draft that was kept, or what the form tells when it is shown again.

    Problems that belong to one of the form's inputs are put into `asked.wrong`.
    """
    look = form.get("do") == "look"
    if asked.wrong:
        return Told(status=422)
    if not asked.edits:
        return Told(LOOKED if look else "Nothing was changed.")
    problems: Sequence[Problem] = ()
    try:
        changed = await asyncio.to_thread(edited, text, asked.edits)
        if not look:
            said = Typed(changed, form.get("seen", ""), said_note(dict(form)))
            return await kept(hub, visitor, standing, said, asked.edits)
        loaded = await activation.check_mapping(hub, standing.name, changed)
        problems = loaded if isinstance(loaded, list) else ()
    except CantEdit as error:
        said_so = f"This can't be done by a form: {error}. Change it in the file."
        return Told(said_so, status=422)
    except BrokenMapping as error:
        problems = error.problems
    except AlreadyActive:
        return Told(NOTHING_TO_KEEP, status=409)
    if not problems:
        return Told(LOOKED)
    return Told(others=tuple(asked.assign(problems)), status=422)
