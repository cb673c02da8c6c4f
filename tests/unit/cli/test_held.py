"""`bridge held`: what waits for a person, shown before it is decided about."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bridge.cli import app
from bridge.config.settings import load_settings
from bridge.core.reviewing import seen_content
from bridge.domain import records as facts
from bridge.domain.held import HeldText
from bridge.domain.records import Comment, Fact, Observation, Source
from bridge.domain.refs import Ref, TicketRef, WorkItemRef
from bridge.main import open_hub
from bridge.store import held, records
from tests.unit.cli.test_mappings import YAML

COMMENT = Comment(
    id="9", html="<p>#customer</p><p>Our [bold]Sentry[/] guards it.</p>", author_id="1", author="A"
)


def _run(*words: str, typed: str | None = None) -> Any:
    return CliRunner().invoke(app, ["held", *words], input=typed)


@pytest.fixture
def id(home: Path) -> str:
    """A stopped hub in which one comment waits; its id."""
    (home / "bridge.yaml").write_text(YAML)

    async def store() -> str:
        hub = await open_hub(load_settings())
        now = hub.now()
        item = {facts.COMMENTS: Fact([COMMENT.as_value()], now), facts.KEY: Fact("#7", now)}
        seen: list[tuple[Ref, dict[str, Fact]]] = [
            (TicketRef("hubspot", "812"), {}), (WorkItemRef("boards", "7"), item),
        ]  # fmt: skip
        try:
            async with hub.db.write() as connection:
                for ref, known in seen:
                    one = Observation(ref, known, now, Source.READ)
                    await records.observe(hub.db, connection, one, shown=lambda _: "", counter=None)
                text = HeldText(
                    "boards:7#comment/9", seen_content(COMMENT), "HELD_FOR_REVIEW", "sentry"
                )
                [made] = (await held.keep(hub.db, connection, "hubspot:812", [text], now)).values()
                return made
        finally:
            await hub.aclose()

    return asyncio.run(store())


def _listed(*words: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(_run(*words, "--json").stdout)["items"]
    return items


def test_what_waits_is_listed_and_shown_line_by_line(id: str) -> None:
    [one] = _listed()
    assert (one["id"], one["ticket"]["id"], one["work_item"]["key"]) == (id, "812", "#7")
    assert id in _run().stdout
    shown = _run("show", id).stdout
    assert "It speaks of Sentry." in shown
    assert "- #customer" in shown
    assert "  Our [bold]Sentry[/] guards it." in shown
    assert json.loads(_run("show", id, "--json").stdout) == one


@pytest.mark.parametrize(("typed", "state"), [("n\n", "open"), ("y\n", "released")])
def test_person_is_asked_with_the_text_in_front_of_them(id: str, typed: str, state: str) -> None:
    result = _run("release", id, "--reason", "It is our own product.", typed=typed)
    assert "guards it." in result.stderr
    assert "Release this text?" in result.stderr
    [one] = _listed("--state", "all")
    assert one["state"] == state


def test_program_names_what_it_has_seen(id: str) -> None:
    assert _run("release", id, "--reason", "x", "--json").exit_code == 2
    stale = _run("release", id, "--reason", "x", "--seen", "0" * 64, "--json")
    assert (stale.exit_code, json.loads(stale.stdout)["error"]["code"]) == (1, "held_changed")
    [one] = _listed()
    words = ("rewrite", id, "--text", "It works again.", "--reason", "x", "--seen", one["seen"])
    done = json.loads(_run(*words, "--json").stdout)
    assert (done["state"], done["words"]) == ("rewritten", "It works again.")
    late = _run("reject", id, "--reason", "x", "--seen", one["seen"])
    assert late.exit_code == 1
    assert "It was rewritten by command line" in late.stderr
    assert _run().stdout.strip() == "Nothing waits."


def test_words_that_look_like_error_tracking_are_refused_with_a_sentence(id: str) -> None:
    result = _run("rewrite", id, "--text", "See sentry.io", "--reason", "x", typed="y\n")
    assert result.exit_code == 1
    assert "It speaks of Sentry. Say it so that a customer could have written it" in result.stderr
    assert [each["state"] for each in _listed("--state", "all")] == ["open"]
