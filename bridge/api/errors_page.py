"""The page of every code people may meet: `python -m bridge.api.errors_page > docs/errors.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from bridge.api.problems import CODES
from bridge.core.reasons import REASONS, Reason
from bridge.domain.findings import Severity

_HEAD = """\
# Codes

<!-- Printed by `python -m bridge.api.errors_page > docs/errors.md`; a test compares the two. -->

Two kinds of code, both stable: they stand in answers, in logs and in people's filters.

- **Reason codes** (`UPPER_SNAKE`) say why a ticket shows what it shows, and what a person must
  put right. `explain` and the list of findings use them. A finding closes itself once its cause
  is gone.
- **[Problem codes](#problem-codes)** (`lower_snake`) say why the API refused a request.

Words in braces are filled in from the case at hand; `…` stands where nothing is known, and a part
in square brackets is said only where it is. The first
sentence is for support and customer success, the one after *Detail* for admins.
"""

_SECTIONS = (
    (Severity.CRITICAL, "Critical", "A person is needed now: work waits, or could go wrong."),
    (Severity.WARNING, "Warning", "A person must put something right; all else goes on."),
    (Severity.INFO, "For information", "Nothing is amiss, or the hub sees to it by itself."),
)

_PROBLEMS = """\
## Problem codes

Every refusal of the API is `application/problem+json` (RFC 9457) with `type`, `title`, `status`,
`detail`, `code` and `request_id`; `detail` says what is wrong in this case and names the way out.
`invalid_request` lists every mistake under `errors`: where it stands, what is wrong, what would
be right. `mapping_invalid` lists those of a mapping under `problems`, with line, column and path.

| code | status | means |
|---|---|---|
"""


def render_page() -> str:
    """The text of `docs/errors.md`."""
    parts = [_HEAD]
    for severity, title, meaning in _SECTIONS:
        chosen = (each for each in REASONS.values() if each.severity is severity)
        parts.append(f"\n## {title}\n\n{meaning}\n{_entries(chosen)}")
    rows = [f"| `{code}` | {status} | {title} |\n" for code, (status, title) in CODES.items()]
    return "".join([*parts, "\n", _PROBLEMS, *rows])


def _entries(chosen: Iterable[Reason]) -> str:
    return "".join(_entry(each) for each in sorted(chosen, key=lambda each: each.code))


def _entry(reason: Reason) -> str:
    rows = [f"\n### `{reason.code}`\n\n{reason.sentence}\n\n- Detail: {reason.detail}\n"]
    if reason.what_to_do:
        rows.append(f"- What to do: {reason.what_to_do}\n")
    return "".join(rows)


if __name__ == "__main__":
    sys.stdout.write(render_page())
