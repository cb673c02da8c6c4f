"""Whether error tracking stayed where customers never see it."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.cli.demo.casebook import SignalCase
from bridge.cli.demo.desk import KEYS
from bridge.cli.demo.verdicts import Check, Day, all_that_others_read, desk_name_of

_REFUSED, _LAUNCHED = (422, "sentry_never_on_ticket"), 201


def _refused_and_launched(day: Day) -> Iterator[str]:
    for signal in day.book.signals:
        refused, launched = signal.refused, signal.launched
        if refused is None or (refused.status, refused.said.get("code")) != _REFUSED:
            yield f"a link of Sentry's issue {signal.signal_id} to a ticket was not refused"
        if launched is None or launched.status != _LAUNCHED:
            yield f"Sentry's issue {signal.signal_id} was not launched as asked"
        yield from _beside_the_bug(day, signal)


def _beside_the_bug(day: Day, signal: SignalCase) -> Iterator[str]:
    desk, case = day.vendors.desk, signal.beside
    issues = desk.issues_of(case.ticket_id)
    related = [other for issue in issues for other in desk.related_to(issue)]
    if len(related) != 1:
        yield f"{len(related)} issues are related to the bug of {desk_name_of(case)}"
    if signal.internal_tasks != 1:
        yield f"support sees {signal.internal_tasks} internal tasks beside {desk_name_of(case)}"
    keys = ", ".join(issue.key for issue in issues)
    if desk.shown(case.ticket_id, KEYS) != keys:
        yield f"{desk_name_of(case)} shows more than its own bug"


def _kept_inside(day: Day) -> Iterator[str]:
    read = all_that_others_read(day.vendors)
    for each in day.book.withheld:
        for place, words in read.items():
            if each.text in words:
                yield f"{place} shows what was written in {each.system}: {each.text!r}"


SIGNAL_CHECKS: dict[str, Check] = {
    "A Sentry issue was kept off the ticket, and launched beside its bug": _refused_and_launched,
    "No word that was to stay inside is on a ticket, a card or in a mail": _kept_inside,
}
