"""What a run's plan was made from, as it is kept: enough to run the plan again, and no more.

Observations are kept beside it. Of the reference data only what these records use is kept: the
statuses they are in, the options of the values they have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from collections.abc import Mapping as Table
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bridge.core.situation import (
    ItemSituation,
    LinkedTicket,
    TicketSituation,
    TrackerView,
)
from bridge.core.values import canonical
from bridge.domain import records as facts
from bridge.domain.guidance import Answer, Guided
from bridge.domain.links import Fingerprint
from bridge.domain.mapping import Mapping
from bridge.domain.records import Contact, EtaKind, EtaSource, FieldInfo, Observation, Reference
from bridge.domain.refs import TicketRef, WorkItemRef, split_ref
from bridge.domain.restores import Restored
from bridge.store.closures import closure_from_json, closure_to_json
from bridge.store.codec import (
    company_from_json,
    company_to_json,
    fingerprint_from_json,
    fingerprint_to_json,
    held_from_json,
    held_to_json,
    known_phase_from_json,
    known_phase_to_json,
    observation_from_json,
    observation_to_json,
    reference_from_json,
    reference_to_json,
    timeline_from_json,
    timeline_to_json,
    told_from_json,
    told_to_json,
)
from bridge.store.releases_codec import releases_from_json, releases_to_json
from bridge.store.run_links_codec import (
    entry_from_json,
    entry_to_json,
    launch_from_json,
    launch_to_json,
    link_from_json,
    link_to_json,
    linked_from_json,
    moment_of,
    text_of,
)
from bridge.store.weights import weight_from_json, weight_to_json


class InputsLacking(Exception):
    """The inputs are not kept (any more), or not in a form that a plan can be made from."""


def inputs_of(
    s: TicketSituation | ItemSituation, mappings: Table[str, str] | None = None
) -> dict[str, Any]:
    """What is kept of a pass: its situation, but for the mappings.

    `mappings` are the hashes by helpdesk of those that an item's tickets go by; a ticket's own
    stands in its run.
    """
    if isinstance(s, TicketSituation):
        return _inputs_of_ticket(s)
    return _inputs_of_item(s, mappings or {})


def _seen_to_json(seen: Table[str, Observation | None]) -> dict[str, Any]:
    return {k: None if each is None else observation_to_json(each) for k, each in seen.items()}


def _inputs_of_ticket(s: TicketSituation) -> dict[str, Any]:
    launched = [field for r in s.mapping.routes if r.launch for field in r.launch.fields]
    seen = [each.observation for each in s.items]
    return {
        "observation": observation_to_json(s.observation),
        "neighbours": _seen_to_json({str(e.link.work_item): e.observation for e in s.items}),
        "situation": {
            "reference": reference_to_json(
                _used(s.reference, [s.observation], (), _refused(s.fingerprints))
            ),
            "company": None if s.company is None else [s.company.id, company_to_json(s.company)],
            **({"contacts": _contacts_to_json(s)} if s.contacts else {}),
            "links": [
                [*link_to_json(each.link, str(each.link.work_item)), each.has_origin]
                for each in s.items
            ],
            "launches": [launch_to_json(each) for each in s.launches],
            "fingerprints": {k: fingerprint_to_json(v) for k, v in s.fingerprints.items()},
            "ledger": {k: entry_to_json(v) for k, v in s.ledger.items()},
            "trackers": {
                name: _tracker_to_json(view, seen, launched) for name, view in s.trackers.items()
            },
            "start_mark": text_of(s.start_mark),
            "launches_last_hour": s.launches_last_hour,
            "launch_limit": s.launch_limit,
            "launch_by_hand": sorted(s.launch_by_hand),
            "restored": _restored_to_json(s.restored),
            "held": {k: held_to_json(v) for k, v in s.held.items()},
            "closure": None if s.closure is None else closure_to_json(s.closure),
            "guide": [_guided_to_json(each) for each in s.guide],
            "timeline": None if s.timeline is None else timeline_to_json(s.timeline),
            "fields": [s.assignee_field, s.status_field],
            "told": told_to_json(s.drafts, s.said, s.reached),
            **({"releases": releases_to_json(s.releases)} if s.mapping.releases else {}),
        },
    }


def _inputs_of_item(s: ItemSituation, mappings: Table[str, str]) -> dict[str, Any]:
    whole = _refused(s.fingerprints)
    view = replace(s.tracker, reference=_used(s.tracker.reference, [s.observation], (), whole))
    return {
        "observation": observation_to_json(s.observation),
        "neighbours": _seen_to_json({str(e.link.ticket): e.observation for e in s.tickets}),
        "situation": {
            "tracker": _view_to_json(view),
            "tickets": [
                [*link_to_json(each.link, str(each.link.ticket)), each.closed] for each in s.tickets
            ],
            "mappings": dict(mappings),
            "fingerprints": {k: fingerprint_to_json(v) for k, v in s.fingerprints.items()},
            "ledger": {k: entry_to_json(v) for k, v in s.ledger.items()},
            "markers": dict(s.markers),
            "restored": _restored_to_json(s.restored),
            "closures": {k: closure_to_json(v) for k, v in s.closures.items()},
            "status_field": s.tracker.status_field,
            "weight": None if s.weight is None else weight_to_json(s.weight),
        },
    }


def ticket_from_inputs(key: str, kept: Any, mapping: Mapping) -> TicketSituation:
    """The situation as it was, under that mapping; InputsLacking if it can't be had."""
    with _kept_form(kept):
        return _ticket(TicketRef(*split_ref(key)), kept, kept["situation"], mapping)


def item_from_inputs(key: str, kept: Any, mappings: Table[str, Mapping]) -> ItemSituation:
    """The work item's situation as it was, under these mappings of its tickets' helpdesks.

    InputsLacking if it can't be had.
    """
    with _kept_form(kept):
        return _item(WorkItemRef(*split_ref(key)), kept, kept["situation"], mappings)


def mappings_of(kept: Any) -> dict[str, str]:
    """The hashes, by helpdesk, of the mappings that an item's run went by."""
    with _kept_form(kept):
        return {str(name): str(each) for name, each in kept["situation"]["mappings"].items()}


@contextmanager
def _kept_form(kept: Any) -> Iterator[None]:
    if not isinstance(kept, dict) or "situation" not in kept:
        raise InputsLacking("What the run was decided from is not kept any more")
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputsLacking("What the run was decided from was kept in another form") from error


def _contacts_to_json(s: TicketSituation) -> dict[str, Any]:
    return {id: dict(each.properties) for id, each in s.contacts.items()}


def _ticket(
    ref: TicketRef, kept: dict[str, Any], said: dict[str, Any], mapping: Mapping
) -> TicketSituation:
    trackers = {name: _tracker_from_json(name, each) for name, each in said["trackers"].items()}
    company = said["company"]
    kept_timeline = said.get("timeline")
    assignee_field, status_field = said.get("fields", ("", ""))
    return TicketSituation(
        ref=ref,
        observation=observation_from_json(ref, kept["observation"]),
        reference=reference_from_json(said["reference"]),
        mapping=mapping,
        company=None if company is None else company_from_json(company[0], company[1]),
        contacts={id: Contact(id, each) for id, each in said.get("contacts", {}).items()},
        items=tuple(
            linked_from_json(ref, each, kept["neighbours"], trackers) for each in said["links"]
        ),
        launches=tuple(launch_from_json(ref, each) for each in said["launches"]),
        fingerprints={k: fingerprint_from_json(k, v) for k, v in said["fingerprints"].items()},
        ledger={k: entry_from_json(k, v) for k, v in said["ledger"].items()},
        trackers=trackers,
        start_mark=moment_of(said["start_mark"]),
        launches_last_hour=said["launches_last_hour"],
        launch_limit=said["launch_limit"],
        launch_by_hand=frozenset(said["launch_by_hand"]),
        restored=_restored_from_json(said["restored"]),
        # What an earlier version kept knows no decisions.
        held={k: held_from_json(k, v) for k, v in said.get("held", {}).items()},
        # Nor how a ticket ended.
        closure=closure_from_json(said.get("closure")),
        # What an earlier version kept knows no guide and no promises.
        guide=tuple(_guided_from_json(each) for each in said.get("guide", ())),
        timeline=timeline_from_json(kept_timeline) if kept_timeline else None,
        assignee_field=assignee_field,
        status_field=status_field,
        **told_from_json(str(ref), said.get("told") or {}),
        releases=releases_from_json(said.get("releases")),
    )


def _item(
    ref: WorkItemRef, kept: dict[str, Any], said: dict[str, Any], mappings: Table[str, Mapping]
) -> ItemSituation:
    tickets = []
    for *link, closed in said["tickets"]:
        ticket = TicketRef(*split_ref(link[1]))
        observed = kept["neighbours"].get(str(ticket))
        tickets.append(
            LinkedTicket(
                link=link_from_json(ticket, ref, link),
                observation=None if observed is None else observation_from_json(ticket, observed),
                mapping=mappings.get(ticket.connection),
                closed=closed,
            )
        )
    return ItemSituation(
        ref=ref,
        observation=observation_from_json(ref, kept["observation"]),
        tracker=replace(
            _tracker_from_json(ref.connection, said["tracker"]),
            status_field=said.get("status_field"),
        ),
        tickets=tuple(tickets),
        fingerprints={k: fingerprint_from_json(k, v) for k, v in said["fingerprints"].items()},
        ledger={k: entry_from_json(k, v) for k, v in said["ledger"].items()},
        markers=said["markers"],
        restored=_restored_from_json(said["restored"]),
        closures={
            key: closure
            for key, each in said.get("closures", {}).items()
            if (closure := closure_from_json(each)) is not None
        },
        # What an earlier version kept knows no weight.
        weight=weight_from_json(said.get("weight")),
    )


def _refused(pairs: Table[str, Fingerprint]) -> set[str]:
    """Fields whose last value was refused: it is held against all that the field takes."""
    return {field for field, pair in pairs.items() if pair.refused is not None}


def _used(
    reference: Reference,
    seen: Iterable[Observation | None],
    fields: Iterable[str],
    whole: Collection[str] = (),
) -> Reference:
    """The part of the reference data that these records, and a create of these fields, use.

    Of the fields in `whole` every option is kept.
    """
    known = [each for each in seen if each is not None]
    statuses = {each.text(facts.STATUS) for each in known}
    iterations = {each.text(facts.ITERATION) for each in known}
    kept: dict[str, FieldInfo] = {}
    for name, info in reference.fields.items():
        options = info.options
        if options and name not in whole:
            words = {w for each in known if each.knows(name) for w in _words(each, name)}
            options = tuple(option for option in options if option[0] in words)
        if options or name in fields or name in whole:
            kept[name] = replace(info, options=options)
    used = {k: v for k, v in reference.statuses.items() if k in statuses}
    # None at all would mean that reference data was never read.
    first = dict([*reference.statuses.items()][:1])
    return Reference(
        statuses=used or first,
        fields=kept,
        iteration_ends={k: v for k, v in reference.iteration_ends.items() if k in iterations},
    )


def _words(seen: Observation, name: str) -> set[str]:
    value = seen.value(name)
    texts = [canonical(each) for each in value] if isinstance(value, list) else [canonical(value)]
    return {part.strip() for text in texts for part in (text, *text.split(";"))}


def _tracker_to_json(
    view: TrackerView, seen: Iterable[Observation | None], launched: Iterable[str]
) -> list[Any]:
    here = [each for each in seen if each is not None and each.ref.connection == view.name]
    return _view_to_json(replace(view, reference=_used(view.reference, here, launched)))


def _view_to_json(view: TrackerView) -> list[Any]:
    return [
        reference_to_json(view.reference),
        [[each.kind.value, each.field] for each in view.eta],
        view.probe_grace.total_seconds(),
        view.max_attachment_bytes,
        view.max_links,
        {key: known_phase_to_json(each) for key, each in view.phases.items()},
    ]


def _tracker_from_json(name: str, said: list[Any]) -> TrackerView:
    # What an earlier version kept knows no phases.
    reference, eta, grace, most_bytes, most_links, phases = (*said, {})[:6]
    return TrackerView(
        name=name,
        reference=reference_from_json(reference),
        eta=tuple(EtaSource(EtaKind(kind), field) for kind, field in eta),
        probe_grace=timedelta(seconds=grace),
        max_attachment_bytes=most_bytes,
        max_links=most_links,
        phases={key: known_phase_from_json(each) for key, each in phases.items()},
    )


def _restored_to_json(restored: Restored | None) -> list[str] | None:
    return None if restored is None else [restored.at.isoformat(), restored.known_until.isoformat()]


def _restored_from_json(said: list[str] | None) -> Restored | None:
    return None if said is None else Restored(*(datetime.fromisoformat(each) for each in said))


def _guided_to_json(place: Guided) -> list[Any]:
    answer, at = place.answer.value, text_of(place.at)
    return [place.source, place.says, answer, place.why, at, place.again, place.redacts]


def _guided_from_json(said: list[Any]) -> Guided:
    source, says, answer, why, at, again, redacts = said
    return Guided(source, says, Answer(answer), why, moment_of(at), again, redacts)
