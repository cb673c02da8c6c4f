"""The kinds of jobs that the hub knows; a new kind is one line here."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.engine import (
    adoption,
    auditing,
    backfill,
    campaigns,
    canary,
    erasing,
    hygiene,
    preview,
    retrying_many,
)
from bridge.engine.jobs import Prepare

KINDS: Mapping[str, Prepare] = {
    adoption.KIND: adoption.prepare,
    auditing.KIND: auditing.prepare,
    backfill.KIND: backfill.prepare,
    campaigns.KIND: campaigns.prepare,
    canary.KIND: canary.prepare,
    erasing.KIND: erasing.prepare,
    hygiene.KIND: hygiene.prepare,
    preview.KIND: preview.prepare,
    retrying_many.KIND: retrying_many.prepare,
}
