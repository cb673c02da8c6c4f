"""The image, as far as it can be judged without building it."""

from __future__ import annotations

import json
import re

from bridge.config.settings import Settings
from tests.house.sources import ROOT, text
from tests.packaging.recipe import final, instructions, stages


def test_image_runs_as_a_numbered_account_that_is_not_root() -> None:
    [user] = final("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    [copied] = [each for each in final("COPY") if each.endswith(" /data")]
    assert f"--chown={user}" in copied


def test_stage_that_runs_executes_nothing_and_copies_from_stages_only() -> None:
    assert final("RUN") == []
    assert all(each.startswith("--from=environment ") for each in final("COPY"))


def test_everything_installed_is_pinned_by_hash_or_was_made_here() -> None:
    installs = [
        each
        for rest in (i.rest for i in instructions() if i.word == "RUN")
        for each in rest.split(" && ")
        if " install --no-cache-dir" in each
    ]
    assert len(installs) == 3
    locked = [each for each in installs if "--require-hashes" in each]
    assert [re.findall(r"requirements[\w-]*\.lock", each) for each in locked] == [
        ["requirements-dev.lock"],
        ["requirements.lock"],
    ]
    [own] = [each for each in installs if each not in locked]
    assert "--no-deps --no-index /wheel/" in own


def test_base_image_is_pinned_and_has_the_python_that_the_package_wants() -> None:
    [base] = [each.rest for each in instructions() if each.word == "ARG"]
    version = re.fullmatch(r"PYTHON=python:(\d+)\.(\d+)-slim-\w+", base)
    assert version is not None
    wanted = re.search(r'requires-python = ">=(\d+)\.(\d+)"', text("pyproject.toml"))
    assert wanted is not None
    assert tuple(map(int, version.groups())) >= tuple(map(int, wanted.groups()))
    others = {stage[0].rest.split()[0] for stage in stages()} - {"tools"}
    assert others == {"${PYTHON}"}


def test_process_is_the_hub_itself_and_ends_by_sigterm() -> None:
    assert json.loads(final("ENTRYPOINT")[0]) == ["bridge"]
    assert json.loads(final("CMD")[0]) == ["serve"]
    assert final("STOPSIGNAL") == ["SIGTERM"]
    [health] = final("HEALTHCHECK")
    assert json.loads(health.partition(" CMD ")[2])[0] == "python"


def test_every_variable_of_the_image_is_a_setting() -> None:
    known = {
        str(f.validation_alias or f"BRIDGE_{n.upper()}") for n, f in Settings.model_fields.items()
    }
    [environment] = final("ENV")
    named = set(re.findall(r"(BRIDGE_[A-Z_]+)=", environment))
    assert {"BRIDGE_DATA_DIR", "BRIDGE_HOST"} <= named <= known


def test_only_what_the_image_is_made_from_is_sent_to_the_builder() -> None:
    lines = [e for e in text(".dockerignore").splitlines() if e and not e.startswith("#")]
    assert lines[0] == "*"
    allowed = {each.removeprefix("!") for each in lines if each.startswith("!")}
    copied = {
        word
        for each in instructions()
        if each.word == "COPY" and "--from" not in each.rest
        for word in each.rest.split()[:-1]
    }
    assert copied == allowed
    assert [each for each in sorted(allowed) if not (ROOT / each).exists()] == []
