"""What a settings model takes at a path: its keys, asked for hints and by the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from bridge.config.problems import Path


def keys_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys that the model takes in a file, with what is known of each."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def keys_at(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """The keys that the file takes at the path; empty where none are prescribed."""
    annotations: list[Any] = [model]
    for part in path:
        annotations = [below for each in annotations for below in _step(each, part)]
    return tuple(key for each in _models(annotations) for key in keys_of(each))


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names, at whatever depth (`list[Route] | None`: Route)."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def names_secret(annotation: Any) -> bool:
    """True if the annotation is of something secret, at whatever depth."""
    is_secret = isinstance(annotation, type) and issubclass(annotation, SecretStr | SecretBytes)
    return is_secret or any(names_secret(each) for each in get_args(annotation))


def _models(annotations: list[Any]) -> Iterator[type[BaseModel]]:
    for each in annotations:
        for option in _options(each):
            if isinstance(option, type) and issubclass(option, BaseModel):
                yield option


def _options(annotation: Any) -> Iterator[Any]:
    """The members of a union; the annotation itself where it is none."""
    arguments = get_args(annotation)
    if not arguments or get_origin(annotation) in (list, dict):
        yield annotation
        return
    for argument in arguments:
        yield from _options(argument)


def _step(annotation: Any, part: str | int) -> Iterator[Any]:
    for option in _options(annotation):
        origin, arguments = get_origin(option), get_args(option)
        if origin is list and isinstance(part, int):
            yield arguments[0]
        elif origin is dict and isinstance(part, str):
            yield arguments[1]
        elif isinstance(option, type) and issubclass(option, BaseModel) and isinstance(part, str):
            info = keys_of(option).get(part)
            if info is not None:
                yield info.annotation
