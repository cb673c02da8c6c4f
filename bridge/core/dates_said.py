"""Whether a text that people wrote names a day."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip


def names_day(text: str, day: date) -> bool:
    """Whether the text names that day, in a form in which people write dates in English or figures.

    Where it leaves out the year, the nearest is meant. Day and month in figures are read in both
    orders: who knows the date and finds either has read it.
    """
    return _pattern(day).search(text.casefold()) is not None


def _pattern(day: date) -> re.Pattern[str]:
    month = _MONTHS[day.month - 1]
    word = rf"{month[:3]}(?:{month[3:]})?\.?" if len(month) > 3 else month
    d, m, y = rf"0?{day.day}", rf"0?{day.month}", rf"(?:{day.year}|'?{day.year % 100:02})"
    nth = rf"{d}(?:st|nd|rd|th)?"
    year = rf"(?:,?\s+{day.year})"
    other = r"(?!,?\s+\d{4})"
    forms = (
        rf"{day.year}-{m}-{d}",
        rf"{d}([./-]){m}\1{y}",
        rf"{m}([./-]){d}\2{y}",
        rf"(?:the\s+)?{nth}\.?(?:\s+of)?\s+{word}(?:{year}|{other})",
        rf"{word}\s+(?:the\s+)?{nth}(?:{year}|{other})",
    )
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(forms)})(?![\w-])")
