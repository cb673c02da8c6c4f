"""The catalogue of reason codes: for each, what to say to support, to an admin, and what to do.

Codes are stable: they stand in the API, in findings and in people's filters. Sentences are
templates over a verdict's or finding's data, said as `core.spoken` says them.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime

from bridge.core.reason_texts import TEXTS
from bridge.core.spoken import filled
from bridge.domain.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Reason:
    """One code: its urgency as a finding, and its texts."""

    code: str
    severity: Severity
    sentence: str
    """For support and customer success, without words of the machine room."""
    detail: str
    """For admins."""
    what_to_do: str


REASONS: Table[str, Reason] = {code: Reason(code, *texts) for code, texts in TEXTS.items()}

_UNKNOWN = Reason(
    "",
    Severity.WARNING,
    "Something needs to be looked at.",
    "The code {code} is not in the catalogue.",
    "Report this code to whoever runs the hub.",
)


def reason(code: str) -> Reason:
    """The catalogue's entry, or one that says that there is none."""
    return REASONS.get(code, _UNKNOWN)


def severity(code: str) -> Severity:
    """How urgently a person is needed."""
    return reason(code).severity


def sentence(
    code: str,
    data: Table[str, str],
    *,
    now: datetime | None = None,
    names: Table[str, str] | None = None,
) -> str:
    """What support is told. `now` and `names` (ref → key) make it nearer to how people speak."""
    return filled(reason(code).sentence, {"code": code, **data}, now=now, names=names)


def detail(code: str, data: Table[str, str], *, now: datetime | None = None) -> str:
    """What an admin is told besides; refs stay as they are, they can be looked up."""
    return filled(reason(code).detail, {"code": code, **data}, now=now)


def what_to_do(
    code: str,
    data: Table[str, str],
    *,
    now: datetime | None = None,
    names: Table[str, str] | None = None,
) -> str:
    """The next step for a person; empty where there is none to take."""
    return filled(reason(code).what_to_do, {"code": code, **data}, now=now, names=names)


def finding_sentence(finding: Finding, names: Table[str, str] | None = None) -> str:
    """What support is told of a finding; `names` stand in place of refs."""
    return sentence(finding.code, _data(finding), names=names)


def finding_detail(finding: Finding) -> str:
    """What an admin is told of a finding."""
    return detail(finding.code, _data(finding))


def finding_what_to_do(finding: Finding, names: Table[str, str] | None = None) -> str:
    """What a person does about a finding; `names` stand in place of refs."""
    return what_to_do(finding.code, _data(finding), names=names)


def _data(finding: Finding) -> dict[str, str]:
    place = {"connection": finding.connection, "ref": finding.ref or finding.connection}
    return {**place, "topic": finding.topic, **finding.data}
