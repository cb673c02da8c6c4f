"""What every test may rely on: Hypothesis profiles, a database, no silent skips in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from tests.migrated import migrate_aside
from tests.postgres import Databases, PostgresServer, named_server

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


class NoSilentSkips:
    """With CI=true a session in which anything was skipped fails and says what."""

    def __init__(self) -> None:
        self._skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._skipped.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._skipped:
            terminalreporter.section("skipped, which fails in CI", red=True)
            for nodeid in sorted(set(self._skipped)):
                terminalreporter.line(nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """Watch for skips in CI; under xdist only the controller decides."""
    if _IN_CI and not hasattr(config, "workerinput"):
        config.pluginmanager.register(NoSilentSkips(), "no-silent-skips")


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
def migrated_template(postgres_server: Databases) -> Iterator[str]:
    """The name of a migrated, empty PostgreSQL database, to be copied."""
    url = postgres_server.create_database()
    name = urlsplit(url).path.removeprefix("/")
    migrate_aside(url)
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def migrated_postgres(postgres_server: Databases, migrated_template: str) -> Iterator[str]:
    """The URL of a migrated, empty PostgreSQL database that only this test uses."""
    url = postgres_server.create_database(template=migrated_template)
    yield url
    postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))


@pytest.fixture
def postgres_url(postgres_server: Databases) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that only this test uses."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))
