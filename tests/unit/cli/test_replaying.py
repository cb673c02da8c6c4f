"""`bridge replay`: by ids or by a span of time, counted before anything is read again."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bridge.cli import app
from bridge.config.settings import load_settings
from bridge.engine.hub import Hub
from bridge.kit.clock import rfc3339, to_ms
from bridge.main import open_hub
from bridge.store.tables import deliveries
from tests.unit.cli.test_mappings import YAML

READ = {"deliveries": 2, "payload_gone": 0, "dry_run": False}


def _run(*words: str, typed: str | None = None) -> Any:
    return CliRunner().invoke(app, ["replay", *words], input=typed)


def _in_hub(work: Any) -> Any:
    async def once() -> Any:
        hub = await open_hub(load_settings())
        try:
            return await work(hub)
        finally:
            await hub.aclose()

    return asyncio.run(once())


@pytest.fixture
def span(home: Path) -> list[str]:
    """A stopped hub that has read the deliveries `a` and `b`; the options that name both."""
    (home / "bridge.yaml").write_text(YAML)

    async def store(hub: Hub) -> list[str]:
        now = hub.now()
        async with hub.db.write() as connection:
            for id in ("a", "b"):
                await connection.execute(
                    sa.insert(deliveries).values(
                        id=id, connection="hubspot", received_at=to_ms(now), body=b"[]", size=2,
                        content_type="application/json", state="done", records=[],
                    )
                )  # fmt: skip
        hour = timedelta(hours=1)
        return ["--connection", "hubspot", "--since", rfc3339(now - hour), "--until",
                rfc3339(now + hour)]  # fmt: skip

    options: list[str] = _in_hub(store)
    return options


def _waiting() -> list[str]:
    async def look(hub: Hub) -> list[str]:
        async with hub.db.read() as connection:
            found = await connection.execute(
                sa.select(deliveries.c.id)
                .where(deliveries.c.state == "received")
                .order_by(deliveries.c.id)
            )
            return [id for (id,) in found]

    ids: list[str] = _in_hub(look)
    return ids


def test_deliveries_named_by_id_are_read_again(span: list[str]) -> None:
    assert json.loads(_run("a", "--json").stdout) == {**READ, "deliveries": 1}
    assert _waiting() == ["a"]


def test_unknown_id_among_them_changes_nothing(span: list[str]) -> None:
    result = _run("a", "nobody")
    assert result.exit_code == 1
    assert "no delivery 'nobody'" in result.stderr
    assert _waiting() == []


def test_program_must_say_yes_and_is_told_the_count_first(span: list[str]) -> None:
    assert json.loads(_run(*span, "--json").stdout) == {**READ, "dry_run": True}
    assert _waiting() == []
    assert json.loads(_run(*span, "--yes", "--json").stdout) == READ
    assert _waiting() == ["a", "b"]


@pytest.mark.parametrize(("typed", "read"), [("n\n", []), ("y\n", ["a", "b"])])
def test_person_is_asked_with_the_count(span: list[str], typed: str, read: list[str]) -> None:
    result = _run(*span, typed=typed)
    assert result.exit_code == 0, result.output
    assert "Read 2 deliveries of hubspot again?" in result.stdout
    assert _waiting() == read


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("a", "--connection", "hubspot"),
        ("a", "--state", "done"),
        ("--connection", "hubspot"),
        ("--connection", "hubspot", "--since", "yesterday", "--until", "2026-05-12"),
    ],
)
def test_wrong_usage_ends_with_2_and_opens_nothing(home: Path, words: tuple[str, ...]) -> None:
    assert _run(*words).exit_code == 2
    assert not (home / "data").exists()
