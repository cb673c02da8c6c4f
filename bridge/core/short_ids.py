"""Short ids of Sentry's issues in a text: `CHECKOUT-1AB`, which may look like a tracker's key.

Project slug and a counter in base 32 without I, L, O and U, in capitals, never with a leading
zero (getsentry/sentry: models/group.py, utils/numbers.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_RUN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_]++(?:-[A-Za-z0-9_]++)++(?![A-Za-z0-9_])")
_CAPITALS = re.compile(r"(?<![A-Za-z0-9_-])[A-Z][A-Z0-9_]*+(?:-[A-Z0-9_]++)++(?![a-z])")
_COUNTER = re.compile(r"[1-9A-HJKMNP-TV-Z][0-9A-HJKMNP-TV-Z]{0,12}")
_MIXED = re.compile(r"(?=[0-9A-Z]{0,12}\d)(?=[0-9A-Z]{0,12}[A-Z])[0-9A-HJKMNP-TV-Z]{2,13}")
_VERSION = re.compile(r"v\d{1,3}")
"""Ends names of things, `checkout-form-v2`, far more often than it counts errors."""
_PROBABLE = 7
"""Digits of a counter: eight of them would be more errors than any project has."""
_MARKER = re.compile(r"\bsentry\b", re.IGNORECASE)
_HEADED = re.compile(r"\bSentry (?:Issue|Feedback): ?\[?$", re.IGNORECASE)
_NEAR = 60
_LONGEST = 120


def short_ids(
    form: str, projects: Collection[str], tracker_keys: Collection[str]
) -> Iterator[tuple[str, bool]]:
    """The short ids in capitals, each with whether it is sure to be one.

    A known project decides, but for a tracker's project of the same name: its keys have digits
    only. Where no projects are known, letters mixed with digits may be one.
    """
    for run in _RUN.finditer(form):
        if len(run[0]) > _LONGEST:
            continue
        slug, _, counter = run[0].rpartition("-")
        if not _COUNTER.fullmatch(counter.upper()):
            continue
        before = form[max(0, run.start() - _NEAR) : run.start()]
        known = slug.lower() in projects
        if _HEADED.search(before) and run[0].isupper():
            yield run[0], True
        elif known and _MARKER.search(before.rpartition("\n")[2]):
            yield run[0].upper(), True
        elif known and run[0].isupper():
            if not (counter.isdigit() and slug in tracker_keys):
                yield run[0], True
        elif not projects and run[0].isupper() and _is_probable(form, run, counter):
            yield run[0], False


def _is_probable(form: str, run: re.Match[str], counter: str) -> bool:
    """Whether it has the shape, as a word of its own: no part of an address, path or number."""
    around = form[max(0, run.start() - 1) : run.start()] + form[run.end() : run.end() + 1]
    slug = run[0][: -len(counter) - 1]
    # Without a letter before the hyphen it is a moment: 2026-05-12T08.
    probable = any(each.isalpha() for each in slug) and len(counter) <= _PROBABLE
    probable = probable and _MIXED.fullmatch(counter) is not None
    return probable and not set(around) & set("/=@#&?")


def names_project(form: str, projects: Collection[str]) -> bool:
    """Whether a word begins with a known project and ends like a counter, in whatever letters."""
    for run in _RUN.finditer(form):
        slug, _, counter = run[0].rpartition("-")
        mixed = _MIXED.fullmatch(counter.upper()) and not _VERSION.fullmatch(counter)
        if slug.lower() in projects and mixed:
            return True
    return False


def may_be_short_id(form: str) -> bool:
    """Whether a word in capitals has letters mixed with digits after a hyphen."""
    return any(
        _MIXED.fullmatch(part) for run in _CAPITALS.finditer(form) for part in run[0].split("-")[1:]
    )
