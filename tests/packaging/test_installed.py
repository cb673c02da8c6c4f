"""The stages of the image, one by one without Docker: wheel, locked environment, a hub in it.

The environment is put together from the packages installed for the tests, but of those only what
requirements.lock names: what works here needs nothing else.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from tests.house.sources import ROOT, text
from tests.packaging.recipe import final

NOBODY = 65534
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==[^ ]+( ;)?", re.MULTILINE)

YAML = """
public_url: http://bridge.test
connections:
  hubspot:
    vendor: hubspot
    base_url: http://127.0.0.1:9
    token: pat-test-of-nobody
    webhook_secret: secret-of-the-app
    portal_id: 7
    sweep_s: 3600
  boards:
    vendor: azure_devops
    base_url: http://127.0.0.1:9
    organization: acme
    project: Platform
    token: pat-test-of-nobody
    sweep_s: 3600
  internal:
    vendor: teams
    webhook_url: http://127.0.0.1:9/workflows/1?sig=x
  mail:
    vendor: email
    host: 127.0.0.1
    port: 9
    sender: support@acme.com
people:
  development_leads: [lead.one@acme.com, lead.two@acme.com]
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment with the wheel; `data` is the one folder that its account may write."""

    root: Path
    python: Path
    data: Path

    def environment(self) -> dict[str, str]:
        [said] = final("ENV")
        image = dict(each.split("=", 1) for each in said.split())
        mine = {
            "PATH": f"{self.python.parent}:{image['PATH']}",
            "BRIDGE_CONFIG": str(self.root / "config" / "bridge.yaml"),
            "BRIDGE_MAPPINGS": str(self.root / "config" / "mappings"),
            "BRIDGE_DATA_DIR": str(self.data),
            "BRIDGE_HOST": "127.0.0.1",
            "BRIDGE_PORT": "0",
        }
        return image | mine

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """`bridge` with these words as the image runs it: in /, not as root, with its variables."""
        account = NOBODY if _drops_rights() else None
        return subprocess.Popen(
            [str(self.python), "-m", "bridge.cli", *words],
            cwd="/",
            env=self.environment() | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            user=account,
            group=account,
            extra_groups=None if account is None else [],
        )

    def run(self, *words: str, **more: str) -> str:
        with self.start(*words, **more) as process:
            said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said
        return said


def _interpreter() -> Path:
    """A Python of this minor version that any account may run; else the one that runs us."""
    ours = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    folders = (ours.parent, Path("/usr/local/bin"), Path("/usr/bin"))
    found = (each / ours.name for each in folders)
    return next((each for each in found if each.exists() and _is_open(each.resolve())), ours)


def _is_open(file: Path) -> bool:
    return all(each.stat().st_mode & stat.S_IXOTH for each in (file, *file.parents))


def _drops_rights() -> bool:
    """Whether the hub is run as nobody: we are root, and that account can run a Python."""
    return os.geteuid() == 0 and _is_open(_interpreter().resolve())


def _context(root: Path) -> Path:
    """The checkout as the builder of the image gets it: what .dockerignore lets through."""
    folder = root / "context"
    folder.mkdir()
    for line in text(".dockerignore").splitlines():
        if line.startswith("!"):
            source, target = ROOT / line[1:], folder / line[1:]
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)
    return folder


def _copy_locked(target: Path) -> None:
    """Every package of the lock as it is installed here; those of other platforms are not."""
    for name, conditional in _PINNED.findall(text("requirements.lock")):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            assert conditional, f"{name} is locked and not installed: make setup"
            continue
        tops = {each.parts[0] for each in found.files or () if each.parts[0] != ".."}
        for top in sorted(tops - {"__pycache__"}):
            source = Path(str(found.locate_file(top)))
            if source.is_dir():
                shutil.copytree(source, target / top, dirs_exist_ok=True)
            elif source.is_file():
                shutil.copy2(source, target / top)


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    # Not below pytest's own folder: that one is closed to other accounts.
    root = Path(tempfile.mkdtemp(prefix="ticketbridge-installed-", dir="/var/tmp"))
    try:
        wheels = root / "wheel"
        options = ["--no-isolation", "--wheel", "--outdir", str(wheels)]
        built = subprocess.run(
            [sys.executable, "-m", "build", *options, str(_context(root))],
            capture_output=True,
            text=True,
            check=False,
            cwd=root,
        )
        assert built.returncode == 0, built.stdout + built.stderr
        making = [str(_interpreter()), "-m", "venv", "--without-pip", str(root / "venv")]
        subprocess.run(making, check=True, capture_output=True)
        [packages] = (root / "venv" / "lib").glob("python*/site-packages")
        _copy_locked(packages)
        with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
            wheel.extractall(packages)
        (root / "config").mkdir()
        (root / "config" / "bridge.yaml").write_text(YAML)
        shutil.copytree(packages / "bridge" / "_mappings", root / "config" / "mappings")
        data = root / "data"
        data.mkdir(mode=0o700)
        root.chmod(0o755)
        if _drops_rights():
            os.chown(data, NOBODY, NOBODY)
        yield Installed(root, root / "venv" / "bin" / "python", data)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _serving(installed: Installed) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = installed.start("serve", "--json")
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if '"url"' in line:
                break
        else:
            raise AssertionError(said)
        yield process, json.loads(line)["url"]
    finally:
        process.kill()
        process.communicate()


def test_wheel_and_locked_packages_are_all_that_the_commands_need(installed: Installed) -> None:
    version = json.loads(installed.run("version", "--json"))
    assert version == json.loads(
        subprocess.run(
            [sys.executable, "-m", "bridge.cli", "version", "--json"],
            cwd=ROOT, capture_output=True, check=True,
        ).stdout
    )  # fmt: skip
    where = [str(installed.python), "-c", "import bridge; print(bridge.__file__)"]
    found = subprocess.run(where, cwd="/", capture_output=True, text=True, check=True).stdout
    assert str(installed.root) in found


def test_demo_ends_well_where_only_the_data_folder_is_writable(installed: Installed) -> None:
    said = installed.run("demo", "--once", "--json", BRIDGE_LOG_LEVEL="error")
    assert json.loads(said[said.index("{") :])["ok"] is True


def test_hub_serves_is_healthy_and_drains_as_an_account_without_rights(
    installed: Installed,
) -> None:
    before = _files(installed)
    with _serving(installed) as (process, url):
        check = json.loads(final("HEALTHCHECK")[0].partition(" CMD ")[2])
        port = url.rsplit(":", 1)[1]

        def healthy(port: str) -> bool:
            environment = installed.environment() | {"BRIDGE_PORT": port}
            command = [str(installed.python), *check[1:]]
            ended = subprocess.run(command, env=environment, capture_output=True, check=False)
            return ended.returncode == 0

        assert healthy(port)
        assert installed.run("backup", str(installed.data / "backup"))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
        assert not healthy(port)
    assert _files(installed) == before
    assert {"bridge.sqlite3", "backup"} <= {each.name for each in installed.data.iterdir()}


def _files(installed: Installed) -> set[Path]:
    """Everything outside the data folder; bytecode too, which the image does not write."""
    found = installed.root.rglob("*")
    return {each for each in found if installed.data not in (each, *each.parents)}
