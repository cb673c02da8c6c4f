"""A text as everything it may be read as: decoded, unwrapped, without what eyes don't see.

Nothing is cut, nothing is parsed into a tree, and each step goes over the text once: whatever
comes in, the time grows with its length and no nesting is too deep.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from bridge.core.look_alikes import in_plain_letters, unpacked

_NESTED = 3
"""Levels of base64 that are looked into: each may be thrice as long as the one around it."""
_ROUNDS = 6
"""Of decoding. Whoever wraps a text more often has something to hide: it is held."""

# Zero-width and bidi signs, soft hyphens, variation selectors, fillers, tags.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e01ef]"
)
# Dots and hyphens that browsers take for the plain ones, or that text programs put in their place.
_ALIKE = {
    **dict.fromkeys(map(ord, "\u3002\uff61\uff0e\u2024\ufe52"), "."),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d\u2043"), "-"),
    # A dash between words, where a hyphen is a part of one.
    **dict.fromkeys(map(ord, "\u2014\u2015\ufe58"), " - "),
    **dict.fromkeys(map(ord, "\u2044\u2215\u29f8\uff0f"), "/"),
    0xA0: " ",
    0x2028: "\n",
    0x2029: "\n",
    0x85: "\n",
    0: "",
}
_DEFANGED = re.compile(r"[\[({](?:\.|dot)[\])}]", re.IGNORECASE)
_SOFT_BREAK = re.compile(r"=\r?\n")
_PRINTED = re.compile(r"=([0-9A-F]{2})")
# What stands behind the sign is shown from right to left, up to the sign that ends it.
_TURNED = re.compile("[\u202e\u2067]([^\u202c\u2069\n]*)")
_AMPERSANDS = re.compile(r"&(?:amp;)+", re.IGNORECASE)
_PERCENTS = re.compile(r"%(?:25)+")
_PADDED = re.compile(r"&#([xX]?)0+(?=[0-9a-fA-F])")
# No sign has so many digits, and Python refuses to read thousands of them.
_TOO_LONG = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")
_ESCAPED = re.compile(r"\\u\{?([0-9a-fA-F]{4})\}?|\\x([0-9a-fA-F]{2})")
_BLOCK = re.compile(
    r"<(?:/?(?:p|div|li|ul|ol|tr|td|th|table|blockquote|pre|h[1-6]|hr|br)\b)[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>")
_EMPHASIS = re.compile(
    r"[*`~]+|(?<![^\W_])_+|_+(?![^\W_])|\{(?:color|anchor)(?::[^{}\n]{0,80})?\}", re.IGNORECASE
)
_QUOTED = re.compile(r"""=\s{0,8}(?:"([^"]*)"|'([^']*)')""")
# https://help.proofpoint.com (URL Defense, version 2): "-" for "%" and "_" for "/".
_DEFENDED = re.compile(r"urldefense\.[^\s<>\"']{0,60}?/v2/url\?u=([^&\s<>\"']*)", re.IGNORECASE)
_DASHED = re.compile(r"-([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Readings:
    """`forms`: what a text may be read as, each once. `settled` False: it could not be decoded."""

    forms: tuple[str, ...]
    settled: bool = True


SHORT = 256
"""Characters of a text worth remembering: keys, stages and values come again with each pass."""
REMEMBERED = 1024


def readings(text: str) -> Readings:
    """Everything that the text may be read as; the first form has its markup still."""
    return _remembered(text) if len(text) <= SHORT else _read(text)


def _read(text: str) -> Readings:
    shown, settled = _decoded(_seen(text))
    return Readings(tuple(dict.fromkeys(_forms(shown))), settled)


_remembered = lru_cache(REMEMBERED)(_read)


def forget_readings() -> None:
    """Let go of every text that was read."""
    _remembered.cache_clear()


def _forms(shown: str) -> Iterator[str]:
    """The readings of a text, and of what is packed in it."""
    yield from _readings_of(shown)
    for _ in range(_NESTED):
        shown = _decoded(_seen(unpacked(shown.replace("\\", ""))))[0]
        if not shown:
            break
        yield from _readings_of(shown)


def _readings_of(shown: str) -> Iterator[str]:
    yield shown
    if "<" in shown or _EMPHASIS.search(shown) is not None:
        plain = _TAG.sub("", _BLOCK.sub("\n", shown))
        yield plain
        yield _EMPHASIS.sub("", plain)
    if "\\" in shown:
        # Escaped for JSON or Markdown, or what browsers take for slashes.
        bare = shown.replace("\\", "")
        yield bare
        # What stood between a percent sign and its digits.
        yield _decoded(bare)[0]
        yield shown.replace("\\", "/")
    values = [a or b for a, b in _QUOTED.findall(shown)] if "=" in shown else []
    broken = [each for each in values if any(sign in each for sign in "\t\r\n")]
    if broken:
        # Browsers leave line breaks and tabs out of addresses.
        yield "\n".join(re.sub(r"[\t\r\n]+", "", each) for each in broken)
    if "urldefense" in shown.casefold():
        written = (each.replace("_", "/") for each in _DEFENDED.findall(shown))
        yield "\n".join(unquote(_DASHED.sub(r"%\1", each)) for each in written)
    if _PRINTED.search(shown) is not None:
        # As mail carries it (RFC 2045, 6.7).
        yield _PRINTED.sub(lambda found: chr(int(found[1], 16)), shown)


def _seen(text: str) -> str:
    """What is seen of the text, in plain signs."""
    if text.isascii():
        seen = text.replace("\0", "")
    else:
        turned = [found[1][::-1] for found in _TURNED.finditer(text)]
        # Beside the text, not in its place: a sign too many hides nothing.
        whole = "\n".join([text, *turned])
        known = _UNSEEN.sub("", whole).translate(_ALIKE)
        seen = _UNSEEN.sub("", in_plain_letters(known)).translate(_ALIKE)
    if "=" in seen:
        seen = _SOFT_BREAK.sub("", seen)
    return _DEFANGED.sub(".", seen)


def _decoded(text: str) -> tuple[str, bool]:
    """The text without entities, percent signs and escapes, however often they were applied."""
    for _ in range(_ROUNDS):
        before = text
        # Entities last: half of one is taken for a whole one, halves of the others for nothing.
        if "\\" in text:
            text = _seen(_ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text))
        if "%" in text:
            text = _seen(unquote(_PERCENTS.sub("%", text)))
        if "&" in text:
            text = _PADDED.sub(r"&#\1", _AMPERSANDS.sub("&", text))
            text = _seen(html.unescape(_TOO_LONG.sub("\ufffd", text)))
        if text == before:
            return text, True
    return text, False
