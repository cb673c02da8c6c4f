"""bridge.yaml: what it gives, every mistake at once, and secrets that are never said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr, model_validator

from bridge.config.bridge_yaml import BridgeFile, load_bridge_yaml, read_bridge_file
from bridge.domain.errors import ConfigProblem
from bridge.ports.manifest import ConnectionSettings

SECRET = "s3cret-Value-42"


class DeskSettings(ConnectionSettings):
    """What a made-up helpdesk takes."""

    token: SecretStr
    webhook_secret: SecretStr | None = None
    portal_id: int | None = None


class BoardSettings(ConnectionSettings):
    """What a made-up tracker takes; its own check is so careless as to quote what it was given."""

    organization: str = Field(min_length=1)
    token: SecretStr

    @model_validator(mode="after")
    def _long_token(self) -> BoardSettings:
        if len(self.token.get_secret_value()) < 4:
            raise ValueError(f"the token {self.token.get_secret_value()} is too short")
        return self


VENDORS: dict[str, type[ConnectionSettings]] = {"desk": DeskSettings, "board": BoardSettings}

GOOD = """\
public_url: https://bridge.example.com/
connections:
  front: {vendor: desk, token: "${DESK_TOKEN}", portal_id: 4711, sweep_s: 5}
  boards:
    vendor: board
    organization: acme
    token: "Basic ${BOARD_TOKEN}"
    base_url: http://127.0.0.1:9000
people:
  development_leads: [one@acme.com, two@acme.com]
"""
ENVIRONMENT = {"DESK_TOKEN": SECRET, "BOARD_TOKEN": "other-secret"}


def _load(text: str, **more: str) -> BridgeFile | list[str]:
    loaded = load_bridge_yaml(
        text, "bridge.yaml", vendors=VENDORS, environment={**ENVIRONMENT, **more}
    )
    return loaded if isinstance(loaded, BridgeFile) else [str(each) for each in loaded]


def _good(text: str = GOOD, **more: str) -> BridgeFile:
    loaded = _load(text, **more)
    assert isinstance(loaded, BridgeFile), loaded
    return loaded


def test_good_file_gives_connections_people_and_defaults() -> None:
    loaded = _good()
    assert loaded.public_url == "https://bridge.example.com"
    front, boards = loaded.connections["front"], loaded.connections["boards"]
    assert isinstance(front, DeskSettings)
    assert front.token.get_secret_value() == SECRET
    assert (front.portal_id, front.sweep_s, front.debounce_ms) == (4711, 5.0, 300)
    assert isinstance(boards, BoardSettings)
    assert boards.token.get_secret_value() == "Basic other-secret"
    assert boards.origin("https://dev.azure.com") == "http://127.0.0.1:9000"
    assert loaded.people == {"development_leads": ("one@acme.com", "two@acme.com")}
    assert loaded.launch_limit == 200
    assert loaded.retention.payloads == timedelta(days=14)
    assert loaded.retention.texts == timedelta(days=30)
    assert loaded.retention.transitions == timedelta(days=730)


def test_retention_and_launch_limit_can_be_set() -> None:
    loaded = _good(GOOD + "retention: {payloads: 12h}\nlaunch_limit: 5\n")
    assert loaded.retention.payloads == timedelta(hours=12)
    assert loaded.launch_limit == 5


def test_secret_is_in_no_representation() -> None:
    assert SECRET not in repr(_good()) + str(_good())
    assert SECRET not in repr(_good().connections)


def test_secret_from_a_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    loaded = _good(GOOD.replace("${DESK_TOKEN}", f"${{file:{secret}}}"))
    front = loaded.connections["front"]
    assert isinstance(front, DeskSettings)
    assert front.token.get_secret_value() == SECRET


def test_doubled_dollar_stands_for_itself() -> None:
    boards = _good(GOOD.replace("organization: acme", "organization: $${acme}")).connections
    assert isinstance(boards["boards"], BoardSettings)
    assert boards["boards"].organization == "${acme}"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "${DESK_TOKEN}",
            "${DESK_TOKN}",
            (
                "3: connections.front.token: the environment variable DESK_TOKN is not set; "
                'did you mean "DESK_TOKEN"?'
            ),
        ),
        (
            "${DESK_TOKEN}",
            "${EMPTY}",
            "3: connections.front.token: the environment variable EMPTY is empty",
        ),
        (
            "${BOARD_TOKEN}",
            "${file:/nowhere/token}",
            (
                "7: connections.boards.token: the file /nowhere/token can't be read: "
                "No such file or directory"
            ),
        ),
        (
            "${DESK_TOKEN}",
            "${DESK TOKEN}",
            (
                "3: connections.front.token: ${…} must hold NAME or file:/path; "
                "write $${ for a plain ${"
            ),
        ),
        (
            "${DESK_TOKEN}",
            "${DESK_TOKEN",
            "3: connections.front.token: a ${ is not closed; write $${ for a plain ${",
        ),
        (
            "vendor: desk",
            "vendor: desc",
            '3: connections.front.vendor: no vendor "desc"; did you mean "desk"?',
        ),
        ("vendor: desk, ", "", "3: connections.front.vendor: is missing; known: board, desk"),
        ("    organization: acme\n", "", "4: connections.boards.organization: is missing"),
        (
            "organization: acme",
            "organisation: acme",
            '6: connections.boards.organisation: unknown key; did you mean "organization"?',
        ),
        (
            "organization: acme",
            "organization: 7",
            "6: connections.boards.organization: must be text; put it in quotes",
        ),
        (
            "http://127.0.0.1:9000",
            "acme.com",
            "8: connections.boards.base_url: must be an address such as https://host",
        ),
        (
            "portal_id: 4711",
            "portal_id: x",
            "3: connections.front.portal_id: must be a whole number",
        ),
        ("sweep_s: 5", "sweep_s: 0", "3: connections.front.sweep_s: must be more than 0"),
        (
            "  front:",
            "  Front:",
            "3: connections.Front: must be a short name of lower-case letters, digits, - and _",
        ),
        ("[one@acme.com,", "[one,", "10: people.development_leads[0]: must be an e-mail address"),
        (
            "[one@acme.com, two@acme.com]",
            "one@acme.com",
            "10: people.development_leads: must be a list",
        ),
        (
            "https://bridge.example.com/",
            "bridge.example.com",
            "1: public_url: must be an address such as https://host",
        ),
        ("people:", "poeple:", '9: poeple: unknown key; did you mean "people"?'),
        (
            "people:",
            "retention: {texts: 30}\npeople:",
            "9: retention.texts: a span is a number and a unit: 20s, 15m, 1h or 2d",
        ),
        (
            "people:",
            "retention: {texts: 2m}\npeople:",
            "9: retention.texts: must be at least 1h; m are minutes, two months are 60d",
        ),
        (
            "people:",
            "retention: {transitions: 999999d}\npeople:",
            "9: retention.transitions: a span is at most 18250d",
        ),
        ("people:", "launch_limit: 0\npeople:", "9: launch_limit: must be at least 1"),
    ],
)
def test_mistake_is_told_with_its_line_and_remedy(old: str, new: str, line: str) -> None:
    assert old in GOOD
    assert _load(GOOD.replace(old, new), EMPTY="") == [f"bridge.yaml:{line}"]


def test_many_mistakes_are_told_at_once() -> None:
    text = GOOD.replace("vendor: desk", "vendor: desc").replace("${BOARD_TOKEN}", "${GONE}")
    text = text.replace("one@acme.com", "one").replace("https:", "")
    told = _load(text)
    assert isinstance(told, list)
    assert [each.split(": ")[1] for each in told] == [
        "public_url",
        "connections.front.vendor",
        "connections.boards.token",
        "people.development_leads[0]",
    ]


@pytest.mark.parametrize("written", ["${TINY}", "abc"])
def test_secret_is_taken_out_of_a_vendors_own_message(written: str) -> None:
    text = GOOD.replace("Basic ${BOARD_TOKEN}", written)
    assert _load(text, TINY="abc") == [
        "bridge.yaml:4: connections.boards: the token ••• is too short"
    ]


def test_secret_in_the_wrong_place_is_not_said() -> None:
    told = _load(GOOD.replace("vendor: desk", 'vendor: "${DESK_TOKEN}"'))
    assert told == ['bridge.yaml:3: connections.front.vendor: no vendor "•••"; known: board, desk']


def test_missing_file_names_the_variable_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match="set BRIDGE_CONFIG to its path"):
        read_bridge_file(tmp_path / "bridge.yaml", vendors=VENDORS, environment={})


def test_wrong_file_raises_with_all_problems(tmp_path: Path) -> None:
    path = tmp_path / "bridge.yaml"
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigProblem) as caught:
        read_bridge_file(path, vendors=VENDORS, environment={})
    assert [each.split(": ", 1)[0] for each in caught.value.problems] == [f"{path}:3", f"{path}:7"]
    read_bridge_file(path, vendors=VENDORS, environment=ENVIRONMENT)


@given(st.text() | st.binary())
def test_any_text_or_bytes_is_answered(source: str | bytes) -> None:
    loaded = load_bridge_yaml(source, "b.yaml", vendors=VENDORS, environment={})
    assert not isinstance(loaded, BridgeFile)
    assert loaded
    assert all(str(each) for each in loaded)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 4), st.text(max_size=4))
def test_any_edit_is_answered_without_a_secret(at: int, cut: int, typed: str) -> None:
    text = GOOD[:at] + typed + GOOD[at + cut :]
    loaded = load_bridge_yaml(text, "b.yaml", vendors=VENDORS, environment=ENVIRONMENT)
    assert SECRET not in (
        repr(loaded) if isinstance(loaded, BridgeFile) else "\n".join(map(str, loaded))
    )
