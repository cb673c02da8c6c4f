"""Laws of the detector: it reads any text, and no wrapping makes it miss what it knows."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

from hypothesis import example, given
from hypothesis import strategies as st

from bridge.core.detector import references, suspicion
from tests.unit.core.sentry_texts import ADDRESSES, HEX, KNOWN, LOOK_ALIKES, WRITTEN

PIECES = (
    *("sentry", "sentry.io", "errors.acme.com", "https:", "//", "/", "?", "#", "@", ":", ".", "-"),
    *("/organizations/", "acme", "/issues/", "123", "/events/", "latest", HEX, "/share/issue/"),
    *("referrer=jira_server", "feedbackSlug=a:1", "wrote:", "<blockquote>", "{quote}", ">", "<"),
    *("<p>", "</p>", '<a href="', "'", '"', "&amp;", "&#115;", "&#", ";", "%25", "%2F", "%"),
    *("\\", "\\u0073", "\\/", "\n", " ", "=\n", "\u200b", "\u00ad", "\u202e", "\u3002", "[.]"),
    *("CHECKOUT-1AB", "checkout", "WEB-42", "Sentry Issue: [", "|", "]", "(", ")", "__", "**"),
    *("urldefense.com/v2/url?u=", "-3A", "_", '{"type":"text","text":"', '"}', "\ud800", "\u0130"),
)
FRAGMENTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join)
ANY = st.text(st.characters(exclude_categories=()), max_size=200)


def _entities(text: str, at: int) -> str:
    return "".join(
        f"&#{'x' if at % 2 else ''}{ord(each):{'x' if at % 2 else 'd'}};"
        if n % 3 == at % 3
        else each
        for n, each in enumerate(text)
    )


def _split(text: str, at: int) -> str:
    place = at % (len(text) + 1)
    return text[:place] + "\u200b\u2060\u00ad"[at % 3] + text[place:]


def _nested(text: str, at: int) -> str:
    node: object = {"type": "inlineCard", "attrs": {"url": text}}
    for _ in range(at % 40):
        node = {"type": "panel", "content": [node]}
    return json.dumps(node)


# A letter of another script, or of small capitals, for each that has one.
ALIKE = dict(
    zip(
        "acdeghijklmnopqrstuvwxyABCEFHIKMNOPRSTUVXYZ",
        "\u0430\u0441\u0501\u0435\u0261\u04bb\u0456\u0458\u043a\u029f\u1d0d\u0578\u043e\u0440\u051b\u0433"
        "\u0455\u1d1b\u057d\u0475\u051d\u0445\u0443\u0410\u0412\u0421\u0415\ua4dd\u041d\u0406\u041a\u041c"
        "\u039d\u041e\u0420\ua4e3\u0405\u0422\ua4f4\ua4e6\u0425\u04ae\u0396",
        strict=True,
    )
)


def _looks_alike(text: str, at: int) -> str:
    """Some of the letters in signs that look like them: all, each second, some of them."""
    step = 1 + at % 5
    return "".join(ALIKE.get(e, e) if n % step == 0 else e for n, e in enumerate(text))


def _accented(text: str, at: int) -> str:
    marks = "\u0301\u0327\u0336\u20dd"
    return "".join(
        e + marks[(n + at) % 4] if n % (2 + at % 3) == 0 else e for n, e in enumerate(text)
    )


def _base64(text: str, at: int) -> str:
    packed = base64.b64encode(
        text.encode("utf-16-le" if at % 7 == 0 and text.isascii() else "utf-8")
    ).decode()
    packed = packed.replace("+", "-").replace("/", "_") if at % 2 else packed
    return "x" * (at % 5) + (packed.rstrip("=") if at % 3 == 0 else packed)


WRAPPED: dict[str, Callable[[str, int], str]] = {
    "percent": lambda text, _: quote(text, safe=""),
    "every sign": lambda text, _: "".join(f"%{ord(e):02x}" if ord(e) < 128 else e for e in text),
    "entities": _entities,
    "escaped": lambda text, _: html.escape(text),
    "split": _split,
    "safelink": lambda text, _: (
        "https://eur01.safelinks.protection.outlook.com/?url=" + quote(text, safe="") + "&data=05"
    ),
    "google": lambda text, _: f"https://www.google.com/url?q={quote(text, safe='')}&sa=D",
    "href": lambda text, _: f'<a href="{html.escape(text)}">here</a>',
    "slack": lambda text, _: f"<{text}|here>",
    "markdown": lambda text, _: f"[here]({text})",
    "wiki": lambda text, _: f"[here|{text}]",
    "document": _nested,
    "slashes": lambda text, _: json.dumps(text).replace("/", "\\/"),
    "wide": lambda text, _: "".join(
        chr(ord(e) + 0xFEE0) if e.isalnum() and e.isascii() else e for e in text
    ),
    "other letters": _looks_alike,
    "accents": _accented,
    "base64": _base64,
}  # fmt: skip
FEEDBACK = next(each for each in ADDRESSES if each[1] == "feedback")
WRAPPINGS = st.lists(st.tuples(st.sampled_from(sorted(WRAPPED)), st.integers(0, 500)), max_size=3)


def _in_wraps(text: str, wraps: list[tuple[str, int]]) -> str:
    for name, at in wraps:
        text = WRAPPED[name](text, at)
    return text


@given(ANY | FRAGMENTS)
def test_any_text_is_read(text: str) -> None:
    assert isinstance(references(text, KNOWN), tuple)
    assert suspicion(text, KNOWN) != "unreadable" or "&" in text or "%" in text or "\\" in text
    assert suspicion(text) is None or isinstance(suspicion(text), str)


@given(st.sampled_from(ADDRESSES), WRAPPINGS, st.booleans())
@example(ADDRESSES[0], [("percent", 0), ("percent", 0), ("percent", 0)], True)
@example(FEEDBACK, [("accents", 0), ("slashes", 0), ("slashes", 0)], False)
def test_no_wrapping_hides_an_address(
    shape: tuple[str, str, str], wraps: list[tuple[str, int]], capitals: bool
) -> None:
    _, kind, address = shape
    text = _in_wraps(address.upper() if capitals else address, wraps)
    assert kind in {each.kind for each in references(text, KNOWN)}, text
    assert suspicion(text, KNOWN) is not None


@given(st.sampled_from([*ADDRESSES, *WRITTEN]), ANY | FRAGMENTS, ANY | FRAGMENTS)
def test_no_other_words_hide_what_is_named(
    shape: tuple[str, str, str], before: str, after: str
) -> None:
    _, kind, named = shape
    text = f"{before} {named} {after}"
    assert suspicion(text, KNOWN) is not None
    assert kind in {each.kind for each in references(text, KNOWN)} or "\\" in before


@given(
    st.sampled_from(LOOK_ALIKES),
    st.sampled_from(
        ["escaped", "href", "markdown", "document", "other letters", "accents", "base64"]
    ),
    st.integers(0, 50),
)
def test_no_wrapping_makes_a_reference_of_a_look_alike(text: str, name: str, at: int) -> None:
    wrapped = WRAPPED[name](text, at)
    assert references(wrapped, KNOWN) == ()
    assert references(f"{wrapped} {_split(wrapped, 7)} {_entities(wrapped, 1)}", KNOWN) == ()
