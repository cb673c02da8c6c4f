"""No secret and nobody's words in any log line, whatever goes wrong and however much is logged."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog

from bridge.cli.server import remember_secrets
from bridge.kit.faults import Fault, FaultKind
from bridge.kit.logs import KEYS, set_up_logs
from bridge.kit.redact import HIDDEN, Redactor
from tests.logged import log_plainly
from tests.scenarios.world import ADMIN_TOKEN, HOOK_PASSWORD, HOOK_USER, World, open_world

ADDRESS = "eve@client.example"
WORDS = "canary-of-the-subject"
QUERY = "token-in-a-query"


def basic(user: str, password: str) -> str:
    """What stands behind `Basic `."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


PLANTED = (
    *("pat-test", "hubspot-client-secret", HOOK_PASSWORD, ADMIN_TOKEN, QUERY, ADDRESS, WORDS),
    *(basic("", "pat-test"), basic(HOOK_USER, HOOK_PASSWORD)),
)


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    """The logs as they were."""
    yield
    log_plainly()
    set_up_logs("warning", redactor=Redactor())


@pytest.mark.parametrize("form", ["console", "json"])
async def test_whole_story_at_debug_shows_no_secret_and_nobodys_words(
    form: str, tmp_path: Path
) -> None:
    stream, redactor = io.StringIO(), Redactor([ADMIN_TOKEN])
    set_up_logs("debug", form, redactor=redactor, to=stream)
    async with open_world(tmp_path) as world:
        remember_secrets(redactor, world.hub)
        await _story(world)
        for name in ("uvicorn.access", "uvicorn.error", "httpx", "theirs"):
            logging.getLogger(name).warning('"POST /webhooks/boards?token=%s HTTP/1.1" 401', QUERY)
        _fail(world)
    written = stream.getvalue()
    assert "vendor call" in written
    assert "delivery refused" in written
    assert "pass put back" in written
    assert "Traceback" in written
    assert [each for each in PLANTED if each in written] == []
    assert HIDDEN in written


async def _story(world: World) -> None:
    world.hubspot.faults.add(Fault("^GET", FaultKind.ANSWER, times=2, status=500))
    world.boards.faults.add(Fault("^POST", FaultKind.ANSWER, times=10, status=401))
    world.hubspot.person_creates_ticket(
        subject=f"{WORDS} for {ADDRESS}", category="Bug", company_id=world.acme
    )
    await world.deliver()
    for path in (f"/webhooks/hubspot?token={QUERY}", f"/webhooks/boards?token={QUERY}"):
        headers = {"Authorization": f"Basic {basic('bridge', 'wrong')}"}
        answer = await world.client.post(path, content=b"{}", headers=headers)
        assert answer.status_code == 401
    await world.client.get(f"/api/v1/tickets?q={ADDRESS}", headers=world.admin)
    await world.deliver_until_paused("boards")


def _fail(world: World) -> None:
    """Errors as libraries raise them: with addresses, headers and settings in their texts."""
    settings = world.hub.connections["boards"].settings
    said = {
        "headers": {"Authorization": f"Basic {basic(HOOK_USER, HOOK_PASSWORD)}"},
        "url": f"http://bridge:{HOOK_PASSWORD}@boards.test/?token={QUERY}",
        "settings": repr(settings),
        ADDRESS: [("x-bridge-token", QUERY)],
    }
    try:
        raise RuntimeError(f"failed: {said}") from ValueError(basic("", "pat-test"))
    except RuntimeError:
        structlog.get_logger("ours").exception("failed", said=said)
        logging.getLogger("theirs").exception("failed %s", said)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"asked by {ADDRESS}", f"asked by {HIDDEN}@client.example"),
        ("{'X-Bridge-Token': 'abc'}", f"{{'X-Bridge-Token': '{HIDDEN}'}}"),
        ("[('x-api-key', 'abc'), (b'cookie', b'a=b')]", None),
        ("connect(password=abc, host=db)", f"connect(password={HIDDEN}, host=db)"),
        ('{"api_key": "abc"}', f'{{"api_key": "{HIDDEN}"}}'),
    ],
)
def test_secret_as_a_library_prints_it_is_hidden(text: str, kept: str | None) -> None:
    shown = Redactor().text(text)
    assert "abc" not in shown
    assert "a=b" not in shown
    assert kept in (None, shown)


@pytest.mark.parametrize("secret", ['pa"ss wörd/1', "k3+very/secret=="])
def test_known_secret_is_hidden_in_any_dress(secret: str) -> None:
    redactor = Redactor([secret])
    for user in ("", "a", "ab", "bridge"):
        assert HIDDEN in redactor.text(f"sent {basic(user, secret)} to them")
    for dress in (json.dumps({"x": secret}), repr(secret), httpx_quoted(secret)):
        assert HIDDEN in redactor.text(dress)


def httpx_quoted(secret: str) -> str:
    """The secret in the path of an address."""
    return str(httpx.URL("http://x.test/", params={"q": secret}))


def test_entry_that_cannot_be_written_is_told_without_its_arguments(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = io.StringIO()
    set_up_logs("info", "json", redactor=Redactor(), to=stream)
    logging.getLogger("theirs").warning("number %d", WORDS)
    assert "theirs lost: TypeError" in stream.getvalue()
    assert WORDS not in stream.getvalue() + capsys.readouterr().err


def test_every_json_line_has_the_keys_that_are_promised() -> None:
    stream = io.StringIO()
    set_up_logs("info", "json", redactor=Redactor(), to=stream)
    structlog.get_logger("ours").info("one", record="hubspot:812")
    logging.getLogger("theirs").warning("two")
    lines = [json.loads(each) for each in stream.getvalue().splitlines()]
    assert [set(each) - {"record"} for each in lines] == [set(KEYS), set(KEYS)]
