"""Findings: what a human must fix, each with a stable reason code (catalogue in core.reasons)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How urgently a person is needed."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to fix. It closes itself when the pass that raised it no longer does.

    `topic` tells findings of one code on one ref apart (a status id, a field name); `data` fills
    the code's sentences.
    """

    code: str
    connection: str
    ref: str | None = None
    topic: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
