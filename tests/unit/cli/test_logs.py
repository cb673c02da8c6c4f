"""Logs without secrets, whoever writes them, for people and for machines."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from bridge.kit.logs import set_up_logs
from bridge.kit.redact import HIDDEN, Redactor

SECRET = "k3-very-secret"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Authorization: Bearer abcdef123456", f"Authorization: Bearer {HIDDEN}"),
        ("basic YnJpZGdlOnB3", f"basic {HIDDEN}"),
        ("/webhooks/rocketlane?token=abc&x=1", f"/webhooks/rocketlane?token={HIDDEN}&x=1"),
        ("?a=1&access_token=abc", f"?a=1&access_token={HIDDEN}"),
        ("postgresql://me:pass@db/x", f"postgresql://me:{HIDDEN}@db/x"),
        ("made tb_abcdefgh12345678", f"made {HIDDEN}"),
        ("pat-na1-0123456789abcdef", HIDDEN),
        (f"the key {SECRET} and {SECRET}", f"the key {HIDDEN} and {HIDDEN}"),
    ],
)
def test_secret_in_a_text_is_hidden(text: str, kept: str) -> None:
    assert Redactor([SECRET]).text(text) == kept


@pytest.mark.parametrize(
    "text",
    ["ticket hubspot:812 is in testing", "a basic thing", "/tickets?q=token&limit=2", "12:30@noon"],
)
def test_text_without_a_secret_is_left_as_it_is(text: str) -> None:
    assert Redactor([SECRET, "", "ab"]).text(text) == text


@pytest.mark.parametrize(
    "key", ["password", "Authorization", "webhook_secret", "api_key", "token", "x-signature", "pat"]
)
def test_value_under_a_secrets_key_is_hidden_however_deep(key: str) -> None:
    entry = {"said": [{"headers": {key: "abc"}}]}
    assert Redactor().mapping(entry) == {"said": [{"headers": {key: HIDDEN}}]}


@pytest.mark.parametrize("key", ["lease_token_count", "path", "tokens_listed", "status"])
def test_value_under_another_key_is_kept(key: str) -> None:
    assert Redactor().mapping({key: 7}) == {key: 7}


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_entry_of_anybody_shows_a_secret(form: str) -> None:
    stream = io.StringIO()
    set_up_logs("info", form, redactor=Redactor([SECRET]), to=stream)
    structlog.get_logger("ours").warning("called", url=f"http://x/?token={SECRET}", by=SECRET)
    logging.getLogger("theirs").warning("called with %s", SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError:
        structlog.get_logger("ours").exception("failed")
        logging.getLogger("theirs").exception("failed")
    written = stream.getvalue()
    assert SECRET not in written
    assert written.count("ValueError") >= 2
    if form == "json":
        entries = [json.loads(line) for line in written.splitlines()]
        assert [each["level"] for each in entries] == ["warning", "warning", "error", "error"]
        assert all(each["timestamp"].endswith("Z") for each in entries)


def test_entries_below_the_level_are_not_written() -> None:
    stream = io.StringIO()
    set_up_logs("warning", redactor=Redactor(), to=stream)
    structlog.get_logger("ours").info("quiet")
    logging.getLogger("theirs").info("quiet")
    assert stream.getvalue() == ""
