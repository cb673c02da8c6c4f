"""What a model refuses, in plain sentences at the path in the file.

Pydantic names a place by its own walk through the model (with the members of a union among the
keys) and says the same mistake once for every member; here it becomes one complaint. The value
itself is quoted only where the model prescribes the choices: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from bridge.config.problems import Complaint, Path, nearest, suggest
from bridge.config.shapes import keys_at

_MAPPING = "must be a mapping (key: value)"
_NUMBER = "must be a number"
_ADDRESS = "must be an address such as https://host"

_SENTENCES: Mapping[str, str] = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": _MAPPING,
    "extra_forbidden": "unknown key",
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "missing": "is missing",
    "model_attributes_type": _MAPPING,
    "model_type": _MAPPING,
    "string_too_long": "must be at most {max_length} characters long",
    "string_too_short": "must not be empty",
    "string_type": "must be text",
    "too_short": "must have at least {min_length} entries",
    "url_parsing": _ADDRESS,
    "url_scheme": _ADDRESS,
    "url_type": _ADDRESS,
}
_CHOICES = frozenset({"literal_error", "enum"})
_NO_MAPPING = frozenset({"model_type", "model_attributes_type", "dict_type"})
_PLAIN_TYPES = {"str": "text", "int": "a number", "float": "a number", "bool": "true or false"}


@dataclass(frozen=True, slots=True)
class _Refusal:
    """One error of pydantic, its place resolved against the data."""

    path: Path
    value: Any
    kind: str
    context: Mapping[str, Any]
    text: str
    members: tuple[tuple[Path, str], ...]
    """The unions on the way, each with the member of it that refused."""

    @property
    def union(self) -> Path | None:
        """Where the innermost union stands, if a plain member of it refused."""
        path, member = self.members[-1] if self.members else ((), "")
        is_unsure = member in _PLAIN_TYPES or self.kind in _NO_MAPPING
        return path if self.members and is_unsure else None

    @property
    def meant(self) -> set[Path]:
        """The unions of which the writer meant this member: a mapping stands there."""
        unsure = self.union
        return {path for path, member in self.members if path != unsure}


def explain(
    error: ValidationError, model: type[BaseModel], data: Any, at: Path = ()
) -> list[Complaint]:
    """Each mistake once; `at` is where `data` stands in the file."""
    refusals = [_resolve(dict(each), data) for each in error.errors(include_url=False)]
    complaints = _unions(refusals)
    plain = [each for each in refusals if each.union is None]
    unknown = {each.path for each in plain if each.kind == "extra_forbidden"}
    for each in plain:
        if each.kind == "missing" and _is_misspelt(each.path, unknown):
            continue
        complaints.append(Complaint(each.path, _sentence(each), _hint(each, model)))
    return [Complaint((*at, *each.path), each.message, each.hint) for each in complaints]


def _resolve(error: dict[str, Any], data: Any) -> _Refusal:
    path: list[str | int] = []
    members: list[tuple[Path, str]] = []
    value = data
    location = error["loc"]
    for index, part in enumerate(location):
        is_named_last = error["type"] == "missing" and index == len(location) - 1
        if not is_named_last and not _is_below(value, part):
            members.append((tuple(path), str(part)))
            continue
        value = None if is_named_last else value[part]
        path.append(part)
    context = error.get("ctx", {})
    return _Refusal(tuple(path), value, error["type"], context, error["msg"], tuple(members))


def _is_below(value: Any, part: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value


def _unions(refusals: list[_Refusal]) -> list[Complaint]:
    """One complaint for each union no member of which was meant."""
    meant = {path for each in refusals for path in each.meant}
    groups: dict[Path, list[_Refusal]] = {}
    for each in refusals:
        if each.union is not None and each.union not in meant:
            groups.setdefault(each.union, []).append(each)
    complaints = []
    for path, group in groups.items():
        forms = dict.fromkeys(_PLAIN_TYPES.get(each.members[-1][1], "") for each in group)
        known = ", ".join(form for form in forms if form) or "of another kind"
        start = "is empty; must be" if group[0].value is None else "must be"
        complaints.append(Complaint(path, f"{start} {known}"))
    return complaints


def _is_misspelt(path: Path, unknown: set[Path]) -> bool:
    """True if the missing key stands there, only misspelt: that is said already."""
    siblings = {str(each[-1]): each for each in unknown if each[:-1] == path[:-1]}
    return any(nearest(name, [str(path[-1])]) for name in siblings)


def _sentence(refusal: _Refusal) -> str:
    if refusal.value is None and refusal.kind not in ("missing", "extra_forbidden", "value_error"):
        return "is empty"
    if refusal.kind in _CHOICES:
        return f"{_quoted(refusal.value)} is not one of {', '.join(_choices(refusal))}"
    if refusal.kind == "string_pattern_mismatch":
        return _pattern(str(refusal.context.get("pattern", "")))
    if refusal.kind == "value_error":
        return str(refusal.context.get("error", "is wrong"))
    if refusal.kind == "too_short" and refusal.context.get("min_length") == 1:
        return "must not be empty"
    if refusal.kind in _SENTENCES:
        return _SENTENCES[refusal.kind].format(**refusal.context)
    text = refusal.text.replace("Input should be", "must be").replace("Value should", "must")
    return text[:1].lower() + text[1:]


def _pattern(pattern: str) -> str:
    if pattern.startswith("^[a-z0-9]"):
        return "must be a short name of lower-case letters, digits, - and _"
    return f"must have the form {pattern}"


def _choices(refusal: _Refusal) -> list[str]:
    return re.findall(r"'([^']*)'", str(refusal.context.get("expected", "")))


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str | int | float) else "this"


def _hint(refusal: _Refusal, model: type[BaseModel]) -> str:
    if refusal.kind == "extra_forbidden":
        return suggest(str(refusal.path[-1]), keys_at(model, refusal.path[:-1]))
    if refusal.kind in _CHOICES and isinstance(refusal.value, str):
        close = nearest(refusal.value, _choices(refusal))
        return f'did you mean "{close}"?' if close else ""
    if refusal.kind == "string_type" and isinstance(refusal.value, int | float):
        return "put it in quotes"
    return ""
