"""What every test may rely on: Hypothesis profiles, a database, no silent skips in CI."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from tests.dialects import compile_once
from tests.logged import log_plainly
from tests.migrated import empty_aside, migrate_aside
from tests.postgres import Databases, PostgresServer, named_server
from tests.skips import pytest_configure as pytest_configure

_HERE = Path(__file__).parent
_LONG = ("browser", "chaos", "packaging", "scenarios")
_IN_CI = os.environ.get("CI") == "true"

# No deadlines: the machine is shared, and a slow example is not a wrong one.
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("BRIDGE_HYPOTHESIS", "ci" if _IN_CI else "dev"))

log_plainly()
compile_once()

# What importing and collecting make stays: nothing of it is looked through before all is there.
gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that the last worker does not end long after the
    others. Their names mix chaos with scenarios: not all workers are in real processes at once.
    """
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, str]:
    late = item.path.relative_to(_HERE).parts[0] not in _LONG
    return late, "" if late else item.path.name


def pytest_collection_finish() -> None:
    """Leave what stays alone: the collector went through a million objects again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Collect garbage again, also in the process that only hands out tests."""
    gc.enable()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Databases]:
    """The PostgreSQL of this test session: the one the environment names, or one of our own."""
    named = named_server()
    if named is not None:
        yield named
        return
    server = PostgresServer()
    server.start()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def migrated_template(postgres_server: Databases) -> Iterator[tuple[str, str]]:
    """The name of a migrated, empty PostgreSQL database, to be copied, and its shape."""
    url = postgres_server.create_database()
    name = urlsplit(url).path.removeprefix("/")
    migrate_aside(url)
    yield name, empty_aside(url)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def emptied_databases(postgres_server: Databases) -> Iterator[list[str]]:
    """The URLs of databases that tests are done with: migrated, and emptied again."""
    urls: list[str] = []
    yield urls
    for url in urls:
        postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))


@pytest.fixture
def migrated_postgres(
    postgres_server: Databases, migrated_template: tuple[str, str], emptied_databases: list[str]
) -> Iterator[str]:
    """The URL of a migrated, empty PostgreSQL database that only this test uses."""
    name, shape = migrated_template
    if not emptied_databases:
        emptied_databases.append(postgres_server.create_database(template=name))
    url = emptied_databases.pop()
    yield url
    if empty_aside(url) == shape:
        emptied_databases.append(url)
    else:
        postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))


@pytest.fixture
def postgres_url(postgres_server: Databases) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that only this test uses."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))
