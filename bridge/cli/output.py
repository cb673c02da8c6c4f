"""What commands print: words for people, or with --json one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from bridge.domain.errors import ConfigProblem

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


class Refused(Exception):
    """The hub refused what a command asked for; `problem` is its problem document."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or "refused"))
        self.problem = problem

    @property
    def lines(self) -> tuple[str, ...]:
        """What people read: every mistake of a mapping, else what is wrong."""
        mistakes = self.problem.get("problems") or ()
        return tuple(mistake_line(each) for each in mistakes) or (str(self),)


def mistake_line(mistake: Mapping[str, Any]) -> str:
    """One mistake of a mapping, as the check of a file words it."""
    where = f"{mistake['path']}: " if mistake["path"] else ""
    hint = f"; {mistake['hint']}" if mistake["hint"] else ""
    return f"line {mistake['line']}: {where}{mistake['message']}{hint}"


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(data, ensure_ascii=False, indent=2))


def people() -> Console:
    """Where people read."""
    return Console(highlight=False)


@contextmanager
def told(as_json: bool, *, ends: int = 1) -> Iterator[None]:
    """Tell what is wrong and end with that code; every problem is told, not the first only."""
    try:
        yield
    except ConfigProblem as error:
        problems = error.problems or (str(error),)
        _tell(as_json, {"code": "config_problem", "problems": list(problems)}, problems, ends)
    except Refused as error:
        _tell(as_json, {"code": "refused", **error.problem}, error.lines, ends)
    except UnicodeEncodeError:
        # Bytes of the command line that are no UTF-8 stand in Python's text as half characters.
        said = "A word of the command is not UTF-8 text."
        _tell(as_json, {"code": "config_problem", "problems": [said]}, (said,), ends)


def _tell(as_json: bool, data: Mapping[str, Any], lines: tuple[str, ...], ends: int) -> None:
    if as_json:
        print_json({"error": data})
    else:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        for line in lines:
            console.print(f"[red]✗[/] {escape(line)}")
    raise typer.Exit(ends)
