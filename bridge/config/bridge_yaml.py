"""bridge.yaml: the public address, the connections with their secrets, and named people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field, ValidationError

from bridge.config.explain import explain
from bridge.config.problems import Complaint, Problem, suggest
from bridge.config.secret_references import SecretReferences
from bridge.config.shapes import keys_of, names_secret
from bridge.config.sign_in import SignIn
from bridge.config.yaml_lines import Plain, read_yaml
from bridge.domain.errors import ConfigProblem
from bridge.domain.mapping_base import Slug, Span
from bridge.ports.manifest import ConnectionSettings

Vendors = Mapping[str, type[ConnectionSettings]]
"""Each vendor and what its connections take."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def _is_kept(span: timedelta) -> timedelta:
    # 2m are two minutes, and whoever meant two months would be left with nothing.
    if span < timedelta(hours=1):
        raise ValueError("must be at least 1h; m are minutes, two months are 60d")
    return span


Kept = Annotated[Span, AfterValidator(_is_kept)]


class Retention(BaseModel):
    """How long the hub keeps what it saw; spans such as 14d."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    payloads: Kept = Field(timedelta(days=14), description="Webhook deliveries as they came.")
    texts: Kept = Field(timedelta(days=30), description="People's words, and inputs of runs.")
    transitions: Kept = Field(timedelta(days=730), description="What changed, and the audit log.")


def _is_email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("must be an e-mail address")
    return text


def _is_public_url(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.query or url.fragment or url.username or url.password:
        raise ValueError("must be an address without user, query or fragment")
    return url


class _Frame(BaseModel):
    """The keys of bridge.yaml; each connection is validated by its vendor's own model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_url: Annotated[AnyHttpUrl, AfterValidator(_is_public_url)]
    connections: dict[str, dict[str, Any]] = Field(min_length=1)
    people: dict[
        Slug, Annotated[list[Annotated[str, AfterValidator(_is_email)]], Field(min_length=1)]
    ] = Field(default_factory=dict)
    retention: Retention = Field(default_factory=Retention)
    launch_limit: int = Field(200, ge=1)
    sign_in: SignIn | None = None


@dataclass(frozen=True, slots=True)
class BridgeFile:
    """What bridge.yaml says. Its connections hold secrets and are left out of `repr`."""

    public_url: str
    """Where people and vendors reach the hub, without a trailing slash."""
    connections: Mapping[str, ConnectionSettings] = field(repr=False)
    people: Mapping[str, tuple[str, ...]]
    retention: Retention
    launch_limit: int
    """Work items launched in an hour before launching pauses with a finding."""
    sign_in: SignIn | None = None
    """The provider by which people sign in, if there is one."""


def load_bridge_yaml(
    source: str | bytes, file: str, *, vendors: Vendors, environment: Mapping[str, str]
) -> BridgeFile | list[Problem]:
    """What the file says, or every mistake in it at once, in the order of lines; total."""
    document = read_yaml(source, file)
    if document.root is None:
        return document.problems
    secrets = SecretReferences(environment)
    data = secrets.resolve_all(document.mapping())
    if isinstance(provider := data.get("sign_in"), dict):
        _remember_plain(SignIn, provider, secrets)
    frame, complaints = _frame(data)
    connections, more = _connections(data.get("connections"), vendors, secrets)
    unresolved = {each.path for each in secrets.complaints}
    found = [each for each in (*complaints, *more) if each.path not in unresolved]
    problems = [*document.problems]
    for each in (*secrets.complaints, *found):
        said = Complaint(each.path, secrets.hide(each.message), secrets.hide(each.hint))
        problems.append(document.problem(said))
    if frame is None or problems:
        return sorted(dict.fromkeys(problems), key=lambda each: (each.line, each.column))
    return BridgeFile(
        public_url=str(frame.public_url).rstrip("/"),
        connections=connections,
        people={name: tuple(addresses) for name, addresses in frame.people.items()},
        retention=frame.retention,
        launch_limit=frame.launch_limit,
        sign_in=frame.sign_in,
    )


def read_bridge_file(path: Path, *, vendors: Vendors, environment: Mapping[str, str]) -> BridgeFile:
    """The file at `path`; raises `ConfigProblem` with every mistake in it."""
    try:
        source = path.read_bytes()
    except OSError as error:
        message = f"{path} can't be read: {error.strerror}; set BRIDGE_CONFIG to its path"
        raise ConfigProblem(message) from None
    loaded = load_bridge_yaml(source, str(path), vendors=vendors, environment=environment)
    if isinstance(loaded, BridgeFile):
        return loaded
    raise ConfigProblem(
        "\n".join(str(each) for each in loaded), problems=tuple(str(each) for each in loaded)
    )


def _frame(data: dict[str, Plain]) -> tuple[_Frame | None, list[Complaint]]:
    try:
        return _Frame.model_validate(data), []
    except ValidationError as error:
        return None, explain(error, _Frame, data)


def _connections(
    data: Plain, vendors: Vendors, secrets: SecretReferences
) -> tuple[dict[str, ConnectionSettings], list[Complaint]]:
    connections: dict[str, ConnectionSettings] = {}
    complaints: list[Complaint] = []
    for name, said in data.items() if isinstance(data, dict) else ():
        path = ("connections", name)
        if not _SLUG.fullmatch(name):
            message = "must be a short name of lower-case letters, digits, - and _"
            complaints.append(Complaint(path, message))
        if not isinstance(said, dict):
            continue
        model = vendors.get(vendor) if isinstance(vendor := said.get("vendor"), str) else None
        if model is None:
            complaints.append(_no_vendor(path, vendor, vendors))
            continue
        _remember_plain(model, said, secrets)
        try:
            connections[name] = model.model_validate(said)
        except ValidationError as error:
            complaints.extend(explain(error, model, said, path))
    return connections, complaints


def _no_vendor(path: tuple[str, ...], vendor: Plain, vendors: Vendors) -> Complaint:
    known = sorted(vendors)
    if vendor is None:
        return Complaint((*path, "vendor"), "is missing", f"known: {', '.join(known)}")
    word = str(vendor) if isinstance(vendor, str | int | float) else ""
    return Complaint((*path, "vendor"), f'no vendor "{word}"', suggest(word, known))


def _remember_plain(
    model: type[BaseModel], said: dict[str, Plain], secrets: SecretReferences
) -> None:
    """A secret written out in the file is as secret as one that was referred to."""
    for key, info in keys_of(model).items():
        if names_secret(info.annotation):
            value = said.get(key)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str | int | float):
                    secrets.remember(str(each))
