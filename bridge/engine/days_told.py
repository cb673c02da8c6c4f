"""Which of the dates that are known a person's words tell."""

from __future__ import annotations

from datetime import date

from bridge.core.dates_said import names_day
from bridge.core.eta_ranges import names_range, told_date
from bridge.core.plain_text import as_typed
from bridge.core.rollout import today
from bridge.domain.refs import split_ref
from bridge.engine.hub import Hub


def day_told(hub: Hub, key: str, html: str, eta: str | None, *earlier: date | None) -> date | None:
    """The date that a person's words tell: of those known, one that they name or whose range."""
    known = list(earlier)
    active = hub.mappings.get(split_ref(key)[0])
    if eta is not None:
        now = date.fromisoformat(eta)
        known.append(now)
        if active is not None:
            on = today(active.data.releases, hub.now())
            known.append(told_date(now, "en", active.data.tell.ranges, on).day)
    text = as_typed(html)
    return next(
        (e for e in known if e is not None and (names_day(text, e) or names_range(text, e))), None
    )
