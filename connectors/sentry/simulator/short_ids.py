"""Short ids: the project's slug, and a counter in base 32 without I, L, O and U.

getsentry/sentry: models/group.py, utils/numbers.py.
"""

from __future__ import annotations

import re

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE = str.maketrans({"I": "1", "L": "1", "O": "0"})
_SHORT = re.compile(r"^(.*?)[\s_-]([A-Za-z0-9]+)$", re.DOTALL)


def encode(number: int) -> str:
    """The counter as it stands in a short id."""
    if number < 0:
        raise ValueError("a counter is not negative")
    digits = ""
    while True:
        number, rest = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[rest] + digits
        if not number:
            return digits


def decode(text: str) -> int | None:
    """The counter that a person typed, whatever the case; None if it is none."""
    number = 0
    for letter in text.upper().translate(_LOOKS_LIKE):
        place = _ALPHABET.find(letter)
        if place < 0:
            return None
        number = number * len(_ALPHABET) + place
    return number


def short_id(slug: str, number: int) -> str:
    """The short id of a project's issue of that number."""
    return f"{slug.upper()}-{encode(number)}"


def parts(text: str) -> list[tuple[str, int]]:
    """The (slug, number) pairs that a short id may mean: slugs hold hyphens themselves."""
    found = []
    for place, letter in enumerate(text):
        if letter in " _-":
            number = decode(text[place + 1 :])
            if number is not None and _SHORT.match(text):
                found.append((text[:place].lower(), number))
    return found
