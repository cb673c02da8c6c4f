"""Every documented call, with good and bad data of every kind, keeps what the document says.

Calls are taken from the document, so that a new one is tried from its first day.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.schemas import OpenApiSchema

from bridge.api.application import openapi_document
from tests.api.fuzzing import Doorway, Outpost, open_outpost
from tests.postgres import Databases
from tests.scenarios.world import ADMIN_TOKEN

THOROUGH = os.environ.get("BRIDGE_HYPOTHESIS") == "dev"
DOORWAY = Doorway()

APART = {
    "activate_mapping": "mappings",
    "pause_mapping_campaign": "mappings",
    "resume_mapping_campaign": "mappings",
    "cancel_mapping_campaign": "mappings",
    "pause_connection": "pauses",
    "resume_connection": "pauses",
    "ignore_finding": "ignored",
    "expunge_payload": "ignored",
    "resolve_finding": "erased",
    "erase": "erased",
}
"""Calls that would leave nothing to try for the others, and the world in which each is tried."""

EXCLUDED = {
    # What is well formed is refused all the same where it names what is not there: a cursor of
    # another list, a route without a launch. Our own check below asks for the same of what is
    # refused as malformed.
    "positive_data_acceptance",
    # Objects belong to everybody whose role may see them.
    "object_level_authorization",
    # These follow what one call made into the next; here each call is tried by itself.
    "use_after_free",
    "ensure_resource_availability",
}

BEYOND_SCHEMA = {
    # JSON Schema can't compare two values.
    ("replay_deliveries", "body"),
    # Nor can it say that 3650d is the longest span, in whatever unit.
    ("create_token", "body.expires"),
    ("start_canary", "body.wait"),
    # Nor does it know the mapping in force.
    ("start_backfill", "body.route"),
    ("start_backfill", "body.property"),
    # Nor the time.
    ("start_backfill", "body.since"),
    ("start_audit", "body.since"),
}
"""What is refused as malformed though the schema has no words for the rule."""

PATIENCE_S = 0.05
"""`wait` of the calls that have it: what is waited for comes soon here, or never."""


class Admin:
    """The token of BRIDGE_ADMIN_TOKEN, which no call revokes."""

    def get(self, case: Any, context: Any) -> str:
        return ADMIN_TOKEN

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


def documented(max_examples: int, *, phases: dict[str, Any]) -> OpenApiSchema:
    """The document with so many random examples a call, besides those of the phases."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": 20260512,
            "suppress-health-check": ["all"],
            "phases": phases,
            "generation": {
                "max-examples": max_examples,
                "deterministic": not THOROUGH,
                "database": "none",
            },
        }
    )
    schema = schemathesis.openapi.from_dict(openapi_document(), config=config)
    schema.app = DOORWAY
    schema.auth()(Admin)
    return schema


EVERYTHING = documented(200 if THOROUGH else 12, phases={})
# What a database refuses is a matter of values; the many spellings are tried once, above.
VALUES = documented(50 if THOROUGH else 6, phases={"coverage": {"enabled": False}})


class Outposts:
    """The worlds of one test module, opened when first asked for."""

    def __init__(self, open_one: Callable[[str], Outpost]) -> None:
        self._open_one = open_one
        self._open: dict[str, Outpost] = {}

    def of(self, operation: Any) -> Outpost:
        """The world in which the call is tried."""
        name = _name(operation)
        group = APART.get(name) or ("reads" if operation.method == "get" else "writes")
        if group not in self._open:
            self._open[group] = self._open_one(group)
        return self._open[group]


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outposts]:
    """Worlds on SQLite."""
    with ExitStack() as stack:

        def open_one(group: str) -> Outpost:
            return stack.enter_context(open_outpost(tmp_path_factory.mktemp(group)))

        yield Outposts(open_one)


@pytest.fixture(scope="module")
def on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: Databases
) -> Iterator[Outposts]:
    """Worlds on PostgreSQL."""
    with ExitStack() as stack:

        def open_one(group: str) -> Outpost:
            url = postgres_server.create_database()
            name = urlsplit(url).path.removeprefix("/")
            stack.callback(postgres_server.drop_database, name)
            folder = tmp_path_factory.mktemp(group)
            return stack.enter_context(open_outpost(folder, database_url=url))

        yield Outposts(open_one)


@EVERYTHING.parametrize()
def test_documented_call_keeps_its_word_on_sqlite(case: Any, on_sqlite: Outposts) -> None:
    _try(case, on_sqlite.of(case.operation))


@VALUES.parametrize()
def test_documented_call_keeps_its_word_on_postgresql(case: Any, on_postgresql: Outposts) -> None:
    _try(case, on_postgresql.of(case.operation))


def _try(case: Any, here: Outpost) -> None:
    _name_what_is_there(case, here)
    with DOORWAY.leads_to(here):
        case.call_and_validate(
            additional_checks=[well_formed_data_is_not_refused_as_malformed],
            excluded_checks=CHECKS.get_by_names(sorted(EXCLUDED)),
        )


def well_formed_data_is_not_refused_as_malformed(_context: Any, response: Any, case: Any) -> None:
    """What fits the document's schemas is never `invalid_request`."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code != 422 or response.json()["code"] != "invalid_request":
        return
    said = response.json()
    strange = [
        each
        for each in said.get("errors", [said])
        if (_name(case.operation), each.get("where")) not in BEYOND_SCHEMA
    ]
    assert not strange, f"the document allows what is refused: {strange}"


def _name(operation: Any) -> str:
    name: str = operation.definition.raw["operationId"]
    return name


def _name_what_is_there(case: Any, here: Outpost) -> None:
    """Let most of the good requests be about things that exist, and none wait for long."""
    if "wait" in {each.name for each in case.operation.query} and _may_wait(case.query):
        case.query = {**case.query, "wait": PATIENCE_S}
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # By the case itself, so that the same case is always sent the same.
    dice = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode())
    if dice % 4:
        real = Real(here.known, case.path, dice >> 2)
        case.path_parameters = real.path(case.path_parameters)
        case.query = real.query(case.query)
        if isinstance(case.body, dict):
            case.body = real.body(case.body)


def _may_wait(query: dict[str, Any]) -> bool:
    try:
        return 0 <= float(query.get("wait", 0)) <= 60
    except (TypeError, ValueError):
        return False


class Real:
    """Ids that exist, in the places where ids stand; the dice say which."""

    def __init__(self, known: Any, template: str, dice: int) -> None:
        self._known = known
        self._template = template
        self._dice = dice

    def path(self, given: dict[str, Any]) -> dict[str, Any]:
        """The path's parameters."""
        kind = self._template.removeprefix("/api/v1/").split("/")[0]
        return {name: self._named(name, kind, value) for name, value in given.items()}

    def query(self, given: dict[str, Any]) -> dict[str, Any]:
        """The query: a made-up cursor would hide all else."""
        refs = {"ticket": "tickets", "ref": "tickets", "work_item": "work-items"}
        return {
            name: self._ref(refs[name]) if name in refs and isinstance(value, str) else value
            for name, value in given.items()
            if name != "cursor"
        }

    def body(self, given: dict[str, Any], kind: str = "tickets") -> dict[str, Any]:
        """The body, and the objects in it."""
        found = {}
        for name, value in given.items():
            if isinstance(value, dict):
                found[name] = self.body(value, "work-items" if name == "work_item" else "tickets")
            elif isinstance(value, str):
                found[name] = self._named(name, kind, value)
            else:
                found[name] = value
        return found

    def _named(self, name: str, kind: str, value: Any) -> Any:
        if name == "connection":
            return "boards" if kind == "work-items" else "hubspot"
        if name == "route":
            return ("bug", "development-request")[self._dice % 2]
        if name == "name" and kind == "connections":
            return ("hubspot", "boards")[self._dice % 2]
        if name in ("id", "name") and kind in self._known:
            return self._known[kind][self._dice % len(self._known[kind])]
        return value

    def _ref(self, kind: str) -> str:
        return f"{self._named('connection', kind, None)}:{self._named('id', kind, None)}"
