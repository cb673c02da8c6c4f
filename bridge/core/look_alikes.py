"""Signs that look like plain letters, as those letters; what stands in a text as base64.

Both are read once from end to end: the time grows with the length of the text, whatever it is.
The letters are those of Unicode's list that pass for Latin ones in the usual typefaces
(https://www.unicode.org/reports/tr39/#Confusable_Detection).
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator

_LOOKS = {
    "a": "\u0430\u03b1\u0251\u1d00\u2c65",
    "b": "\u0432\u03b2\u0299\u0253\u1d03\u042c\u044c",
    "c": "\u0441\u03f2\u1d04\u2ca5\u0188",
    "d": "\u0501\u1d05\u0257\u0111\u13e7",
    "e": "\u0435\u0454\u03b5\u04bd\u1d07\u0259\u025b\u212e\u0247",
    "f": "\ua730\u0192\u0584",
    "g": "\u0261\u050d\u0262\u0581\u01e5",
    "h": "\u04bb\u029c\u0570\u0127\u043d",
    "i": "\u0456\u03b9\u0131\u0269\u026a\u04cf\u0268",
    "j": "\u0458\u03f3\u1d0a\u0575\u0249",
    "k": "\u043a\u03ba\u1d0b\u049b",
    "l": "\u029f\u0142\u019a\u026d",
    "m": "\u043c\u1d0d\u0271",
    "n": "\u043f\u03b7\u0274\u0578\u057c\u014b\u0272\u0273\u0146",
    "o": "\u043e\u03bf\u1d0f\u0585\u00f8\u0275\u2c9f\u0d20\u0ae6\u0966",
    "p": "\u0440\u03c1\u1d18\u2ca3",
    "q": "\u051b\u0566\u024b",
    "r": "\u0433\u1d26\u0280\u027e\u024d\u027c",
    "s": "\u0455\ua731\u0282\u01bd",
    "t": "\u0442\u03c4\u1d1b\u0167\u01ad",
    "u": "\u03c5\u057d\u1d1c\u028b",
    "v": "\u0475\u03bd\u1d20",
    "w": "\u051d\u0461\u03c9\u1d21\u0561",
    "x": "\u0445\u03c7\u04b3",
    "y": "\u0443\u03b3\u04af\u028f\u0263\u024f",
    "z": "\u1d22\u0290\u01b6",
    "A": "\u0410\u0391\u13aa\ua4ee",
    "B": "\u0412\u0392\u13f4\ua4d0",
    "C": "\u0421\u03f9\u13df\ua4da",
    "D": "\u13a0\ua4d3\u0110",
    "E": "\u0415\u0395\u13ac\ua4f0\u0404",
    "F": "\ua4dd\u03dc",
    "G": "\u050c\u13c0\ua4d6",
    "H": "\u041d\u0397\u13bb\ua4e7",
    "I": "\u0406\u0399\u04c0\ua4f2",
    "J": "\u0408\u13ab\ua4d9",
    "K": "\u041a\u039a\u13e6\ua4d7",
    "L": "\u13de\ua4e1\u0141",
    "M": "\u041c\u039c\u13b7\ua4df",
    "N": "\u039d\ua4e0\u041f",
    "O": "\u041e\u039f\u0555\ua4f3\u00d8",
    "P": "\u0420\u03a1\u13e2\ua4d1",
    "Q": "\u051a",
    "R": "\u13a1\ua4e3\u01a6",
    "S": "\u0405\u054f\u13da\ua4e2",
    "T": "\u0422\u03a4\u13a2\ua4d4",
    "U": "\u054d\ua4f4",
    "V": "\u0474\u13d9\ua4e6",
    "W": "\u051c\u13b3\ua4ea",
    "X": "\u0425\u03a7\ua4eb",
    "Y": "\u0423\u03a5\u04ae\ua4ec",
    "Z": "\u0396\u13c3\ua4dc",
    ":": "\u2236\ua789\u02f8\u0589\u05c3\u02d0",
    "/": "\u2571\u27cb\u3033\u1735",
    ".": "\u06d4\u0701\u0702\ua4f8",
}
_BOXED = (0x1F150, 0x1F170, 0x1F1E6)
"""Where the alphabet stands once more in boxes, circles and flags, of which Unicode says nothing
that `normalize` would know."""
_LETTERS = {
    **{ord(each): letter for letter, several in _LOOKS.items() for each in several},
    **{begin + n: chr(ord("A") + n) for begin in _BOXED for n in range(26)},
}


_BARE = {
    each: None for each in range(0x300, 0x1F000) if unicodedata.category(chr(each)) in ("Mn", "Me")
}
"""What stands above, below or through a letter, and no letter is without it."""
_PLAIN = {**_BARE, **_LETTERS}

_RUN = re.compile(r"[A-Za-z0-9+/_-]{14,}(?:={0,2}\r?\n[A-Za-z0-9+/_-]{14,})*")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){10,}+(?![0-9A-Fa-f])")
_PRINTED = re.compile(r"[^\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]{10,}")
_STANDARD = str.maketrans("-_", "+/")
_QUARTET = 4


def in_plain_letters(text: str) -> str:
    """The text in the letters that its signs look like, without accents and the like."""
    if text.isascii():
        return text
    # Marks go first: many of them behind one letter are put in order by comparing each with each.
    return unicodedata.normalize("NFKD", text.translate(_BARE)).translate(_PLAIN)


def unpacked(text: str) -> str:
    """What stands in the text as base64 or in hexadecimal digits, as far as it can be printed.

    Empty where nothing does. A run may begin anywhere behind other letters, so each of its four
    beginnings is tried.
    """
    found = [part for run in _RUN.finditer(text) for part in _printed(run[0])]
    found += [part for run in _HEX.finditer(text) for part in _legible(bytes.fromhex(run[0]))]
    return "\n".join(found)


def _printed(run: str) -> Iterator[str]:
    signs = run.replace("\n", "").replace("\r", "").replace("=", "").translate(_STANDARD)
    for start in range(_QUARTET):
        part = signs[start:]
        if len(part) % _QUARTET == 1:
            part = part[:-1]
        yield from _legible(base64.b64decode(part + "=" * (-len(part) % _QUARTET)))


def _legible(packed: bytes) -> list[str]:
    """The text that the bytes are, or the parts of them that can be printed."""
    # Twice as wide where each letter has two bytes.
    plain = packed.replace(b"\0", b"")
    try:
        return [plain.decode()]
    except UnicodeDecodeError:
        return _PRINTED.findall(plain.decode(errors="replace"))
