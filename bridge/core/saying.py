"""What counts as something that a person said: words, and no signs that steer a program."""

from __future__ import annotations

_ALLOWED = "\t\n\r"


def saying(text: str) -> bool:
    """Whether the text says anything, and nothing but tabs and ends of lines controls it."""
    odd = any(ord(each) < 32 and each not in _ALLOWED for each in text)
    half = any(0xD800 <= ord(each) <= 0xDFFF for each in text)
    return any(ord(each) > 32 for each in text) and not odd and not half
