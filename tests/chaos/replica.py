"""A hub in a process of its own, to be killed, frozen and started again.

Processes are forked from a server that has had a hub's first start already (`forked`): a start
takes half a second of computing instead of three.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import uvicorn

from bridge.api.access import Access
from bridge.cli.server import server_config
from bridge.cli.slow_clients import Patience
from bridge.config.settings import load_settings
from bridge.engine import faultpoints, worker
from bridge.engine.service import Service
from bridge.kit.http import Wire
from bridge.kit.logs import set_up_logs
from bridge.kit.redact import Redactor
from bridge.main import create_app, open_hub

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.chaos.forked"])
_START_S = 30.0
POLL_S = 0.1
ADMIN_TOKEN = "chaos-admin-token"
PATIENCE = Patience(head_s=1.5, body_s=3.0, silent=40)


class SharedClock:
    """One time for the test, the vendors and every replica, moved forward by the test.

    Nobody waits for a minute of grace in earnest. The replicas' time can be set back; the
    vendors' (`right`) cannot.
    """

    def __init__(self) -> None:
        self._ahead = _CONTEXT.Value("d", 0.0, lock=False)
        self._behind = _CONTEXT.Value("d", 0.0, lock=False)

    def right(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead.value)

    def now(self) -> datetime:
        return self.right() - timedelta(seconds=self._behind.value)

    def monotonic(self) -> float:
        return time.monotonic()

    def later(self, seconds: float) -> None:
        self._ahead.value += seconds

    def set_back(self, seconds: float) -> None:
        """From now on the replicas' clocks are slow by that much; 0 sets them right."""
        self._behind.value = seconds


class Wrong:
    """The machine's clock, off by some hours."""

    def __init__(self, hours: float) -> None:
        self._off = timedelta(hours=hours)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._off

    def monotonic(self) -> float:
        return time.monotonic()


def _serve(
    environment: Mapping[str, str],
    port: int,
    lease_ms: int,
    log: str,
    clock: SharedClock | None,
    hours_off: float,
) -> None:
    """The whole life of the process."""
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.environ.update(environment)
    faultpoints.arm(os.environ)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(port, lease_ms, clock, hours_off))
    sys.stdout.flush()


async def _main(port: int, lease_ms: int, clock: SharedClock | None, hours_off: float) -> None:
    level = os.environ.get("BRIDGE_LOG_LEVEL", "info")
    set_up_logs(level, "console", redactor=Redactor())
    # A hub that sleeps does not see the test move the clock until it looks again.
    worker.POLL_S = POLL_S
    wire = Wire(clock=Wrong(hours_off)) if hours_off else None
    hub = await open_hub(load_settings(), clock=clock, wire=wire)
    app = create_app(Service(hub, lease_ms=lease_ms), Access(admin_token=ADMIN_TOKEN))
    config = server_config(app, PATIENCE)
    config.port = port
    await uvicorn.Server(config).serve()


@dataclass
class Replica:
    """One process at one port. `started` counts lives; `ends` are the exit codes of past ones."""

    folder: Path
    port: int
    environment: Mapping[str, str]
    lease_ms: int
    clock: SharedClock | None
    """None: the machine's, and on PostgreSQL the database's."""
    hours_off: float = 0.0
    """How wrong the machine's clock is."""
    ends: list[int] = field(default_factory=list)
    _process: ForkServerProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / f"replica-{self.port}.log"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    @property
    def pid(self) -> int:
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    async def start(self, *, fault: str = "", how: str = "KILL", may_fail: bool = False) -> None:
        """Start and wait until it takes requests (or has died, where that may be)."""
        assert self._process is None
        chosen = {"BRIDGE_FAULTPOINT": fault, "BRIDGE_FAULTPOINT_SIGNAL": how}
        environment = dict(self.environment) | chosen
        log = str(self.log)
        given = (environment, self.port, self.lease_ms, log, self.clock, self.hours_off)
        self._process = _CONTEXT.Process(target=_serve, args=given, daemon=True)
        self._process.start()
        end = time.monotonic() + _START_S
        while not await self._listens():
            if not self.alive:
                assert fault or may_fail, f"the hub did not start:\n{self.tail()}"
                return
            assert time.monotonic() < end, self.tail()
            await asyncio.sleep(0.02)

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def bury(self) -> int:
        """Note the end of a process that has ended; its exit code."""
        assert self._process is not None
        self._process.join(10)
        code = self._process.exitcode
        assert code is not None, "the process lives"
        self._process.close()
        self._process = None
        self.ends.append(code)
        return code

    def kill(self) -> int:
        """`kill -9`."""
        if self._process is None:
            return 0
        if self._process.is_alive():
            self._process.kill()
        return self.bury()

    @property
    def frozen(self) -> bool:
        """Whether the process has been stopped by a signal, as the kernel tells."""
        text = Path(f"/proc/{self.pid}/stat").read_text()
        return text.rpartition(")")[2].split()[0] == "T"

    def tail(self, lines: int = 200) -> str:
        """The end of the log, and where all of it stands."""
        if not self.log.exists():
            return "(no log)"
        kept = self.log.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join([f"(the end of {self.log})", *kept])
