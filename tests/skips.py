"""In CI a session in which anything was skipped fails, and says what."""

from __future__ import annotations

import os

import pytest

_IN_CI = os.environ.get("CI") == "true"


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
