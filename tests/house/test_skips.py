"""In CI nothing is skipped in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT

_SKIPS = {
    "a test": "import pytest\ndef test_x():\n    pytest.skip('no server')\ndef test_y(): pass\n",
    "a module": "import pytest\npytest.skip('no server', allow_module_level=True)\n",
    "a fixture": "import pytest\n@pytest.fixture\ndef f(): pytest.skip('x')\ndef test_x(f): pass\n",
}


def _run(folder: Path, source: str, *options: str, ci: bool) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text("from tests.skips import pytest_configure\n")
    (folder / "test_sample.py").write_text(source)
    (folder / "test_passes.py").write_text("def test_z(): pass\n")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CI"))}
    environment |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment |= {"CI": "true"} if ci else {}
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(folder)]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", *options, str(folder)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "1")], ids=["alone", "xdist"])
@pytest.mark.parametrize("what", _SKIPS)
def test_skip_in_ci_fails_the_session(tmp_path: Path, what: str, options: tuple[str, ...]) -> None:
    result = _run(tmp_path, _SKIPS[what], *options, ci=True)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "skipped, which fails in CI" in result.stdout


def test_skip_elsewhere_is_allowed(tmp_path: Path) -> None:
    assert _run(tmp_path, _SKIPS["a test"], ci=False).returncode == 0


def test_expected_failure_in_ci_is_no_skip(tmp_path: Path) -> None:
    source = "import pytest\n@pytest.mark.xfail\ndef test_x(): assert False\n"
    assert _run(tmp_path, source, ci=True).returncode == 0
