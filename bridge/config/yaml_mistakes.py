"""What the YAML parser complains of, in words that help the person who wrote the file."""

from __future__ import annotations

from typing import Any

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

_QUOTE = "put the text in quotes"


def explain_syntax(error: Exception, text: str) -> tuple[str, tuple[int, int], str]:
    """Message, place (line and column) and hint for what the parser raised on `text`."""
    if isinstance(error, ReaderError):
        return "a control character is not allowed here", _place_of(error.position, text), ""
    if not isinstance(error, MarkedYAMLError):
        return "this is not YAML", (1, 1), ""
    mark: Any = error.problem_mark or error.context_mark
    place = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
    opened = "" if error.context_mark is None else f" opened at line {error.context_mark.line + 1}"
    message, hint = _in_words(error.problem or "", error.context or "", opened)
    return message, place, hint


def _in_words(problem: str, context: str, opened: str) -> tuple[str, str]:
    if "'\\t'" in problem:
        return "a tab stands where spaces are needed", "indent with spaces"
    if problem.startswith("found character"):
        sign = problem.split("'")[1] if "'" in problem else ""
        return f"a value can't begin with {sign}", _QUOTE
    if problem.startswith("mapping values are not allowed"):
        return 'a ":" is not expected here', f"check the indentation, or {_QUOTE}"
    if "quoted scalar" in context and "end of" in problem:
        return f"the quote{opened} is not closed", ""
    if problem.startswith("expected ',' or"):
        return f"the bracket{opened} is not closed", "add it, or a comma before this"
    if problem.startswith("expected <block end>"):
        return "the indentation does not fit the lines above", ""
    if problem.startswith("could not find expected ':'"):
        return 'a ":" is missing after the key', ""
    if problem.startswith("expected the node content"):
        return "a value is missing here", ""
    return f"this is not YAML: {problem}" if problem else "this is not YAML", ""


def _place_of(position: int, text: str) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
